/**
 * Certificates for tests: any kind of key, any kind of mistake. DER of our own, keys from
 * node:crypto, signatures by a provider.
 *
 *     const ca = makeCa()                                     // ECDSA P-256, self-signed
 *     const server = issue(ca, { dnsNames: ['example.com'] }) // for servers, key of the CA's kind
 *     const client = issue(ca, { subject: 'alice', usage: 'client', keyType: 'ed25519' })
 *     const sub = issueCa(ca, { subject: 'Sub CA', pathLength: 0 })
 *     const deep = issue(sub, { dnsNames: ['example.com'] })
 *
 *     server.certificate    DER          server.pem           PEM
 *     server.privateKey     PrivateKey of the provider (nodeProvider unless `provider` is given)
 *     server.key.pkcs8      DER          server.key.pem       PEM
 *     server.chain          DER, leaf first, without the root: what TLS sends
 *     server.chainPem       the same as PEM
 *     ca.certificate        what createTrustStore takes
 *
 * Mistakes, one option each (see IssueOptions): `breakSignature`, `notBefore` and `notAfter`, `isCa`,
 * `keyUsage`, `extKeyUsage`, `serialNumber`, `version`, `issuerName`, `signatureAlgorithm`,
 * `extensions` (replace, add or remove any by OID; twice the same is possible), and `alterTbs` for
 * whatever is left: it gets the finished tbsCertificate and returns what is signed instead.
 *
 * All are valid from 2020 to 2040 unless told otherwise. Every certificate has a key of its own, but
 * RSA keys, which are slow to make, come round again after three: to be sure of another, pass
 * `key: makeKey('rsa-2048')`.
 */

import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  contextConstructed,
  readDer,
  writeBitString,
  writeBoolean,
  writeContext,
  writeContextPrimitive,
  writeElement,
  writeIa5String,
  writeInteger,
  writeNamedBits,
  writeNull,
  writeOctetString,
  writeOid,
  writePem,
  writeSequence,
  writeSetOf,
  writeTime,
  writeUtf8String,
} from '../src/asn1/index.ts'
import { concatBytes } from '../src/bytes/index.ts'
import { nodeProvider } from '../src/crypto/node.ts'
import type { CryptoProvider, HashName, PrivateKey, SignatureAlgorithm } from '../src/crypto/provider.ts'
import { readAddress } from '../src/x509/ip-address.ts'
import { KEY_USAGES, type KeyUsage } from '../src/x509/extension-values.ts'

export type TestKeyType =
  | 'ecdsa-p256'
  | 'ecdsa-p384'
  | 'ecdsa-p521'
  | 'ed25519'
  | 'rsa-1024'
  | 'rsa-2048'
  /** A key with the OID id-RSASSA-PSS. */
  | 'rsa-pss-2048'
  | 'ml-dsa-44'
  | 'ml-dsa-65'
  | 'ml-dsa-87'

/** Everything a chain of trust is commonly made of; `rsa-1024` is for refusals only. */
export const TEST_KEY_TYPES: readonly TestKeyType[] = [
  'ecdsa-p256',
  'ecdsa-p384',
  'ecdsa-p521',
  'ed25519',
  'rsa-2048',
  'rsa-pss-2048',
  'ml-dsa-44',
  'ml-dsa-65',
  'ml-dsa-87',
]

export interface TestKey {
  readonly keyType: TestKeyType
  /** PKCS#8 in DER. */
  readonly pkcs8: Uint8Array
  /** The same as `PRIVATE KEY`. */
  readonly pem: string
  /** SubjectPublicKeyInfo in DER. */
  readonly subjectPublicKeyInfo: Uint8Array
}

export interface TestCertificate {
  /** DER. */
  readonly certificate: Uint8Array
  /** `CERTIFICATE`. */
  readonly pem: string
  readonly key: TestKey
  readonly privateKey: PrivateKey
  /** The subject in DER. */
  readonly name: Uint8Array
  /** DER, this one first, without a self-signed root. */
  readonly chain: readonly Uint8Array[]
  readonly chainPem: string
  /** What issued certificates carry as authorityKeyIdentifier. */
  readonly keyIdentifier: Uint8Array
}

/** What a certificate is for; `any` has no extendedKeyUsage. */
export type TestUsage = 'server' | 'client' | 'server-and-client' | 'any'

