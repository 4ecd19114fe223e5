/**
 * The names both sides are told by: groups, signature schemes and cipher suites, each with its code point in the
 * TLS registries (RFC 9846 sections 4.3.7, 4.3.3 and B.4; the hybrids' and ML-DSA's as registered by IANA). Kept
 * apart from the library's own tables on purpose: what was on the wire is judged by a second opinion.
 */

/** Code points of supported_groups, strongest default first. */
export const GROUPS = {
  X25519MLKEM768: 0x11ec,
  x25519: 0x001d,
  secp256r1: 0x0017,
  secp384r1: 0x0018,
  secp521r1: 0x0019,
  SecP256r1MLKEM768: 0x11eb,
  SecP384r1MLKEM1024: 0x11ed,
} as const
export type GroupName = keyof typeof GROUPS

/** Code points of signature_algorithms that may sign a handshake; `rsa_pkcs1_*` one of TLS 1.2 only. */
export const SCHEMES = {
  ecdsa_secp256r1_sha256: 0x0403,
  ecdsa_secp384r1_sha384: 0x0503,
  ecdsa_secp521r1_sha512: 0x0603,
  ed25519: 0x0807,
  rsa_pss_rsae_sha256: 0x0804,
  rsa_pss_rsae_sha384: 0x0805,
  rsa_pss_rsae_sha512: 0x0806,
  rsa_pss_pss_sha256: 0x0809,
  rsa_pss_pss_sha384: 0x080a,
  rsa_pss_pss_sha512: 0x080b,
  mldsa44: 0x0904,
  mldsa65: 0x0905,
  mldsa87: 0x0906,
  rsa_pkcs1_sha256: 0x0401,
  rsa_pkcs1_sha384: 0x0501,
  rsa_pkcs1_sha512: 0x0601,
} as const
export type SchemeName = keyof typeof SCHEMES

const SUITES_13 = {
  TLS_AES_128_GCM_SHA256: 0x1301,
  TLS_AES_256_GCM_SHA384: 0x1302,
  TLS_CHACHA20_POLY1305_SHA256: 0x1303,
} as const

/** RFC 5289 section 3.2, RFC 7905 section 2. */
const SUITES_12 = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 0xc02b,
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 0xc02c,
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 0xcca9,
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 0xc02f,
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 0xc030,
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 0xcca8,
} as const

/** Code points of the cipher suites. */
export const SUITES: typeof SUITES_13 & typeof SUITES_12 = { ...SUITES_13, ...SUITES_12 }
export type SuiteName = keyof typeof SUITES

/** The name of a code point in one of the tables, or its number in hex. */
export function nameOf(table: Readonly<Record<string, number>>, code: number): string {
  const entry = Object.entries(table).find(([, value]) => value === code)
  return entry ? entry[0] : `0x${code.toString(16).padStart(4, '0')}`
}

/** What an implementation can do. */
export interface Knowledge {
  groups: readonly GroupName[]
  /** Schemes a server's certificate may have, with this implementation as signer or as verifier. */
  schemes: readonly SchemeName[]
  /** Schemes of client certificates; default: `schemes`. Empty: no client certificates. */
  clientSchemes?: readonly SchemeName[]
  suites: readonly SuiteName[]
  /** Protocol names it can negotiate by ALPN, in its order of preference; empty: it has no ALPN. */
  alpn: readonly string[]
  /** It has ECH (RFC 9849) in both roles. */
  ech?: boolean
}

/** The names both tables hold, in the order of the first. */
export function bothKnow<Name extends string>(ours: readonly Name[], theirs: readonly Name[]): Name[] {
  return ours.filter((name) => theirs.includes(name))
}

export const CLASSIC_GROUPS: readonly GroupName[] = ['x25519', 'secp256r1', 'secp384r1', 'secp521r1']
export const HYBRID_GROUPS: readonly GroupName[] = ['X25519MLKEM768', 'SecP256r1MLKEM768', 'SecP384r1MLKEM1024']
export const ECDSA_SCHEMES: readonly SchemeName[] = [
  'ecdsa_secp256r1_sha256',
  'ecdsa_secp384r1_sha384',
  'ecdsa_secp521r1_sha512',
]
export const RSAE_SCHEMES: readonly SchemeName[] = ['rsa_pss_rsae_sha256', 'rsa_pss_rsae_sha384', 'rsa_pss_rsae_sha512']
export const PSS_SCHEMES: readonly SchemeName[] = ['rsa_pss_pss_sha256', 'rsa_pss_pss_sha384', 'rsa_pss_pss_sha512']
export const MLDSA_SCHEMES: readonly SchemeName[] = ['mldsa44', 'mldsa65', 'mldsa87']
/** Every scheme but ML-DSA: what OpenSSL 3.0 and GnuTLS 3.7 have. */
export const CLASSIC_SCHEMES: readonly SchemeName[] = [...ECDSA_SCHEMES, 'ed25519', ...RSAE_SCHEMES, ...PSS_SCHEMES]
/** What signs in TLS 1.2 alone. */
export const PKCS1_SCHEMES: readonly SchemeName[] = ['rsa_pkcs1_sha256', 'rsa_pkcs1_sha384', 'rsa_pkcs1_sha512']
/** All suites of TLS 1.3. */
export const ALL_SUITES: readonly SuiteName[] = Object.keys(SUITES_13) as SuiteName[]
/** All suites of TLS 1.2 that are matched against ours. */
export const ALL_SUITES_12: readonly SuiteName[] = Object.keys(SUITES_12) as SuiteName[]

/** Names that OpenSSL has for suites of TLS 1.2; those of TLS 1.3 are the registry's. */
export function opensslSuite(name: SuiteName): string {
  if (!ALL_SUITES_12.includes(name)) return name
  const [, key, aead] = /^TLS_ECDHE_(ECDSA|RSA)_WITH_(.*)$/.exec(name) ?? []
  const words: Readonly<Record<string, string>> = {
    AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
    AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
    CHACHA20_POLY1305_SHA256: 'CHACHA20-POLY1305',
  }
  return `ECDHE-${key}-${words[aead ?? '']}`
}

/** The registry's name for what OpenSSL calls a suite. */
export function suiteOfOpenssl(word: string | undefined): string | undefined {
  return ALL_SUITES_12.find((name) => opensslSuite(name) === word) ?? word
}
