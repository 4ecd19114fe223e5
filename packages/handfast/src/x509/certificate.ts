/**
 * Certificates (RFC 5280 section 4.1).
 *
 * Reading checks the structure: the fields in order, version and what it allows, both signature
 * algorithms alike, names, dates, the envelope of each extension. What a path check may never look
 * at is read when asked for: names as text, the public key, the value of an extension, the meaning
 * of the signature algorithm; each is then strict as well, and throws CertificateError.
 *
 * Tolerated, because certificates people rely on have it and it misleads no one: a serial number
 * that is zero, negative or longer than 20 bytes (reading; path validation has a rule for it),
 * GeneralizedTime before 2050, an explicit FALSE in basicConstraints, trailing zero bits in keyUsage.
 */

import { contextConstructed, contextPrimitive, type DerReader, readDer, TAG } from '../asn1/der.ts'
import { readTime } from '../asn1/time.ts'
import { equalBytes } from '../bytes/compare.ts'
import { toHex } from '../bytes/hex.ts'
import type { CryptoProvider, Hash, PublicKey } from '../crypto/provider.ts'
import { certificateError } from './certificate-error.ts'
import type { KeyUsage } from './extension-values.ts'
import { Extensions, readExtensions } from './extensions.ts'
import { generalNameText } from './general-name.ts'
import { DEFAULT_KEY_LIMITS, findKeyFlaw, findSizeWeakness, type KeyLimits } from './key-weakness.ts'
import { type Name, readName } from './name.ts'
import { shownHex } from './printable-text.ts'
import { type PublicKeyInfo, readPublicKeyInfo } from './public-key.ts'
import { readSignatureAlgorithm, type SignatureAlgorithmInfo } from './signature-algorithm.ts'

/** How strictly a certificate is read. */
export interface CertificateReadOptions {
  /**
   * True: a serialNumber that is not in its shortest form, which DER forbids, is read as it is. To show certificates,
   * and to ask after the revocation of those someone else relies on already; `verifyChain` refuses them all the same,
   * as lists name them by other bytes. False by default.
   */
  readonly paddedSerialNumber?: boolean
}

/**
 * Reads a certificate in DER. The result keeps views of `der`, which must not change afterwards.
 * @throws {CertificateError} `malformed`, with the path to the field.
 */
export function readCertificate(der: Uint8Array, options: CertificateReadOptions = {}): Certificate {
  try {
    const reader = readDer(der, 'certificate')
    const from = reader.offset
    const tbs = reader.sequence('tbsCertificate')
    const tbsCertificate = reader.since(from)
    const signatureAlgorithm = reader.element('signatureAlgorithm')
    const signature = reader.bitStringBytes('signatureValue')
    reader.end()
    return new Certificate(der, tbsCertificate, signatureAlgorithm, signature, tbs, options)
  } catch (error) {
    throw certificateError(error)
  }
}

/**
 * A certificate (RFC 5280 section 4.1), as `readCertificate` makes it. Its byte arrays are views of `der`. What is
 * read when asked for is remembered; a getter whose field is malformed throws CertificateError each time.
 */
export class Certificate {
  /** The whole certificate. */
  readonly der: Uint8Array
  /** What is signed. */
  readonly tbsCertificate: Uint8Array
  readonly version: 1 | 2 | 3
  /** Contents of the INTEGER: two's complement, shortest form but for `hasPaddedSerialNumber`. */
  readonly serialNumber: Uint8Array
  /** Whether it is not in the shortest form: read with `paddedSerialNumber`, and to be shown or asked after only. */
  readonly hasPaddedSerialNumber: boolean
  readonly issuer: Name
  readonly subject: Name
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  /** Milliseconds since the epoch; the certificate is valid until the end of this second. */
  readonly notAfter: number
  /** In DER, as `CryptoProvider.importPublicKey` takes it. */
  readonly subjectPublicKeyInfo: Uint8Array
  /** Whether it has issuerUniqueID or subjectUniqueID, whose values mean nothing (section 4.1.2.8). */
  readonly hasUniqueIdentifiers: boolean
  readonly extensions: Extensions
  /** The bytes of signatureValue. */
  readonly signature: Uint8Array

