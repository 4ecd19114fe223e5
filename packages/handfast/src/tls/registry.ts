/**
 * The numbers on the wire and what they stand for: versions, cipher suites, groups, signature
 * schemes, handshake types (RFC 9846 sections 4, 4.3.3, 4.3.7, B.4; RFC 5289 and RFC 7905 for the suites of
 * TLS 1.2, RFC 5246 section 7.4 for its handshake types; RFC 10024 for the hybrid groups;
 * draft-ietf-tls-mldsa for ML-DSA). A suite, group or scheme is added by adding a row here and having
 * it in the crypto provider.
 */

import type {
  AeadName,
  CryptoProvider,
  CurveName,
  GroupName,
  HashName,
  KeyType,
  SignatureAlgorithm,
} from '../crypto/provider.ts'

export const TLS12 = 0x0303
export const TLS13 = 0x0304

/** The versions that are spoken here. */
export type TlsVersion = 'TLS 1.3' | 'TLS 1.2'

/** PskKeyExchangeMode (RFC 9846 section 4.3.9): a pre-shared key alone, or with a key exchange. */
export const PSK_KE = 0
export const PSK_DHE_KE = 1

/** In order of preference. */
export const TLS_VERSIONS: readonly TlsVersion[] = ['TLS 1.3', 'TLS 1.2']

/** As `supported_versions` has them. */
export const VERSION_CODES: Readonly<Record<TlsVersion, number>> = { 'TLS 1.3': TLS13, 'TLS 1.2': TLS12 }

/** `TLS 1.3`; `0x7f1c` for a version without a name. */
export function versionName(code: number): string {
  if (code === TLS13) return 'TLS 1.3'
  if (code === TLS12) return 'TLS 1.2'
  if (code === 0x0302) return 'TLS 1.1'
  if (code === 0x0301) return 'TLS 1.0'
  if (code === 0x0300) return 'SSL 3.0'
  return isGrease(code) ? 'GREASE' : hex16(code)
}

export type CipherSuiteName =
  | 'TLS_AES_128_GCM_SHA256'
  | 'TLS_AES_256_GCM_SHA384'
  | 'TLS_CHACHA20_POLY1305_SHA256'
  | 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'
  | 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'
  | 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'
  | 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'
  | 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384'
  | 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'

export interface CipherSuite {
  readonly name: CipherSuiteName
  readonly code: number
  /** The one version it belongs to. */
  readonly version: TlsVersion
  readonly aead: AeadName
  readonly hash: HashName
  /** What a server of TLS 1.2 signs with; TLS 1.3 leaves that to the signature schemes. */
  readonly authentication?: SuiteAuthentication
}

/** The key that a suite of TLS 1.2 asks of a server: `ecdsa` stands for EdDSA too (RFC 8422 section 2). */
export type SuiteAuthentication = 'ecdsa' | 'rsa'

function suite12(
  authentication: SuiteAuthentication,
  name: CipherSuiteName,
  code: number,
  aead: AeadName,
  hash: HashName,
): CipherSuite {
  return { name, code, version: 'TLS 1.2', aead, hash, authentication }
}

/** RFC 9846 B.4; RFC 5289 section 3.2 and RFC 7905 section 2 for those of TLS 1.2. */
export const CIPHER_SUITES: readonly CipherSuite[] = [
  { name: 'TLS_AES_128_GCM_SHA256', code: 0x1301, version: 'TLS 1.3', aead: 'aes-128-gcm', hash: 'sha256' },
  { name: 'TLS_AES_256_GCM_SHA384', code: 0x1302, version: 'TLS 1.3', aead: 'aes-256-gcm', hash: 'sha384' },
  { name: 'TLS_CHACHA20_POLY1305_SHA256', code: 0x1303, version: 'TLS 1.3', aead: 'chacha20-poly1305', hash: 'sha256' },
  suite12('ecdsa', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 0xc02b, 'aes-128-gcm', 'sha256'),
  suite12('ecdsa', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 0xc02c, 'aes-256-gcm', 'sha384'),
  suite12('ecdsa', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 0xcca9, 'chacha20-poly1305', 'sha256'),
  suite12('rsa', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 0xc02f, 'aes-128-gcm', 'sha256'),
  suite12('rsa', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 0xc030, 'aes-256-gcm', 'sha384'),
  suite12('rsa', 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 0xcca8, 'chacha20-poly1305', 'sha256'),
]

