/**
 * Certificates, CRLs, OCSP responses and lists of timestamps spoilt in every way, alone and in chains.
 * However bad it is: readers throw CertificateError and nothing else, the judge of chains throws nothing,
 * and nobody gains trust by it.
 *
 * HANDFAST_FUZZ=100000 for a longer run, HANDFAST_FUZZ_SEED to begin elsewhere; `npm run fuzz:x509` says
 * besides how long it took. A failure names the seed of its case.
 */

import { describe, expect, test } from 'vitest'
import { mutateDer } from './der-mutation.ts'
import { Dice } from './mutation.ts'
import { hasSuites, NO_SUITES, readSamples } from './x509-samples.ts'
import { type Target, Trials } from './x509-trial.ts'

const COUNT = Number(process.env['HANDFAST_FUZZ'] ?? 500)
const FIRST_SEED = Number(process.env['HANDFAST_FUZZ_SEED'] ?? 1)
const NEED_SUITES: ReadonlySet<Target> = new Set(['crl', 'ocsp', 'timestamps'])

describe('spoilt', () => {
  const samples = readSamples()

  test.for<[target: Target, ends: number]>([
    ['certificate', 2],
    ['crl', 2],
    ['ocsp', 2],
    ['timestamps', 2],
    ['chain', 4],
  ])('%s', { timeout: 30_000 + 20 * COUNT }, ([target, ends], { skip }) => {
    skip(!hasSuites && NEED_SUITES.has(target), NO_SUITES)
    const trials = new Trials(samples, [target])
    const met = new Set<string>()
    for (let seed = FIRST_SEED; seed < FIRST_SEED + COUNT; seed++) {
      try {
        met.add(trials.run(seed).end)
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error })
      }
    }
    // That there was more than one end says that something was spoilt, and not everything.
    expect(met.size).toBeGreaterThanOrEqual(ends)
  })

  test('DER is mostly spoilt below its first length, and the same for the same seed', () => {
    const [sample] = samples.certificates as [Uint8Array]
    let whole = 0
    for (let seed = 0; seed < 200; seed++) {
      const spoilt = mutateDer(sample, samples.certificates, new Dice(seed))
      expect(mutateDer(sample, samples.certificates, new Dice(seed))).toEqual(spoilt)
      if (lengthOf(spoilt) === spoilt.length) whole++
    }
    expect(whole).toBeGreaterThan(60)
  })
})

/** Of the element that begins there, as its header tells it. */
function lengthOf(der: Uint8Array): number {
  const [, first = 0, second = 0, third = 0, fourth = 0] = der
  if (first < 0x80) return 2 + first
  if (first === 0x81) return 3 + second
  if (first === 0x82) return 4 + second * 256 + third
  return 5 + (second * 256 + third) * 256 + fourth
}
