/**
 * The provider on node:crypto: what handfast runs on in Node.
 *
 * Long-term and traffic keys stay in KeyObjects. Node 22 lacks ML-KEM and ML-DSA: there they come from
 * @noble/post-quantum, loaded only then. The choice is made once, when a provider is created; it is
 * why node:crypto is imported whole: Node 22 would refuse to link the names it does not have.
 */

import * as crypto from 'node:crypto'
import { createRequire } from 'node:module'
import { equalBytes, fromHex } from '../bytes/index.ts'
import { AEAD_KEY_LENGTHS, checkAeadKey, checkNonce, checkRoom } from './aead.ts'
import { createHybridGroup, type Kem } from './hybrid.ts'
import { createNobleKem, createNobleMlDsaKey, verifyNobleMlDsa, type NobleMlDsaKey } from './post-quantum.ts'
import { readPrivateKeyInfo, type PrivateKeyInfo } from './private-key-format.ts'
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
import { verifyRsaPss } from './rsa.ts'
import {
  checkKeyLength,
  checkPointForm,
  checkShareLength,
  createEphemeralKey,
  createStaticKey,
  scalarOutOfRange,
} from './share.ts'
import {
  DSA_ALGORITHMS,
  SIGNATURE_ALGORITHMS,
  describeAlgorithm,
  isAlgorithmForKey,
  trialAlgorithm,
} from './signature.ts'

/** Choices for a provider on node:crypto. */
export interface NodeProviderOptions {
  /**
   * Where ML-KEM and ML-DSA come from: `native` (node:crypto, Node 24 and later) or `noble`.
   * By default whatever this Node has.
   */
  readonly postQuantum?: 'native' | 'noble'
}

/** A provider on node:crypto. */
export function createNodeProvider(options: NodeProviderOptions = {}): CryptoProvider {
  const native = (options.postQuantum ?? (hasNativePostQuantum() ? 'native' : 'noble')) === 'native'
  const x25519 = createX25519(native)
  const secp256r1 = createSecpGroup('secp256r1')
  const secp384r1 = createSecpGroup('secp384r1')
  const mlKem768 = native ? createNativeKem('ml-kem-768') : createNobleFallbackKem('ML-KEM-768')
  const mlKem1024 = native ? createNativeKem('ml-kem-1024') : createNobleFallbackKem('ML-KEM-1024')
  return {
    name: 'node',
    random,
    hashes: HASHES,
    aeads: [createNodeAead('aes-128-gcm'), createNodeAead('aes-256-gcm'), createNodeAead('chacha20-poly1305')],
    groups: [
      createHybridGroup('X25519MLKEM768', 'kem-first', x25519, mlKem768),
      x25519,
      secp256r1,
      secp384r1,
      createSecpGroup('secp521r1'),
      createHybridGroup('SecP256r1MLKEM768', 'classical-first', secp256r1, mlKem768),
      createHybridGroup('SecP384r1MLKEM1024', 'classical-first', secp384r1, mlKem1024),
    ],
    signatureAlgorithms: [...SIGNATURE_ALGORITHMS, ...DSA_ALGORITHMS],
    importPublicKey: (spki) => importPublicKey(spki, native),
    importPrivateKey: (pkcs8) => importPrivateKey(pkcs8, native),
    verify,
    sign,
  }
}

/** True if this node:crypto has ML-KEM and raw key formats, which came last: then it has ML-DSA too. */
function hasNativePostQuantum(): boolean {
  try {
    crypto.createPublicKey({ key: new Uint8Array(1184), format: 'raw-public', asymmetricKeyType: 'ml-kem-768' })
    return true
  } catch {
    return false
  }
}

/** The same bytes as a plain array: a Buffer's `slice`, `toString` and `toJSON` do other things than a Uint8Array's. */
function plain(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}

/** Randomness not yet handed out: a call for 32 bytes costs as much as one for all of it. */
const pool = new Uint8Array(1024)
let pooled = 0

function random(length: number): Uint8Array {
  if (length > pool.length) return crypto.randomFillSync(new Uint8Array(length))
  if (length > pooled) {
    crypto.randomFillSync(pool)
    pooled = pool.length
  }
  const end = pooled
  pooled -= length
  const bytes = pool.slice(pooled, end)
  // What was handed out is nobody else's to find.
  pool.fill(0, pooled, end)
  return bytes
}

