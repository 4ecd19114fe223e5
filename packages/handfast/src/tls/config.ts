/**
 * What a connection is told at its beginning: the public configuration, its defaults, and the checks
 * that turn a caller's mistake into a `TypeError` before anything is on the wire.
 */

import { DecodeError } from '../bytes/index.ts'
import type { CryptoProvider, GroupName, KeyExchangeGroup, PrivateKey } from '../crypto/provider.ts'
import { referenceIdentity } from '../x509/identity.ts'
import { type CertificateCompression, checkCompression } from './certificate-compression.ts'
import { chooseEchConfig, type EchConfig, readEchConfigList, type UsableEchConfig } from './ech/config.ts'
import type { EchKey } from './ech/key.ts'
import { checkShapedVersions, type HelloShape, withShapedOptions } from './hello-shape.ts'
import {
  CERTIFICATE_TYPE_CODES,
  type CertificateType,
  type CipherSuite,
  type CipherSuiteName,
  cipherSuitesOf,
  isGroupOf,
  type SignatureScheme,
  type SignatureSchemeName,
  signatureSchemesOf,
  TLS_VERSIONS,
  type TlsVersion,
} from './registry.ts'
import { MIN_RECORD_SIZE_LIMIT } from './message/extension.ts'
import { MAX_TICKET_LIFETIME } from './message/new-session-ticket.ts'
import { checkChoice, checkContext, checkNames, checkNumber, inOrder } from './option-checks.ts'
import { type ExternalPsk, type Psk, readExternalPsk } from './psk.ts'
import { MAX_PLAINTEXT_LENGTH } from './record/framing.ts'
import type { Session } from './session.ts'

/** The engine has no clock of its own. */
export interface Clock {
  /** Monotonic time in microseconds, from any origin. */
  now(): number
  /** Wall time in milliseconds since the epoch. */
  wall(): number
}

/** Who an endpoint can prove to be: a chain of certificates, or a raw public key (RFC 7250) that the peer knows. */
export interface Identity {
  /** Certificates in DER, its own first; none for a raw public key. */
  readonly chain: readonly Uint8Array[]
  /** In place of a chain: the SubjectPublicKeyInfo (DER) of the key. Shown only to peers that take such keys. */
  readonly rawPublicKey?: Uint8Array
  /** A key of the same provider. Absent: the host answers the `sign` task by other means (HSM, KMS, WebCrypto). */
  readonly key?: PrivateKey
  /** Schemes it signs with, in order of preference; default: all that fit the key. */
  readonly signatureSchemes?: readonly SignatureSchemeName[]
  /**
   * An OCSP response (DER) on its own certificate, stapled for peers that ask (RFC 6066 section 8). It grows old:
   * identities are to be replaced before it does.
   */
  readonly ocspResponse?: Uint8Array
  /** Signed certificate timestamps of its own certificate, each serialised, for peers that ask (RFC 6962 section 3.3.1). */
  readonly scts?: readonly Uint8Array[]
}

/** Longest messages accepted, in bytes. Ours to choose: the RFC's own limits are 2^24-1. */
export interface Limits {
  /** Default 64 KiB. */
  readonly clientHello: number
  /** Default 128 KiB. */
  readonly certificate: number
  /** Every other handshake message. Default 16 KiB. */
  readonly message: number
  /** All handshake bytes of an unfinished handshake together. Default 256 KiB. */
  readonly total: number
}

export const DEFAULT_LIMITS: Limits = {
  clientHello: 0x10000,
  certificate: 0x20000,
  message: 0x4000,
  total: 0x40000,
}

/** Of TLS 1.3: a content of full length and its type (RFC 8449 section 4). */
const MAX_RECORD_SIZE_LIMIT: number = MAX_PLAINTEXT_LENGTH + 1

