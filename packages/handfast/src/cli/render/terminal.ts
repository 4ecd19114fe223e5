/**
 * What the place we print to can show. Found once, from facts that are passed in, and handed to
 * every render function: these are pure and return strings.
 *
 * - Colour: NO_COLOR (not empty) forbids it, then FORCE_COLOR decides, then a terminal whose TERM is not `dumb` has it.
 * - Box drawing: where there is a terminal (or FORCE_COLOR says to act as if) in a UTF-8 locale; plain when piped.
 * - Width: the terminal's; when piped, COLUMNS if it is set.
 * - UTF-8: as the locale says (LC_ALL, LC_CTYPE, LANG, the first that is set); a machine that says nothing is taken at
 *   its best, one that says `C` or `POSIX` is not.
 */

export interface Terminal {
  /** Columns to lay out for, 56 to 100: longer lines are harder to read, not better filled. */
  readonly width: number
  readonly colour: boolean
  /** Draw with box characters and symbols; without, ASCII stands in. */
  readonly boxes: boolean
  /** Letters beyond ASCII may be printed. */
  readonly utf8: boolean
}

export interface TerminalFacts {
  readonly isTTY: boolean
  readonly columns: number | undefined
  readonly platform: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

const USUAL_WIDTH = 80
const NARROWEST = 56
const WIDEST = 100

/** Nothing but ASCII, 80 columns: what a pipe in the C locale gets. */
export const PLAIN: Terminal = { width: USUAL_WIDTH, colour: false, boxes: false, utf8: false }

/** Finds what can be shown. */
export function detectTerminal(facts: TerminalFacts): Terminal {
  const forced = forcedColour(facts.environment.FORCE_COLOR)
  const utf8 = isUtf8(facts)
  const actsAsTerminal = facts.isTTY || forced === true
  return {
    width: Math.min(
      WIDEST,
      Math.max(NARROWEST, (facts.isTTY ? facts.columns : columnsOf(facts.environment.COLUMNS)) ?? USUAL_WIDTH),
    ),
    colour: hasColour(facts, forced),
    boxes: actsAsTerminal && utf8,
    utf8,
  }
}

/** The terminal behind a stream of this process. */
export function terminalOf(stream: { readonly isTTY?: boolean; readonly columns?: number }): Terminal {
  return detectTerminal({
    isTTY: stream.isTTY === true,
    columns: stream.columns,
    platform: process.platform,
    environment: process.env,
  })
}

function columnsOf(value: string | undefined): number | undefined {
  return value !== undefined && /^[1-9]\d{0,4}$/.test(value) ? Number(value) : undefined
}

function hasColour(facts: TerminalFacts, forced: boolean | undefined): boolean {
  if ((facts.environment.NO_COLOR ?? '') !== '') return false
  if (forced !== undefined) return forced
  return facts.isTTY && facts.environment.TERM !== 'dumb'
}

function forcedColour(value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined
  return value !== '0' && value.toLowerCase() !== 'false'
}

function isUtf8(facts: TerminalFacts): boolean {
  const { LC_ALL, LC_CTYPE, LANG, WT_SESSION, TERM_PROGRAM } = facts.environment
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== '')
  if (locale !== undefined) return /utf-?8/i.test(locale)
  // Windows consoles have no locale variable; these two are known to be UTF-8.
  return facts.platform !== 'win32' || WT_SESSION !== undefined || TERM_PROGRAM === 'vscode'
}