// --- Hashes

// Measured on Node 26: one-shot hash 1.1 us against 1.2 us with createHash.
function createNodeHash(name: HashName, length: number, blockLength: number): Hash {
  return {
    name,
    length,
    digest: (data) => plain(crypto.hash(name, data, 'buffer')),
    start: () => new NodeRunningHash(crypto.createHash(name)),
    hmac: (key, data) => hmac(name, blockLength, key, data),
  }
}

/** Where `hmac` puts a padded key and what is hashed behind it. */
const hmacInput = new Uint8Array(512)

/**
 * HMAC as RFC 2104 section 2 composes it of two one-shot hashes. A handshake makes 32 of them, and within
 * one a Hmac object costs 2.8 us, this 2.2. What is long, and in no handshake, goes to a Hmac object.
 */
function hmac(name: HashName, blockLength: number, key: Uint8Array, data: Uint8Array): Uint8Array {
  const input = hmacInput
  const end = blockLength + data.length
  if (key.length > blockLength || end > input.length) return plain(crypto.createHmac(name, key).update(data).digest())
  input.set(key, 0)
  input.fill(0, key.length, blockLength)
  for (let i = 0; i < blockLength; i++) input[i] = (input[i] as number) ^ 0x36
  input.set(data, blockLength)
  const inner = crypto.hash(name, input.subarray(0, end), 'buffer')
  // From the inner padding to the outer one, 0x5c.
  for (let i = 0; i < blockLength; i++) input[i] = (input[i] as number) ^ 0x6a
  input.set(inner, blockLength)
  const output = crypto.hash(name, input.subarray(0, blockLength + inner.length), 'buffer')
  input.fill(0)
  return plain(output)
}

const HASHES: Readonly<Record<HashName, Hash>> = {
  sha1: createNodeHash('sha1', 20, 64),
  sha224: createNodeHash('sha224', 28, 64),
  sha256: createNodeHash('sha256', 32, 64),
  sha384: createNodeHash('sha384', 48, 128),
  sha512: createNodeHash('sha512', 64, 128),
  'sha512-224': createNodeHash('sha512-224', 28, 128),
  'sha512-256': createNodeHash('sha512-256', 32, 128),
  'sha3-224': createNodeHash('sha3-224', 28, 144),
  'sha3-256': createNodeHash('sha3-256', 32, 136),
  'sha3-384': createNodeHash('sha3-384', 48, 104),
  'sha3-512': createNodeHash('sha3-512', 64, 72),
}

class NodeRunningHash implements RunningHash {
  readonly #hash: ReturnType<typeof crypto.createHash>

  constructor(hash: crypto.Hash) {
    this.#hash = hash
  }

  update(data: Uint8Array): void {
    this.#hash.update(data)
  }