/**
 * Not suites: by the first a client says that it tries again with less than it can (RFC 7507 section 2), by the
 * second what an empty renegotiation_info says (RFC 5746 section 3.3).
 */
export const FALLBACK_SCSV = 0x5600
export const EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff

/** NamedGroup codes (RFC 9846 section 4.3.7, RFC 10024). */
export const GROUP_CODES: Readonly<Record<GroupName, number>> = {
  secp256r1: 0x0017,
  secp384r1: 0x0018,
  secp521r1: 0x0019,
  x25519: 0x001d,
  SecP256r1MLKEM768: 0x11eb,
  X25519MLKEM768: 0x11ec,
  SecP384r1MLKEM1024: 0x11ed,
}

/** Whether keys are exchanged in this group in this version: hybrids came with TLS 1.3 (RFC 10024). */
export function isGroupOf(group: GroupName, version: TlsVersion): boolean {
  return version === 'TLS 1.3' || !group.includes('MLKEM')
}

export type SignatureSchemeName =
  | 'ecdsa_secp256r1_sha256'
  | 'ecdsa_secp384r1_sha384'
  | 'ecdsa_secp521r1_sha512'
  | 'ed25519'
  | 'rsa_pss_rsae_sha256'
  | 'rsa_pss_rsae_sha384'
  | 'rsa_pss_rsae_sha512'
  | 'rsa_pss_pss_sha256'
  | 'rsa_pss_pss_sha384'
  | 'rsa_pss_pss_sha512'
  | 'mldsa44'
  | 'mldsa65'
  | 'mldsa87'
  | 'rsa_pkcs1_sha256'
  | 'rsa_pkcs1_sha384'
  | 'rsa_pkcs1_sha512'

export interface SignatureScheme {
  readonly name: SignatureSchemeName
  readonly code: number
  readonly algorithm: SignatureAlgorithm
  /** In which handshakes may be signed with it; in others certificates only (RFC 9846 section 4.3.3). */
  readonly versions: readonly TlsVersion[]
  /** Whether such a key may sign a handshake of this version with it. */
  fits(key: KeyType, version: TlsVersion): boolean
}

const BOTH: readonly TlsVersion[] = ['TLS 1.3', 'TLS 1.2']
const ONLY_13: readonly TlsVersion[] = ['TLS 1.3']

/** Curves for which a client can say that it knows them, as supported_groups. */
function isTlsCurve(curve: CurveName): boolean {
  return curve in GROUP_CODES
}

function ecdsa(
  name: SignatureSchemeName,
  code: number,
  curve: 'secp256r1' | 'secp384r1' | 'secp521r1',
  hash: HashName,
): SignatureScheme {
  return {
    name,
    code,
    algorithm: { kind: 'ecdsa', hash },
    versions: BOTH,
    // Before TLS 1.3 the scheme says nothing about the curve (RFC 9846 section 4.3.3).
    fits: (key, version) =>
      key.type === 'ec' && (key.curve === curve || (version === 'TLS 1.2' && isTlsCurve(key.curve))),
  }
}

function rsaPss(
  name: SignatureSchemeName,
  code: number,
  type: 'rsa' | 'rsa-pss',
  hash: HashName,
  saltLength: number,
): SignatureScheme {
  return {
    name,
    code,
    algorithm: { kind: 'rsa-pss', hash, mgfHash: hash, saltLength },
    versions: BOTH,
    fits: (key) =>
      key.type === type &&
      // Smaller keys are read, for a policy to refuse the certificates that have them; they prove nothing here.
      key.bits >= 1024 &&
      // The encoded message must have room for hash, salt and two bytes (RFC 8017 section 9.1.1).
      key.bits >= 8 * (2 * saltLength + 2) &&
      (key.type !== 'rsa-pss' ||
        key.restriction === undefined ||
        (key.restriction.hash === hash &&
          key.restriction.mgfHash === hash &&
          key.restriction.saltLength <= saltLength)),
  }
}

