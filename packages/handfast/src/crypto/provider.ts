/**
 * The interface between handfast and cryptography.
 *
 * A provider is a plain object: lists of algorithms in order of preference, and the few functions
 * that work on keys. Everything above this folder names algorithms by the strings declared here and
 * never reaches for a cryptographic library of its own, so algorithms are exchanged by exchanging
 * the object. `crypto/node.ts` and `crypto/portable.ts` are the two that ship.
 *
 * All functions are synchronous. A key that can only be used asynchronously (an HSM, WebCrypto) is
 * not a provider's business: the TLS engine asks its host for the signature (`sign` task).
 */

/**
 * Hash functions (FIPS 180-4, FIPS 202). TLS uses `sha256`, `sha384` and `sha512`; the others are there for the
 * signatures of certificates, and whether such a signature proves anything is for a policy to say.
 */
export type HashName =
  | 'sha1'
  | 'sha224'
  | 'sha256'
  | 'sha384'
  | 'sha512'
  | 'sha512-224'
  | 'sha512-256'
  | 'sha3-224'
  | 'sha3-256'
  | 'sha3-384'
  | 'sha3-512'

/** A hash computation in progress. */
export interface RunningHash {
  update(data: Uint8Array): void
  /** The digest of everything so far. Does not end the computation: more may be added afterwards. */
  digest(): Uint8Array
  /** Another computation that goes on from here; this one is not changed by it. */
  copy(): RunningHash
}

/** A hash function. */
export interface Hash {
  readonly name: HashName
  /** Length of a digest in bytes. */
  readonly length: number
  digest(data: Uint8Array): Uint8Array
  start(): RunningHash
  /** HMAC (RFC 2104) of `data` under `key`, `length` bytes. */
  hmac(key: Uint8Array, data: Uint8Array): Uint8Array
}

/** AEAD algorithms with a 12-byte nonce and a 16-byte tag (RFC 5116, RFC 8439). */
export type AeadName = 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305'

/** An algorithm for authenticated encryption. */
export interface Aead {
  readonly name: AeadName
  /** Key length in bytes: 16 or 32. */
  readonly keyLength: number
  /** Imports a key of exactly `keyLength` bytes. The bytes are copied: the caller may zero its own. */
  key(bytes: Uint8Array): AeadKey
}

/** Length of every nonce in bytes. */
export const AEAD_NONCE_LENGTH = 12
/** Length of every authentication tag in bytes. */
export const AEAD_TAG_LENGTH = 16

/** A key of one AEAD. Whoever uses it sees to it that no nonce comes twice. */
export interface AeadKey {
  /**
   * Encrypts `plaintext` and writes ciphertext and tag, `plaintext.length + 16` bytes in all, into
   * `out` at `offset`. `out` must have room and must not overlap `plaintext`.
   */
  seal(nonce: Uint8Array, additionalData: Uint8Array, plaintext: Uint8Array, out: Uint8Array, offset: number): void
  /** Decrypts `sealed` (ciphertext and tag). Returns the plaintext, or null if it does not authenticate. */
  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array): Uint8Array | null
  /** Drops the key; zeroes what can be zeroed. */
  [Symbol.dispose](): void
}

/** Key exchange groups by their IANA TLS names, lower case as in the RFCs' text for ECDHE groups. */
export type GroupName =
  | 'x25519'
  | 'secp256r1'
  | 'secp384r1'
  | 'secp521r1'
  | 'X25519MLKEM768'
  | 'SecP256r1MLKEM768'
  | 'SecP384r1MLKEM1024'

/**
 * An (EC)DHE group, or a KEM in the shape of one (draft-ietf-tls-hybrid-design): the client makes a
 * share, the server answers it with a share of its own and has the secret, the client agrees.
 */
export interface KeyExchangeGroup {
  readonly name: GroupName
  /** Exact length in bytes of the share a client sends. */
  readonly clientShareLength: number
  /** Exact length in bytes of the share a server sends. */
  readonly serverShareLength: number
  /** Client: makes an ephemeral key. */
  generate(): EphemeralKey
  /**
   * Server: answers a client's share.
   * @throws {InvalidShareError} wrong length, point not on the curve, small order, all-zero secret,
   * an encapsulation key that fails its check (FIPS 203 section 7.2).
   */
  respond(clientShare: Uint8Array): { readonly share: Uint8Array; readonly secret: Uint8Array }
  /**
   * Classical groups: imports a private key that is used many times, such as HPKE's. Of an X25519 key 32
   * bytes, of the others the scalar in as many bytes as a coordinate has. The bytes are copied.
   * @throws {KeyImportError}
   */
  importKey?(privateKey: Uint8Array): StaticKey
}

/** A long-term private key of a group. */
export interface StaticKey {
  readonly group: GroupName
  /** Its public half, in the form of a share. */
  readonly share: Uint8Array
  /**
   * The shared secret with a peer's share, as often as wanted.
   * @throws {InvalidShareError} as `respond`.
   */
  agree(share: Uint8Array): Uint8Array
  [Symbol.dispose](): void
}

/** A client's key for one handshake. */
export interface EphemeralKey {
  readonly group: GroupName
  /** The share for the wire: `clientShareLength` bytes. */
  readonly share: Uint8Array
  /**
   * The shared secret with the server's share. May be called once.
   * @throws {InvalidShareError} as `respond`.
   */
  agree(serverShare: Uint8Array): Uint8Array
  /**
   * For a hybrid: its classical component as a key of its own group, so that a second share can be
   * offered at no cost. Either the hybrid's or the component's `agree` is then called, never both.
   */
  readonly classical?: EphemeralKey
  [Symbol.dispose](): void
}

