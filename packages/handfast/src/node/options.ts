/** Options that clients and servers share, and what becomes of them. */

import { nodeProvider } from '../crypto/node.ts'
import type { CryptoProvider, GroupName, PrivateKey } from '../crypto/provider.ts'
import type {
  CertificateCompression,
  CertificateType,
  CipherSuiteName,
  Identity,
  Limits,
  SignatureSchemeName,
  TlsVersion,
  Validation,
} from '../tls/index.ts'
import { createTrustStore, type Fetch, POLICIES, type TrustStore } from '../x509/index.ts'
import { readCertificateCompression } from './certificate-compression.ts'
import type { Decisions, Judges } from './decisions.ts'
import {
  type CertificateInput,
  checkIdentities,
  createIdentity,
  createRawIdentity,
  type KeyInput,
  readCertificates,
  withEvidence,
} from './identity.ts'
import { defaultRoots } from './roots.ts'
import { readValidation, type ValidationOptions } from './validation.ts'

/** The names that node:tls has for versions. */
export type SecureVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/** Names as in node:tls where they mean the same. */
export interface SharedOptions extends Decisions, ValidationOptions {
  /** Own certificate and the intermediates behind it. */
  readonly cert?: CertificateInput | readonly CertificateInput[]
  /** Its private key. */
  readonly key?: KeyInput | PrivateKey
  readonly passphrase?: string
  /** Shows the public half of `key` as it is (RFC 7250) to a peer that takes raw public keys, with or without `cert` beside it. */
  readonly rawPublicKey?: boolean
  /**
   * What to show of oneself (client) or take of a client (server), in order of preference. Default: of a client what its
   * identities are; of a server X509, with `trustedKeys` RawPublicKey before it.
   */
  readonly clientCertificateTypes?: readonly CertificateType[]
  /** Several identities, tried in this order; in place of `cert` and `key`. */
  readonly identities?: readonly Identity[]
  /** Roots to trust, in place of the default: the operating system's. */
  readonly ca?: CertificateInput | readonly CertificateInput[] | TrustStore
  /** Which roots to trust where `ca` is not given. Default `system`. */
  readonly roots?: 'system' | 'bundled'
  /**
   * Gets what a verdict lacks: missing intermediates, CRLs, OCSP responses. The addresses are those in
   * the peer's certificates, so a stranger chooses what is asked for: `createFetcher` keeps that within
   * limits. The handshake waits meanwhile, as long as `handshakeTimeout` allows; what cannot be had leaves
   * the verdict as it was without. On a server this is work for clients that have not proved anything yet,
   * at addresses of their choice. Default: nothing is fetched.
   */
  readonly fetch?: Fetch
  /** False accepts a peer whatever the verdict on its certificates; `authorized` tells. Default true. */
  readonly rejectUnauthorized?: boolean
  readonly ALPNProtocols?: readonly string[]
  /** Default `TLSv1.2`. There is nothing older. */
  readonly minVersion?: SecureVersion
  /** Default `TLSv1.3`. */
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** Refuses TLS 1.2 without the extended master secret (RFC 7627). Default false. */
  readonly requireExtendedMasterSecret?: boolean
  readonly cipherSuites?: readonly CipherSuiteName[]
  readonly groups?: readonly GroupName[]
  readonly signatureSchemes?: readonly SignatureSchemeName[]
  /** For the signatures within the peer's certificates, where others than `signatureSchemes` are wished for. */
  readonly certificateSignatureSchemes?: readonly SignatureSchemeName[]
  /** An OCSP response (DER) on `cert`, stapled for peers that ask. Replace it before it grows old. */
  readonly ocspResponse?: Uint8Array
  /** Signed certificate timestamps of `cert`, each serialised, for peers that ask (RFC 6962). */
  readonly scts?: readonly Uint8Array[]
  /**
   * Asks the peer to staple an OCSP response. The socket emits `OCSPResponse` with what came, as in node:tls; the verdict
   * counts it. Default: true, unless `policy` looks at neither revocation nor must-staple.
   */
  readonly requestOCSP?: boolean
  /** Asks the peer for certificate timestamps. Default: true if there are `logs` to check them by, or `policy` demands them. */
  readonly requestTimestamps?: boolean
  /**
   * Algorithms by which the peer may compress its certificates (RFC 8879). Default: none, as they would have strangers'
   * bytes decompressed before anything is proved, for a flight that is seldom too long. Our own are compressed for
   * whoever can read them.
   */
  readonly certificateCompression?: readonly CertificateCompression['name'][]
  readonly padding?: { readonly toMultipleOf: number }
  readonly maxRecordLength?: number
  /** Longest plaintext of a protected record that we take (RFC 8449); false: neither side says. Default: the longest. */
  readonly recordSizeLimit?: number | false
  readonly keyUpdateAfter?: number
  /** Emits `keylog` events with lines for an SSLKEYLOGFILE. Whoever has them can read the connection. */
  readonly keyLog?: boolean
  /** Emits `message` events with every handshake message as it was sent or received. */
  readonly trace?: boolean
  readonly limits?: Partial<Limits>
  /** Milliseconds until the handshake must be complete, connecting included; 0 for no deadline. Default 30,000. */
  readonly handshakeTimeout?: number
  /** Ends a connection on which nothing moved for so many milliseconds, 0 for no deadline. Default 0. */
  readonly idleTimeout?: number
  /** As in net.Socket. Default false. */
  readonly allowHalfOpen?: boolean
  readonly provider?: CryptoProvider
}

