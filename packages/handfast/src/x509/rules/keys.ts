/**
 * Rules on public keys: known ones, and none that is weak (RFC 9325 section 4.5); the Baseline
 * Requirements of the CA/Browser Forum, sections 6.1.5, 6.1.6 and 7.1.3.1.
 */

import { toHex } from '../../bytes/hex.ts'
import { type CryptoProvider, KeyImportError, type KeyType } from '../../crypto/provider.ts'
import type { Certificate } from '../certificate.ts'
import { isCurvePoint, isNistCurve } from '../curve-point.ts'
import { isEdwardsPoint } from '../edwards-point.ts'
import type { Place } from './place.ts'
import { type CertificateRule, type PathContext, problem, type Problem } from './rule.ts'

/** The kind of key is one that handfast knows; of the leaf it is one that can be used. */
export const PUBLIC_KEY: CertificateRule = { name: 'public-key', on: 'all', check: checkPublicKey }

/** The key is one to rely on: large enough for the policy, without a flaw that shows, on no list of the caller's. */
export const WEAK_KEY: CertificateRule = { name: 'weak-key', on: 'all', check: checkWeakKey }

/** The kind of key is one of the policy's. */
export const KEY_TYPE: CertificateRule = { name: 'key-type', on: 'all', check: checkKeyType }

/** Baseline Requirements section 6.1.5: bits of an RSA modulus are a multiple of 8. */
export const RSA_MODULUS_SIZE: CertificateRule = { name: 'rsa-modulus-size', on: 'all', check: checkModulusSize }

/** Baseline Requirements section 6.1.6: an RSA exponent should be at least 65537. */
export const RSA_EXPONENT: CertificateRule = { name: 'rsa-exponent', on: 'all', check: checkExponent }

const FIELD = 'tbsCertificate.subjectPublicKeyInfo'

function checkPublicKey({ certificate, isLeaf }: Place, { provider }: PathContext): Problem | null {
  const { keyType, text } = certificate.publicKeyInfo
  if (keyType === null) {
    const message = `${FIELD}: needs a kind of key that is supported, is ${text}`
    return problem('unsupported-public-key', certificate, message)
  }
  // The key of an issuer is imported, and put to use, to verify what it signed.
  return isLeaf ? findUnusableKey(certificate, keyType, provider) : null
}

/**
 * A point off its curve, or of a form that the provider does not take. An import is the dearest way to find out, so
 * it is the last one. Of RSA and ML-DSA everything that can be wrong shows before, and so it
 * does of what a DSA key without parameters has.
 */
function findUnusableKey(certificate: Certificate, keyType: KeyType, provider: CryptoProvider): Problem | null {
  const { key } = certificate.publicKeyInfo
  if (keyType.type === 'ed25519' || keyType.type === 'ed448') {
    return isEdwardsPoint(keyType.type, key) ? null : offCurve(certificate, keyType.type)
  }
  // By a handshake, which uses the key before anyone judges the chain.
  if (certificate.isImportedBy(provider)) return null
  if (keyType.type === 'ec' && isNistCurve(keyType.curve) && key[0] === UNCOMPRESSED) {
    return isCurvePoint(keyType.curve, key) ? null : offCurve(certificate, keyType.curve)
  }
  try {
    // Remembered: a handshake that goes on with the key does not import it once more.
    if (keyType.type === 'ec' || (keyType.type === 'dsa' && keyType.bits !== null)) certificate.publicKey(provider)
    return null
  } catch (error) {
    if (!(error instanceof KeyImportError)) throw error
    const reason = error.reason === 'malformed' ? 'malformed' : 'unsupported-public-key'
    return problem(reason, certificate, `${FIELD}: ${error.message}`)
  }
}

/** First octet of a point that has both its coordinates (RFC 5480 section 2.2). */
const UNCOMPRESSED = 4

function offCurve(certificate: Certificate, curve: string): Problem {
  return problem('malformed', certificate, `${FIELD}: ${curve} public key: not a point on the curve`)
}

function checkWeakKey({ certificate }: Place, { policy, request, provider }: PathContext): Problem | null {
  const weakness = certificate.findKeyWeakness(policy.limits)
  if (weakness !== null) return problem('weak-key', certificate, `${FIELD}: the key ${weakness}`)
  const { weakKeys } = request
  if (weakKeys === undefined) return null
  const hash = toHex(provider.hashes.sha256.digest(certificate.subjectPublicKeyInfo))
  if (!weakKeys.has(hash)) return null
  const message = `${FIELD}: needs a key that only its owner has, is one of the weak keys of ${weakKeys.name} (SHA-256 ${hash})`
  return problem('weak-key', certificate, message)
}

function checkKeyType({ certificate }: Place, { policy }: PathContext): Problem | null {
  const { keyTypes } = policy.limits
  const { keyType, text } = certificate.publicKeyInfo
  if (keyTypes === null || keyType === null) return null
  if (keyTypes.includes(keyType.type === 'ec' ? keyType.curve : keyType.type)) return null
  return problem('nonconforming', certificate, `${FIELD}: needs one of ${keyTypes.join(', ')}, is ${text}`)
}

function checkModulusSize({ certificate }: Place): Problem | null {
  const { keyType, text } = certificate.publicKeyInfo
  if (keyType === null || (keyType.type !== 'rsa' && keyType.type !== 'rsa-pss') || keyType.bits % 8 === 0) return null
  return problem('nonconforming', certificate, `${FIELD}: needs a number of bits that is a multiple of 8, is ${text}`)
}

function checkExponent({ certificate }: Place): Problem | null {
  const { rsa } = certificate.publicKeyInfo
  // 65537 is 01 00 01: three bytes at least, without leading zeros.
  if (rsa === null || rsa.exponent.length >= 3) return null
  const has = rsa.exponent.reduce((value, octet) => 256 * value + octet, 0)
  return problem('nonconforming', certificate, `${FIELD}.publicExponent: needs at least 65537, is ${has}`)
}