export interface IssueOptions {
  /** Text becomes the common name; pairs of dotted OID and text become one RDN each; bytes are a Name in DER. */
  readonly subject?: string | readonly (readonly [oid: string, value: string])[] | Uint8Array
  readonly dnsNames?: readonly string[]
  /** Text of IPv4 or IPv6 addresses. */
  readonly ips?: readonly string[]
  readonly emails?: readonly string[]
  readonly uris?: readonly string[]
  /** Further GeneralNames of subjectAltName, in DER. */
  readonly otherNames?: readonly Uint8Array[]
  /** Default `server`; of a CA `any`. */
  readonly usage?: TestUsage
  /** Default: the issuer's kind of key. */
  readonly keyType?: TestKeyType
  /** Instead of a new key. */
  readonly key?: TestKey
  /** Milliseconds since the epoch, or a date. */
  readonly notBefore?: number | Date
  readonly notAfter?: number | Date
  /** Default: 16 random bytes. Bytes are the contents of the INTEGER as they are. */
  readonly serialNumber?: number | bigint | Uint8Array
  /** Default 3. */
  readonly version?: 1 | 2 | 3
  /** basicConstraints: default false for `issue`, true for `makeCa` and `issueCa`; null leaves the extension out. */
  readonly isCa?: boolean | null
  readonly pathLength?: number
  /** Default: digitalSignature, of a CA keyCertSign and cRLSign; null leaves the extension out. */
  readonly keyUsage?: readonly (keyof KeyUsage)[] | null
  /** Dotted OIDs, instead of what `usage` means; null leaves the extension out. */
  readonly extKeyUsage?: readonly string[] | null
  /** `DNS:example.com`, `IP:192.0.2.0/255.255.255.0`, `email:...`, `URI:...`, or a GeneralName in DER. */
  readonly permitted?: readonly (string | Uint8Array)[]
  readonly excluded?: readonly (string | Uint8Array)[]
  /**
   * Raw extensions. One with the OID of another takes its place (with `value: null` that one is
   * left out); a second with the same OID in this list is added, which makes a duplicate.
   */
  readonly extensions?: readonly TestExtension[]
  /** Instead of what suits the issuer's key. */
  readonly signatureAlgorithm?: SignatureAlgorithm
  /** AlgorithmIdentifiers in DER, instead of the right ones: inside tbsCertificate, and outside. */
  readonly innerAlgorithm?: Uint8Array
  readonly outerAlgorithm?: Uint8Array
  /** Flips a bit of the signature. */
  readonly breakSignature?: boolean
  /** A Name in DER instead of the issuer's. */
  readonly issuerName?: Uint8Array
  /** Bytes instead of the issuer's key identifier; null leaves the extension out. */
  readonly authorityKeyIdentifier?: Uint8Array | null
  /** Bytes instead of the key's own identifier; null leaves the extension out. */
  readonly subjectKeyIdentifier?: Uint8Array | null
  /** In DER, instead of the key's. */
  readonly subjectPublicKeyInfo?: Uint8Array
  /** Gets the tbsCertificate in DER and returns what is signed in its place. */
  readonly alterTbs?: (tbsCertificate: Uint8Array) => Uint8Array
  /** Signs and imports keys; nodeProvider by default. */
  readonly provider?: CryptoProvider
}

export interface TestExtension {
  readonly oid: string
  readonly critical?: boolean
  /** DER of the extension's value, the contents of extnValue. */
  readonly value: Uint8Array | null
}

/** A self-signed CA. */
export function makeCa(options: IssueOptions = {}): TestCertificate {
  const keyType = options.keyType ?? options.key?.keyType ?? 'ecdsa-p256'
  const key = options.key ?? keyFor(keyType)
  const name = writeName(options.subject ?? 'handfast test CA')
  return make({ isCa: true, usage: 'any', ...options, subject: name }, key, { key, name, chain: [], isRoot: true })
}

/** An end entity's certificate, issued by `issuer`. */
export function issue(issuer: TestCertificate, options: IssueOptions = {}): TestCertificate {
  const key = options.key ?? keyFor(options.keyType ?? issuer.key.keyType)
  return make({ isCa: false, usage: 'server', ...options }, key, issuerOf(issuer))
}

