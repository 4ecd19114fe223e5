/**
 * The provider on @noble: pure TypeScript, for browsers and wherever else there is no node:crypto.
 *
 * Needs nothing from its surroundings but random bytes, and those can be passed in: over a seeded
 * source a whole handshake can be replayed, since all keys, encapsulations and hedged signatures draw
 * from it. RSA is verified (`rsa.ts`) but not signed with: that needs constant-time arithmetic, which
 * BigInt is not.
 *
 * The libraries avoid secret-dependent branches and look-ups where JavaScript lets them; SECURITY.md
 * says what that is worth. Ed25519 and Ed448 are verified as RFC 8032 has them, with canonical
 * encodings only and no public keys of small order.
 */

import { gcm } from '@noble/ciphers/aes.js'
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import type { EdDSA } from '@noble/curves/abstract/edwards.js'
import type { ECDSA } from '@noble/curves/abstract/weierstrass.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { ed448 } from '@noble/curves/ed448.js'
import { brainpoolP256r1, brainpoolP384r1, brainpoolP512r1 } from '@noble/curves/misc.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { sha224, sha256, sha384, sha512, sha512_224, sha512_256 } from '@noble/hashes/sha2.js'
import { sha3_224, sha3_256, sha3_384, sha3_512 } from '@noble/hashes/sha3.js'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { ml_kem1024, ml_kem768 } from '@noble/post-quantum/ml-kem.js'
import type { Signer } from '@noble/post-quantum/utils.js'
import { equalBytes } from '../bytes/index.ts'
import { AEAD_KEY_LENGTHS, checkAeadKey, checkNonce, checkRoom } from './aead.ts'
import { createHybridGroup } from './hybrid.ts'
import { createNobleKem, createNobleMlDsaKey, verifyNobleMlDsa } from './post-quantum.ts'
import { readPrivateKeyInfo, type PrivateKeyParts } from './private-key-format.ts'
import {
  AEAD_TAG_LENGTH,
  InvalidShareError,
  KeyImportError,
  type Aead,
  type AeadKey,
  type AeadName,
  type CryptoProvider,
  type CurveName,
  type EphemeralKey,
  type Hash,
  type HashName,
  type KeyExchangeGroup,
  type KeyType,
  type MlDsaName,
  type PrivateKey,
  type PublicKey,
  type RunningHash,
  type SecpCurveName,
  type SignatureAlgorithm,
} from './provider.ts'
import { FIELD_LENGTHS, readPublicKeyInfo, writePublicKeyInfo, type RsaNumbers } from './public-key-format.ts'
import { verifyRsaPkcs1, verifyRsaPss } from './rsa.ts'
import {
  checkKeyLength,
  checkPointForm,
  checkShareLength,
  createEphemeralKey,
  createStaticKey,
  scalarOutOfRange,
} from './share.ts'
import { SIGNATURE_ALGORITHMS, describeAlgorithm, isAlgorithmForKey, trialAlgorithm } from './signature.ts'

type Random = (length: number) => Uint8Array

/** Choices for a portable provider. */
export interface PortableProviderOptions {
  /**
   * Source of all randomness: `length` fresh bytes, the caller's to keep. By default
   * `globalThis.crypto`. One that can be predicted makes every key worthless: for tests and replays.
   */
  readonly random?: Random
}

/** A provider on @noble. */
export function createPortableProvider(options: PortableProviderOptions = {}): CryptoProvider {
  const random = options.random ?? systemRandom
  const classical = createX25519(random)
  const secp256r1 = createSecpGroup('secp256r1', random)
  const secp384r1 = createSecpGroup('secp384r1', random)
  const mlKem768 = createNobleKem('ML-KEM-768', ml_kem768, random)
  const mlKem1024 = createNobleKem('ML-KEM-1024', ml_kem1024, random)
  return {
    name: 'portable',
    random,
    hashes: HASHES,
    // Without AES instructions, table-free AES-GCM is the slow one: 254 us against 67 for 16 KiB.
    aeads: [
      createPortableAead('chacha20-poly1305'),
      createPortableAead('aes-128-gcm'),
      createPortableAead('aes-256-gcm'),
    ],
    groups: [
      createHybridGroup('X25519MLKEM768', 'kem-first', classical, mlKem768),
      classical,
      secp256r1,
      secp384r1,
      createSecpGroup('secp521r1', random),
      createHybridGroup('SecP256r1MLKEM768', 'classical-first', secp256r1, mlKem768),
      createHybridGroup('SecP384r1MLKEM1024', 'classical-first', secp384r1, mlKem1024),
    ],
    signatureAlgorithms: SIGNATURE_ALGORITHMS,
    importPublicKey,
    importPrivateKey: (pkcs8) => importPrivateKey(pkcs8, random),
    verify,
    sign,
  }
}