/** What a socket is told beside its engine. */
export interface SharedSettings extends Judges {
  readonly handshakeTimeout: number
  readonly idleTimeout: number
  readonly allowHalfOpen: boolean
}

/** @throws {TypeError} naming the option, what it needs and what it has. */
export function sharedSettings(options: SharedOptions): SharedSettings {
  const provider = options.provider ?? nodeProvider
  const { sign, verifyPeer, chooseIdentity, chooseConfig } = options
  return {
    provider,
    identities: readIdentities(provider, options),
    trust: readTrust(options),
    validation: readValidation(options),
    fetch: readFetch(options),
    rejectUnauthorized: options.rejectUnauthorized !== false,
    decisions: { ...defined({ sign, verifyPeer, chooseIdentity, chooseConfig }) },
    handshakeTimeout: checkTime('handshakeTimeout', options.handshakeTimeout ?? 30_000),
    idleTimeout: checkTime('idleTimeout', options.idleTimeout ?? 0),
    allowHalfOpen: options.allowHalfOpen ?? false,
  }
}

/** What the engine takes. @param validation how the peer is judged. */
export function engineOptions(options: SharedOptions, validation: Validation): Partial<EngineOptions> {
  const { cipherSuites, groups, signatureSchemes, padding, maxRecordLength, keyUpdateAfter, keyLog, trace, limits } =
    options
  return defined({
    certificateSignatureSchemes: options.certificateSignatureSchemes,
    requestOcsp: options.requestOCSP ?? usesStaples(validation),
    requestTimestamps: options.requestTimestamps ?? usesTimestamps(validation),
    certificateCompression: readCertificateCompression(options.certificateCompression ?? []),
    recordSizeLimit: options.recordSizeLimit,
    alpnProtocols: options.ALPNProtocols,
    versions: readVersions(options),
    requireExtendedMasterSecret: options.requireExtendedMasterSecret,
    cipherSuites,
    groups,
    signatureSchemes,
    padding,
    maxRecordLength,
    keyUpdateAfter,
    keyLog,
    trace,
    limits,
  })
}

function usesStaples({ policy = POLICIES.tls }: Validation): boolean {
  const { rules, revocation } = policy
  const looksAtRevocation = rules.revocation !== 'ignore' && revocation.mode !== 'off'
  return rules['must-staple'] !== 'ignore' || (looksAtRevocation && revocation.sources.includes('ocsp'))
}

function usesTimestamps({ policy = POLICIES.tls, logs }: Validation): boolean {
  const { required, operators } = policy.transparency
  return policy.rules.transparency !== 'ignore' && (logs !== undefined || required.length > 0 || operators > 0)
}

/** What to take of the peer, where the options do not say: raw public keys only if some are trusted. */
export function peerTypes({ trustedKeys }: SharedOptions): readonly CertificateType[] {
  return trustedKeys === undefined ? ['X509'] : ['RawPublicKey', 'X509']
}

type EngineOptions = Required<
  Pick<
    SharedOptions,
    | 'cipherSuites'
    | 'groups'
    | 'signatureSchemes'
    | 'padding'
    | 'maxRecordLength'
    | 'keyUpdateAfter'
    | 'keyLog'
    | 'trace'
    | 'limits'
    | 'requireExtendedMasterSecret'
    | 'certificateSignatureSchemes'
    | 'requestTimestamps'
    | 'recordSizeLimit'
  >
> & {
  readonly requestOcsp: boolean
  readonly certificateCompression: readonly CertificateCompression[]
} & { readonly alpnProtocols: readonly string[]; readonly versions: readonly TlsVersion[] }

const SECURE_VERSIONS: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
const VERSION_OF: Readonly<Partial<Record<SecureVersion, TlsVersion>>> = { 'TLSv1.2': 'TLS 1.2', 'TLSv1.3': 'TLS 1.3' }

