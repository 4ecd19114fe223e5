import { describe, expect, test } from 'vitest'
import { checkComments, UNDOCUMENTED } from './comments.ts'
import { checkFlows } from './flows.ts'
import { checkImports } from './imports.ts'
import { checkEntries, checkLength, checkName, LONG_FILES } from './layout.ts'
import { checkPurity } from './purity.ts'
import { describeViolations, readSources, type Violation } from './source.ts'

const sources = readSources()

function expectNone(violations: readonly Violation[]): void {
  if (violations.length > 0) expect.fail(`\n${describeViolations(violations)}\n`)
}

describe('the house (ARCHITECTURE.md says why)', () => {
  test('is read whole', () => {
    expect(sources.map((source) => source.path)).toContain('bytes/reader.ts')
    expect(sources.map((source) => source.path)).toContain('report/handshake-report.ts')
  })

  test('imports point down only, and pure folders import no Node built-in and no package', () => {
    expectNone(sources.flatMap(checkImports))
  })

  test('pure modules have no clock, randomness, timer, console or global of Node', () => {
    expectNone(sources.flatMap(checkPurity))
  })

  test('every flow is run by yield*, and waits through flow.ts alone', () => {
    expectNone(checkFlows(sources))
  })

  test('files are named after what they are about', () => {
    expectNone(sources.flatMap(checkName))
  })

  test('no file hides two rooms', () => {
    expectNone(sources.flatMap(checkLength))
    for (const [path, reason] of LONG_FILES) {
      expect(
        sources.map((source) => source.path),
        `LONG_FILES names ${path}, which is gone`,
      ).toContain(path)
      expect(reason, `LONG_FILES gives no reason for ${path}`).not.toBe('')
    }
  })

  test('every export has a doc comment, but in folders that are named as exempt', () => {
    expectNone(sources.flatMap(checkComments))
    for (const folder of UNDOCUMENTED) {
      expect(
        sources.some(({ path }) => path.startsWith(`${folder}/`)),
        `UNDOCUMENTED names ${folder}, which is gone`,
      ).toBe(true)
    }
  })

  test('every folder of src has its entry', () => {
    expectNone(checkEntries(sources))
  })
})