interface CommonConfig {
  readonly provider: CryptoProvider
  readonly clock: Clock
  /** `clock.now()` when the connection began, before the transport connected. Default: now. */
  readonly beganAt?: number
  /** Protocols in order of preference (RFC 7301): names as their bytes in Latin-1. */
  readonly alpnProtocols?: readonly string[]
  /** Default: all there are. One without a cipher suite is left out. */
  readonly versions?: readonly TlsVersion[]
  /** In order of preference. Default: all the provider has. */
  readonly cipherSuites?: readonly CipherSuiteName[]
  readonly groups?: readonly GroupName[]
  /** Accepted from the peer and used to sign, in order of preference; also those offered for certificates. */
  readonly signatureSchemes?: readonly SignatureSchemeName[]
  /**
   * For the signatures within the peer's certificates, where others than `signatureSchemes` are wished for
   * (`signature_algorithms_cert`). By these a peer chooses its chain; what is accepted is the judge's affair.
   */
  readonly certificateSignatureSchemes?: readonly SignatureSchemeName[]
  readonly identities?: readonly Identity[]
  /** Pads every protected record's content to a multiple of this many bytes. Default: no padding. */
  readonly padding?: { readonly toMultipleOf: number }
  /** Longest content of a record we send, 64 to 16,384 bytes. */
  readonly maxRecordLength?: number
  /**
   * Longest plaintext of a protected record that we take, told to the peer (RFC 8449): 64 to 16,385 bytes, in TLS 1.3
   * with content type and padding. Default: as long as the version allows, so that a peer may say what it takes itself.
   * False: neither side says.
   */
  readonly recordSizeLimit?: number | false
  /**
   * Asks the peer for an OCSP response on its certificate (RFC 6066 section 8); a server asks the clients it wants
   * certificates of, in TLS 1.3. Default true: the judge of certificates uses it, and without asking cannot hold a
   * certificate to its own demand for one (RFC 7633).
   */
  readonly requestOcsp?: boolean
  /** Asks the peer for certificate timestamps likewise (RFC 6962). Default false: they count only for who knows logs. */
  readonly requestTimestamps?: boolean
  /** In order of preference. Default: none. */
  readonly certificateCompression?: readonly CertificateCompression[]
  /**
   * Records sent under one key before keys are updated, 1 to 2^24. Default 2^24, below the 2^24.5 of
   * RFC 9846 section 5.5 for AES-GCM. TLS 1.2 has one key for each direction: there the connection ends instead.
   */
  readonly keyUpdateAfter?: number
  /** Hands out `key-log` events with the lines of an SSLKEYLOGFILE (RFC 9850). Whoever has them can read the connection. */
  readonly keyLog?: boolean
  /** Hands out `message` events with every handshake message. Default false. */
  readonly trace?: boolean
  readonly limits?: Partial<Limits>
  /**
   * Refuses TLS 1.2 without the extended master secret (RFC 7627). Default false: without it the connection exports
   * no keying material.
   */
  readonly requireExtendedMasterSecret?: boolean
  /** Keys that both parties have from elsewhere, in order of preference; TLS 1.3 only. */
  readonly psks?: readonly ExternalPsk[]
  /**
   * Also takes a pre-shared key without a key exchange beside it (psk_ke): then whoever learns the key later can read
   * what was recorded. Default false.
   */
  readonly pskWithoutKeyExchange?: boolean
  /**
   * What the judgement of peers and the choice of identities rest on, as up to 255 bytes of the host's own, a hash of
   * its policy, say. A session that began under another is not resumed. Default: none.
   */
  readonly resumptionContext?: Uint8Array
}

