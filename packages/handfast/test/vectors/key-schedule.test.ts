/** The traces' every extraction, expansion and key, step by step, with the functions of the key schedule. */

import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/bytes/index.ts'
import { hkdfExpand, hkdfExtract } from '../../src/crypto/hkdf.ts'
import {
  deriveApplicationTraffic,
  deriveExporterSecret,
  deriveHandshakeSecret,
  deriveHandshakeTraffic,
  deriveMainSecret,
  deriveSecret,
  deriveTrafficKeys,
  expandLabel,
} from '../../src/tls/schedule/key-schedule.ts'
import { sha256 } from './storyteller.ts'
import { hasTraces, NO_TRACES, sectionOf, sections, type Step } from './trace.ts'

const NUMBERS = [3, 4, 5, 6, 7]
const nothing = new Uint8Array(0)

function value(step: Step, label: string): Uint8Array {
  return fromHex(step.values.find((one) => one.label === label)?.hex ?? '')
}

function stepsWith(section: number, ...labels: readonly string[]): Step[] {
  const { steps } = sectionOf(section).section
  return steps.filter((step) => labels.every((label) => step.values.some((one) => one.label === label)))
}

describe.each(NUMBERS)('RFC 8448 section %d', (number) => {
  test('HKDF-Extract', ({ skip }) => {
    skip(!hasTraces, NO_TRACES)
    const steps = stepsWith(number, 'salt', 'IKM')
    expect(steps.length).toBeGreaterThanOrEqual(3)
    for (const step of steps) {
      expect(toHex(hkdfExtract(sha256, value(step, 'salt'), value(step, 'IKM')))).toBe(toHex(value(step, 'secret')))
    }
  })

  test('Derive-Secret and HKDF-Expand-Label', ({ skip }) => {
    skip(!hasTraces, NO_TRACES)
    const steps = stepsWith(number, 'PRK', 'hash', 'info', 'expanded').filter(({ action }) => action.includes('"tls13'))
    expect(steps.length).toBeGreaterThanOrEqual(7)
    for (const step of steps) {
      const label = /"tls13 ([^"]+)"/.exec(step.action)?.[1] as string
      const wanted = toHex(value(step, 'expanded'))
      expect(toHex(deriveSecret(sha256, value(step, 'PRK'), label, value(step, 'hash')))).toBe(wanted)
      expect(toHex(hkdfExpand(sha256, value(step, 'PRK'), value(step, 'info'), 32))).toBe(wanted)
    }
  })

  test('traffic keys', ({ skip }) => {
    skip(!hasTraces, NO_TRACES)
    const steps = stepsWith(number, 'PRK', 'key expanded')
    expect(steps.length).toBeGreaterThanOrEqual(3)
    for (const step of steps) {
      const { key, iv } = deriveTrafficKeys(sha256, value(step, 'PRK'), 16)
      expect([toHex(key), toHex(iv)]).toEqual([toHex(value(step, 'key expanded')), toHex(value(step, 'iv expanded'))])
    }
  })

  test('finished keys', ({ skip }) => {
    skip(!hasTraces, NO_TRACES)
    const steps = stepsWith(number, 'PRK', 'finished')
    expect(steps.length).toBeGreaterThanOrEqual(2)
    for (const step of steps) {
      const key = expandLabel(sha256, value(step, 'PRK'), 'finished', nothing, 32)
      expect(toHex(key)).toBe(toHex(value(step, 'expanded')))
    }
  })
})

describe.each(NUMBERS.filter((number) => number !== 4))('the schedule as a whole, section %d', (number) => {
  test('from the shared secret to every secret after it', ({ skip }) => {
    skip(!hasTraces, NO_TRACES)
    const trace = sectionOf(number)
    const [shared] = trace.values('server', 'extract secret "handshake"', 'IKM') as [Uint8Array]
    const hashOf = (label: string): Uint8Array =>
      trace.values('server', `derive secret "tls13 ${label}"`, 'hash')[0] as Uint8Array
    const handshake = deriveHandshakeSecret(sha256, shared)
    expect(toHex(handshake)).toBe(toHex(trace.secret('handshake')))
    const ofHandshake = deriveHandshakeTraffic(sha256, handshake, hashOf('c hs traffic'))
    expect(toHex(ofHandshake.client)).toBe(toHex(trace.secret('c hs traffic')))
    expect(toHex(ofHandshake.server)).toBe(toHex(trace.secret('s hs traffic')))
    const main = deriveMainSecret(sha256, handshake)
    expect(toHex(main)).toBe(toHex(trace.secret('master')))
    const ofApplication = deriveApplicationTraffic(sha256, main, hashOf('c ap traffic'))
    expect(toHex(ofApplication.client)).toBe(toHex(trace.secret('c ap traffic')))
    expect(toHex(ofApplication.server)).toBe(toHex(trace.secret('s ap traffic')))
    expect(toHex(deriveExporterSecret(sha256, main, hashOf('exp master')))).toBe(toHex(trace.secret('exp master')))
  })
})

test('the data has the sections that are asked for', ({ skip }) => {
  skip(!hasTraces, NO_TRACES)
  expect(sections.map(({ section }) => section)).toEqual(NUMBERS)
})