function systemRandom(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  // getRandomValues gives 65536 bytes at a time.
  for (let at = 0; at < length; at += 65536) globalThis.crypto.getRandomValues(bytes.subarray(at, at + 65536))
  return bytes
}

// --- Hashes

const HASH_FUNCTIONS = {
  sha1,
  sha224,
  sha256,
  sha384,
  sha512,
  'sha512-224': sha512_224,
  'sha512-256': sha512_256,
  'sha3-224': sha3_224,
  'sha3-256': sha3_256,
  'sha3-384': sha3_384,
  'sha3-512': sha3_512,
}

const HASHES: Readonly<Record<HashName, Hash>> = {
  sha1: createPortableHash('sha1'),
  sha224: createPortableHash('sha224'),
  sha256: createPortableHash('sha256'),
  sha384: createPortableHash('sha384'),
  sha512: createPortableHash('sha512'),
  'sha512-224': createPortableHash('sha512-224'),
  'sha512-256': createPortableHash('sha512-256'),
  'sha3-224': createPortableHash('sha3-224'),
  'sha3-256': createPortableHash('sha3-256'),
  'sha3-384': createPortableHash('sha3-384'),
  'sha3-512': createPortableHash('sha3-512'),
}

function createPortableHash(name: HashName): Hash {
  const hash = HASH_FUNCTIONS[name]
  return {
    name,
    length: hash.outputLen,
    digest: (data) => hash(data),
    start: () => createRunningHash(hash.create()),
    hmac: (key, data) => hmac(hash, key, data),
  }
}

function createRunningHash(running: ReturnType<(typeof HASH_FUNCTIONS)[HashName]['create']>): RunningHash {
  return {
    update: (data) => void running.update(data),
    digest: () => running.clone().digest(),
    copy: () => createRunningHash(running.clone()),
  }
}

// --- AEADs

function createPortableAead(name: AeadName): Aead {
  return {
    name,
    keyLength: AEAD_KEY_LENGTHS[name],
    key: (bytes) => new PortableAeadKey(name, bytes),
  }
}

class PortableAeadKey implements AeadKey {
  readonly #cipher: typeof gcm | typeof chacha20poly1305
  #key: Uint8Array | undefined

  constructor(name: AeadName, bytes: Uint8Array) {
    checkAeadKey(name, bytes)
    this.#cipher = name === 'chacha20-poly1305' ? chacha20poly1305 : gcm
    this.#key = new Uint8Array(bytes)
  }

  seal(nonce: Uint8Array, additionalData: Uint8Array, plaintext: Uint8Array, out: Uint8Array, offset: number): void {
    checkNonce(nonce)
    checkRoom(plaintext, out, offset)
    out.set(this.#cipher(this.#open(), nonce, additionalData).encrypt(plaintext), offset)
  }

  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    checkNonce(nonce)
    const cipher = this.#cipher(this.#open(), nonce, additionalData)
    if (sealed.length < AEAD_TAG_LENGTH) return null
    try {
      return cipher.decrypt(sealed)
    } catch {
      return null
    }
  }

  [Symbol.dispose](): void {
    this.#key?.fill(0)
    this.#key = undefined
  }

  #open(): Uint8Array {
    if (this.#key === undefined) throw new TypeError('the AEAD key was disposed of')
    return this.#key
  }
}

// --- Key exchange

/** X25519 (RFC 7748 section 6.1). */
function createX25519(random: Random): KeyExchangeGroup {
  const name = 'x25519'
  const length = 32
  const derive = (secretKey: Uint8Array, share: Uint8Array): Uint8Array => {
    checkShareLength(name, length, share)
    try {
      return x25519.getSharedSecret(secretKey, share)
    } catch {
      throw new InvalidShareError('x25519 share: a point of small order (the secret would be all zero)')
    }
  }
  return {
    name,
    clientShareLength: length,
    serverShareLength: length,
    generate(): EphemeralKey {
      const secretKey = random(length)
      return createEphemeralKey({
        group: name,
        share: x25519.getPublicKey(secretKey),
        agree: (serverShare) => derive(secretKey, serverShare),
        drop: () => secretKey.fill(0),
      })
    },
    respond(clientShare) {
      const secretKey = random(length)
      try {
        return { secret: derive(secretKey, clientShare), share: x25519.getPublicKey(secretKey) }
      } finally {
        secretKey.fill(0)
      }
    },
    importKey(privateKey) {
      checkKeyLength(name, length, privateKey)
      const secretKey = new Uint8Array(privateKey)
      return createStaticKey({
        group: name,
        share: x25519.getPublicKey(secretKey),
        agree: (share) => derive(secretKey, share),
        drop: () => secretKey.fill(0),
      })
    },
  }
}

