/**
 * Hybrid Public Key Encryption (RFC 9180), composed from a provider's own groups, hashes and AEADs.
 *
 * Base mode only: DHKEM (section 4.1), the encryption context (5.1, 5.1.1), encryption (5.2), export (5.3),
 * and the algorithms of section 7 that a provider has. Not here: the PSK and authenticated modes, the
 * single-shot functions of section 6, X448, the export-only AEAD.
 */

import { concatBytes } from '../bytes/index.ts'
import { hkdfExpand, hkdfExtract } from './hkdf.ts'
import {
  AEAD_NONCE_LENGTH,
  AEAD_TAG_LENGTH,
  type Aead,
  type AeadKey,
  type AeadName,
  type CryptoProvider,
  type GroupName,
  type Hash,
  type HashName,
  KeyImportError,
  type KeyExchangeGroup,
  type StaticKey,
} from './provider.ts'

/** A key encapsulation mechanism with the provider's means to carry it out (section 7.1). */
export interface HpkeKem {
  readonly id: number
  /** `DHKEM(X25519, HKDF-SHA256)`. */
  readonly name: string
  /** Nsk: length of a private key in bytes. */
  readonly privateKeyLength: number
  /** Npk and Nenc: length of a public key, and of an encapsulated one, in bytes. */
  readonly publicKeyLength: number
  /** The KEM's own, which may be another than the cipher's. */
  readonly hash: Hash
  readonly group: KeyExchangeGroup
  /**
   * Imports a private key.
   * @throws {KeyImportError}
   */
  importKey(privateKey: Uint8Array): StaticKey
}

/** A KDF and an AEAD with the provider's means to carry them out (sections 7.2, 7.3). */
export interface HpkeCipher {
  readonly kdf: number
  readonly aead: number
  readonly hash: Hash
  readonly algorithm: Aead
}

interface KemRow {
  readonly id: number
  readonly name: string
  readonly group: GroupName
  readonly hash: HashName
  readonly privateKeyLength: number
}

/** Section 7.1. In order of preference. */
const KEMS: readonly KemRow[] = [
  { id: 0x0020, name: 'DHKEM(X25519, HKDF-SHA256)', group: 'x25519', hash: 'sha256', privateKeyLength: 32 },
  { id: 0x0010, name: 'DHKEM(P-256, HKDF-SHA256)', group: 'secp256r1', hash: 'sha256', privateKeyLength: 32 },
  { id: 0x0011, name: 'DHKEM(P-384, HKDF-SHA384)', group: 'secp384r1', hash: 'sha384', privateKeyLength: 48 },
  { id: 0x0012, name: 'DHKEM(P-521, HKDF-SHA512)', group: 'secp521r1', hash: 'sha512', privateKeyLength: 66 },
]

/** Section 7.2. */
const KDFS: ReadonlyMap<number, HashName> = new Map([
  [1, 'sha256'],
  [2, 'sha384'],
  [3, 'sha512'],
])

/** Section 7.3. */
const AEADS: ReadonlyMap<number, AeadName> = new Map([
  [1, 'aes-128-gcm'],
  [2, 'aes-256-gcm'],
  [3, 'chacha20-poly1305'],
])

/** The KEM with this number; undefined if it is unknown, or the provider lacks what it needs. */
export function kemOf(provider: CryptoProvider, id: number): HpkeKem | undefined {
  const row = KEMS.find((kem) => kem.id === id)
  const group = provider.groups.find((candidate) => candidate.name === row?.group)
  const importKey = group?.importKey?.bind(group)
  if (row === undefined || group === undefined || importKey === undefined) return undefined
  return {
    id,
    name: row.name,
    privateKeyLength: row.privateKeyLength,
    publicKeyLength: group.serverShareLength,
    hash: provider.hashes[row.hash],
    group,
    importKey,
  }
}