export interface ClientConfig extends CommonConfig {
  /** The server's DNS name or IP address. Names are sent in `server_name`, addresses are not (RFC 6066 section 3). */
  readonly serverName?: string
  /** Groups to send a key share for at once, no others. Default: the most preferred, and its classical part if it is a hybrid. */
  readonly keyShares?: readonly GroupName[]
  /**
   * Adds values that mean nothing, so that servers keep ignoring them (RFC 8701), and without `ech` an offer of it that
   * means nothing (RFC 9849 section 6.2). Default false: a server or network that chokes on them would be lost, and
   * they hide nothing unless many clients look alike.
   */
  readonly grease?: boolean
  /** How the ClientHello looks. Its lists stand in place of `cipherSuites`, `groups`, `signatureSchemes`, `versions`. */
  readonly helloShape?: HelloShape
  /**
   * Hides the server's name and what else the ClientHello says: an ECHConfigList for this server (RFC 9849). The
   * handshake ends with `ech_required` if the server cannot read it; `TlsError.echRejection` then says what to do.
   */
  readonly ech?: Uint8Array
  /** RFC 9846 E.4. Default true. */
  readonly middleboxCompatibility?: boolean
  /** Names (DER) of the authorities we accept, sent to the server. Default: not sent. */
  readonly certificateAuthorities?: readonly Uint8Array[]
  /** Hands out `session` events, whose sessions later connections can resume. Default false. */
  readonly keepSessions?: boolean
  /**
   * A session to resume. Left out of the offer where it is over, or began with another server name or
   * `resumptionContext`. Use it once (RFC 9846 C.4).
   */
  readonly session?: Session
  /**
   * Sent before the server has answered, if `session` allows as much. Anyone can send it again to the server, or to
   * another (section 8): only what may happen twice. What became of it is in `negotiated.earlyData`; the server that
   * refuses it has not seen it.
   */
  readonly earlyData?: Uint8Array
  /** What we take from the server, in order of preference (RFC 7250). Default: X509 alone. */
  readonly serverCertificateTypes?: readonly CertificateType[]
  /** What we can show, in order of preference. Default: what the identities are, in their order. */
  readonly clientCertificateTypes?: readonly CertificateType[]
  /**
   * Lets the server ask who we are after the handshake too (RFC 9846 section 4.7.2): each request is a
   * `choose-identity` task. TLS 1.3 only. Default false.
   */
  readonly postHandshakeAuth?: boolean
}

export interface ServerConfig extends CommonConfig {
  /** Default `none`. */
  readonly clientAuthentication?: 'none' | 'optional' | 'required'
  /** Names (DER) of the authorities we accept client certificates from, sent in CertificateRequest. */
  readonly certificateAuthorities?: readonly Uint8Array[]
  /** Whether a HelloRetryRequest carries a cookie, or one is sent for the cookie's sake. Default `never`. */
  readonly cookie?: 'never' | 'with-retry' | 'always'
  /** Allows `write` before the client has proved itself. Default false. */
  readonly halfRttData?: boolean
  /** Asks the host with a `choose-config` task after the ClientHello. Default false. */
  readonly chooseConfig?: boolean
  /** Refuses a client whose server_name no identity covers, with `unrecognized_name`. Default false. */
  readonly rejectUnknownServerName?: boolean
  /** What we take from a client that is asked who it is, in order of preference (RFC 7250). Default: X509 alone. */
  readonly clientCertificateTypes?: readonly CertificateType[]
  /** Keys for clients that hide the name they want (RFC 9849), from `createEchKey`. Default: none. */
  readonly ech?: readonly EchKey[]
  /** Tickets sent after a full handshake, up to 16; one after a resumed one. Asks the host to seal and open them. Default 0: no sessions. */
  readonly tickets?: number
  /** Seconds for which a ticket can be used, at most seven days. Default 12 hours. */
  readonly ticketLifetime?: number
  /**
   * Bytes of early data taken from a client that resumes a session. It comes as `early-data` events, and may have been
   * sent by someone else before: the host is asked to claim each ClientHello. Default 0: none.
   */
  readonly maxEarlyData?: number
}

