/**
 * The certificate suites that others made, where they are (HANDFAST_DATA, by default ../shared/data from
 * the root): every case of every file of their folder x509.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { recordOf } from './report.ts'
import { runSuite } from './runner.ts'

const ROOT = resolve(import.meta.dirname, '..', '..')
const FOLDER = join(resolve(ROOT, process.env['HANDFAST_DATA'] ?? '../shared/data'), 'x509')
const FILES = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.ndjson')) : []

/** Against hanging, not to measure: whoever wants times runs `npm run suites:x509`. */
const MOST_MILLISECONDS = 10_000

describe('suites of certificates', () => {
  test('are there', ({ skip }) => {
    skip(FILES.length === 0, 'no x509/*.ndjson in HANDFAST_DATA or ../shared/data')
    expect(FILES.length).toBeGreaterThan(0)
  })

  test.for(FILES)('%s: every case passes', (name) => {
    const suite = runSuite(name, readFileSync(join(FOLDER, name), 'utf8'), 'auto')
    const failures = suite.cases
      .filter(({ outcome }) => outcome !== 'passed')
      .map(({ id, expected, answer, reason }) => `${id}: expected ${expected}, answered ${answer}: ${reason}`)
    expect(failures).toEqual([])
    const record = recordOf(suite)
    expect(record.total).toBeGreaterThan(0)
    expect(record.passed).toBe(record.total)
    expect(record.slowestMs).toBeLessThan(MOST_MILLISECONDS)
  })
})
