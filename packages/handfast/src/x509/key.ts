/**
 * Private keys as files hold them: PKCS#8 (RFC 5958), elliptic curve keys of SEC 1 (RFC 5915), RSA
 * keys of PKCS#1 (RFC 8017 appendix A.1.2); in PEM (RFC 7468 sections 10 and 13) or DER. All become
 * PKCS#8, which is what a crypto provider imports; what is in them is the provider's to judge.
 *
 * Encrypted keys are refused, and said to be encrypted. No byte of a key reaches an error.
 */

import { type DerReader, readDer, TAG } from '../asn1/der.ts'
import { writeInteger, writeNull, writeOctetString, writeOid, writeSequence } from '../asn1/der-writer.ts'
import type { PemBlock } from '../asn1/pem.ts'
import { isDer, readPemFile } from '../asn1/pem-or-der.ts'
import { equalBytes } from '../bytes/compare.ts'
import { DecodeError } from '../bytes/decode-error.ts'
import type { CryptoProvider, PrivateKey } from '../crypto/provider.ts'
import type { Certificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import { readPublicKeyInfo } from './public-key.ts'
import { quotedName } from './printable-text.ts'

/**
 * The private key of a file, as PKCS#8 in DER: text in PEM, or bytes in PEM or DER. Blocks with other
 * labels are passed over.
 * @throws {CertificateError} `malformed`; also for an encrypted key, for none, and for more than one.
 */
export function readPrivateKeyFile(file: string | Uint8Array): Uint8Array {
  try {
    if (isDer(file)) return fromDer(file)
    const keys = readPemFile(file).filter(({ label }) => label.endsWith('PRIVATE KEY'))
    const [key] = keys
    if (key === undefined) throw malformed('file: needs -----BEGIN PRIVATE KEY----- or a key in DER, has neither')
    if (keys.length > 1) throw malformed(`file: needs one private key, has ${keys.length}`)
    return fromPem(key)
  } catch (error) {
    // What a DecodeError found may be part of the key.
    if (error instanceof DecodeError) throw malformed(`private key: ${error.path}: needs ${error.needs}`, error.path)
    throw error
  }
}

/**
 * The private key of a file, imported.
 * @throws {CertificateError} as `readPrivateKeyFile`.
 * @throws {KeyImportError} if the provider cannot take it.
 */
export function readPrivateKey(file: string | Uint8Array, provider: CryptoProvider): PrivateKey {
  return provider.importPrivateKey(readPrivateKeyFile(file))
}

/**
 * Demands that `key` is the private half of the certificate's key.
 * @throws {TypeError} if it is not: whoever configured the two made a mistake.
 */
export function checkKeyMatches(certificate: Certificate, key: PrivateKey): void {
  if (equalBytes(certificate.subjectPublicKeyInfo, key.subjectPublicKeyInfo)) return
  const certified = certificate.publicKeyInfo
  const own = readPublicKeyInfo(key.subjectPublicKeyInfo)
  // The same RSA key may be certified as rsaEncryption or as id-RSASSA-PSS (RFC 4055 section 1.2).
  if (isRsa(certified.keyType?.type) && isRsa(own.keyType?.type) && equalBytes(certified.key, own.key)) return
  const kinds = certified.text === own.text ? `two different keys of ${own.text}` : `${own.text}, not ${certified.text}`
  throw new TypeError(
    `key: needs the private key of the certificate for ${quotedName(certificate.subjectText)}, has another (${kinds})`,
  )
}

function isRsa(type: string | undefined): boolean {
  return type === 'rsa' || type === 'rsa-pss'
}

function malformed(message: string, path?: string): CertificateError {
  return new CertificateError('malformed', message, path)
}

function encrypted(): CertificateError {
  return malformed(
    'private key: it is encrypted, and only unencrypted keys are read; decrypt it first, with `openssl pkey` for one',
  )
}

function fromPem(block: PemBlock): Uint8Array {
  if (block.label === 'ENCRYPTED PRIVATE KEY' || block.headers['Proc-Type']?.includes('ENCRYPTED')) throw encrypted()
  switch (block.label) {
    case 'PRIVATE KEY':
    case 'EC PRIVATE KEY':
    case 'RSA PRIVATE KEY':
      return fromDer(block.bytes)
    default:
      throw malformed(`private key: needs PRIVATE KEY, EC PRIVATE KEY or RSA PRIVATE KEY, has ${block.label}`)
  }
}

/** Tells the forms apart by their first elements; each begins with a SEQUENCE. */
function fromDer(der: Uint8Array): Uint8Array {
  const reader = readDer(der, 'PrivateKeyInfo')
  // EncryptedPrivateKeyInfo (RFC 5958 section 3) has an AlgorithmIdentifier where others have a version.
  if (reader.peek() === TAG.sequence) throw encrypted()
  const version = reader.unsigned('version')
  switch (reader.peek()) {
    case TAG.sequence:
      return der
    case TAG.octetString:
      return wrapEcKey(reader, version)
    case TAG.integer:
      return wrapRsaKey(der, version)
    default:
      throw malformed('private key: needs PKCS#8, SEC 1 or PKCS#1, is none of them')
  }
}

const EC_PUBLIC_KEY = '1.2.840.10045.2.1'
const RSA_ENCRYPTION = '1.2.840.113549.1.1.1'

/** RFC 5915 section 3: within PKCS#8 the curve stands in the AlgorithmIdentifier, and not in the key again. */
function wrapEcKey(reader: DerReader, version: number): Uint8Array {
  if (version !== 1) throw malformed(`private key: version: needs 1 as in SEC 1, has ${version}`)
  const key = reader.octetString('privateKey')
  if (reader.peek() !== 0xa0) throw malformed('private key: parameters: needs a named curve, has none')
  const explicit = reader.sequence('parameters', 0xa0)
  const curve = explicit.oid('namedCurve')
  explicit.end()
  const rest: Uint8Array[] = []
  if (reader.remaining > 0) rest.push(reader.element('publicKey'))
  reader.end()
  const inner = writeSequence(writeInteger(1), writeOctetString(key), ...rest)
  return pkcs8(writeSequence(writeOid(EC_PUBLIC_KEY), writeOid(curve)), inner)
}

function wrapRsaKey(der: Uint8Array, version: number): Uint8Array {
  if (version !== 0) throw malformed(`private key: version: needs 0 as in PKCS#1, has ${version}`)
  return pkcs8(writeSequence(writeOid(RSA_ENCRYPTION), writeNull()), der)
}

function pkcs8(algorithm: Uint8Array, key: Uint8Array): Uint8Array {
  return writeSequence(writeInteger(0), algorithm, writeOctetString(key))
}
