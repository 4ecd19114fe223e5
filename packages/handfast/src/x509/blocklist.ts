/**
 * Certificates that are not to be trusted whoever issued them: by themselves, by their key, or by
 * issuer and serial number. A trust anchor on the list is refused like any other.
 *
 * How lists are read, from text or JSON: `blocklist-file.ts`; the rule on them: `rules/lists.ts`.
 */

import { equalBytes } from '../bytes/compare.ts'
import { toHex } from '../bytes/hex.ts'
import type { Hash } from '../crypto/provider.ts'
import type { Certificate } from './certificate.ts'
import { readKeyHash } from './key-set.ts'
import { quotedText } from './printable-text.ts'
import { twinFingerprint } from './signature-twin.ts'

/** Certificates that are not to be trusted whoever issued them. */
export interface Blocklist {
  /** Where the list is from, for messages. */
  readonly name: string
  /** Date of the data, milliseconds since the epoch; null if unknown. */
  readonly date: number | null
  /** Number of entries. */
  readonly size: number
  /**
   * The entry that names `certificate`; null if none does.
   * @param issuer what follows in the path; itself for one that issued itself.
   * @param sha256 to compute the hashes with.
   */
  find(certificate: Certificate, issuer: Certificate | null, sha256: Hash): BlocklistEntry | null
  /**
   * Whether a key is on it, whoever it is said to be of: for one that no certificate holds.
   * @param hash SHA-256 of its SubjectPublicKeyInfo, lower-case hex.
   */
  hasKey(hash: string): boolean
}

/** One certificate, or all with one key. Hashes are SHA-256 in hex or base64; see `key-set.ts`. */
export type BlocklistEntry = (
  | { readonly kind: 'certificate'; readonly hash: string }
  /** Of a list that does not say which: hash of the certificate or of its key. Found as one of these. */
  | { readonly kind: 'certificate-or-key'; readonly hash: string }
  /** All with this key; with `subject` (a Name in DER) only those for that subject. */
  | { readonly kind: 'key'; readonly hash: string; readonly subject?: Uint8Array }
  /** `issuer`: a Name in DER, or the hash of one; `serialNumber`: contents of the INTEGER, in hex. */
  | { readonly kind: 'serial'; readonly issuer: Uint8Array | string; readonly serialNumber: string }
  /** `issuerKey`: hash of the issuer's SubjectPublicKeyInfo. */
  | { readonly kind: 'serial-by-key'; readonly issuerKey: string; readonly serialNumber: string }
) & {
  /** Why it is on the list, for messages. */
  readonly remark?: string
}

/**
 * Makes a list of entries.
 * @throws {TypeError} naming the first that is not as it should be.
 */
export function createBlocklist(options: {
  readonly name: string
  readonly date?: number | null
  readonly entries: Iterable<BlocklistEntry>
}): Blocklist {
  const list = new IndexedBlocklist(options.name, options.date ?? null)
  let index = 0
  for (const entry of options.entries) {
    const problem = list.add(entry)
    if (problem !== null) throw new TypeError(`entries[${index}].${problem}`)
    index++
  }
  return list
}

type KeyEntry = Extract<BlocklistEntry, { kind: 'key' }>
type SerialEntry = Extract<BlocklistEntry, { kind: 'serial' | 'serial-by-key' }>

class IndexedBlocklist implements Blocklist {
  readonly name: string
  readonly date: number | null
  #size = 0
  /** Hashes and serial numbers in lower-case hex. */
  readonly #certificates: Map<string, BlocklistEntry> = new Map()
  readonly #keys: Map<string, KeyEntry[]> = new Map()
  readonly #serials: Map<string, SerialEntry[]> = new Map()

  constructor(name: string, date: number | null) {
    this.name = name
    this.date = date
  }

  get size(): number {
    return this.#size
  }