const CURVES: Readonly<Record<CurveName, ECDSA>> = {
  secp256r1: p256,
  secp384r1: p384,
  secp521r1: p521,
  brainpoolP256r1,
  brainpoolP384r1,
  brainpoolP512r1,
}

/** The secret is the X coordinate (RFC 9846 section 7.4.2). The library checks that points are on the curve. */
function createSecpGroup(name: SecpCurveName, random: Random): KeyExchangeGroup {
  const curve = CURVES[name]
  const length = 1 + 2 * FIELD_LENGTHS[name]
  const generateSecret = (): Uint8Array => {
    const seed = random(curve.lengths.seed as number)
    const secretKey = curve.utils.randomSecretKey(seed)
    seed.fill(0)
    return secretKey
  }
  const derive = (secretKey: Uint8Array, share: Uint8Array): Uint8Array => {
    checkPointForm(name, length, share)
    try {
      return curve.getSharedSecret(secretKey, share).slice(1)
    } catch {
      throw new InvalidShareError(`${name} share: not a point on the curve`)
    }
  }
  return {
    name,
    clientShareLength: length,
    serverShareLength: length,
    generate(): EphemeralKey {
      const secretKey = generateSecret()
      return createEphemeralKey({
        group: name,
        share: curve.getPublicKey(secretKey, false),
        agree: (serverShare) => derive(secretKey, serverShare),
        drop: () => secretKey.fill(0),
      })
    },
    respond(clientShare) {
      const secretKey = generateSecret()
      try {
        return { secret: derive(secretKey, clientShare), share: curve.getPublicKey(secretKey, false) }
      } finally {
        secretKey.fill(0)
      }
    },
    importKey(privateKey) {
      checkKeyLength(name, FIELD_LENGTHS[name], privateKey)
      if (!curve.utils.isValidSecretKey(privateKey)) throw scalarOutOfRange(name)
      const secretKey = new Uint8Array(privateKey)
      return createStaticKey({
        group: name,
        share: curve.getPublicKey(secretKey, false),
        agree: (share) => derive(secretKey, share),
        drop: () => secretKey.fill(0),
      })
    },
  }
}

// --- Signatures

const EDWARDS: Readonly<Record<'ed25519' | 'ed448', EdDSA>> = { ed25519, ed448 }
const ML_DSA: Readonly<Record<MlDsaName, Signer>> = {
  'ml-dsa-44': ml_dsa44,
  'ml-dsa-65': ml_dsa65,
  'ml-dsa-87': ml_dsa87,
}

/** As RFC 8032 has it: no encoding that is not canonical. */
const STRICT = { zip215: false }
/** ECDSA over a digest made here, in DER, of either s: what RFC 3279 and TLS have. */
const ECDSA_FORM = { prehash: false, lowS: false, format: 'der' } as const

/** Verifies with one key. Throws, or returns false, for whatever is wrong with the signature. */
type Verify = (algorithm: SignatureAlgorithm, data: Uint8Array, signature: Uint8Array) => boolean
type Sign = (algorithm: SignatureAlgorithm, data: Uint8Array) => Uint8Array

class PortablePublicKey implements PublicKey {
  readonly keyType: KeyType
  readonly verify: Verify

  constructor(keyType: KeyType, verify: Verify) {
    this.keyType = keyType
    this.verify = verify
  }
}

class PortablePrivateKey implements PrivateKey {
  readonly keyType: KeyType
  readonly subjectPublicKeyInfo: Uint8Array
  readonly #sign: Sign

  constructor(keyType: KeyType, subjectPublicKeyInfo: Uint8Array, sign: Sign) {
    this.keyType = keyType
    this.subjectPublicKeyInfo = subjectPublicKeyInfo
    this.#sign = sign
  }

  sign(algorithm: SignatureAlgorithm, data: Uint8Array): Uint8Array {
    return this.#sign(algorithm, data)
  }
}

function importPublicKey(spki: Uint8Array): PublicKey {
  const info = readPublicKeyInfo(spki)
  switch (info.kind) {
    case 'ec': {
      const { curve: name } = info.keyType
      const curve = CURVES[name]
      const point = new Uint8Array(info.point)
      if (!curve.utils.isValidPublicKey(point, false)) {
        throw new KeyImportError('malformed', `${name} public key: not a point on the curve`)
      }
      return new PortablePublicKey(info.keyType, (algorithm, data, signature) =>
        curve.verify(signature, digest(algorithm, data), point, ECDSA_FORM),
      )
    }
    case 'rsa':
      return new PortablePublicKey(info.keyType, verifyRsa(info.numbers))
    case 'dsa':
      throw new KeyImportError('unsupported', 'not supported: DSA in the portable provider')
    case 'edwards': {
      const edwards = EDWARDS[info.keyType.type]
      const raw = new Uint8Array(info.raw)
      return new PortablePublicKey(info.keyType, (_, data, signature) => edwards.verify(signature, data, raw, STRICT))
    }
    case 'ml-dsa': {
      const dsa = ML_DSA[info.keyType.type]
      const raw = new Uint8Array(info.raw)
      return new PortablePublicKey(info.keyType, (_, data, signature) => verifyNobleMlDsa(dsa, raw, data, signature))
    }
  }
}

