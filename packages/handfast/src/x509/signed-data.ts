/**
 * Signed data: bytes, the AlgorithmIdentifier of their signature, and the key that is to have made it. Whether the
 * signature verifies, and if not, why it does not.
 *
 * The algorithm must be one for that kind of key: RSASSA-PKCS1-v1_5 with rsaEncryption keys only, RSASSA-PSS with
 * those and with id-RSASSA-PSS keys whose parameters allow it (RFC 4055 sections 1.2 and 3.3), ECDSA with
 * id-ecPublicKey and not with id-ecDH or id-ecMQV (RFC 5480 section 2.1). How good algorithm and key are is not asked
 * here: SHA-1 or a small key may verify, and a policy may refuse it for that. Asked is of DSA keys alone that they are keys
 * at all: of values of another order anyone can make signatures.
 */

import { DecodeError } from '../bytes/decode-error.ts'
import {
  type CryptoProvider,
  KeyImportError,
  type KeyType,
  type PublicKey,
  type SignatureAlgorithm,
} from '../crypto/provider.ts'
import { isAlgorithmForKey } from '../crypto/signature.ts'
import { CertificateError } from './certificate-error.ts'
import { isInDsaGroup } from './key-weakness.ts'
import { inheritDsaParameters, type PublicKeyInfo, readDsaNumbers, readPublicKeyInfo } from './public-key.ts'
import { hashText, readSignatureAlgorithm, type SignatureAlgorithmInfo } from './signature-algorithm.ts'

/** What was signed, and the signature. */
export interface SignedData {
  /** May be a getter that throws CertificateError: it is caught. */
  readonly signatureAlgorithm: SignatureAlgorithmInfo
  readonly data: Uint8Array
  /** The bytes of the BIT STRING. */
  readonly signature: Uint8Array
}

/** Whose key is to have signed: a Certificate, or what `readSignerKey` makes of a key alone. */
export interface SignerKey {
  /** @throws {CertificateError} malformed. */
  readonly publicKeyInfo: PublicKeyInfo
  readonly subjectPublicKeyInfo: Uint8Array
  /** @throws {KeyImportError} */
  publicKey(provider: CryptoProvider): PublicKey
}

/**
 * `valid`; `invalid`: the signature does not verify, or its algorithm is none for this key; `unsupported`: algorithm
 * or key is of a kind that handfast, or this provider, does not have; `malformed`: one of them is not DER, or not as
 * its specification has it.
 */
export type SignatureStatus = 'valid' | 'invalid' | 'unsupported' | 'malformed'

/** Whether a signature verifies, and if not, what is at fault. */
export type SignatureResult =
  | { readonly status: 'valid' }
  | {
      readonly status: Exclude<SignatureStatus, 'valid'>
      /** What is at fault. */
      readonly at: 'algorithm' | 'key' | 'signature'
      /** One sentence without a full stop: what is needed, and what there is. */
      readonly message: string
    }

/** A signature to be verified, all of it as bytes. */
export interface SignatureRequest {
  readonly provider: CryptoProvider
  /** AlgorithmIdentifier of the signature in DER. */
  readonly algorithm: Uint8Array
  /** SubjectPublicKeyInfo of the signer in DER. */
  readonly subjectPublicKeyInfo: Uint8Array
  readonly data: Uint8Array
  /** The signature itself: of a BIT STRING its bytes. */
  readonly signature: Uint8Array
  /**
   * Whether keys may be of the kind id-RSASSA-PSS. True if left out: RFC 4055 has them. The Baseline Requirements of
   * the CA/Browser Forum (section 7.1.3.1.1) do not, and so do not validators of the Web PKI alone.
   */
  readonly pssKeys?: boolean
}

/**
 * Verifies a signature. Never throws for anything in the bytes.
 */
export function verifySignature(request: SignatureRequest): SignatureResult {
  const { provider, algorithm, subjectPublicKeyInfo, data, signature, pssKeys = true } = request
  const signer = readSignerKey(subjectPublicKeyInfo)
  return checkSignedData(new GivenSignature(algorithm, data, signature), signer, provider, { pssKeys })
}

/** Here and below classes: V8 keeps what getters in an object literal refer to until a full garbage collection. */
class GivenSignature implements SignedData {
  readonly #algorithm: Uint8Array
  readonly data: Uint8Array
  readonly signature: Uint8Array

  constructor(algorithm: Uint8Array, data: Uint8Array, signature: Uint8Array) {
    this.#algorithm = algorithm
    this.data = data
    this.signature = signature
  }

  get signatureAlgorithm(): SignatureAlgorithmInfo {
    return readSignatureAlgorithm(this.#algorithm, 'algorithm')
  }
}

/** A key alone as a signer. Malformed bytes are found out when it is used. */
export function readSignerKey(subjectPublicKeyInfo: Uint8Array): SignerKey {
  return new KeyAlone(subjectPublicKeyInfo)
}

class KeyAlone implements SignerKey {
  readonly subjectPublicKeyInfo: Uint8Array
  #info: PublicKeyInfo | undefined
  #key: PublicKey | undefined
  #importer: CryptoProvider | undefined

  constructor(subjectPublicKeyInfo: Uint8Array) {
    this.subjectPublicKeyInfo = subjectPublicKeyInfo
  }

  get publicKeyInfo(): PublicKeyInfo {
    this.#info ??= readPublicKeyInfo(this.subjectPublicKeyInfo)
    return this.#info
  }

