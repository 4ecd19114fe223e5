/**
 * Issuing certificates: an authority, and certificates for servers and clients, for demonstrations,
 * tests and private networks. The profile is RFC 5280's as the Web PKI uses it: a random serial
 * number of 16 bytes (section 4.1.2.2), key identifiers (4.2.1.1, 4.2.1.2, of RFC 7093 section 2
 * method 1), critical basicConstraints and keyUsage, extendedKeyUsage, and names in subjectAltName
 * (4.2.1.6), the first of which is the common name too. ML-DSA keys follow RFC 9881: no parameters,
 * and no keyUsage but signing.
 *
 * Left out: certification requests, revocation, name constraints and policies.
 */

import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import type { Extension } from '@peculiar/x509'
import { writePem } from '../asn1/index.ts'
import { equalBytes } from '../bytes/index.ts'
import { nodeProvider } from '../crypto/node.ts'
import { asBuffer, loadLibrary, signCertificate } from './issued-certificate.ts'
import { createKey, IssueError, type IssuedKeyType, type NewKey } from './issued-key.ts'

export { generatePrivateKey, ISSUED_KEY_TYPES, IssueError, type IssuedKeyType } from './issued-key.ts'

/** When a certificate is valid. */
export interface ValidityOptions {
  /** First moment; five minutes ago by default, for clocks that are behind. */
  readonly notBefore?: Date
  /** How long, in days; never beyond the issuer's own end. */
  readonly days?: number
}

export interface AuthorityOptions extends ValidityOptions {
  /** Common name, at most 64 characters. */
  readonly name: string
  /** Default `ecdsa-p256`. */
  readonly keyType?: IssuedKeyType
}

export interface ServerCertificateOptions extends ValidityOptions {
  /** DNS names (a wildcard as the whole first label; international ones become A-labels) and IP addresses, at least one. */
  readonly names: readonly string[]
  readonly keyType?: IssuedKeyType
}

export interface ClientCertificateOptions extends ValidityOptions {
  /** Common name. An email address or a URI (`spiffe://...`) is put into subjectAltName too. */
  readonly name: string
  readonly keyType?: IssuedKeyType
}

/** A certificate with its private key. */
export interface IssuedCertificate {
  /** DER, leaf first, as it is sent in a handshake: up to but without the root. */
  readonly chain: readonly Uint8Array[]
  /** PKCS#8, DER. */
  readonly privateKey: Uint8Array
  /** First and last moment (RFC 5280 section 4.1.2.5), to the second. */
  readonly notBefore: Date
  readonly notAfter: Date
}

/** A certificate that issues others, with its private key. */
export interface Authority {
  /** DER. */
  readonly certificate: Uint8Array
  /** DER certificates that follow a certificate issued here: none if this is a root, else this one and those above, without the root. */
  readonly intermediates: readonly Uint8Array[]
  /** PKCS#8, DER. */
  readonly privateKey: Uint8Array
  readonly notBefore: Date
  readonly notAfter: Date
}

const ROOT_DAYS = 3650
const INTERMEDIATE_DAYS = 1825
const LEAF_DAYS = 90
const DAY = 86_400_000
const CLOCK_SKEW = 300_000
/** ub-common-name, RFC 5280 appendix A.1. */
const LONGEST_COMMON_NAME = 64
/** 9999-12-31T23:59:59Z: no later time can be written (RFC 5280 section 4.1.2.5.2). */
const END_OF_TIME = 253_402_300_799_000

/**
 * Makes a root: a self-signed authority.
 * @throws {IssueError} if an option makes no sense.
 */
export async function createAuthority(options: AuthorityOptions): Promise<Authority> {
  const key = await createKey(options.keyType)
  return finishAuthority(options, key, null, ROOT_DAYS)
}

/**
 * Makes an authority below `issuer` which may issue no further authorities (pathLenConstraint 0).
 * @throws {IssueError} if an option makes no sense, or `issuer` may itself issue no further authorities.
 */
export async function createIntermediate(issuer: Authority, options: AuthorityOptions): Promise<Authority> {
  await checkMayIssueAuthorities(issuer)
  const key = await createKey(options.keyType)
  return finishAuthority(options, key, issuer, INTERMEDIATE_DAYS)
}

