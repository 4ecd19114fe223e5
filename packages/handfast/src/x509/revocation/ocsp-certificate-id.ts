/**
 * CertID (RFC 6960 section 4.1.1): how requests and responses name a certificate, by hashes of its
 * issuer's name and key, and its serial number. The hash is a name, not a proof: SHA-1 does no harm.
 */

import { type DerReader, readDer, TAG } from '../../asn1/der.ts'
import { writeElement, writeNull, writeOctetString, writeOid, writeSequence } from '../../asn1/der-writer.ts'
import { equalBytes } from '../../bytes/compare.ts'
import { DecodeError } from '../../bytes/decode-error.ts'
import { HASHES } from '../../crypto/key-algorithm.ts'
import type { CryptoProvider, HashName } from '../../crypto/provider.ts'
import type { Certificate } from '../certificate.ts'

/** A CertID (RFC 6960 section 4.1.1). */
export interface CertificateId {
  /** Dotted OID of the hash. */
  readonly hashOid: string
  /** Of the issuer's Name in DER. */
  readonly issuerNameHash: Uint8Array
  /** Of the contents of the issuer's subjectPublicKey, without its count of unused bits. */
  readonly issuerKeyHash: Uint8Array
  /** Contents of the INTEGER, as they are. */
  readonly serialNumber: Uint8Array
}

/**
 * The next element, a CertID.
 * @throws {DecodeError}
 */
export function readCertificateId(reader: DerReader, field: string): CertificateId {
  const sequence = reader.sequence(field)
  const hashAlgorithm = sequence.sequence('hashAlgorithm')
  const hashOid = hashAlgorithm.oid('algorithm')
  if (HASHES.has(hashOid)) {
    // RFC 4055 section 2.1: NULL or absent, and both must be accepted.
    if (hashAlgorithm.remaining > 0) hashAlgorithm.null('parameters')
    hashAlgorithm.end()
  }
  const issuerNameHash = sequence.octetString('issuerNameHash')
  const issuerKeyHash = sequence.octetString('issuerKeyHash')
  const serialNumber = sequence.value('serialNumber', TAG.integer)
  sequence.end()
  return { hashOid, issuerNameHash, issuerKeyHash, serialNumber }
}

/**
 * A CertID in DER. The hash's parameters are NULL, as responders have always seen them.
 * @throws {DecodeError} the issuer's subjectPublicKeyInfo is malformed.
 */
export function writeCertificateId(
  certificate: Certificate,
  issuer: Certificate,
  hash: HashName,
  provider: CryptoProvider,
): Uint8Array {
  const { name, key } = hashIssuer(certificate, issuer, hash, provider)
  return writeSequence(
    writeSequence(writeOid(OID_OF_HASH[hash]), writeNull()),
    writeOctetString(name),
    writeOctetString(key),
    writeElement(TAG.integer, certificate.serialNumber),
  )
}

/** Tells which CertIDs name one certificate; hashes no more than once for each algorithm. */
export class CertificateIdMatcher {
  readonly #certificate: Certificate
  readonly #issuer: Certificate
  readonly #provider: CryptoProvider
  readonly #hashes = new Map<HashName, IssuerHashes | null>()

  constructor(certificate: Certificate, issuer: Certificate, provider: CryptoProvider) {
    this.#certificate = certificate
    this.#issuer = issuer
    this.#provider = provider
  }

  /** False for a hash that is not known, and for an issuer whose key is malformed, too. */
  matches(id: CertificateId): boolean {
    if (!equalBytes(id.serialNumber, this.#certificate.serialNumber)) return false
    const hash = HASHES.get(id.hashOid)
    if (hash === undefined) return false
    let own = this.#hashes.get(hash)
    if (own === undefined) {
      own = this.#hash(hash)
      this.#hashes.set(hash, own)
    }
    if (own === null) return false
    return equalBytes(id.issuerNameHash, own.name) && equalBytes(id.issuerKeyHash, own.key)
  }

  #hash(hash: HashName): IssuerHashes | null {
    try {
      return hashIssuer(this.#certificate, this.#issuer, hash, this.#provider)
    } catch (error) {
      if (error instanceof DecodeError) return null
      throw error
    }
  }
}

/**
 * The contents of subjectPublicKey: what is hashed as "the issuer's public key", and by a responder's byKey.
 * @throws {DecodeError} malformed.
 */
export function subjectPublicKeyOf(certificate: Certificate): Uint8Array {
  const reader = readDer(certificate.subjectPublicKeyInfo, 'subjectPublicKeyInfo', 'subjectPublicKeyInfo')
  reader.skip('algorithm')
  return reader.bitString('subjectPublicKey').bytes
}

const OID_OF_HASH = Object.fromEntries([...HASHES].map(([oid, hash]) => [hash, oid])) as Record<HashName, string>

interface IssuerHashes {
  readonly name: Uint8Array
  readonly key: Uint8Array
}

function hashIssuer(
  certificate: Certificate,
  issuer: Certificate,
  hash: HashName,
  provider: CryptoProvider,
): IssuerHashes {
  const algorithm = provider.hashes[hash]
  return { name: algorithm.digest(certificate.issuer.der), key: algorithm.digest(subjectPublicKeyOf(issuer)) }
}