/** An intermediate CA's certificate, issued by `issuer`. */
export function issueCa(issuer: TestCertificate, options: IssueOptions = {}): TestCertificate {
  return issue(issuer, { isCa: true, usage: 'any', subject: 'handfast test intermediate', ...options })
}

/** A self-signed end entity's certificate. */
export function selfSign(options: IssueOptions = {}): TestCertificate {
  const made = makeCa({ isCa: false, usage: 'server', subject: 'self-signed', ...options })
  return { ...made, chain: [made.certificate], chainPem: made.pem }
}

/** A new key pair. */
export function makeKey(keyType: TestKeyType): TestKey {
  const { publicKey, privateKey } = generate(keyType)
  const pkcs8 = plain(privateKey.export({ type: 'pkcs8', format: 'der' }))
  const subjectPublicKeyInfo = plain(publicKey.export({ type: 'spki', format: 'der' }))
  return { keyType, pkcs8, pem: writePem('PRIVATE KEY', pkcs8), subjectPublicKeyInfo }
}

const RSA_POOL_SIZE = 3
const rsaPool = new Map<TestKeyType, { readonly made: TestKey[]; next: number }>()

function keyFor(keyType: TestKeyType): TestKey {
  if (!keyType.startsWith('rsa')) return makeKey(keyType)
  let pool = rsaPool.get(keyType)
  if (pool === undefined) rsaPool.set(keyType, (pool = { made: [], next: 0 }))
  return (pool.made[pool.next++ % RSA_POOL_SIZE] ??= makeKey(keyType))
}

interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

function generate(keyType: TestKeyType): KeyPair {
  switch (keyType) {
    case 'ecdsa-p256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    case 'ecdsa-p384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' })
    case 'ecdsa-p521':
      return generateKeyPairSync('ec', { namedCurve: 'P-521' })
    case 'ed25519':
      return generateKeyPairSync('ed25519')
    case 'rsa-1024':
      return generateKeyPairSync('rsa', { modulusLength: 1024 })
    case 'rsa-2048':
      return generateKeyPairSync('rsa', { modulusLength: 2048 })
    case 'rsa-pss-2048':
      return generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
    case 'ml-dsa-44':
      return generateKeyPairSync('ml-dsa-44')
    case 'ml-dsa-65':
      return generateKeyPairSync('ml-dsa-65')
    case 'ml-dsa-87':
      return generateKeyPairSync('ml-dsa-87')
  }
}

/** node:crypto's Buffers as plain arrays, as peers and files give them. */
function plain(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer)
}

interface Issuer {
  readonly key: TestKey
  readonly name: Uint8Array
  readonly chain: readonly Uint8Array[]
  /** True if it signs itself: then the chain it is in has no more. */
  readonly isRoot: boolean
  readonly keyIdentifier?: Uint8Array
}

function issuerOf(issuer: TestCertificate): Issuer {
  return { key: issuer.key, name: issuer.name, chain: issuer.chain, isRoot: false, keyIdentifier: issuer.keyIdentifier }
}

function make(options: IssueOptions, key: TestKey, issuer: Issuer): TestCertificate {
  const provider = options.provider ?? nodeProvider
  const algorithm = options.signatureAlgorithm ?? algorithmFor(issuer.key.keyType)
  const identifier = writeAlgorithm(algorithm)
  const subjectPublicKeyInfo = options.subjectPublicKeyInfo ?? key.subjectPublicKeyInfo
  const keyIdentifier = options.subjectKeyIdentifier ?? keyIdentifierOf(subjectPublicKeyInfo, provider)
  const name = writeName(options.subject ?? options.dnsNames?.[0] ?? [])
  const made = writeSequence(
    ...((options.version ?? 3) === 1 ? [] : [writeContext(0, writeInteger((options.version ?? 3) - 1))]),
    writeSerialNumber(options.serialNumber, provider),
    options.innerAlgorithm ?? identifier,
    options.issuerName ?? issuer.name,
    writeSequence(writeTime(Number(options.notBefore ?? NOT_BEFORE)), writeTime(Number(options.notAfter ?? NOT_AFTER))),
    name,
    subjectPublicKeyInfo,
    ...writeExtensions(options, name, keyIdentifier, issuer.keyIdentifier ?? keyIdentifier),
  )
  const tbsCertificate = options.alterTbs?.(made) ?? made
  const signature = provider.sign(algorithm, provider.importPrivateKey(issuer.key.pkcs8), tbsCertificate)
  if (options.breakSignature === true) breakSignature(signature)
  const certificate = writeSequence(tbsCertificate, options.outerAlgorithm ?? identifier, writeBitString(signature))
  const chain = issuer.isRoot ? [] : [certificate, ...issuer.chain]
  return {
    certificate,
    pem: writePem('CERTIFICATE', certificate),
    key,
    privateKey: provider.importPrivateKey(key.pkcs8),
    name,
    chain,
    chainPem: chain.map((der) => writePem('CERTIFICATE', der)).join(''),
    keyIdentifier,
  }
}