/** KDF and AEAD with these numbers; undefined if one is unknown, or the provider lacks it. */
export function cipherOf(provider: CryptoProvider, kdf: number, aead: number): HpkeCipher | undefined {
  const hash = KDFS.get(kdf)
  const algorithm = provider.aeads.find((candidate) => candidate.name === AEADS.get(aead))
  if (hash === undefined || algorithm === undefined) return undefined
  return { kdf, aead, hash: provider.hashes[hash], algorithm }
}

/** How much longer a sealed text is than what was sealed, in bytes. */
export const HPKE_EXPANSION: number = AEAD_TAG_LENGTH

const EMPTY = new Uint8Array(0)

/**
 * DeriveKeyPair (section 7.1.3).
 * @param ikm at least as long as a private key, and as hard to guess as the key should be.
 */
export function deriveKeyPair(
  kem: HpkeKem,
  ikm: Uint8Array,
): { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array } {
  const kdf = new LabeledKdf(kem.hash, kemSuite(kem))
  const prk = kdf.extract(EMPTY, 'dkp_prk', ikm)
  const isX25519 = kem.group.name === 'x25519'
  for (let counter = 0; counter <= 255; counter++) {
    const privateKey = isX25519
      ? kdf.expand(prk, 'sk', EMPTY, kem.privateKeyLength)
      : kdf.expand(prk, 'candidate', Uint8Array.of(counter), kem.privateKeyLength)
    // The order of P-521 has 521 bits, one more than 65 bytes hold.
    if (kem.group.name === 'secp521r1') privateKey[0] = (privateKey[0] as number) & 1
    try {
      using key = kem.importKey(privateKey)
      return { privateKey, publicKey: key.share }
    } catch (error) {
      if (!(error instanceof KeyImportError)) throw error
    }
  }
  throw new TypeError(`${kem.name}: needs keying material that gives a key, has none in 256 attempts`)
}

/**
 * SetupBaseS (section 5.1.1): a context that encrypts to the holder of `publicKey`, and the encapsulated key
 * by which they get the same.
 * @throws {InvalidShareError} not a public key of this KEM.
 */
export function setupBaseS(
  kem: HpkeKem,
  cipher: HpkeCipher,
  publicKey: Uint8Array,
  info: Uint8Array,
): { readonly enc: Uint8Array; readonly context: HpkeContext } {
  const { share: enc, secret } = kem.group.respond(publicKey)
  return { enc, context: keySchedule(kem, cipher, extractAndExpand(kem, secret, enc, publicKey), info) }
}

/**
 * SetupBaseR (section 5.1.1): the context of the holder of `privateKey`.
 * @throws {InvalidShareError} `enc` is not an encapsulated key of this KEM.
 */
export function setupBaseR(
  kem: HpkeKem,
  cipher: HpkeCipher,
  enc: Uint8Array,
  privateKey: StaticKey,
  info: Uint8Array,
): HpkeContext {
  return keySchedule(kem, cipher, extractAndExpand(kem, privateKey.agree(enc), enc, privateKey.share), info)
}

/** ExtractAndExpand (section 4.1). Takes the secret over. */
function extractAndExpand(kem: HpkeKem, dh: Uint8Array, enc: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const kdf = new LabeledKdf(kem.hash, kemSuite(kem))
  const prk = kdf.extract(EMPTY, 'eae_prk', dh)
  const secret = kdf.expand(prk, 'shared_secret', concatBytes(enc, publicKey), kem.hash.length)
  dh.fill(0)
  prk.fill(0)
  return secret
}

