/**
 * Private keys as key files have them: PrivateKeyInfo, read strictly (DER, one form only), so that all
 * providers refuse the same things.
 *
 * Covers RFC 5958 (PKCS#8, OneAsymmetricKey), RFC 8017 appendix A.1.2 (RSA), RFC 5915 (elliptic curves),
 * RFC 8410 section 7 (Ed25519, Ed448), RFC 9881 section 6 (ML-DSA). Leaves out, as `unsupported`:
 * multi-prime RSA, RSA below 1024 bits, DSA, Brainpool's curves, and what `public-key-format.ts` leaves out; encrypted keys are malformed here.
 *
 * Only form is judged here. That a private key belongs to its public one is for the provider to find
 * out. No error quotes content of the key.
 */

import { contextConstructed, contextPrimitive, DerReader, readDer, TAG } from '../asn1/der.ts'
import {
  readCurve,
  readKeyAlgorithm,
  readPositive,
  type EdwardsAlgorithm,
  type EdwardsKeyType,
  type KeyAlgorithm,
  type MlDsaAlgorithm,
  type MlDsaKeyType,
} from './key-algorithm.ts'
import { importKey, malformed, unsupported } from './key-import.ts'
import type { CurveName, SecpCurveName } from './provider.ts'
import {
  checkLength,
  checkPoint,
  checkRsaKey,
  FIELD_LENGTHS,
  readRsaNumbers,
  type RsaKeyInfo,
  type RsaNumbers,
} from './public-key-format.ts'

/** A private key as read from a PrivateKeyInfo. */
export interface PrivateKeyInfo {
  /** AlgorithmIdentifier (DER), the same in both halves. */
  readonly algorithm: Uint8Array
  /** The public key if the file carries it, in the form its SubjectPublicKeyInfo would have. Not yet compared. */
  readonly publicKey: Uint8Array | undefined
  readonly key: PrivateKeyParts
}

/** The secret numbers of a private key, by its kind. */
export type PrivateKeyParts =
  | {
      readonly kind: 'ec'
      readonly keyType: { readonly type: 'ec'; readonly curve: SecpCurveName }
      /** Big-endian, as long as the field. */ readonly scalar: Uint8Array
    }
  | RsaKeyInfo
  | { readonly kind: 'edwards'; readonly keyType: EdwardsKeyType; readonly seed: Uint8Array }
  | { readonly kind: 'ml-dsa'; readonly keyType: MlDsaKeyType; readonly parts: MlDsaParts }

/** An ML-DSA private key: its seed, its expanded form, or both (RFC 9881 section 6); never neither. */
export interface MlDsaParts {
  readonly seed?: Uint8Array
  readonly expanded?: Uint8Array
}

const ML_DSA_SEED_LENGTH = 32

/**
 * Reads a PrivateKeyInfo or OneAsymmetricKey. Attributes are passed over. Its byte strings are views of `der`.
 * @throws {KeyImportError} its message quotes no content of the private key.
 */
export function readPrivateKeyInfo(der: Uint8Array): PrivateKeyInfo {
  return importKey('private', () => {
    const reader = readDer(der, '', 'private_key_info')
    const version = reader.unsigned('version', 1)
    const start = reader.offset
    const algorithm = readKeyAlgorithm(reader)
    const encoded = reader.since(start)
    const key = reader.octetString('private_key')
    if (reader.peek() === contextConstructed(0)) reader.skip('attributes')
    // RFC 5958 section 2: version 1 of the syntax, whose number is 0, has no public key.
    const publicKey =
      version === 1 && reader.peek() === contextPrimitive(1)
        ? reader.bitStringBytes('public_key', contextPrimitive(1))
        : undefined
    reader.end()
    return { algorithm: encoded, publicKey, ...readPrivateKey(algorithm, key) }
  })
}

type KeyAndPublicKey = Pick<PrivateKeyInfo, 'key'> & { readonly publicKey?: Uint8Array }