/** The peer's key share is not a valid one for its group. `message` says why, and holds no secret. */
export class InvalidShareError extends Error {
  override readonly name = 'InvalidShareError'
}

/** Named curves of elliptic curve keys in certificates. Brainpool's (RFC 5639) are for verification only. */
export type CurveName =
  | 'secp256r1'
  | 'secp384r1'
  | 'secp521r1'
  | 'brainpoolP256r1'
  | 'brainpoolP384r1'
  | 'brainpoolP512r1'

/** Curves that keys are exchanged on, and signatures made. */
export type SecpCurveName = Extract<CurveName, GroupName>

/** ML-DSA parameter sets (FIPS 204). */
export type MlDsaName = 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87'

/** A signature algorithm with all its parameters: what a certificate's AlgorithmIdentifier or a TLS SignatureScheme means. */
export type SignatureAlgorithm =
  | { readonly kind: 'ecdsa'; readonly hash: HashName }
  /** FIPS 186-4: verified only, for old certificates. */
  | { readonly kind: 'dsa'; readonly hash: HashName }
  | { readonly kind: 'rsa-pkcs1'; readonly hash: HashName }
  | { readonly kind: 'rsa-pss'; readonly hash: HashName; readonly mgfHash: HashName; readonly saltLength: number }
  | { readonly kind: 'ed25519' }
  | { readonly kind: 'ed448' }
  | { readonly kind: MlDsaName }

/** What kind of key it is, as its SubjectPublicKeyInfo or PrivateKeyInfo says. */
export type KeyType =
  | { readonly type: 'ec'; readonly curve: CurveName }
  /** rsaEncryption; `bits` is the modulus length. */
  | { readonly type: 'rsa'; readonly bits: number }
  /** id-RSASSA-PSS; `restriction` holds the parameters if the key carries any (RFC 4055 section 3.1). */
  | {
      readonly type: 'rsa-pss'
      readonly bits: number
      readonly restriction?: { readonly hash: HashName; readonly mgfHash: HashName; readonly saltLength: number }
    }
  /**
   * DSA: bits of p and of q. Null for a key without parameters, which are its issuer's then (RFC 3279 section
   * 2.3.2): no provider imports such a key.
   */
  | { readonly type: 'dsa'; readonly bits: number | null; readonly subgroupBits: number | null }
  | { readonly type: 'ed25519' }
  | { readonly type: 'ed448' }
  | { readonly type: MlDsaName }

/** A public key imported by a provider. Opaque but for its type; valid with the provider that made it only. */
export interface PublicKey {
  readonly keyType: KeyType
}

/** A private key imported by a provider. Never serialised, never printed. */
export interface PrivateKey {
  readonly keyType: KeyType
  /** The SubjectPublicKeyInfo (DER) of its public half. */
  readonly subjectPublicKeyInfo: Uint8Array
}

/** A key could not be imported: malformed, inconsistent, or of a kind this provider does not have. */
export class KeyImportError extends Error {
  override readonly name = 'KeyImportError'
  /** `unsupported`: well-formed as far as it was read, but of a kind this provider lacks. */
  readonly reason: 'malformed' | 'unsupported'
  constructor(reason: 'malformed' | 'unsupported', message: string) {
    super(message)
    this.reason = reason
  }
}

/**
 * All the cryptography that handfast uses: what there is of it, and the functions on keys. An object that lacks an
 * algorithm lacks it in every handshake and verdict.
 */
export interface CryptoProvider {
  /** `node` or `portable`; shown in reports. */
  readonly name: string
  /** `length` bytes from a cryptographically secure source (or a seeded one, in a replayable run). */
  random(length: number): Uint8Array
  /** All the hashes it has. */
  readonly hashes: Readonly<Record<HashName, Hash>>
  /** AEADs in order of preference. */
  readonly aeads: readonly Aead[]
  /** Groups in order of preference. */
  readonly groups: readonly KeyExchangeGroup[]
  /** Signature algorithms it can verify, in order of preference. */
  readonly signatureAlgorithms: readonly SignatureAlgorithm[]
  /**
   * Imports a public key from its SubjectPublicKeyInfo (DER, strict). Points are checked to be on
   * their curve.
   * @throws {KeyImportError}
   */
  importPublicKey(subjectPublicKeyInfo: Uint8Array): PublicKey
  /**
   * Imports a private key from a PKCS#8 PrivateKeyInfo or OneAsymmetricKey (DER, RFC 5958).
   * @throws {KeyImportError}
   */
  importPrivateKey(pkcs8: Uint8Array): PrivateKey
  /**
   * Verifies a signature over `data` (the message itself; hashing is the algorithm's business).
   * False for a bad signature, a malformed one, and an algorithm that does not fit the key. Never
   * throws for anything the peer could send.
   */
  verify(algorithm: SignatureAlgorithm, key: PublicKey, data: Uint8Array, signature: Uint8Array): boolean
  /**
   * Signs `data`. ECDSA signatures are DER (RFC 3279), as certificates and TLS have them.
   * @throws {TypeError} if the algorithm does not fit the key or this provider cannot sign with it.
   */
  sign(algorithm: SignatureAlgorithm, key: PrivateKey, data: Uint8Array): Uint8Array
}