/** No path through an authority below one of pathLenConstraint 0 is ever valid (RFC 5280 section 4.2.1.9). */
async function checkMayIssueAuthorities({ certificate }: Authority): Promise<void> {
  const { X509Certificate, BasicConstraintsExtension } = await loadLibrary()
  const parsed = new X509Certificate(asBuffer(certificate))
  if (parsed.getExtension(BasicConstraintsExtension)?.pathLength !== 0) return
  throw new IssueError(
    `${parsed.subject} may issue no further authorities: its pathLenConstraint is 0; ` +
      'issue the new one with the root, or issue certificates for servers and clients with this one',
  )
}

/**
 * An authority from its stored parts: `chain` is its certificate and those above it (a root at the end may be there or not).
 * @throws {IssueError} if it is no authority's certificate or the key is not its own.
 * @throws {KeyImportError} if the key cannot be read.
 */
export async function openAuthority(chain: readonly Uint8Array[], privateKey: Uint8Array): Promise<Authority> {
  const { X509Certificate, BasicConstraintsExtension } = await loadLibrary()
  const [certificate] = chain
  if (certificate === undefined) throw new IssueError('an authority needs its certificate')
  const parsed = new X509Certificate(asBuffer(certificate))
  if (parsed.getExtension(BasicConstraintsExtension)?.ca !== true) {
    throw new IssueError('the certificate is not one of an authority: basicConstraints does not say cA')
  }
  const { subjectPublicKeyInfo } = nodeProvider.importPrivateKey(privateKey)
  if (!equalBytes(new Uint8Array(parsed.publicKey.rawData), subjectPublicKeyInfo)) {
    throw new IssueError("the private key is not the one of the authority's certificate")
  }
  const isRoot = (der: Uint8Array): boolean => {
    const { subject, issuer } = new X509Certificate(asBuffer(der))
    return subject === issuer
  }
  return {
    certificate,
    intermediates: chain.filter((der) => !isRoot(der)),
    privateKey,
    notBefore: parsed.notBefore,
    notAfter: parsed.notAfter,
  }
}

/**
 * Issues a server's certificate for `names`.
 * @throws {IssueError} if an option makes no sense.
 */
export async function issueServerCertificate(
  issuer: Authority,
  options: ServerCertificateOptions,
): Promise<IssuedCertificate> {
  const library = await loadLibrary()
  const names = options.names.map(readServerName)
  const [first] = names
  if (first === undefined) throw new IssueError('a server certificate needs at least one name')
  const subject = first.value.length <= LONGEST_COMMON_NAME ? first.value : ''
  // RFC 5280 section 4.2.1.6: critical where the subject is empty.
  const alternativeNames = new library.SubjectAlternativeNameExtension([...names], subject === '')
  const usage = new library.ExtendedKeyUsageExtension([library.ExtendedKeyUsage.serverAuth])
  return issueLeaf(issuer, subject, [usage, alternativeNames], options)
}

/**
 * Issues a client's certificate.
 * @throws {IssueError} if an option makes no sense.
 */
export async function issueClientCertificate(
  issuer: Authority,
  options: ClientCertificateOptions,
): Promise<IssuedCertificate> {
  const library = await loadLibrary()
  const name = checkCommonName(options.name, 'the name of a client')
  const usage = new library.ExtendedKeyUsageExtension([library.ExtendedKeyUsage.clientAuth])
  const alternative = readClientName(name)
  const extensions =
    alternative === null ? [usage] : [usage, new library.SubjectAlternativeNameExtension([alternative])]
  return issueLeaf(issuer, name, extensions, options)
}

/** PEM text of a chain, leaf first. */
export function writeChainPem(chain: readonly Uint8Array[]): string {
  return chain.map((der) => writePem('CERTIFICATE', der)).join('')
}

/** PEM text of a PKCS#8 private key. */
export function writeKeyPem(privateKey: Uint8Array): string {
  return writePem('PRIVATE KEY', privateKey)
}

// --- Names

interface AlternativeName {
  readonly type: 'dns' | 'ip' | 'email' | 'url'
  readonly value: string
}