function readPrivateKey(algorithm: KeyAlgorithm, key: Uint8Array): KeyAndPublicKey {
  switch (algorithm.kind) {
    case 'ec': {
      const curve = secpCurve(algorithm.keyType.curve)
      const { scalar, publicKey } = readEcPrivateKey(curve, key)
      return { key: { kind: 'ec', keyType: { type: 'ec', curve }, scalar }, ...(publicKey && { publicKey }) }
    }
    case 'rsa':
      return { key: checkRsaKey('private', algorithm.keyType, readRsaPrivateKey(key)) }
    case 'dsa':
      throw unsupported('DSA private key')
    case 'edwards': {
      const { kind, keyType } = algorithm
      return { key: { kind, keyType, seed: readCurvePrivateKey(algorithm, key) } }
    }
    case 'ml-dsa': {
      const { kind, keyType } = algorithm
      return { key: { kind, keyType, parts: readMlDsaPrivateKey(algorithm, key) } }
    }
  }
}

/** Nothing here signs with Brainpool's curves. */
function secpCurve(curve: CurveName): SecpCurveName {
  switch (curve) {
    case 'secp256r1':
    case 'secp384r1':
    case 'secp521r1':
      return curve
    default:
      throw unsupported(`private key on ${curve}`)
  }
}

/** ECPrivateKey (RFC 5915 section 3). */
function readEcPrivateKey(
  curve: CurveName,
  key: Uint8Array,
): { readonly scalar: Uint8Array; readonly publicKey?: Uint8Array } {
  const reader = readDer(key, '', 'ec_private_key')
  if (reader.unsigned('version', 1) !== 1) throw reader.error('version', '1', '0')
  const scalar = reader.octetString('private_key')
  checkLength(`${curve} private key`, FIELD_LENGTHS[curve], scalar)
  if (reader.peek() === contextConstructed(0)) {
    const parameters = reader.sequence('parameters', contextConstructed(0))
    const named = readCurve(parameters)
    parameters.end()
    if (named !== curve) throw malformed(`ec_private_key.parameters: needs ${curve}, has ${named}`)
  }
  if (reader.remaining === 0) return { scalar }
  const explicit = reader.sequence('public_key', contextConstructed(1))
  const publicKey = explicit.bitStringBytes('')
  explicit.end()
  checkPoint(curve, publicKey)
  reader.end()
  return { scalar, publicKey }
}

/** CurvePrivateKey (RFC 8410 section 7): an encoding that is one OCTET STRING. */
function readCurvePrivateKey({ keyType, length }: EdwardsAlgorithm, key: Uint8Array): Uint8Array {
  const reader = new DerReader(key, 'curve_private_key')
  const seed = reader.octetString('private_key')
  reader.end()
  return checkLength(`${keyType.type} private key`, length, seed)
}

/** ML-DSA-PrivateKey (RFC 9881 section 6): a choice of three. */
function readMlDsaPrivateKey({ keyType, expandedLength }: MlDsaAlgorithm, key: Uint8Array): MlDsaParts {
  const parts = readMlDsaParts(new DerReader(key, 'ml_dsa_private_key'))
  if (parts.seed !== undefined) checkLength(`${keyType.type} seed`, ML_DSA_SEED_LENGTH, parts.seed)
  if (parts.expanded !== undefined) checkLength(`${keyType.type} expanded key`, expandedLength, parts.expanded)
  return parts
}

function readMlDsaParts(choice: DerReader): MlDsaParts {
  switch (choice.peek()) {
    case contextPrimitive(0): {
      const seed = choice.octetString('seed', contextPrimitive(0))
      choice.end()
      return { seed }
    }
    case TAG.octetString: {
      const expanded = choice.octetString('expanded_key')
      choice.end()
      return { expanded }
    }
    default: {
      const both = choice.sequence('both')
      choice.end()
      const parts = { seed: both.octetString('seed'), expanded: both.octetString('expanded_key') }
      both.end()
      return parts
    }
  }
}

/** RSAPrivateKey (RFC 8017 appendix A.1.2): of the secret numbers only the form is looked at. */
function readRsaPrivateKey(key: Uint8Array): RsaNumbers {
  const reader = readDer(key, '', 'rsa_private_key')
  if (reader.unsigned('version', 1) !== 0) throw unsupported('RSA key with more than two primes')
  const numbers = readRsaNumbers(reader)
  for (const field of SECRET_NUMBERS) readPositive(reader, field)
  reader.end()
  return numbers
}

const SECRET_NUMBERS = ['private_exponent', 'prime1', 'prime2', 'exponent1', 'exponent2', 'coefficient']