function rsaPkcs1(name: SignatureSchemeName, code: number, hash: HashName): SignatureScheme {
  return {
    name,
    code,
    algorithm: { kind: 'rsa-pkcs1', hash },
    versions: ['TLS 1.2'],
    fits: (key, version) => version === 'TLS 1.2' && key.type === 'rsa' && key.bits >= 1024,
  }
}

function simple(
  name: SignatureSchemeName,
  code: number,
  kind: 'ed25519' | 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87',
  versions: readonly TlsVersion[],
): SignatureScheme {
  return {
    name,
    code,
    algorithm: { kind },
    versions,
    fits: (key, version) => versions.includes(version) && key.type === kind,
  }
}

/** In order of preference. */
export const SIGNATURE_SCHEMES: readonly SignatureScheme[] = [
  ecdsa('ecdsa_secp256r1_sha256', 0x0403, 'secp256r1', 'sha256'),
  simple('ed25519', 0x0807, 'ed25519', BOTH),
  ecdsa('ecdsa_secp384r1_sha384', 0x0503, 'secp384r1', 'sha384'),
  ecdsa('ecdsa_secp521r1_sha512', 0x0603, 'secp521r1', 'sha512'),
  simple('mldsa65', 0x0905, 'ml-dsa-65', ONLY_13),
  simple('mldsa44', 0x0904, 'ml-dsa-44', ONLY_13),
  simple('mldsa87', 0x0906, 'ml-dsa-87', ONLY_13),
  rsaPss('rsa_pss_rsae_sha256', 0x0804, 'rsa', 'sha256', 32),
  rsaPss('rsa_pss_rsae_sha384', 0x0805, 'rsa', 'sha384', 48),
  rsaPss('rsa_pss_rsae_sha512', 0x0806, 'rsa', 'sha512', 64),
  rsaPss('rsa_pss_pss_sha256', 0x0809, 'rsa-pss', 'sha256', 32),
  rsaPss('rsa_pss_pss_sha384', 0x080a, 'rsa-pss', 'sha384', 48),
  rsaPss('rsa_pss_pss_sha512', 0x080b, 'rsa-pss', 'sha512', 64),
  rsaPkcs1('rsa_pkcs1_sha256', 0x0401, 'sha256'),
  rsaPkcs1('rsa_pkcs1_sha384', 0x0501, 'sha384'),
  rsaPkcs1('rsa_pkcs1_sha512', 0x0601, 'sha512'),
]

/** What a side shows of itself: a chain of certificates, or the bare key (RFC 9846 section 4.5.1, RFC 7250). */
export type CertificateType = 'X509' | 'RawPublicKey'

/** CertificateType codes. */
export const CERTIFICATE_TYPE_CODES: Readonly<Record<CertificateType, number>> = { X509: 0, RawPublicKey: 2 }

/** Undefined for one that this implementation does not have. */
export function certificateTypeOf(code: number): CertificateType | undefined {
  if (code === CERTIFICATE_TYPE_CODES.X509) return 'X509'
  return code === CERTIFICATE_TYPE_CODES.RawPublicKey ? 'RawPublicKey' : undefined
}

const SUITE_BY_CODE: ReadonlyMap<number, CipherSuite> = new Map(CIPHER_SUITES.map((suite) => [suite.code, suite]))
const GROUP_BY_CODE: ReadonlyMap<number, GroupName> = new Map(
  Object.entries(GROUP_CODES).map(([name, code]) => [code, name as GroupName]),
)
const SCHEME_BY_CODE: ReadonlyMap<number, SignatureScheme> = new Map(
  SIGNATURE_SCHEMES.map((scheme) => [scheme.code, scheme]),
)

export function groupOf(code: number): GroupName | undefined {
  return GROUP_BY_CODE.get(code)
}

export function signatureSchemeOf(code: number): SignatureScheme | undefined {
  return SCHEME_BY_CODE.get(code)
}

/** What suites of TLS 1.2 such a signature belongs to. */
export function authenticationOf({ algorithm: { kind } }: SignatureScheme): SuiteAuthentication {
  return kind === 'rsa-pss' || kind === 'rsa-pkcs1' ? 'rsa' : 'ecdsa'
}