const NOT_BEFORE = Date.UTC(2020, 0, 1)
const NOT_AFTER = Date.UTC(2040, 0, 1)

/** The bit is one of the last byte: a DER signature stays DER. */
function breakSignature(signature: Uint8Array): void {
  signature[signature.length - 1] = (signature.at(-1) as number) ^ 1
}

function writeSerialNumber(serialNumber: IssueOptions['serialNumber'], provider: CryptoProvider): Uint8Array {
  if (serialNumber instanceof Uint8Array) return writeElement(0x02, serialNumber)
  return writeInteger(serialNumber ?? concatBytes(Uint8Array.of(0x40), provider.random(15)))
}

/** RFC 7093 section 2, method 1: the first 20 bytes of the SHA-256 of the key. */
function keyIdentifierOf(subjectPublicKeyInfo: Uint8Array, provider: CryptoProvider): Uint8Array {
  const reader = readDer(subjectPublicKeyInfo, 'subjectPublicKeyInfo')
  reader.skip('algorithm')
  return provider.hashes.sha256.digest(reader.bitStringBytes('subjectPublicKey')).slice(0, 20)
}

/** What such a key signs with by default. */
export function algorithmFor(keyType: TestKeyType): SignatureAlgorithm {
  switch (keyType) {
    case 'ecdsa-p256':
      return { kind: 'ecdsa', hash: 'sha256' }
    case 'ecdsa-p384':
      return { kind: 'ecdsa', hash: 'sha384' }
    case 'ecdsa-p521':
      return { kind: 'ecdsa', hash: 'sha512' }
    case 'rsa-1024':
    case 'rsa-2048':
      return { kind: 'rsa-pkcs1', hash: 'sha256' }
    case 'rsa-pss-2048':
      return { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 32 }
    default:
      return { kind: keyType }
  }
}

const HASH_OIDS: Readonly<Record<HashName, string>> = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  sha224: '2.16.840.1.101.3.4.2.4',
  'sha512-224': '2.16.840.1.101.3.4.2.5',
  'sha512-256': '2.16.840.1.101.3.4.2.6',
  'sha3-224': '2.16.840.1.101.3.4.2.7',
  'sha3-256': '2.16.840.1.101.3.4.2.8',
  'sha3-384': '2.16.840.1.101.3.4.2.9',
  'sha3-512': '2.16.840.1.101.3.4.2.10',
}
/** There are none for SHA-512/224 and SHA-512/256. */
const ECDSA_OIDS: Readonly<Partial<Record<HashName, string>>> = {
  sha1: '1.2.840.10045.4.1',
  sha224: '1.2.840.10045.4.3.1',
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
  'sha3-224': '2.16.840.1.101.3.4.3.9',
  'sha3-256': '2.16.840.1.101.3.4.3.10',
  'sha3-384': '2.16.840.1.101.3.4.3.11',
  'sha3-512': '2.16.840.1.101.3.4.3.12',
}
const DSA_OIDS: Readonly<Partial<Record<HashName, string>>> = {
  sha1: '1.2.840.10040.4.3',
  sha224: '2.16.840.1.101.3.4.3.1',
  sha256: '2.16.840.1.101.3.4.3.2',
}
const RSA_OIDS: Readonly<Record<HashName, string>> = {
  sha1: '1.2.840.113549.1.1.5',
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
  sha224: '1.2.840.113549.1.1.14',
  'sha512-224': '1.2.840.113549.1.1.15',
  'sha512-256': '1.2.840.113549.1.1.16',
  'sha3-224': '2.16.840.1.101.3.4.3.13',
  'sha3-256': '2.16.840.1.101.3.4.3.14',
  'sha3-384': '2.16.840.1.101.3.4.3.15',
  'sha3-512': '2.16.840.1.101.3.4.3.16',
}
const PLAIN_OIDS = {
  ed25519: '1.3.101.112',
  ed448: '1.3.101.113',
  'ml-dsa-44': '2.16.840.1.101.3.4.3.17',
  'ml-dsa-65': '2.16.840.1.101.3.4.3.18',
  'ml-dsa-87': '2.16.840.1.101.3.4.3.19',
} as const