  publicKey(provider: CryptoProvider): PublicKey {
    if (this.#key === undefined || this.#importer !== provider) {
      this.#key = provider.importPublicKey(this.subjectPublicKeyInfo)
      this.#importer = provider
    }
    return this.#key
  }
}

/**
 * `signer` as it is, or with what it lacks and `issuer` has: the parameters of a DSA key. Null if `signer` lacks them
 * and `issuer` cannot give them.
 * @throws {CertificateError | DecodeError} malformed.
 */
export function signerWithParameters(signer: SignerKey, issuer: SignerKey): SignerKey | null {
  if (!lacksParameters(signer)) return signer
  const inherited = inheritDsaParameters(signer.subjectPublicKeyInfo, issuer.subjectPublicKeyInfo)
  return inherited === null ? null : readSignerKey(inherited)
}

/** True for a DSA key whose parameters are its issuer's. False for what is malformed. */
export function lacksParameters(signer: SignerKey): boolean {
  try {
    const { keyType } = signer.publicKeyInfo
    return keyType?.type === 'dsa' && keyType.bits === null
  } catch (error) {
    if (isMalformed(error)) return false
    throw error
  }
}

/** What is demanded of the signer's key beyond fitting the algorithm: see `SignatureRequest`. */
export interface SignatureOptions {
  readonly pssKeys?: boolean
}

/**
 * Whether `signer` signed `signed`. Never throws for anything in the bytes.
 */
export function checkSignedData(
  signed: SignedData,
  signer: SignerKey,
  provider: CryptoProvider,
  { pssKeys = true }: SignatureOptions = {},
): SignatureResult {
  let at: 'algorithm' | 'key' = 'algorithm'
  try {
    const info = signed.signatureAlgorithm
    at = 'key'
    const key = signer.publicKeyInfo
    const { algorithm } = info
    if (algorithm === null) return fault('unsupported', 'algorithm', `needs one that is supported, is ${info.text}`)
    const { keyType } = key
    if (keyType === null) return fault('unsupported', 'key', `needs a kind of key that is supported, is ${key.text}`)
    const misfit = findMisfit(algorithm, info.text, keyType, key.text)
    if (misfit !== null) return fault('invalid', 'algorithm', misfit)
    if (!pssKeys && keyType.type === 'rsa-pss') {
      return fault('unsupported', 'key', 'needs the algorithm rsaEncryption, is id-RSASSA-PSS')
    }
    const imported = signer.publicKey(provider)
    if (provider.verify(algorithm, imported, signed.data, signed.signature)) {
      if (keyType.type !== 'dsa' || isOfDsaGroup(imported, signer)) return VALID
      return fault('malformed', 'key', 'needs a generator and a public value of order q, has others')
    }
    // Asked only now, so that it costs nothing where all is well.
    if (!hasAlgorithm(provider, algorithm)) {
      return fault('unsupported', 'algorithm', `needs one that the provider ${provider.name} has, is ${info.text}`)
    }
    return fault('invalid', 'signature', `needs a valid one of ${info.text} by the key (${key.text}), does not verify`)
  } catch (error) {
    if (error instanceof KeyImportError) return fault(error.reason, 'key', error.message)
    if (isMalformed(error)) return fault('malformed', at, error.message)
    throw error
  }
}

const VALID: SignatureResult = { status: 'valid' }

/** Of imported DSA keys, whether they are what DSA takes for granted. */
const dsaKeys = new WeakMap<PublicKey, boolean>()

/** Asked of keys by which something verifies, and once: it costs more than that. */
function isOfDsaGroup(key: PublicKey, { subjectPublicKeyInfo }: SignerKey): boolean {
  let isMember = dsaKeys.get(key)
  if (isMember === undefined) {
    const numbers = readDsaNumbers(subjectPublicKeyInfo)
    dsaKeys.set(key, (isMember = numbers !== null && isInDsaGroup(numbers)))
  }
  return isMember
}

function fault(
  status: Exclude<SignatureStatus, 'valid'>,
  at: 'algorithm' | 'key' | 'signature',
  message: string,
): SignatureResult {
  return { status, at, message }
}

function isMalformed(error: unknown): error is CertificateError | DecodeError {
  return error instanceof CertificateError || error instanceof DecodeError
}

/** Why such a key does not make such signatures; null if it does. */
function findMisfit(algorithm: SignatureAlgorithm, text: string, keyType: KeyType, keyText: string): string | null {
  if (isAlgorithmForKey(algorithm, keyType)) return null
  if (algorithm.kind === 'rsa-pss' && keyType.type === 'rsa-pss' && keyType.restriction !== undefined) {
    const { hash, mgfHash, saltLength } = keyType.restriction
    return `needs ${pssText(hash, mgfHash, saltLength)} or more, as the key demands, is ${pssText(algorithm.hash, algorithm.mgfHash, algorithm.saltLength)}`
  }
  return `needs one that its signer's key (${keyText}) makes, is ${text}`
}

function pssText(hash: SignatureHash, mgfHash: SignatureHash, saltLength: number): string {
  return `RSA-PSS with ${hashText(hash)}, MGF1 with ${hashText(mgfHash)} and a salt of ${saltLength} bytes`
}

type SignatureHash = Extract<SignatureAlgorithm, { hash: unknown }>['hash']

function hasAlgorithm(provider: CryptoProvider, algorithm: SignatureAlgorithm): boolean {
  return provider.signatureAlgorithms.some(
    (has) =>
      has.kind === algorithm.kind &&
      // Of PSS a list names the usual parameters only.
      (algorithm.kind === 'rsa-pss' || !('hash' in has) || !('hash' in algorithm) || has.hash === algorithm.hash),
  )
}
