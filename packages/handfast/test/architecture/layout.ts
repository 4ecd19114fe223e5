/** Where files lie, what they are called, and how long they are. */

import { isTest, folderOf, type SourceFile, type Violation } from './source.ts'

/** Lines after which a file usually hides two rooms. */
export const LONGEST_FILE = 500

/** Files allowed to be longer, each with its reason. */
export const LONG_FILES: ReadonlyMap<string, string> = new Map<string, string>([
  ['crypto/node.ts', 'the one file outside node/ that may import node:crypto; the whole provider is there'],
  ['tls/message/extension.ts', 'one table of all extensions, and the codecs of its cells'],
])

/** Names that say nothing about what is inside. */
export const NAMELESS: RegExp = /^(?:utils?|helpers?|common|misc|shared|stuff|lib)$/

/** A folder of src whose entry is not its index. */
const ENTRIES: ReadonlyMap<string, string> = new Map([['cli', 'main.ts']])

export function checkLength(source: SourceFile): Violation[] {
  if (isTest(source.path) || LONG_FILES.has(source.path)) return []
  const lines = source.text.trimEnd().split('\n').length
  if (lines <= LONGEST_FILE) return []
  const message =
    `${lines} lines, over ${LONGEST_FILE}: it usually hides two rooms. Split it by subject; ` +
    'if it truly is one, add it to LONG_FILES in packages/handfast/test/architecture/layout.ts, by its path in src, with the reason'
  return [{ path: source.path, line: LONGEST_FILE + 1, message }]
}

export function checkName(source: SourceFile): Violation[] {
  const words = source.path.replace(/(?:\.test)?\.ts$/, '').split('/')
  return words
    .filter((word) => NAMELESS.test(word))
    .map((word) => ({
      path: source.path,
      line: 1,
      message: `"${word}" does not say what is inside: name the file after the thing it is about`,
    }))
}

/** Every folder directly in src has its entry: the one place where its public names are listed. */
export function checkEntries(sources: readonly SourceFile[]): Violation[] {
  const paths = new Set(sources.map((source) => source.path))
  const folders = new Set(sources.map((source) => folderOf(source.path)))
  return [...folders]
    .filter((folder) => folder !== '')
    .map((folder) => `${folder}/${ENTRIES.get(folder) ?? 'index.ts'}`)
    .filter((entry) => !paths.has(entry))
    .map((entry) => ({
      path: entry,
      line: 1,
      message: 'is missing: a folder of src lists its public names in its index',
    }))
}