function readServerName(text: string): AlternativeName {
  const address = text.replace(/^\[(.*)\]$/, '$1')
  if (isIP(address) !== 0 && !address.includes('%')) return { type: 'ip', value: address }
  const isWildcard = text.startsWith('*.')
  const name = domainToASCII((isWildcard ? text.slice(2) : text).replace(/\.$/, '')).toLowerCase()
  const labels = name.split('.')
  const isHostName = labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label))
  // A last label of digits alone would be read as part of an IPv4 address.
  if (!isHostName || /^\d+$/.test(labels.at(-1) as string) || name.length > 251 || (isWildcard && labels.length < 2)) {
    throw new IssueError(`needs a DNS name or an IP address as a server's name, has ${JSON.stringify(text)}`)
  }
  return { type: 'dns', value: isWildcard ? `*.${name}` : name }
}

function readClientName(name: string): AlternativeName | null {
  if (/^[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9.-]+$/.test(name)) return { type: 'email', value: name }
  if (/^[a-z][a-z0-9+.-]*:\/\/[\x21-\x7e]+$/i.test(name)) return { type: 'url', value: name }
  return null
}

function checkCommonName(name: string, what: string): string {
  const length = [...name].length
  if (name.trim() === '') throw new IssueError(`${what} must not be empty`)
  if (length > LONGEST_COMMON_NAME) {
    throw new IssueError(`${what} needs at most ${LONGEST_COMMON_NAME} characters, has ${length}`)
  }
  if (/[\p{Cc}\p{Cs}]/u.test(name)) throw new IssueError(`${what} must not hold control characters`)
  return name
}

// --- Profiles

async function finishAuthority(
  options: AuthorityOptions,
  key: NewKey,
  issuer: Authority | null,
  usualDays: number,
): Promise<Authority> {
  const { BasicConstraintsExtension, KeyUsagesExtension, KeyUsageFlags } = await loadLibrary()
  const validity = readValidity(options, issuer, usualDays)
  const certificate = await signCertificate({
    subject: checkCommonName(options.name, 'the name of an authority'),
    key: key.privateKey,
    issuer,
    signingKey: issuer === null ? key.privateKey : nodeProvider.importPrivateKey(issuer.privateKey),
    extensions: [
      new BasicConstraintsExtension(true, issuer === null ? undefined : 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
    ...validity,
  })
  const intermediates = issuer === null ? [] : [certificate, ...issuer.intermediates]
  return { certificate, intermediates, privateKey: key.pkcs8, ...validity }
}

async function issueLeaf(
  issuer: Authority,
  subject: string,
  extensions: readonly Extension[],
  options: ValidityOptions & { readonly keyType?: IssuedKeyType },
): Promise<IssuedCertificate> {
  const { BasicConstraintsExtension, KeyUsagesExtension, KeyUsageFlags } = await loadLibrary()
  const validity = readValidity(options, issuer, LEAF_DAYS)
  const key = await createKey(options.keyType)
  const certificate = await signCertificate({
    subject,
    key: key.privateKey,
    issuer,
    signingKey: nodeProvider.importPrivateKey(issuer.privateKey),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      ...extensions,
    ],
    ...validity,
  })
  return { chain: [certificate, ...issuer.intermediates], privateKey: key.pkcs8, ...validity }
}

function readValidity(
  options: ValidityOptions,
  issuer: Authority | null,
  usualDays: number,
): { notBefore: Date; notAfter: Date } {
  const days = options.days ?? usualDays
  if (!(days > 0 && Number.isFinite(days))) throw new IssueError(`needs a positive number of days, has ${days}`)
  const earliest = issuer?.notBefore.getTime() ?? 0
  const begin = options.notBefore?.getTime() ?? Math.max(earliest, Date.now() - CLOCK_SKEW)
  if (Number.isNaN(begin)) throw new IssueError('notBefore is not a date')
  const notBefore = begin - (begin % 1000)
  // Both ends belong to the validity (RFC 5280 section 4.1.2.5): a day has 86,400 seconds, not one more.
  const end = notBefore + Math.round(days * DAY) - 1000
  const notAfter = Math.min(end, issuer?.notAfter.getTime() ?? END_OF_TIME, END_OF_TIME)
  if (notAfter < notBefore) throw new IssueError('the authority ends before the certificate would begin')
  return { notBefore: new Date(notBefore), notAfter: new Date(notAfter) }
}