/** The part of a configuration both roles share, with defaults filled in. */
export interface Settings {
  readonly provider: CryptoProvider
  readonly clock: Clock
  readonly alpnProtocols: readonly Uint8Array[]
  /** The most recent first. */
  readonly versions: readonly TlsVersion[]
  /** Of these versions. */
  readonly cipherSuites: readonly CipherSuite[]
  readonly groups: readonly KeyExchangeGroup[]
  /** Certificate-only ones included. */
  readonly signatureSchemes: readonly SignatureScheme[]
  readonly identities: readonly Identity[]
  readonly padTo: number
  readonly maxRecordLength: number
  readonly keyUpdateAfter: number
  readonly keyLog: boolean
  readonly trace: boolean
  readonly limits: Limits
  readonly requireExtendedMasterSecret: boolean
  readonly psks: readonly Psk[]
  readonly pskWithoutKeyExchange: boolean
  readonly resumptionContext: Uint8Array
  readonly certificateAuthorities: readonly Uint8Array[]
  /** Undefined: as `signatureSchemes`. */
  readonly certificateSignatureSchemes: readonly SignatureScheme[] | undefined
  /** Undefined: not negotiated. */
  readonly recordSizeLimit: number | undefined
  readonly requestOcsp: boolean
  readonly requestTimestamps: boolean
  readonly certificateCompression: readonly CertificateCompression[]
}

export interface ClientSettings extends Settings {
  /** The name for `server_name`; undefined for an address. */
  readonly sniName: string | undefined
  readonly serverName: string | undefined
  readonly keyShares: readonly KeyExchangeGroup[]
  /** The classical parts of these hybrids have shares too. */
  readonly classicalShares: boolean
  readonly grease: boolean
  readonly greaseEch: boolean
  readonly helloShape: HelloShape | undefined
  readonly ech: UsableEchConfig | undefined
  readonly middleboxCompatibility: boolean
  readonly keepSessions: boolean
  readonly session: Session | undefined
  readonly earlyData: Uint8Array | undefined
  readonly serverCertificateTypes: readonly CertificateType[]
  readonly clientCertificateTypes: readonly CertificateType[]
  readonly postHandshakeAuth: boolean
}

export interface ServerSettings extends Settings {
  readonly clientAuthentication: 'none' | 'optional' | 'required'
  readonly cookie: 'never' | 'with-retry' | 'always'
  readonly halfRttData: boolean
  readonly chooseConfig: boolean
  readonly rejectUnknownServerName: boolean
  readonly clientCertificateTypes: readonly CertificateType[]
  readonly ech: readonly EchKey[]
  readonly tickets: number
  readonly ticketLifetime: number
  readonly maxEarlyData: number
}

/** @throws {TypeError} naming the option, what it needs and what it has. */
export function clientSettings(config: ClientConfig): ClientSettings {
  const { helloShape } = config
  const settings = commonSettings(withShapedOptions(config))
  checkShapedVersions(helloShape, settings.versions)
  const identity = config.serverName === undefined ? undefined : referenceIdentity(config.serverName)
  const groups = settings.groups
  const keyShares =
    config.keyShares === undefined
      ? groups.slice(0, 1)
      : groups.filter((group) => checkNames('keyShares', config.keyShares, groups).includes(group.name))
  return {
    ...settings,
    serverName: config.serverName,
    sniName: identity?.kind === 'dns' ? identity.name : undefined,
    keyShares,
    classicalShares: config.keyShares === undefined,
    grease: config.grease ?? false,
    greaseEch: config.grease ?? helloShape?.extensions?.includes('encrypted_client_hello') ?? false,
    helloShape,
    ech: config.ech === undefined ? undefined : usableEch(config.ech, settings),
    middleboxCompatibility: config.middleboxCompatibility ?? true,
    keepSessions: config.keepSessions ?? false,
    session: config.session,
    earlyData: config.earlyData,
    serverCertificateTypes: checkCertificateTypes('serverCertificateTypes', config.serverCertificateTypes),
    clientCertificateTypes: checkCertificateTypes(
      'clientCertificateTypes',
      config.clientCertificateTypes ?? typesOf(settings.identities),
    ),
    postHandshakeAuth: config.postHandshakeAuth ?? false,
  }
}

