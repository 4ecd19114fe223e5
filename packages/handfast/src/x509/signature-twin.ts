/**
 * Twins of certificates: of an ECDSA signature (r, s) anyone can make (r, n - s), which verifies as well, as only the x
 * coordinate of a point is compared, and the opposite point has the same (FIPS 186-5 section 6.4.2). So such a
 * certificate has two fingerprints, and whoever lists it knows one.
 *
 * Other signatures have one form: r and s in DER and below n, a value of RSA below the modulus, S of EdDSA below the
 * order (RFC 8032 sections 5.1.7 and 5.2.7). Of DSA a power is compared, which -s changes.
 */

import { readDer, TAG } from '../asn1/der.ts'
import { writeBitString, writeInteger, writeSequence } from '../asn1/der-writer.ts'
import { DecodeError } from '../bytes/decode-error.ts'
import { toHex } from '../bytes/hex.ts'
import type { CurveName, Hash } from '../crypto/provider.ts'
import type { Certificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'

/** n, the order of the base point: NIST SP 800-186 section 3.2.1, RFC 5639 section 3. */
const ORDERS: Readonly<Record<CurveName, bigint>> = {
  secp256r1: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  secp384r1: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  secp521r1:
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  brainpoolP256r1: 0xa9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7n,
  brainpoolP384r1: 0x8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7cf3ab6af6b7fc3103b883202e9046565n,
  brainpoolP512r1:
    0xaadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870553e5c414ca92619418661197fac10471db1d381085ddaddb58796829ca90069n,
}

/** A search may come to the same certificate a thousand times, nearly always below the same key. */
const known = new WeakMap<Certificate, { readonly order: bigint; readonly fingerprint: string | null }>()

/**
 * Digest, in lower-case hex, of the other form of a certificate; null if it has none, or is malformed.
 * @param issuer whose key signed it.
 */
export function twinFingerprint(certificate: Certificate, issuer: Certificate, hash: Hash): string | null {
  try {
    const order = orderOf(issuer)
    if (order === null) return null
    const before = known.get(certificate)
    if (before?.order === order) return before.fingerprint
    const twin = twinOf(certificate, order)
    const fingerprint = twin === null ? null : toHex(hash.digest(twin))
    known.set(certificate, { order, fingerprint })
    return fingerprint
  } catch (error) {
    if (error instanceof CertificateError || error instanceof DecodeError) return null
    throw error
  }
}

function orderOf({ publicKeyInfo: { keyType } }: Certificate): bigint | null {
  return keyType?.type === 'ec' ? ORDERS[keyType.curve] : null
}

function twinOf({ tbsCertificate, signatureAlgorithmDer, signature }: Certificate, order: bigint): Uint8Array | null {
  const reader = readDer(signature, 'signatureValue')
  const r = reader.element('r')
  const s = numberOf(reader.value('s', TAG.integer))
  reader.end()
  if (s === 0n || s >= order) return null
  const other = writeSequence(r, writeInteger(order - s))
  return writeSequence(tbsCertificate, signatureAlgorithmDer, writeBitString(other))
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes) || '0'}`)
}