  readonly #signatureAlgorithm: Uint8Array
  #signatureAlgorithmInfo: SignatureAlgorithmInfo | undefined
  #publicKeyInfo: PublicKeyInfo | undefined
  #keyFlaw: string | null | undefined
  #publicKey: PublicKey | undefined
  #publicKeyProvider: CryptoProvider | undefined
  #digests: Map<string, string> | undefined

  /** @internal Use `readCertificate`. Throws DecodeError. */
  constructor(
    der: Uint8Array,
    tbsCertificate: Uint8Array,
    signatureAlgorithm: Uint8Array,
    signature: Uint8Array,
    tbs: DerReader,
    options: CertificateReadOptions,
  ) {
    this.der = der
    this.tbsCertificate = tbsCertificate
    this.#signatureAlgorithm = signatureAlgorithm
    this.signature = signature
    this.version = readVersion(tbs)
    this.serialNumber =
      options.paddedSerialNumber === true ? tbs.value('serialNumber', TAG.integer) : tbs.integer('serialNumber')
    this.hasPaddedSerialNumber = options.paddedSerialNumber === true && isPadded(this.serialNumber)
    const inner = tbs.element('signature')
    if (!equalBytes(inner, signatureAlgorithm)) {
      // Section 4.1.1.2.
      throw tbs.error(
        'signature',
        'the same as signatureAlgorithm',
        `${shownHex(inner)}, not ${shownHex(signatureAlgorithm)}`,
      )
    }
    this.issuer = readName(tbs, 'issuer')
    const validity = tbs.sequence('validity')
    this.notBefore = readTime(validity, 'notBefore')
    this.notAfter = readTime(validity, 'notAfter')
    validity.end()
    this.subject = readName(tbs, 'subject')
    const from = tbs.offset
    tbs.sequence('subjectPublicKeyInfo')
    this.subjectPublicKeyInfo = tbs.since(from)
    this.hasUniqueIdentifiers = this.version > 1 && skipUniqueIdentifiers(tbs)
    // Section 4.1.2.9: only version 3 has extensions; in others the element is one too many.
    this.extensions = this.version === 3 && tbs.remaining > 0 ? readExtensions(tbs, der) : Extensions.none
    tbs.end()
  }

  /** @throws {CertificateError} malformed parameters. */
  get signatureAlgorithm(): SignatureAlgorithmInfo {
    this.#signatureAlgorithmInfo ??= rethrown(() =>
      readSignatureAlgorithm(this.#signatureAlgorithm, 'signatureAlgorithm'),
    )
    return this.#signatureAlgorithmInfo
  }

  /** The AlgorithmIdentifier as it stands in the certificate. */
  get signatureAlgorithmDer(): Uint8Array {
    return this.#signatureAlgorithm
  }