/** @throws {TypeError} naming the option, what it needs and what it has. */
export function serverSettings(config: ServerConfig): ServerSettings {
  const common = commonSettings(config)
  return {
    ...common,
    clientAuthentication: checkChoice('clientAuthentication', config.clientAuthentication ?? 'none', [
      'none',
      'optional',
      'required',
    ]),
    cookie: checkChoice('cookie', config.cookie ?? 'never', ['never', 'with-retry', 'always']),
    halfRttData: config.halfRttData ?? false,
    chooseConfig: config.chooseConfig ?? false,
    rejectUnknownServerName: config.rejectUnknownServerName ?? false,
    tickets: checkNumber('tickets', config.tickets ?? 0, 0, 16),
    ticketLifetime: checkNumber('ticketLifetime', config.ticketLifetime ?? 43_200, 1, MAX_TICKET_LIFETIME),
    maxEarlyData: checkNumber('maxEarlyData', config.maxEarlyData ?? 0, 0, 2 ** 24),
    clientCertificateTypes: checkCertificateTypes('clientCertificateTypes', config.clientCertificateTypes),
    ech: checkEchKeys(config.ech ?? [], common),
  }
}

const ECH_NEEDS_TLS13 = 'ech: needs TLS 1.3, which is not among the versions'

/**
 * The configuration to use. RFC 9849 section 6.1 would go on without one: that shows the name to whoever looks, so
 * here it is for the caller to say.
 */
function usableEch(list: Uint8Array, { provider, versions }: Settings): UsableEchConfig {
  let configs: readonly EchConfig[]
  try {
    configs = readEchConfigList(list)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new TypeError(`ech: needs an ECHConfigList, has another: ${error.message}`, { cause: error })
  }
  const usable = chooseEchConfig(provider, configs)
  if (usable === undefined) throw new TypeError('ech: needs a configuration that can be used here, has none')
  if (!versions.includes('TLS 1.3')) throw new TypeError(ECH_NEEDS_TLS13)
  return usable
}

/** Section 7.1: a client that used another key is told which to use. What is hidden offers TLS 1.3 alone. */
function checkEchKeys(keys: readonly EchKey[], { versions }: Settings): readonly EchKey[] {
  if (keys.length > 0 && !versions.includes('TLS 1.3')) throw new TypeError(ECH_NEEDS_TLS13)
  if (keys.length > 0 && !keys.some(({ isRetry }) => isRetry)) {
    throw new TypeError('ech: needs a key that clients may retry with, has none')
  }
  return keys
}

function commonSettings(config: ClientConfig | ServerConfig): Settings {
  const { provider, clock } = config
  const groups = inOrder('groups', config.groups, provider.groups)
  const { versions, cipherSuites } = versionsAndSuites(config, groups)
  return {
    provider,
    clock,
    alpnProtocols: (config.alpnProtocols ?? []).map(protocolName),
    versions,
    cipherSuites,
    groups,
    signatureSchemes: inOrder('signatureSchemes', config.signatureSchemes, signatureSchemesOf(provider)),
    identities: (config.identities ?? []).map(checkIdentity),
    padTo: checkNumber('padding.toMultipleOf', config.padding?.toMultipleOf ?? 1, 1, MAX_PLAINTEXT_LENGTH),
    maxRecordLength: checkNumber(
      'maxRecordLength',
      config.maxRecordLength ?? MAX_PLAINTEXT_LENGTH,
      64,
      MAX_PLAINTEXT_LENGTH,
    ),
    keyUpdateAfter: checkNumber('keyUpdateAfter', config.keyUpdateAfter ?? 2 ** 24, 1, 2 ** 24),
    keyLog: config.keyLog ?? false,
    trace: config.trace ?? false,
    limits: checkLimits(config.limits),
    requireExtendedMasterSecret: config.requireExtendedMasterSecret ?? false,
    psks: (config.psks ?? []).flatMap((psk, index) => readExternalPsk(provider, psk, index)),
    pskWithoutKeyExchange: config.pskWithoutKeyExchange ?? false,
    resumptionContext: checkContext(config.resumptionContext),
    certificateAuthorities: config.certificateAuthorities ?? [],
    certificateSignatureSchemes:
      config.certificateSignatureSchemes === undefined
        ? undefined
        : inOrder('certificateSignatureSchemes', config.certificateSignatureSchemes, signatureSchemesOf(provider)),
    recordSizeLimit: checkRecordSizeLimit(config.recordSizeLimit),
    requestOcsp: config.requestOcsp ?? true,
    requestTimestamps: config.requestTimestamps ?? false,
    certificateCompression: checkCompression(config.certificateCompression ?? []),
  }
}