/** KeySchedule (section 5.1) without a PSK. Takes the shared secret over. */
function keySchedule(kem: HpkeKem, cipher: HpkeCipher, sharedSecret: Uint8Array, info: Uint8Array): HpkeContext {
  const suite = concatBytes(ascii('HPKE'), u16(kem.id), u16(cipher.kdf), u16(cipher.aead))
  const kdf = new LabeledKdf(cipher.hash, suite)
  const context = concatBytes(
    Uint8Array.of(MODE_BASE),
    kdf.extract(EMPTY, 'psk_id_hash', EMPTY),
    kdf.extract(EMPTY, 'info_hash', info),
  )
  const secret = kdf.extract(sharedSecret, 'secret', EMPTY)
  const key = kdf.expand(secret, 'key', context, cipher.algorithm.keyLength)
  const parts: ContextParts = {
    key: cipher.algorithm.key(key),
    baseNonce: kdf.expand(secret, 'base_nonce', context, AEAD_NONCE_LENGTH),
    exporterSecret: kdf.expand(secret, 'exp', context, cipher.hash.length),
    kdf,
  }
  for (const used of [sharedSecret, secret, key]) used.fill(0)
  return new HpkeContext(parts)
}

const MODE_BASE = 0

interface ContextParts {
  readonly key: AeadKey
  readonly baseNonce: Uint8Array
  readonly exporterSecret: Uint8Array
  readonly kdf: LabeledKdf
}

/** An encryption context of one side (section 5.2). The sender seals, the recipient opens; neither does both. */
export class HpkeContext {
  readonly #parts: ContextParts
  #sequence = 0

  /** @internal Use `setupBaseS` or `setupBaseR`. */
  constructor(parts: ContextParts) {
    this.#parts = parts
  }

  /** Encrypts the next message; `HPKE_EXPANSION` bytes longer than `plaintext`. */
  seal(additionalData: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const sealed = new Uint8Array(plaintext.length + HPKE_EXPANSION)
    this.#parts.key.seal(this.#nonce(), additionalData, plaintext, sealed, 0)
    this.#sequence++
    return sealed
  }

  /** Decrypts the next message. Null if it does not authenticate: then another may be tried in its place. */
  open(additionalData: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    const plaintext = this.#parts.key.open(this.#nonce(), additionalData, sealed)
    if (plaintext !== null) this.#sequence++
    return plaintext
  }

  /** A secret of `length` bytes for another use (section 5.3). */
  export(exporterContext: Uint8Array, length: number): Uint8Array {
    return this.#parts.kdf.expand(this.#parts.exporterSecret, 'sec', exporterContext, length)
  }

  /** Drops the keys. */
  [Symbol.dispose](): void {
    this.#parts.key[Symbol.dispose]()
    this.#parts.baseNonce.fill(0)
    this.#parts.exporterSecret.fill(0)
  }

  /** A sequence number shorter than the nonce, as section 5.2 allows. */
  #nonce(): Uint8Array {
    if (this.#sequence >= 2 ** 32) throw new TypeError('HPKE context: needs a sequence number below 2^32, has no more')
    const nonce = Uint8Array.from(this.#parts.baseNonce)
    for (let i = 0; i < 4; i++) {
      const at = AEAD_NONCE_LENGTH - 1 - i
      nonce[at] = (nonce[at] as number) ^ (this.#sequence >>> (8 * i))
    }
    return nonce
  }
}

/** LabeledExtract and LabeledExpand (section 4). */
class LabeledKdf {
  readonly #hash: Hash
  readonly #suite: Uint8Array

  constructor(hash: Hash, suite: Uint8Array) {
    this.#hash = hash
    this.#suite = suite
  }

  extract(salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
    return hkdfExtract(this.#hash, salt, concatBytes(VERSION, this.#suite, ascii(label), ikm))
  }

  expand(prk: Uint8Array, label: string, info: Uint8Array, length: number): Uint8Array {
    return hkdfExpand(this.#hash, prk, concatBytes(u16(length), VERSION, this.#suite, ascii(label), info), length)
  }
}

const VERSION = ascii('HPKE-v1')

function kemSuite({ id }: HpkeKem): Uint8Array {
  return concatBytes(ascii('KEM'), u16(id))
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value)
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
