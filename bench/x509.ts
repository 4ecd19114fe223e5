/**
 * The certificate bench: reading and judging real certificates, beside node:crypto's X509Certificate,
 * pkijs and @peculiar/x509. A sample goes through every certificate, or every chain, of its case often
 * enough to be measured, and is told for one certificate or one chain.
 */

import type { CryptoProvider } from '../packages/handfast/src/crypto/index.ts'
import { nodeProvider } from '../packages/handfast/src/crypto/node.ts'
import { createPortableProvider } from '../packages/handfast/src/crypto/portable.ts'
import { type Bench, type Result, resultOf, type Row } from './result.ts'
import { microseconds, type Sampler, sampleRounds } from './rounds.ts'
import { BARE_READERS, type Reader, READERS } from './x509-readers.ts'
import { type RealChain, readMachineRoots, readRealChains } from './x509-samples.ts'
import {
  type Verify,
  verifyByHandfast,
  verifyByNode,
  verifyByPeculiar,
  verifyByPkijs,
  verifySignatures,
} from './x509-verifiers.ts'

const PROVIDERS: readonly CryptoProvider[] = [nodeProvider, createPortableProvider()]

export const x509: Bench = {
  title: 'Certificates: reading one (with all fields, and bare), judging what a server presented',
  targets: [
    'Targets: all fields at most 40 us a certificate; judging at most the signatures plus 50 us for each',
    'certificate presented (`beyond` tells that difference for one). Roots are read, and their keys imported,',
    `beforehand. Providers: ${PROVIDERS.map(({ name }) => name).join(' and ')}; all others use node:crypto, two of them through WebCrypto.`,
  ].join('\n'),
  rounds: 10,
  run: runX509,
}

/** Microseconds. */
const SHORTEST_SAMPLE = 3000

async function runX509(rounds: number): Promise<Result> {
  const chains = readRealChains()
  const options = { rounds, warmUp: 4, inRow: 2 }
  const read = resultOf(await sampleRounds(readSamplers(chains), options), 'us', [
    ['handfast', 'node:crypto'],
    ['handfast', '@peculiar/x509'],
    ['handfast', 'pkijs'],
    ['handfast', 'asn1js, tree alone'],
  ])
  if (chains.length === 0) return read
  const judged = resultOf(await sampleRounds(verifySamplers(chains), options), 'us', [
    [titleOf(nodeProvider), signaturesTitle(nodeProvider)],
    [titleOf(nodeProvider), 'node:crypto'],
    [titleOf(nodeProvider), '@peculiar/x509'],
    [titleOf(nodeProvider), 'pkijs'],
  ])
  return {
    rows: [...read.rows, ...judged.rows, ...beyondRows(judged.rows, chains)],
    ratios: [...read.ratios, ...judged.ratios],
  }
}

function readSamplers(chains: readonly RealChain[]): Map<string, Map<string, Sampler>> {
  const groups: readonly (readonly [string, readonly Uint8Array[]])[] = [
    ['leaves', chains.map(({ presented }) => presented[0] as Uint8Array)],
    ['intermediates', chains.flatMap(({ presented }) => presented.slice(1))],
    ["this machine's roots", readMachineRoots()],
  ]
  const samplers = new Map<string, Map<string, Sampler>>()
  for (const [name, certificates] of groups) {
    if (certificates.length === 0) continue
    const title = `${certificates.length} ${name}`
    samplers.set(`read ${title}`, readersOf(READERS, certificates))
    samplers.set(`read ${title}, bare`, readersOf(BARE_READERS, certificates))
  }
  return samplers
}

function readersOf(
  readers: Readonly<Record<string, Reader>>,
  certificates: readonly Uint8Array[],
): Map<string, Sampler> {
  return new Map(
    Object.entries(readers).map(([subject, read]) => [
      subject,
      repeated(certificates.length, () => {
        for (const der of certificates) read(der)
      }),
    ]),
  )
}

function verifySamplers(chains: readonly RealChain[]): Map<string, Map<string, Sampler>> {
  return new Map(
    chains.map((chain) => [
      caseOf(chain),
      new Map([
        ...PROVIDERS.flatMap((provider) => [
          [titleOf(provider), repeated(1, verifyByHandfast(chain, provider), leastRuns(provider))] as const,
          [signaturesTitle(provider), repeated(1, verifySignatures(chain, provider), leastRuns(provider))] as const,
        ]),
        ['node:crypto', repeated(1, verifyByNode(chain))],
        ['@peculiar/x509', repeated(1, verifyByPeculiar(chain))],
        ['pkijs', repeated(1, verifyByPkijs(chain))],
      ]),
    ]),
  )
}

/** What a provider's checks of signatures leave of the whole, for each certificate presented. */
function beyondRows(rows: readonly Row[], chains: readonly RealChain[]): Row[] {
  return chains.flatMap((chain) =>
    PROVIDERS.map((provider) => {
      const medianOf = (subject: string): number =>
        rows.find((row) => row.case === caseOf(chain) && row.subject === subject)?.median ?? Number.NaN
      const beyond = (medianOf(titleOf(provider)) - medianOf(signaturesTitle(provider))) / chain.presented.length
      return {
        case: caseOf(chain),
        subject: `beyond (${provider.name})`,
        median: Number(beyond.toFixed(1)),
        unit: 'us',
      }
    }),
  )
}

function caseOf({ name, presented }: RealChain): string {
  return `judge ${name}, ${presented.length} presented`
}

function titleOf(provider: CryptoProvider): string {
  return `handfast (${provider.name})`
}

function signaturesTitle(provider: CryptoProvider): string {
  return `signatures (${provider.name})`
}

/** What is told as a difference needs more than a few runs behind what others left in the processor's caches. */
function leastRuns(provider: CryptoProvider): number {
  return provider === nodeProvider ? 20 : 1
}

/** Runs as often as a sample needs to be measured; microseconds for one of `count` things that a run does. */
function repeated(count: number, run: Verify, least = 1): Sampler {
  return async () => {
    const began = microseconds()
    let runs = 0
    let now = began
    do {
      const pending = run()
      if (pending !== undefined) await pending
      runs++
      now = microseconds()
    } while (now - began < SHORTEST_SAMPLE || runs < least)
    return (now - began) / runs / count
  }
}
