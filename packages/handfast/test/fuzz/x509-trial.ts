/**
 * Trials of spoilt certificates: each is drawn from its seed, reads or judges something spoilt, and says
 * what came of it. It throws if anything was thrown that must not be, or trusted.
 */

import { type CryptoProvider, KeyImportError } from '../../src/crypto/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import {
  Certificate,
  CertificateError,
  createPolicy,
  createTrustStore,
  describeCertificate,
  POLICIES,
  readCertificate,
  readCertificateList,
  readOcspResponse,
  readTimestampList,
  type ReferenceIdentity,
  type TrustStore,
  type ValidationPolicy,
  type Verdict,
  verifyChain,
} from '../../src/x509/index.ts'
import { mutateDer } from './der-mutation.ts'
import { Dice } from './mutation.ts'
import type { ChainSample, Samples } from './x509-samples.ts'

export const TARGETS = ['certificate', 'crl', 'ocsp', 'timestamps', 'chain'] as const

export type Target = (typeof TARGETS)[number]

/** What became of it: `read` or `refused`; of a chain `trusted`, or the first reason. */
export interface Trial {
  readonly target: Target
  readonly end: string
  /** Of what was spoilt, afterwards. */
  readonly length: number
}

/** One of each kind, beside the sample's own. */
const IDENTITIES: readonly ReferenceIdentity[] = [
  { kind: 'dns', name: 'www.example.com' },
  { kind: 'ip', address: '2001:db8::1' },
  { kind: 'uri', uri: 'https://example.com/' },
  { kind: 'srv', name: '_imaps.example.com' },
  { kind: 'email', address: 'a@example.com' },
]

/** Longest message for people that bytes of a length may lead to. */
function longestMessage(length: number): number {
  return 2000 + 4 * length
}

export class Trials {
  readonly #samples: Samples
  readonly #targets: readonly Target[]
  #genuine: ReadonlySet<string> | undefined
  readonly #stores = new Map<readonly Uint8Array[], TrustStore>()

  constructor(samples: Samples, targets: readonly Target[] = TARGETS) {
    this.#samples = samples
    this.#targets = targets
  }

  run(seed: number): Trial {
    const dice = new Dice(seed)
    const target = dice.pick(this.#targets)
    switch (target) {
      case 'certificate':
        return this.#read(target, this.#samples.certificates, dice, readWholeCertificate)
      case 'crl':
        return this.#read(target, this.#samples.crls, dice, (der) => touchEverything(readCertificateList(der)))
      case 'ocsp':
        return this.#read(target, this.#samples.ocspResponses, dice, (der) => touchEverything(readOcspResponse(der)))
      case 'timestamps':
        return this.#read(target, this.#samples.timestampLists, dice, (list) =>
          touchEverything(readTimestampList(list)),
        )
      case 'chain':
        return this.#judge(dice)
    }
  }

  #read(target: Target, samples: readonly Uint8Array[], dice: Dice, read: (bytes: Uint8Array) => void): Trial {
    const bytes = mutateDer(dice.pick(samples), samples, dice)
    try {
      read(bytes)
      return { target, end: 'read', length: bytes.length }
    } catch (error) {
      if (!(error instanceof CertificateError)) throw error
      if (error.message.length > longestMessage(bytes.length))
        throw new Error('the message is too long', { cause: error })
      return { target, end: 'refused', length: bytes.length }
    }
  }

  /** One piece of what is judged is spoilt. */
  #judge(dice: Dice): Trial {
    const sample = dice.pick(this.#samples.chains)
    const parts = PARTS.filter((name) => sample[name].length > 0)
    const part = dice.pick(parts)
    const at = dice.below(sample[part].length)
    const original = sample[part][at] as Uint8Array
    const bytes = mutateDer(original, this.#othersOf(part), dice)
    const identity = dice.below(3) === 0 ? dice.pick(IDENTITIES) : sample.identity
    const question = { ...sample, identity, policy: policyFor(sample, dice), isStapled: dice.below(2) === 0 }
    const spoilt = { ...question, [part]: sample[part].with(at, bytes) }
    const store = part === 'trusted' ? storeOf(spoilt.trusted) : this.#storeOf(sample)
    const verdict = judge(spoilt, store)
    for (const { message } of [...verdict.reasons, ...verdict.warnings]) {
      if (message.length > longestMessage(bytes.length))
        throw new Error(`the message is too long: ${message.slice(0, 500)}`)
    }
    if (verdict.trusted === verdict.reasons.length > 0) throw new Error('trusted and reasons contradict each other')
    if (verdict.trusted && part !== 'trusted' && !this.#isGenuine(bytes)) {
      // Whoever spoils what is signed gains no more trust than by leaving it out.
      const without = { ...question, [part]: sample[part].toSpliced(at, 1) }
      const isHarmless = [question, without].some((one) => one.chain.length > 0 && judge(one, store).trusted)
      if (!isHarmless) throw new Error(`trusted, by a spoilt ${part}`)
      checkPath(verdict, sample)
    }
    return {
      target: 'chain',
      end: verdict.trusted ? 'trusted' : (verdict.reasons[0]?.reason ?? ''),
      length: bytes.length,
    }
  }

  #othersOf(part: (typeof PARTS)[number]): readonly Uint8Array[] {
    return part === 'chain' || part === 'trusted' ? this.#samples.certificates : this.#samples[part]
  }

  /** Nothing is spoilt if all of it was borrowed. */
  #isGenuine(bytes: Uint8Array): boolean {
    this.#genuine ??= new Set(
      Object.values(this.#samples)
        .flat()
        .filter((one) => one instanceof Uint8Array)
        .map(keyOf),
    )
    return this.#genuine.has(keyOf(bytes))
  }

  #storeOf({ trusted }: ChainSample): TrustStore {
    let store = this.#stores.get(trusted)
    if (store === undefined) {
      store = storeOf(trusted)
      this.#stores.set(trusted, store)
    }
    return store
  }
}