  /** Adds an entry; what is wrong with it if it can't be added. */
  add(given: BlocklistEntry): string | null {
    switch (given.kind) {
      case 'certificate': {
        const hash = hexHash(given.hash)
        if (hash === null) return notHash('hash', given.hash)
        this.#certificates.set(hash, { ...given, hash })
        break
      }
      case 'certificate-or-key': {
        const hash = hexHash(given.hash)
        if (hash === null) return notHash('hash', given.hash)
        this.#certificates.set(hash, { ...given, kind: 'certificate', hash })
        append(this.#keys, hash, { ...given, kind: 'key', hash })
        break
      }
      case 'key': {
        const hash = hexHash(given.hash)
        if (hash === null) return notHash('hash', given.hash)
        append(this.#keys, hash, { ...given, hash })
        break
      }
      default: {
        const serial = serialKey(given.serialNumber)
        if (serial === null)
          return `serialNumber: needs digits of hex in pairs, has ${quotedText(String(given.serialNumber))}`
        const issuer = given.kind === 'serial' ? given.issuer : given.issuerKey
        const hash = typeof issuer === 'string' ? hexHash(issuer) : issuer
        if (hash === null) return notHash(given.kind === 'serial' ? 'issuer' : 'issuerKey', String(issuer))
        append(
          this.#serials,
          serial,
          given.kind === 'serial' ? { ...given, issuer: hash } : { ...given, issuerKey: hash as string },
        )
      }
    }
    this.#size++
    return null
  }

  find(certificate: Certificate, issuer: Certificate | null, sha256: Hash): BlocklistEntry | null {
    return (
      (this.#certificates.size > 0 ? this.#findCertificate(certificate, issuer, sha256) : undefined) ??
      (this.#keys.size > 0 ? this.#findKey(certificate, sha256) : undefined) ??
      (this.#serials.size > 0 ? this.#findSerial(certificate, issuer, sha256) : undefined) ??
      null
    )
  }

  hasKey(hash: string): boolean {
    return this.#keys.has(hash)
  }

  /** Also by what its fingerprint would be with the other form of its signature, which anyone can give it. */
  #findCertificate(certificate: Certificate, issuer: Certificate | null, sha256: Hash): BlocklistEntry | undefined {
    const found = this.#certificates.get(certificate.fingerprint(sha256))
    if (found !== undefined || issuer === null) return found
    const twin = twinFingerprint(certificate, issuer, sha256)
    return twin === null ? undefined : this.#certificates.get(twin)
  }

  #findKey(certificate: Certificate, sha256: Hash): BlocklistEntry | undefined {
    const entries = this.#keys.get(certificate.publicKeyHash(sha256))
    return entries?.find(({ subject }) => subject === undefined || equalBytes(subject, certificate.subjectDer))
  }

  #findSerial(certificate: Certificate, issuer: Certificate | null, sha256: Hash): BlocklistEntry | undefined {
    const entries = this.#serials.get(unpadded(certificate.serialNumberHex))
    if (entries === undefined) return undefined
    const nameHash = toHex(sha256.digest(certificate.issuerDer))
    return entries.find((entry) => {
      if (entry.kind === 'serial-by-key') return issuer !== null && entry.issuerKey === issuer.publicKeyHash(sha256)
      return typeof entry.issuer === 'string'
        ? entry.issuer === nameHash
        : equalBytes(entry.issuer, certificate.issuerDer)
    })
  }
}

function append<E>(index: Map<string, E[]>, key: string, entry: E): void {
  const entries = index.get(key)
  if (entries === undefined) index.set(key, [entry])
  else entries.push(entry)
}

function hexHash(text: string): string | null {
  const hash = typeof text === 'string' ? readKeyHash(text) : null
  return hash === null ? null : toHex(hash)
}

function notHash(field: string, has: string): string {
  return `${field}: needs a SHA-256 in hex or base64, has ${quotedText(String(has))}`
}

/** Lists write a serial number with or without the zero that keeps the INTEGER positive. */
function serialKey(text: string): string | null {
  return typeof text === 'string' && /^([0-9a-f]{2})+$/i.test(text) ? unpadded(text.toLowerCase()) : null
}

function unpadded(hex: string): string {
  return hex.replace(/^(?:00)+(?=..)/, '')
}