/** Undefined: all there are. @throws {TypeError} */
function readVersions({ minVersion, maxVersion }: SharedOptions): readonly TlsVersion[] | undefined {
  if (minVersion === undefined && maxVersion === undefined) return undefined
  const rank = (option: string, version: SecureVersion): number => {
    const at = SECURE_VERSIONS.indexOf(version)
    if (at === -1)
      throw new TypeError(`${option}: needs one of ${SECURE_VERSIONS.join(', ')}, has '${String(version)}'`)
    return at
  }
  const [lowest, highest] = [rank('minVersion', minVersion ?? 'TLSv1.2'), rank('maxVersion', maxVersion ?? 'TLSv1.3')]
  const versions = SECURE_VERSIONS.slice(lowest, highest + 1).flatMap((version) => VERSION_OF[version] ?? [])
  if (versions.length > 0) return versions
  throw new TypeError(
    `maxVersion: needs TLSv1.2 or TLSv1.3, not below minVersion, has ${maxVersion ?? 'TLSv1.3'} with ${minVersion ?? 'TLSv1.2'}`,
  )
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** Without the entries that are undefined. */
export function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>
}

function readIdentities(provider: CryptoProvider, options: SharedOptions): readonly Identity[] {
  const { cert, key, passphrase, sign, ocspResponse, scts } = options
  if (options.identities !== undefined) {
    if ([cert, key, options.rawPublicKey, ocspResponse, scts].some((one) => one !== undefined)) {
      throw new TypeError(
        'identities: needs to stand alone, has cert, key, rawPublicKey, ocspResponse or scts beside it',
      )
    }
    return checkIdentities(provider, options.identities, sign !== undefined)
  }
  if (options.rawPublicKey === true) {
    if (key === undefined) throw new TypeError('key: needs the private key of the raw public key, has none')
    const raw = createRawIdentity(provider, key, passphrase)
    return cert === undefined ? [raw] : [raw, withEvidence(createIdentity(provider, cert, key, passphrase), options)]
  }
  if (cert === undefined) {
    if (key !== undefined) throw new TypeError('cert: needs the certificate of the key, has none')
    if (ocspResponse !== undefined) throw new TypeError('cert: needs the certificate of the OCSP response, has none')
    return []
  }
  if (key === undefined && sign === undefined) {
    throw new TypeError('key: needs the private key of the certificate, or a `sign` function; has neither')
  }
  if (key !== undefined && sign !== undefined) {
    throw new TypeError('sign: needs a certificate without key to sign for, has one with its key')
  }
  return [withEvidence(createIdentity(provider, cert, key, passphrase), options)]
}

function readTrust({ ca, roots }: SharedOptions): TrustStore {
  return ca === undefined ? defaultRoots(roots) : readAuthorities(ca)
}

/** @throws {TypeError} naming the option `ca`. */
export function readAuthorities(ca: NonNullable<SharedOptions['ca']>): TrustStore {
  if (typeof ca === 'object' && 'withSubject' in ca) return ca
  return createTrustStore(readCertificates('ca', ca))
}

function readFetch({ fetch }: SharedOptions): Fetch | undefined {
  if (fetch === undefined || typeof fetch === 'function') return fetch
  throw new TypeError(`fetch: needs a function (createFetcher), has ${fetch === null ? 'null' : typeof fetch}`)
}

/** @throws {TypeError} */
export function checkTime(option: string, milliseconds: number): number {
  if (!Number.isInteger(milliseconds) || milliseconds < 0 || milliseconds > 0x7fffffff) {
    throw new TypeError(`${option}: needs milliseconds, 0 or more, has ${milliseconds}`)
  }
  return milliseconds
}

/**
 * Options of node:tls that would change who is trusted or what is used, and that we spell otherwise
 * or do not have: to ignore one of these would be to promise something that is not kept.
 */
const FOREIGN_OPTIONS: Readonly<Record<string, string>> = {
  ALPNCallback: 'use chooseConfig',
  checkServerIdentity: 'use verifyPeer',
  ciphers: 'use cipherSuites',
  crl: 'use crls',
  dhparam: 'use groups',
  ecdhCurve: 'use groups',
  pfx: 'use cert and key',
  pskCallback: 'there are no pre-shared keys',
  secureContext: 'use cert, key and ca',
  secureOptions: 'there are no such switches',
  secureProtocol: 'use minVersion and maxVersion',
  sigalgs: 'use signatureSchemes',
}

/** @throws {TypeError} for an option of node:tls that must not be ignored. */
export function checkForeignOptions(options: object): void {
  for (const [name, advice] of Object.entries(FOREIGN_OPTIONS)) {
    if ((options as Record<string, unknown>)[name] !== undefined) {
      throw new TypeError(`${name}: needs to be left out, it is an option of node:tls alone; ${advice}`)
    }
  }
}