  /** What kind of key it certifies. @throws {CertificateError} malformed. */
  get publicKeyInfo(): PublicKeyInfo {
    this.#publicKeyInfo ??= rethrown(() =>
      readPublicKeyInfo(this.subjectPublicKeyInfo, 'tbsCertificate.subjectPublicKeyInfo'),
    )
    return this.#publicKeyInfo
  }

  /**
   * Why its key must not be relied on, in words to follow "the key"; null if nothing speaks against it. What does not
   * depend on the limits is found out once.
   * @throws {CertificateError} malformed.
   */
  findKeyWeakness(limits: KeyLimits = DEFAULT_KEY_LIMITS): string | null {
    const info = this.publicKeyInfo
    const weakness = findSizeWeakness(info, limits)
    if (weakness !== null) return weakness
    if (this.#keyFlaw === undefined) this.#keyFlaw = findKeyFlaw(info)
    return this.#keyFlaw
  }

  /**
   * The public key, imported by `provider` at the first call and remembered.
   * @throws {KeyImportError}
   */
  publicKey(provider: CryptoProvider): PublicKey {
    if (this.#publicKey === undefined || this.#publicKeyProvider !== provider) {
      this.#publicKey = provider.importPublicKey(this.subjectPublicKeyInfo)
      this.#publicKeyProvider = provider
    }
    return this.#publicKey
  }

  /** Whether `publicKey` has imported it with `provider` already: it can be used then. */
  isImportedBy(provider: CryptoProvider): boolean {
    return this.#publicKeyProvider === provider
  }

  /** The subject's Name in DER. */
  get subjectDer(): Uint8Array {
    return this.subject.der
  }

  /** The issuer's Name in DER: what certificate_authorities lists are compared with. */
  get issuerDer(): Uint8Array {
    return this.issuer.der
  }

  /** Undefined if there is no keyUsage extension. @throws {CertificateError} malformed. */
  get keyUsage(): KeyUsage | undefined {
    return this.extensions.keyUsage
  }

  /** True if basicConstraints says so. @throws {CertificateError} malformed. */
  get isCa(): boolean {
    return this.extensions.basicConstraints?.isCa === true
  }

  /** True if issuer and subject are the same name (section 3.2); says nothing about the key. */
  get isSelfIssued(): boolean {
    return this.issuer.matches(this.subject)
  }

  /** RFC 4514 text, safe to print. */
  get subjectText(): string {
    return this.subject.text
  }

  /** RFC 4514 text, safe to print. */
  get issuerText(): string {
    return this.issuer.text
  }

  /** Lower-case hex of the contents of the INTEGER. */
  get serialNumberHex(): string {
    return toHex(this.serialNumber)
  }

  /** `ECDSA P-256`, `RSA 2048`, `Ed25519`, ... @throws {CertificateError} malformed. */
  get publicKeyText(): string {
    return this.publicKeyInfo.text
  }

  /** `ECDSA with SHA-256`, `RSA-PSS with SHA-256`, `Ed25519`, ... @throws {CertificateError} malformed. */
  get signatureAlgorithmText(): string {
    return this.signatureAlgorithm.text
  }

  /** `DNS:example.com`, `IP:192.0.2.1`, ...; empty if there are none. Safe to print. @throws {CertificateError} malformed. */
  get subjectAltNameTexts(): readonly string[] {
    return this.extensions.subjectAltName?.map(generalNameText) ?? []
  }

  /** Digest of the whole certificate in lower-case hex; remembered. */
  fingerprint(hash: Hash): string {
    return this.#digest('certificate', hash, this.der)
  }

  /** Digest of the SubjectPublicKeyInfo in lower-case hex; remembered. What pins and lists of keys hold. */
  publicKeyHash(hash: Hash): string {
    return this.#digest('key', hash, this.subjectPublicKeyInfo)
  }

  #digest(what: string, hash: Hash, data: Uint8Array): string {
    this.#digests ??= new Map()
    const name = `${what} ${hash.name}`
    let digest = this.#digests.get(name)
    if (digest === undefined) this.#digests.set(name, (digest = toHex(hash.digest(data))))
    return digest
  }
}

/** X.690 section 8.3: an INTEGER has one octet at least, and its first nine bits are not all alike. */
function isPadded([first, second]: Uint8Array): boolean {
  if (first === undefined || second === undefined) return first === undefined
  return first === (second < 0x80 ? 0 : 0xff)
}

/** Section 4.1.2.1. Version 1 is the default and so absent in DER. */
function readVersion(tbs: DerReader): 1 | 2 | 3 {
  if (tbs.peek() !== contextConstructed(0)) return 1
  const explicit = tbs.sequence('version', contextConstructed(0))
  const version = explicit.unsigned('')
  explicit.end()
  if (version !== 1 && version !== 2) {
    throw tbs.error('version', '1 (version 2) or 2 (version 3), or its absence (version 1)', `${version}`)
  }
  return version === 1 ? 2 : 3
}

/** Section 4.1.2.8: to be accepted, and ignored. True if there were any. */
function skipUniqueIdentifiers(tbs: DerReader): boolean {
  const before = tbs.remaining
  if (tbs.peek() === contextPrimitive(1)) tbs.bitString('issuerUniqueID', contextPrimitive(1))
  if (tbs.peek() === contextPrimitive(2)) tbs.bitString('subjectUniqueID', contextPrimitive(2))
  return tbs.remaining < before
}

function rethrown<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw certificateError(error)
  }
}