/** What a provider can do does not change; each connection asks. */
const suitesOfProviders = new WeakMap<CryptoProvider, readonly CipherSuite[]>()
const schemesOfProviders = new WeakMap<CryptoProvider, readonly SignatureScheme[]>()

/** The suites a provider can carry out, in its order of preference. */
export function cipherSuitesOf(provider: CryptoProvider): readonly CipherSuite[] {
  let suites = suitesOfProviders.get(provider)
  if (suites === undefined) {
    suites = provider.aeads.flatMap((aead) => CIPHER_SUITES.filter((suite) => suite.aead === aead.name))
    suitesOfProviders.set(provider, suites)
  }
  return suites
}

/** The schemes a provider can verify, certificate-only ones included, in order of preference. */
export function signatureSchemesOf(provider: CryptoProvider): readonly SignatureScheme[] {
  let schemes = schemesOfProviders.get(provider)
  if (schemes === undefined) {
    schemes = SIGNATURE_SCHEMES.filter((scheme) =>
      provider.signatureAlgorithms.some((has) => sameAlgorithm(has, scheme.algorithm)),
    )
    schemesOfProviders.set(provider, schemes)
  }
  return schemes
}

/** True if both are the same kind with the same hash. */
export function sameAlgorithm(a: SignatureAlgorithm, b: SignatureAlgorithm): boolean {
  if (a.kind !== b.kind) return false
  return !('hash' in a) || !('hash' in b) || a.hash === b.hash
}

/** Name for people of any cipher suite, group or scheme code: a registered one, `GREASE`, or hex. */
export function cipherSuiteName(code: number): string {
  return SUITE_BY_CODE.get(code)?.name ?? (isGrease(code) ? 'GREASE' : hex16(code))
}

export function groupName(code: number): string {
  return GROUP_BY_CODE.get(code) ?? (isGrease(code) ? 'GREASE' : hex16(code))
}

export function signatureSchemeName(code: number): string {
  return SCHEME_BY_CODE.get(code)?.name ?? (isGrease(code) ? 'GREASE' : hex16(code))
}

/** Reserved values that mean nothing and must be ignored: 0x0a0a, 0x1a1a, ... 0xfafa (RFC 8701). */
export function isGrease(code: number): boolean {
  return (code & 0x0f0f) === 0x0a0a && code >> 8 === (code & 0xff)
}

function hex16(code: number): string {
  return `0x${code.toString(16).padStart(4, '0')}`
}

/** CertificateCompressionAlgorithm (RFC 8879 section 7.3). */
export const COMPRESSION_CODES = { zlib: 1, brotli: 2, zstd: 3 } as const

export type CompressionName = keyof typeof COMPRESSION_CODES

/** HandshakeType (RFC 9846 section 4, B.3; RFC 8879 section 4). */
export const HANDSHAKE_TYPES = {
  hello_request: 0,
  client_hello: 1,
  server_hello: 2,
  new_session_ticket: 4,
  end_of_early_data: 5,
  encrypted_extensions: 8,
  certificate: 11,
  server_key_exchange: 12,
  certificate_request: 13,
  server_hello_done: 14,
  certificate_verify: 15,
  client_key_exchange: 16,
  finished: 20,
  certificate_status: 22,
  key_update: 24,
  compressed_certificate: 25,
  message_hash: 254,
} as const

export type HandshakeTypeName = keyof typeof HANDSHAKE_TYPES

const HANDSHAKE_NAMES: ReadonlyMap<number, HandshakeTypeName> = new Map(
  Object.entries(HANDSHAKE_TYPES).map(([name, code]) => [code, name as HandshakeTypeName]),
)

/** Wire name of a handshake type; undefined if no version of TLS we speak has one such. */
export function handshakeTypeName(code: number): HandshakeTypeName | undefined {
  return HANDSHAKE_NAMES.get(code)
}

/** ContentType (RFC 9846 section 5.1). */
export const CONTENT_TYPES = {
  change_cipher_spec: 20,
  alert: 21,
  handshake: 22,
  application_data: 23,
} as const