  digest(): Uint8Array {
    return plain(this.#hash.copy().digest())
  }

  copy(): RunningHash {
    return new NodeRunningHash(this.#hash.copy())
  }
}

// --- AEADs

function createNodeAead(name: AeadName): Aead {
  return {
    name,
    keyLength: AEAD_KEY_LENGTHS[name],
    key: (bytes) => new NodeAeadKey(name, bytes),
  }
}

const AUTH_TAG = { authTagLength: AEAD_TAG_LENGTH }

class NodeAeadKey implements AeadKey {
  /** node:crypto takes ChaCha20-Poly1305 through the same calls; its types know it apart. */
  readonly #cipher: crypto.CipherGCMTypes
  /** A KeyObject made once: bytes would be imported again with every record. */
  #key: crypto.KeyObject | undefined

  constructor(name: AeadName, bytes: Uint8Array) {
    checkAeadKey(name, bytes)
    this.#cipher = name as crypto.CipherGCMTypes
    this.#key = crypto.createSecretKey(bytes)
  }

  seal(nonce: Uint8Array, additionalData: Uint8Array, plaintext: Uint8Array, out: Uint8Array, offset: number): void {
    checkNonce(nonce)
    checkRoom(plaintext, out, offset)
    const cipher: crypto.CipherGCM = crypto.createCipheriv(this.#cipher, this.#open(), nonce, AUTH_TAG)
    cipher.setAAD(additionalData)
    out.set(cipher.update(plaintext), offset)
    cipher.final()
    out.set(cipher.getAuthTag(), offset + plaintext.length)
  }

  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    checkNonce(nonce)
    const length = sealed.length - AEAD_TAG_LENGTH
    if (length < 0) return null
    const decipher: crypto.DecipherGCM = crypto.createDecipheriv(this.#cipher, this.#open(), nonce, AUTH_TAG)
    decipher.setAAD(additionalData)
    decipher.setAuthTag(sealed.subarray(length))
    const plaintext = decipher.update(sealed.subarray(0, length))
    try {
      decipher.final()
    } catch {
      plaintext.fill(0)
      return null
    }
    return plain(plaintext)
  }

  [Symbol.dispose](): void {
    this.#key = undefined
  }

  #open(): crypto.KeyObject {
    if (this.#key === undefined) throw new TypeError('the AEAD key was disposed of')
    return this.#key
  }
}

// --- Key exchange

/**
 * X25519 (RFC 7748 section 6.1). Shares go in and out of KeyObjects in the raw format where this Node has
 * it, else as JWK, which every Node has. Measured on Node 26 for a whole exchange, both ends: raw 143 us,
 * JWK 153; SPKI costs some 40 more.
 */
function createX25519(native: boolean): KeyExchangeGroup {
  const name = 'x25519'
  const length = 32
  const derive = (privateKey: crypto.KeyObject, share: Uint8Array): Uint8Array => {
    checkShareLength(name, length, share)
    const publicKey = native
      ? crypto.createPublicKey({ key: share, format: 'raw-public', asymmetricKeyType: name })
      : crypto.createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: base64url(share) }, format: 'jwk' })
    try {
      return plain(crypto.diffieHellman({ privateKey, publicKey }))
    } catch {
      // The one thing that can be wrong with 32 bytes; OpenSSL refuses to derive it.
      throw new InvalidShareError('x25519 share: a point of small order (the secret would be all zero)')
    }
  }
  const exportShare = (publicKey: crypto.KeyObject): Uint8Array =>
    native
      ? plain(publicKey.export({ format: 'raw-public' }))
      : new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x as string, 'base64url'))
  return {
    name,
    clientShareLength: length,
    serverShareLength: length,
    generate(): EphemeralKey {
      const { privateKey, publicKey } = crypto.generateKeyPairSync('x25519')
      return createEphemeralKey({
        group: name,
        share: exportShare(publicKey),
        agree: (serverShare) => derive(privateKey, serverShare),
      })
    },
    respond(clientShare) {
      const { privateKey, publicKey } = crypto.generateKeyPairSync('x25519')
      return { secret: derive(privateKey, clientShare), share: exportShare(publicKey) }
    },
    importKey(bytes) {
      checkKeyLength(name, length, bytes)
      const der = Buffer.concat([X25519_PKCS8, bytes])
      const privateKey = crypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
      der.fill(0)
      const share = exportShare(crypto.createPublicKey(privateKey))
      return createStaticKey({ group: name, share, agree: (peerShare) => derive(privateKey, peerShare) })
    },
  }
}

/** A PrivateKeyInfo up to the key's 32 bytes (RFC 8410 section 7): what every Node imports. */
const X25519_PKCS8 = fromHex('302e020100300506032b656e04220420')

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
}

const OPENSSL_CURVES: Readonly<Record<SecpCurveName, string>> = {
  secp256r1: 'prime256v1',
  secp384r1: 'secp384r1',
  secp521r1: 'secp521r1',
}

