/**
 * Rules on signature algorithms: known ones, and none that is broken (RFC 9325 section 4.5, RFC 9846
 * section 4.5.1.3); the Baseline Requirements of the CA/Browser Forum, section 7.1.3.2. Of an
 * anchor's own signature nothing depends.
 */

import type { CurveName, HashName } from '../../crypto/provider.ts'
import { toHex } from '../../bytes/hex.ts'
import type { Certificate } from '../certificate.ts'
import { quotedText } from '../printable-text.ts'
import { hashText } from '../signature-algorithm.ts'
import type { Place } from './place.ts'
import { type CertificateRule, type PathContext, problem, type Problem } from './rule.ts'

/** The signature is of a kind that handfast knows. */
export const SIGNATURE_ALGORITHM: CertificateRule = { name: 'signature-algorithm', on: 'issued', check: checkAlgorithm }

/** The signature stands on a hash that proves something. */
export const WEAK_SIGNATURE_ALGORITHM: CertificateRule = {
  name: 'weak-signature-algorithm',
  on: 'issued',
  check: checkWeakness,
}

/** The kind of signature is one of the policy's. */
export const SIGNATURE_TYPE: CertificateRule = { name: 'signature-type', on: 'issued', check: checkType }

/** Baseline Requirements section 7.1.3.2: parameters and all are as the policy lists them, byte for byte. */
export const SIGNATURE_ENCODING: CertificateRule = {
  name: 'signature-encoding',
  on: 'issued',
  check: checkSignatureEncoding,
}

/** Baseline Requirements section 7.1.3.2.2: which hash a key on a curve signs with. */
export const SIGNATURE_HASH: CertificateRule = { name: 'signature-hash', on: 'issuer', check: checkHash }

function checkAlgorithm({ certificate }: Place): Problem | null {
  if (certificate.signatureAlgorithm.algorithm !== null) return null
  const message = `signatureAlgorithm: needs one that is supported, is ${certificate.signatureAlgorithmText}`
  return problem('unsupported-signature-algorithm', certificate, message)
}

function checkWeakness({ certificate }: Place, { policy, purpose }: PathContext): Problem | null {
  const { text, weakness } = certificate.signatureAlgorithm
  if (weakness === null) return null
  const { before, withoutPurpose } = policy.limits.sha1
  const isOld = before !== null && certificate.notBefore < Date.parse(before)
  if (weakness === 'SHA-1' && (isOld || (withoutPurpose && purpose === 'any'))) return null
  const since = before === null || weakness !== 'SHA-1' ? '' : ` in a certificate issued since ${before}`
  const message = `signatureAlgorithm: needs a hash stronger than ${weakness}${since}, is ${text}`
  return problem('weak-signature-algorithm', certificate, message)
}

function checkType({ certificate }: Place, { policy }: PathContext): Problem | null {
  const { signatureTypes } = policy.limits
  if (signatureTypes === null) return null
  const { algorithm, text } = certificate.signatureAlgorithm
  if (algorithm === null || signatureTypes.includes(algorithm.kind)) return null
  const message = `signatureAlgorithm: needs one of ${signatureTypes.join(', ')}, is ${text}`
  return problem('nonconforming', certificate, message)
}

function checkSignatureEncoding({ certificate }: Place, { policy }: PathContext): Problem | null {
  const { signatureEncodings, signatureTypes } = policy.limits
  const { algorithm, text, weakness } = certificate.signatureAlgorithm
  // Told by `signature-algorithm`, `weak-signature-algorithm` and `signature-type`.
  if (signatureEncodings === null || algorithm === null || weakness !== null) return null
  if (signatureTypes?.includes(algorithm.kind) === false) return null
  const encoding = toHex(certificate.signatureAlgorithmDer)
  if (signatureEncodings.includes(encoding)) return null
  const message = `signatureAlgorithm: needs an encoding that the policy lists, is ${text} as ${quotedText(encoding)}`
  return problem('nonconforming', certificate, message)
}

const HASH_OF_CURVE: Readonly<Partial<Record<CurveName, HashName>>> = {
  secp256r1: 'sha256',
  secp384r1: 'sha384',
  secp521r1: 'sha512',
}

/** Told of the certificate below, by its issuer's key. */
function checkHash({ certificate, path }: Place): Problem | null {
  const below = path.at(-2) as Certificate
  const { keyType } = certificate.publicKeyInfo
  const { algorithm, text } = below.signatureAlgorithm
  if (keyType?.type !== 'ec' || algorithm?.kind !== 'ecdsa') return null
  const hash = HASH_OF_CURVE[keyType.curve]
  // Other curves are told by `key-type`.
  if (hash === undefined || algorithm.hash === hash) return null
  return hashProblem(below, certificate, hash, text)
}

function hashProblem(below: Certificate, issuer: Certificate, hash: HashName, text: string): Problem {
  const needs = `ECDSA with ${hashText(hash)}, as its issuer's key is ${issuer.publicKeyText}`
  return problem('nonconforming', below, `signatureAlgorithm: needs ${needs}, is ${text}`)
}