const PARTS = ['chain', 'trusted', 'crls', 'ocspResponses'] as const

function storeOf(trusted: readonly Uint8Array[]): TrustStore {
  return createTrustStore(
    trusted.flatMap((der) => {
      try {
        return [readCertificate(der)]
      } catch (error) {
        if (error instanceof CertificateError) return []
        throw error
      }
    }),
  )
}

interface Question extends ChainSample {
  readonly policy: ValidationPolicy
  readonly isStapled: boolean
}

/** Any profile; where there are CRLs or OCSP responses, they are mostly needed. */
function policyFor({ crls, ocspResponses }: ChainSample, dice: Dice): ValidationPolicy {
  const base = dice.pick([POLICIES.rfc5280, POLICIES.rfc5280, POLICIES.webpki, POLICIES.tls])
  if (crls.length + ocspResponses.length === 0 || dice.below(4) === 0) return base
  return createPolicy(base, { revocation: { ...base.revocation, mode: 'hard' } })
}

function judge(question: Question, trust: TrustStore): Verdict {
  const { chain, crls, ocspResponses, time, purpose, identity, policy, isStapled } = question
  return verifyChain({
    chain,
    trust,
    crls,
    ...(isStapled ? { stapled: ocspResponses } : { ocspResponses }),
    time,
    purpose,
    ...(identity === undefined ? {} : { identity }),
    provider: nodeProvider,
    policy,
  })
}

/** Every certificate of a path, its anchor apart, is one that was signed. */
function checkPath({ path }: Verdict, { chain, trusted }: ChainSample): void {
  const signed = new Set([...chain, ...trusted].map((der) => signedPart(der)))
  for (const { tbsCertificate } of path) {
    if (!signed.has(keyOf(tbsCertificate))) throw new Error('trusted, with a spoilt certificate')
  }
}

function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

function signedPart(der: Uint8Array): string {
  try {
    return keyOf(readCertificate(der).tbsCertificate)
  } catch (error) {
    if (error instanceof CertificateError) return ''
    throw error
  }
}

function readWholeCertificate(der: Uint8Array): void {
  const certificate = readCertificate(der)
  touchEverything(certificate)
  tolerate(() => describeCertificate(certificate, nodeProvider.hashes.sha256))
  tolerate(() => importKey(certificate, nodeProvider))
  certificate.extensions.check()
}

function importKey(certificate: Certificate, provider: CryptoProvider): void {
  try {
    certificate.publicKey(provider)
  } catch (error) {
    if (!(error instanceof KeyImportError)) throw error
  }
}

/** Looks at every field and getter of what was read, and of what they give. */
function touchEverything(value: unknown, seen: Set<object> = new Set()): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || seen.has(value)) return
  seen.add(value)
  if (value instanceof Map || value instanceof Set || Array.isArray(value)) {
    for (const item of value) touchEverything(item, seen)
    return
  }
  for (const name of fieldsOf(value)) {
    tolerate(() => touchEverything((value as Record<string, unknown>)[name], seen))
  }
  const items = value as Partial<Iterable<unknown>>
  if (typeof items[Symbol.iterator] === 'function')
    for (const item of items as Iterable<unknown>) touchEverything(item, seen)
}

/** Own fields, and the getters of its classes. */
function fieldsOf(value: object): string[] {
  const names = Object.keys(value)
  for (let type = Object.getPrototypeOf(value) as object | null; type !== null && type !== Object.prototype;) {
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(type)))
      if (get !== undefined) names.push(name)
    type = Object.getPrototypeOf(type) as object | null
  }
  return names
}

/** A getter may refuse what it is asked for, and the others are still to be asked. */
function tolerate(look: () => void): void {
  try {
    look()
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error
  }
}