/** The secret is the X coordinate (RFC 9846 section 7.4.2). OpenSSL checks that points are on the curve. */
function createSecpGroup(name: SecpCurveName): KeyExchangeGroup {
  const curve = OPENSSL_CURVES[name]
  const length = 1 + 2 * FIELD_LENGTHS[name]
  const derive = (ecdh: ReturnType<typeof crypto.createECDH>, share: Uint8Array): Uint8Array => {
    checkPointForm(name, length, share)
    try {
      return plain(ecdh.computeSecret(share))
    } catch {
      throw new InvalidShareError(`${name} share: not a point on the curve`)
    }
  }
  return {
    name,
    clientShareLength: length,
    serverShareLength: length,
    generate(): EphemeralKey {
      const ecdh = crypto.createECDH(curve)
      const share = plain(ecdh.generateKeys())
      return createEphemeralKey({ group: name, share, agree: (serverShare) => derive(ecdh, serverShare) })
    },
    respond(clientShare) {
      const ecdh = crypto.createECDH(curve)
      const share = plain(ecdh.generateKeys())
      return { share, secret: derive(ecdh, clientShare) }
    },
    importKey(bytes) {
      checkKeyLength(name, FIELD_LENGTHS[name], bytes)
      const ecdh = crypto.createECDH(curve)
      try {
        ecdh.setPrivateKey(bytes)
      } catch {
        throw scalarOutOfRange(name)
      }
      return createStaticKey({
        group: name,
        share: plain(ecdh.getPublicKey()),
        agree: (peerShare) => derive(ecdh, peerShare),
      })
    },
  }
}

/** ML-KEM of node:crypto. Importing an encapsulation key includes its check (FIPS 203 section 7.2). */
function createNativeKem(name: 'ml-kem-768' | 'ml-kem-1024'): Kem {
  const ciphertextLength = name === 'ml-kem-768' ? 1088 : 1568
  return {
    encapsulationKeyLength: name === 'ml-kem-768' ? 1184 : 1568,
    ciphertextLength,
    generate() {
      const { privateKey, publicKey } =
        name === 'ml-kem-768' ? crypto.generateKeyPairSync('ml-kem-768') : crypto.generateKeyPairSync('ml-kem-1024')
      return {
        encapsulationKey: plain(publicKey.export({ format: 'raw-public' })),
        decapsulate: (ciphertext) => {
          if (ciphertext.length !== ciphertextLength) {
            throw new InvalidShareError(`${name} ciphertext: needs ${ciphertextLength} bytes, has ${ciphertext.length}`)
          }
          return plain(crypto.decapsulate(privateKey, ciphertext))
        },
      }
    },
    encapsulate(key) {
      let publicKey: crypto.KeyObject
      try {
        // Not left to `encapsulate`: OpenSSL's errors would stay in their queue, and the next import of any key fail.
        publicKey = crypto.createPublicKey({ key, format: 'raw-public', asymmetricKeyType: name })
      } catch {
        throw new InvalidShareError(`${name} encapsulation key: fails its check (FIPS 203 section 7.2)`)
      }
      const { ciphertext, sharedKey } = crypto.encapsulate(publicKey)
      return { ciphertext: plain(ciphertext), secret: plain(sharedKey) }
    },
  }
}

// --- Post-quantum algorithms for a Node without them

const require = createRequire(import.meta.url)

/** Loaded when first needed: reading the library takes 16 ms, which a Node that has ML-KEM should not spend. */
const nobleKem = (): typeof import('@noble/post-quantum/ml-kem.js') => require('@noble/post-quantum/ml-kem.js')
const nobleDsa = (): typeof import('@noble/post-quantum/ml-dsa.js') => require('@noble/post-quantum/ml-dsa.js')

function createNobleFallbackKem(name: 'ML-KEM-768' | 'ML-KEM-1024'): Kem {
  const { ml_kem768, ml_kem1024 } = nobleKem()
  return createNobleKem(name, name === 'ML-KEM-768' ? ml_kem768 : ml_kem1024, random)
}

function selectNobleDsa(name: MlDsaName): ReturnType<typeof nobleDsa>['ml_dsa65'] {
  const { ml_dsa44, ml_dsa65, ml_dsa87 } = nobleDsa()
  return { 'ml-dsa-44': ml_dsa44, 'ml-dsa-65': ml_dsa65, 'ml-dsa-87': ml_dsa87 }[name]
}

// --- Signatures

class NodePublicKey implements PublicKey {
  readonly keyType: KeyType
  /** A KeyObject, or the raw ML-DSA key where node:crypto has no ML-DSA. */
  readonly handle: crypto.KeyObject | Uint8Array
  /** For RSA: see `verify`. */
  readonly numbers: RsaNumbers | undefined

  constructor(keyType: KeyType, handle: crypto.KeyObject | Uint8Array, numbers?: RsaNumbers) {
    this.keyType = keyType
    this.handle = handle
    this.numbers = numbers
  }
}