function checkRecordSizeLimit(limit: number | false = MAX_RECORD_SIZE_LIMIT): number | undefined {
  if (limit === false) return undefined
  return checkNumber('recordSizeLimit', limit, MIN_RECORD_SIZE_LIMIT, MAX_RECORD_SIZE_LIMIT)
}

/** Versions with the suites that carry them out: what has no counterpart, or no group, is left out. */
function versionsAndSuites(
  config: ClientConfig | ServerConfig,
  groups: readonly KeyExchangeGroup[],
): Pick<Settings, 'versions' | 'cipherSuites'> {
  const wanted =
    config.versions === undefined
      ? TLS_VERSIONS
      : checkNames(
          'versions',
          config.versions,
          TLS_VERSIONS.map((name) => ({ name })),
        )
  const suites = inOrder('cipherSuites', config.cipherSuites, cipherSuitesOf(config.provider))
  const withSuites = TLS_VERSIONS.filter(
    (version) => wanted.includes(version) && suites.some((suite) => suite.version === version),
  )
  if (withSuites.length === 0) throw new TypeError(`cipherSuites: needs a suite of ${wanted.join(' or ')}, has none`)
  const versions = withSuites.filter((version) => groups.some((group) => isGroupOf(group.name, version)))
  if (versions.length === 0) throw new TypeError(`groups: needs a group of ${withSuites.join(' or ')}, has none`)
  return { versions, cipherSuites: suites.filter((suite) => versions.includes(suite.version)) }
}

function checkIdentity(identity: Identity, index: number): Identity {
  if (identity.rawPublicKey !== undefined) {
    if (identity.chain.length === 0) return identity
    throw new TypeError(`identities[${index}].chain: needs to be empty beside rawPublicKey, has certificates`)
  }
  if (identity.chain.length === 0)
    throw new TypeError(`identities[${index}].chain: needs at least one certificate, has none`)
  return identity
}

/** What an identity is shown as. */
export function certificateTypeOfIdentity(identity: Identity): CertificateType {
  return identity.rawPublicKey === undefined ? 'X509' : 'RawPublicKey'
}

function typesOf(identities: readonly Identity[]): readonly CertificateType[] | undefined {
  return identities.length === 0 ? undefined : [...new Set(identities.map(certificateTypeOfIdentity))]
}

const X509_ALONE: readonly CertificateType[] = ['X509']
const CERTIFICATE_TYPES = (Object.keys(CERTIFICATE_TYPE_CODES) as CertificateType[]).map((name) => ({ name }))

function checkCertificateTypes(
  option: string,
  types: readonly CertificateType[] | undefined,
): readonly CertificateType[] {
  if (types === undefined) return X509_ALONE
  checkNames(option, types, CERTIFICATE_TYPES)
  return types
}

function checkLimits(limits: Partial<Limits> | undefined): Limits {
  if (limits === undefined) return DEFAULT_LIMITS
  const all = { ...DEFAULT_LIMITS, ...limits }
  for (const [name, value] of Object.entries(all)) checkNumber(`limits.${name}`, value, 1024, 2 ** 24)
  return all
}

function protocolName(name: string): Uint8Array {
  if (name.length < 1 || name.length > 255) {
    throw new TypeError(`alpnProtocols: needs names of 1 to 255 bytes, has one of ${name.length}`)
  }
  const bytes = new Uint8Array(name.length)
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    if (code > 255) throw new TypeError(`alpnProtocols: needs names in Latin-1, has '${name}'`)
    bytes[i] = code
  }
  return bytes
}

/** Text of an ALPN protocol name: its bytes as Latin-1. */
export function protocolText(name: Uint8Array): string {
  return String.fromCharCode(...name)
}