/** The AlgorithmIdentifier of a signature algorithm, in DER. */
export function writeAlgorithm(algorithm: SignatureAlgorithm): Uint8Array {
  switch (algorithm.kind) {
    case 'ecdsa':
      return writeSequence(writeOid(ECDSA_OIDS[algorithm.hash] as string))
    case 'dsa':
      return writeSequence(writeOid(DSA_OIDS[algorithm.hash] as string))
    case 'rsa-pkcs1':
      return writeSequence(writeOid(RSA_OIDS[algorithm.hash]), writeNull())
    case 'rsa-pss':
      return writeSequence(
        writeOid('1.2.840.113549.1.1.10'),
        writeSequence(
          writeContext(0, writeSequence(writeOid(HASH_OIDS[algorithm.hash]))),
          writeContext(
            1,
            writeSequence(writeOid('1.2.840.113549.1.1.8'), writeSequence(writeOid(HASH_OIDS[algorithm.mgfHash]))),
          ),
          writeContext(2, writeInteger(algorithm.saltLength)),
        ),
      )
    default:
      return writeSequence(writeOid(PLAIN_OIDS[algorithm.kind]))
  }
}

/** A Name in DER: text is a common name; pairs of OID and text are one RDN each; bytes are passed on. */
export function writeName(name: NonNullable<IssueOptions['subject']>): Uint8Array {
  if (name instanceof Uint8Array) return name
  const pairs = typeof name === 'string' ? [['2.5.4.3', name] as const] : name
  return writeSequence(...pairs.map(([oid, value]) => writeSetOf(writeSequence(writeOid(oid), writeUtf8String(value)))))
}

/**
 * A GeneralName in DER from text: `DNS:`, `IP:`, `email:`, `URI:`, `DirName:` (a common name), `SRV:`,
 * `SmtpUTF8Mailbox:`. An IP may have a mask behind a slash: `192.0.2.0/255.255.255.0`.
 */
export function writeGeneralName(text: string | Uint8Array): Uint8Array {
  if (text instanceof Uint8Array) return text
  const [, kind, value] = /^(\w+):(.*)$/s.exec(text) ?? []
  if (kind === undefined || value === undefined) throw new TypeError(`name: needs KIND:VALUE, has '${text}'`)
  switch (kind) {
    case 'DNS':
      return writeIa5String(value, 0x82)
    case 'email':
      return writeIa5String(value, 0x81)
    case 'URI':
      return writeIa5String(value, 0x86)
    case 'IP':
      return writeContextPrimitive(7, concatBytes(...value.split('/').map(addressBytes)))
    case 'DirName':
      return writeContext(4, writeName(value))
    case 'SRV':
      return writeOtherName('1.3.6.1.5.5.7.8.7', writeIa5String(value))
    case 'SmtpUTF8Mailbox':
      return writeOtherName('1.3.6.1.5.5.7.8.9', writeUtf8String(value))
    default:
      throw new TypeError(`name: needs DNS, IP, email, URI, DirName, SRV or SmtpUTF8Mailbox, has '${kind}'`)
  }
}

/** An otherName with this type and value, a whole element. */
export function writeOtherName(type: string, value: Uint8Array): Uint8Array {
  return writeContext(0, writeOid(type), writeContext(0, value))
}

function addressBytes(text: string): Uint8Array {
  const bytes = readAddress(text)
  if (bytes === null) throw new TypeError(`IP: needs an address, has '${text}'`)
  return bytes
}

const SERVER_PURPOSE = '1.3.6.1.5.5.7.3.1'
const CLIENT_PURPOSE = '1.3.6.1.5.5.7.3.2'

