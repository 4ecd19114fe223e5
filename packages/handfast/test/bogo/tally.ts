/** What became of each test, told by area. */

import { AREAS, areaOf } from './areas.ts'
import { type Disabled, globPattern } from './disabled.ts'

export type State = 'passed' | 'failed' | 'unimplemented' | 'disabled'

export interface Result {
  readonly name: string
  readonly area: string
  readonly state: State
  /** What the runner says of a failure; why it is disabled. */
  readonly reason?: string
}

export type Results = readonly Result[]

const LINE = /^(PASSED|FAILED|UNIMPLEMENTED) \((.*)\)$/

/** @param listed output of a run in which nothing is disabled and nothing implemented. */
export function readResults(listed: string, ran: string, disabled: readonly Disabled[]): Results {
  const states = new Map<string, { state: State; reason: string }>()
  let last: { state: State; reason: string } | undefined
  for (const line of ran.split('\n')) {
    const found = LINE.exec(line)
    if (found === null) {
      if (last?.state === 'failed') last.reason += `${line}\n`
      continue
    }
    last = { state: (found[1] as string).toLowerCase() as State, reason: '' }
    states.set(found[2] as string, last)
  }
  const patterns = disabled.map(({ glob, reason }) => ({ pattern: globPattern(glob), reason }))
  const names = listed.split('\n').flatMap((line) => LINE.exec(line)?.[2] ?? [])
  return names.map((name) => {
    const area = areaOf(name)
    const known = states.get(name)
    if (known !== undefined) return { name, area, ...known }
    const reason = patterns.find(({ pattern }) => pattern.test(name))?.reason
    // A runner that ended early leaves tests without a word.
    return reason === undefined
      ? { name, area, state: 'failed', reason: 'the runner says nothing of it\n' }
      : { name, area, state: 'disabled', reason }
  })
}

const STATES: readonly State[] = ['passed', 'failed', 'unimplemented', 'disabled']

/** The table by area, and every test that did not pass. */
export function renderTable(results: Results, details: boolean): string {
  const rows = [...AREAS.map(({ name }) => name), 'all'].map((area) => [area, ...countsOf(results, area)])
  const lines = [
    ['area', ...STATES],
    ...rows.filter(([area, ...counts]) => area === 'all' || counts.some(Boolean)),
  ].map(
    ([area, ...counts]) => `${String(area).padEnd(26)}${counts.map((count) => String(count).padStart(14)).join('')}`,
  )
  const others = results
    .filter(({ state }) => state === 'failed' || state === 'unimplemented')
    .map(({ state, name, reason }) => `${state}: ${name}${details && reason !== undefined ? `\n${reason}` : ''}`)
  return `${[...others, ...lines].join('\n')}\n`
}

/** The same as data. */
export function recordOf(results: Results): unknown {
  return { total: Object.fromEntries(STATES.map((state, i) => [state, countsOf(results, 'all')[i]])), results }
}

function countsOf(results: Results, area: string): readonly number[] {
  return STATES.map(
    (state) => results.filter((result) => result.state === state && (area === 'all' || result.area === area)).length,
  )
}