function verifyRsa(numbers: RsaNumbers): Verify {
  const key = { modulus: new Uint8Array(numbers.modulus), exponent: new Uint8Array(numbers.exponent) }
  return (algorithm, data, signature) => {
    if (algorithm.kind === 'rsa-pkcs1') return verifyRsaPkcs1(key, HASHES[algorithm.hash], data, signature)
    if (algorithm.kind !== 'rsa-pss') return false
    const { hash, mgfHash, saltLength } = algorithm
    return verifyRsaPss(key, HASHES[hash], HASHES[mgfHash], saltLength, data, signature)
  }
}

function importPrivateKey(pkcs8: Uint8Array, random: Random): PrivateKey {
  const info = readPrivateKeyInfo(pkcs8)
  const { publicKey, sign } = loadPrivateKey(info.key, random)
  if (info.publicKey !== undefined && !equalBytes(info.publicKey, publicKey)) throw mismatch()
  const key = new PortablePrivateKey(info.key.keyType, writePublicKeyInfo(info.algorithm, publicKey), sign)
  // The expanded form of an ML-DSA key repeats what it could contradict: it is tried once.
  const algorithm = trialAlgorithm(key.keyType)
  const data = new Uint8Array(32)
  if (!verify(algorithm, importPublicKey(key.subjectPublicKeyInfo), data, key.sign(algorithm, data))) throw mismatch()
  return key
}

const mismatch = (): KeyImportError => new KeyImportError('malformed', 'private key: does not belong to its public key')

function loadPrivateKey(key: PrivateKeyParts, random: Random): { readonly publicKey: Uint8Array; readonly sign: Sign } {
  switch (key.kind) {
    case 'ec': {
      const { curve: name } = key.keyType
      const curve = CURVES[name]
      const scalar = new Uint8Array(key.scalar)
      if (!curve.utils.isValidSecretKey(scalar)) {
        throw new KeyImportError('malformed', `${name} private key: needs a scalar from 1 to below the order`)
      }
      return {
        publicKey: curve.getPublicKey(scalar, false),
        // RFC 6979 with fresh bytes mixed in (its section 3.6): a repeated or guessed nonce betrays the key.
        sign: (algorithm, data) =>
          curve.sign(digest(algorithm, data), scalar, { ...ECDSA_FORM, extraEntropy: random(FIELD_LENGTHS[name]) }),
      }
    }
    case 'rsa':
      throw new KeyImportError('unsupported', 'not supported: signing with RSA in the portable provider')
    case 'edwards': {
      const edwards = EDWARDS[key.keyType.type]
      const seed = new Uint8Array(key.seed)
      return { publicKey: edwards.getPublicKey(seed), sign: (_, data) => edwards.sign(data, seed) }
    }
    case 'ml-dsa': {
      const { publicKey, sign } = createNobleMlDsaKey(key.keyType.type, ML_DSA[key.keyType.type], key.parts, random)
      return { publicKey, sign: (_, data) => sign(data) }
    }
  }
}

function verify(algorithm: SignatureAlgorithm, key: PublicKey, data: Uint8Array, signature: Uint8Array): boolean {
  if (!(key instanceof PortablePublicKey)) throw new TypeError('the public key is of another provider')
  if (!isAlgorithmForKey(algorithm, key.keyType)) return false
  try {
    return key.verify(algorithm, data, signature)
  } catch {
    // The libraries throw for signatures of the wrong length or form.
    return false
  }
}

function sign(algorithm: SignatureAlgorithm, key: PrivateKey, data: Uint8Array): Uint8Array {
  if (!(key instanceof PortablePrivateKey)) throw new TypeError('the private key is of another provider')
  if (!isAlgorithmForKey(algorithm, key.keyType)) {
    throw new TypeError(`${describeAlgorithm(algorithm)} does not fit this ${key.keyType.type} key`)
  }
  return key.sign(algorithm, data)
}

function digest(algorithm: SignatureAlgorithm, data: Uint8Array): Uint8Array {
  if (!('hash' in algorithm)) throw new TypeError(`${algorithm.kind} has no hash of its own`)
  return HASHES[algorithm.hash].digest(data)
}