class NodePrivateKey implements PrivateKey {
  readonly keyType: KeyType
  readonly subjectPublicKeyInfo: Uint8Array
  readonly #handle: crypto.KeyObject | NobleMlDsaKey

  constructor(keyType: KeyType, subjectPublicKeyInfo: Uint8Array, handle: crypto.KeyObject | NobleMlDsaKey) {
    this.keyType = keyType
    this.subjectPublicKeyInfo = subjectPublicKeyInfo
    this.#handle = handle
  }

  handle(): crypto.KeyObject | NobleMlDsaKey {
    return this.#handle
  }
}

function importPublicKey(spki: Uint8Array, native: boolean): PublicKey {
  const info = readPublicKeyInfo(spki)
  if (info.kind === 'ml-dsa' && !native) return new NodePublicKey(info.keyType, new Uint8Array(info.raw))
  if (info.kind === 'ec') return new NodePublicKey(info.keyType, loadPoint(info.keyType.curve, info.point, spki))
  const key = loadKey(crypto.createPublicKey, spki, 'spki', info.keyType)
  if (info.kind !== 'rsa') return new NodePublicKey(info.keyType, key)
  const { modulus, exponent } = info.numbers
  return new NodePublicKey(info.keyType, key, {
    modulus: new Uint8Array(modulus),
    exponent: new Uint8Array(exponent),
  })
}

function importPrivateKey(pkcs8: Uint8Array, native: boolean): PrivateKey {
  const info = readPrivateKeyInfo(pkcs8)
  const key = loadPrivateKey(pkcs8, info, native)
  if (
    info.publicKey !== undefined &&
    !equalBytes(key.subjectPublicKeyInfo, writePublicKeyInfo(info.algorithm, info.publicKey))
  ) {
    throw mismatch()
  }
  checkPair(key, native)
  return key
}

function loadPrivateKey(pkcs8: Uint8Array, { algorithm, key }: PrivateKeyInfo, native: boolean): NodePrivateKey {
  if (key.kind === 'ml-dsa' && !native) {
    const { type } = key.keyType
    const handle = createNobleMlDsaKey(type, selectNobleDsa(type), key.parts, random)
    return new NodePrivateKey(key.keyType, writePublicKeyInfo(algorithm, handle.publicKey), handle)
  }
  if (key.kind === 'ec') checkScalar(key.keyType.curve, key.scalar)
  const handle = loadKey(crypto.createPrivateKey, pkcs8, 'pkcs8', key.keyType)
  const spki = crypto.createPublicKey(handle).export({ format: 'der', type: 'spki' })
  return new NodePrivateKey(key.keyType, plain(spki), handle)
}

/** KeyObjects take scalars beyond the order, and reduce them; ECDH objects do not. */
function checkScalar(curve: SecpCurveName, scalar: Uint8Array): void {
  try {
    crypto.createECDH(OPENSSL_CURVES[curve]).setPrivateKey(scalar)
  } catch {
    throw scalarOutOfRange(curve)
  }
}

/** Brainpool's curves have no names in JWK. */
const JWK_CURVES: Readonly<Partial<Record<CurveName, string>>> = {
  secp256r1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
}

/**
 * A point of a certificate, which most handshakes have to import: as JWK, since OpenSSL's decoder of SPKI
 * takes its time (within a handshake on Node 26: 35 us against 45).
 */
function loadPoint(curve: CurveName, point: Uint8Array, spki: Uint8Array): crypto.KeyObject {
  const crv = JWK_CURVES[curve]
  const middle = 1 + FIELD_LENGTHS[curve]
  const [x, y] = [base64url(point.subarray(1, middle)), base64url(point.subarray(middle))]
  try {
    return crypto.createPublicKey(
      crv === undefined
        ? { key: Buffer.from(spki.buffer, spki.byteOffset, spki.byteLength), format: 'der', type: 'spki' }
        : { key: { kty: 'EC', crv, x, y }, format: 'jwk' },
    )
  } catch {
    throw new KeyImportError('malformed', `${curve} public key: not a point on the curve`)
  }
}

