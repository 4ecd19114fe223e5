/**
 * Certificate revocation lists, full, partitioned, indirect and delta (RFC 5280 section 5).
 *
 * Reading checks everything: structure, version and what it allows, both signature algorithms alike, dates, every
 * entry (crl-entries.ts) and every extension that is understood (crl-extensions.ts). It takes time linear in the
 * size of the list and memory that does not grow with it. What a list says of a certificate, and whether it may,
 * is judged elsewhere (crl-status.ts).
 *
 * Tolerated, because issuers do it and it misleads no one: GeneralizedTime before 2050, no nextUpdate, no CRL
 * number, extensions that are critical or not other than section 5.2 wants it. Not tolerated: a list of revoked
 * certificates that is there and empty (section 5.1.2.6).
 */

import { type DerReader, readDer, TAG } from '../../asn1/der.ts'
import { readTime } from '../../asn1/time.ts'
import { equalBytes } from '../../bytes/compare.ts'
import type { CryptoProvider } from '../../crypto/provider.ts'
import { certificateError } from '../certificate-error.ts'
import { type Name, readName } from '../name.ts'
import { shownHex } from '../printable-text.ts'
import { readSignatureAlgorithm, type SignatureAlgorithmInfo } from '../signature-algorithm.ts'
import { checkSignedData, type SignedData, type SignerKey } from '../signed-data.ts'
import { type RevokedCertificate, RevokedCertificates } from './crl-entries.ts'
import { type CrlExtensions, readCrlExtensions } from './crl-extensions.ts'
import { generalNameKey } from './crl-names.ts'

/**
 * Reads a CRL in DER. The result keeps views of `der`, which must not change afterwards.
 * @throws {CertificateError} `malformed`, with the path to the field:
 * `tbsCertList.revokedCertificates[12].crlEntryExtensions[0].reasonCode`.
 */
export function readCertificateList(der: Uint8Array): CertificateList {
  try {
    const reader = readDer(der, 'certificateList')
    const from = reader.offset
    const tbs = reader.sequence('tbsCertList')
    const tbsCertList = reader.since(from)
    const algorithm = reader.element('signatureAlgorithm')
    const signature = reader.bitStringBytes('signatureValue')
    reader.end()
    return new CertificateList(der, tbsCertList, algorithm, signature, tbs)
  } catch (error) {
    throw certificateError(error)
  }
}

/** A revocation list, and the data that its issuer signed. */
export class CertificateList implements SignedData {
  /** The whole list. */
  readonly der: Uint8Array
  /** tbsCertList: what is signed. */
  readonly data: Uint8Array
  /** AlgorithmIdentifier of the signature in DER. */
  readonly algorithm: Uint8Array
  /** The bytes of signatureValue. */
  readonly signature: Uint8Array
  readonly version: 1 | 2
  readonly issuer: Name
  /** Milliseconds since the epoch. */
  readonly thisUpdate: number
  /** Milliseconds since the epoch; null if it does not say. */
  readonly nextUpdate: number | null
  readonly revoked: RevokedCertificates
  readonly extensions: CrlExtensions
  #signatureAlgorithm: SignatureAlgorithmInfo | undefined
  #pointNames: ReadonlySet<string> | null | undefined
  /** The key by which its signature was last found valid, and the provider that found it. */
  #signer: { readonly key: Uint8Array; readonly provider: CryptoProvider } | null = null

  /** @internal Use `readCertificateList`. Throws DecodeError. */
  constructor(der: Uint8Array, data: Uint8Array, algorithm: Uint8Array, signature: Uint8Array, tbs: DerReader) {
    this.der = der
    this.data = data
    this.algorithm = algorithm
    this.signature = signature
    this.version = readVersion(tbs)
    const inner = tbs.element('signature')
    if (!equalBytes(inner, algorithm)) {
      // Section 5.1.1.2.
      throw tbs.error('signature', 'the same as signatureAlgorithm', `${shownHex(inner)}, not ${shownHex(algorithm)}`)
    }
    this.issuer = readName(tbs, 'issuer')
    if (this.issuer.isEmpty) throw tbs.error('issuer', 'a name', 'an empty one')
    this.thisUpdate = readTime(tbs, 'thisUpdate')
    const tag = tbs.peek()
    this.nextUpdate = tag === TAG.utcTime || tag === TAG.generalizedTime ? readTime(tbs, 'nextUpdate') : null
    this.revoked = readRevoked(tbs, der, this.version)
    this.extensions = readCrlExtensions(tbs, der, this.issuer, this.version)
    tbs.end()
  }

  /** @throws {CertificateError} malformed parameters. */
  get signatureAlgorithm(): SignatureAlgorithmInfo {
    if (this.#signatureAlgorithm === undefined) {
      try {
        this.#signatureAlgorithm = readSignatureAlgorithm(this.algorithm, 'signatureAlgorithm')
      } catch (error) {
        throw certificateError(error)
      }
    }
    return this.#signatureAlgorithm
  }

  /**
   * True if its signature is by this key. Remembered: to hash a list of many megabytes for each of the verdicts it is
   * given for would be most of their time.
   */
  isSignedBy(signer: SignerKey, provider: CryptoProvider): boolean {
    const key = signer.subjectPublicKeyInfo
    const before = this.#signer
    if (before !== null && before.provider === provider && equalBytes(before.key, key)) return true
    if (checkSignedData(this, signer, provider).status !== 'valid') return false
    this.#signer = { key: key.slice(), provider }
    return true
  }

  /** True for a delta CRL (section 5.2.4): it only says what changed since another. */
  get isDelta(): boolean {
    return this.extensions.deltaCrlIndicator !== undefined
  }

  /** RFC 4514 text, safe to print. */
  get issuerText(): string {
    return this.issuer.text
  }

  /** The names of its distribution point as `generalNameKey` has them; null if it names none. */
  get pointNames(): ReadonlySet<string> | null {
    if (this.#pointNames === undefined) {
      const names = this.extensions.issuingDistributionPoint?.distributionPoint
      this.#pointNames = names === undefined ? null : new Set(names.map(generalNameKey))
    }
    return this.#pointNames
  }

  /** The entry for the certificate with this serial number (contents of the INTEGER) and issuer; null if there is none. */
  find(serialNumber: Uint8Array, issuer: Name): RevokedCertificate | null {
    return this.revoked.find(serialNumber, issuer, this.issuer)
  }
}

/** Section 5.1.2.1. Version 1 is meant if there is none, and is never written. */
function readVersion(tbs: DerReader): 1 | 2 {
  if (tbs.peek() !== TAG.integer) return 1
  const version = tbs.integer('version')
  if (version.length !== 1 || version[0] !== 1) {
    throw tbs.error('version', '1 (version 2), or its absence (version 1)', shownHex(version))
  }
  return 2
}

function readRevoked(tbs: DerReader, der: Uint8Array, version: 1 | 2): RevokedCertificates {
  if (tbs.peek() !== TAG.sequence) return RevokedCertificates.none
  const list = tbs.sequence('revokedCertificates')
  // Section 5.1.2.6.
  if (list.remaining === 0) throw tbs.error('revokedCertificates', 'at least one entry, or its absence', 'none')
  return new RevokedCertificates(der, list.offset, list.offset + list.remaining, version)
}