const USAGE_OIDS: Readonly<Record<TestUsage, readonly string[] | null>> = {
  server: [SERVER_PURPOSE],
  client: [CLIENT_PURPOSE],
  'server-and-client': [SERVER_PURPOSE, CLIENT_PURPOSE],
  any: null,
}

/** The field `[3]`; none before version 3, unless asked for by `extensions`. */
function writeExtensions(
  options: IssueOptions,
  subject: Uint8Array,
  subjectKeyIdentifier: Uint8Array,
  authorityKeyIdentifier: Uint8Array,
): Uint8Array[] {
  const usual =
    (options.version ?? 3) < 3 ? [] : usualExtensions(options, subject, subjectKeyIdentifier, authorityKeyIdentifier)
  const extra = options.extensions ?? []
  const kept = usual.filter(({ oid }) => !extra.some((extension) => extension.oid === oid))
  const all = [...kept, ...extra].flatMap((extension) => writeExtension(extension))
  return all.length === 0 ? [] : [writeElement(contextConstructed(3), writeSequence(...all))]
}

function writeExtension({ oid, critical, value }: TestExtension): Uint8Array[] {
  if (value === null) return []
  return [writeSequence(writeOid(oid), ...(critical === true ? [writeBoolean(true)] : []), writeOctetString(value))]
}

function usualExtensions(
  options: IssueOptions,
  subject: Uint8Array,
  subjectKeyIdentifier: Uint8Array,
  authorityKeyIdentifier: Uint8Array,
): TestExtension[] {
  const isCa = options.isCa === true
  const extensions: TestExtension[] = []
  if (options.isCa !== null) {
    const pathLength = options.pathLength === undefined ? [] : [writeInteger(options.pathLength)]
    const value = writeSequence(...(isCa ? [writeBoolean(true)] : []), ...pathLength)
    extensions.push({ oid: '2.5.29.19', critical: true, value })
  }
  const keyUsage = options.keyUsage === undefined ? defaultKeyUsage(isCa) : options.keyUsage
  if (keyUsage !== null) {
    const value = writeNamedBits(keyUsage.map((usage) => KEY_USAGES.indexOf(usage)))
    extensions.push({ oid: '2.5.29.15', critical: true, value })
  }
  const purposes = options.extKeyUsage === undefined ? USAGE_OIDS[options.usage ?? 'any'] : options.extKeyUsage
  if (purposes !== null) extensions.push({ oid: '2.5.29.37', value: writeSequence(...purposes.map(writeOid)) })
  const names = altNames(options)
  // RFC 5280 section 4.2.1.6: critical if the subject is empty.
  if (names.length > 0)
    extensions.push({ oid: '2.5.29.17', critical: subject.length === 2, value: writeSequence(...names) })
  if (options.permitted !== undefined || options.excluded !== undefined) {
    const value = writeSequence(...writeSubtrees(0, options.permitted), ...writeSubtrees(1, options.excluded))
    extensions.push({ oid: '2.5.29.30', critical: true, value })
  }
  if (options.subjectKeyIdentifier !== null) {
    extensions.push({ oid: '2.5.29.14', value: writeOctetString(subjectKeyIdentifier) })
  }
  if (options.authorityKeyIdentifier !== null) {
    const identifier = options.authorityKeyIdentifier ?? authorityKeyIdentifier
    extensions.push({ oid: '2.5.29.35', value: writeSequence(writeContextPrimitive(0, identifier)) })
  }
  return extensions
}

function defaultKeyUsage(isCa: boolean): readonly (keyof KeyUsage)[] {
  return isCa ? ['keyCertSign', 'cRLSign'] : ['digitalSignature']
}

function altNames(options: IssueOptions): Uint8Array[] {
  return [
    ...(options.dnsNames ?? []).map((name) => writeGeneralName(`DNS:${name}`)),
    ...(options.ips ?? []).map((ip) => writeGeneralName(`IP:${ip}`)),
    ...(options.emails ?? []).map((email) => writeGeneralName(`email:${email}`)),
    ...(options.uris ?? []).map((uri) => writeGeneralName(`URI:${uri}`)),
    ...(options.otherNames ?? []),
  ]
}

function writeSubtrees(tag: number, bases: readonly (string | Uint8Array)[] | undefined): Uint8Array[] {
  return bases === undefined ? [] : [writeContext(tag, ...bases.map((base) => writeSequence(writeGeneralName(base))))]
}