/** What was read strictly before may still be wrong inside: a point off its curve, a scalar out of range. */
function loadKey<Type extends 'spki' | 'pkcs8'>(
  load: (input: { key: Buffer; format: 'der'; type: Type }) => crypto.KeyObject,
  der: Uint8Array,
  type: Type,
  keyType: KeyType,
): crypto.KeyObject {
  try {
    return load({ key: Buffer.from(der.buffer, der.byteOffset, der.byteLength), format: 'der', type })
  } catch {
    throw new KeyImportError('malformed', `${keyType.type} key: refused by node:crypto (values out of range)`)
  }
}

const mismatch = (): KeyImportError => new KeyImportError('malformed', 'private key: does not belong to its public key')

/** A private key whose halves disagree makes signatures nobody accepts, or that betray it: it is tried once. */
function checkPair(key: NodePrivateKey, native: boolean): void {
  const algorithm = trialAlgorithm(key.keyType)
  if (!canSign(algorithm)) {
    throw new KeyImportError('unsupported', 'not supported: signing with an RSA-PSS key restricted to two hashes')
  }
  const data = new Uint8Array(32)
  try {
    if (verify(algorithm, importPublicKey(key.subjectPublicKeyInfo, native), data, sign(algorithm, key, data))) return
  } catch {
    // As unusable as one whose signature does not verify.
  }
  throw mismatch()
}

/** node:crypto has no way to name MGF1's hash: it is always the message's. */
function canSign(algorithm: SignatureAlgorithm): boolean {
  return algorithm.kind !== 'rsa-pss' || algorithm.hash === algorithm.mgfHash
}

function sign(algorithm: SignatureAlgorithm, key: PrivateKey, data: Uint8Array): Uint8Array {
  if (!(key instanceof NodePrivateKey)) throw new TypeError('the private key is of another provider')
  if (!isAlgorithmForKey(algorithm, key.keyType) || !canSign(algorithm)) {
    throw new TypeError(`${describeAlgorithm(algorithm)} does not fit this ${key.keyType.type} key`)
  }
  const handle = key.handle()
  if ('sign' in handle) return handle.sign(data)
  try {
    return plain(crypto.sign(digestName(algorithm), data, withPadding(algorithm, handle)))
  } catch {
    throw new TypeError(`${describeAlgorithm(algorithm)} cannot be made with this ${key.keyType.type} key`)
  }
}

function verify(algorithm: SignatureAlgorithm, key: PublicKey, data: Uint8Array, signature: Uint8Array): boolean {
  if (!(key instanceof NodePublicKey)) throw new TypeError('the public key is of another provider')
  if (!isAlgorithmForKey(algorithm, key.keyType)) return false
  const { handle, numbers } = key
  // RFC 8017 sections 8.1.2 and 8.2.2, step 1: exactly as long as the modulus. OpenSSL takes a shorter one.
  if (numbers !== undefined && signature.length !== numbers.modulus.length) return false
  if (handle instanceof Uint8Array) {
    return verifyNobleMlDsa(selectNobleDsa(key.keyType.type as MlDsaName), handle, data, signature)
  }
  try {
    if (algorithm.kind === 'rsa-pss' && !canSign(algorithm)) {
      const { hash, mgfHash, saltLength } = algorithm
      return verifyRsaPss(numbers as RsaNumbers, HASHES[hash], HASHES[mgfHash], saltLength, data, signature)
    }
    return crypto.verify(digestName(algorithm), data, withPadding(algorithm, handle), signature)
  } catch {
    // OpenSSL raises an error for some signatures that are malformed rather than wrong.
    return false
  }
}

function digestName(algorithm: SignatureAlgorithm): HashName | undefined {
  return 'hash' in algorithm ? algorithm.hash : undefined
}

/** ECDSA signatures are DER and rsaEncryption keys sign with PKCS #1 v1.5 unless told otherwise. */
function withPadding(
  algorithm: SignatureAlgorithm,
  key: crypto.KeyObject,
): crypto.KeyObject | { key: crypto.KeyObject; padding: number; saltLength: number } {
  if (algorithm.kind !== 'rsa-pss') return key
  return { key, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: algorithm.saltLength }
}

/** The provider for this Node. At the end, since all of the above must be there before it. */
export const nodeProvider: CryptoProvider = createNodeProvider()
