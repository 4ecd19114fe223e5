/**
 * What a client offers (RFC 9846 section 4.2.2; for TLS 1.2 RFC 5746 section 3.4, RFC 7627 section 5.2, RFC 8422
 * section 5.1): the ClientHello, kept so that a second one after a
 * HelloRetryRequest differs only where it must, and the answers can be checked against it.
 */

import type { EphemeralKey, GroupName, KeyExchangeGroup } from '../../crypto/provider.ts'
import { peerError } from '../alert.ts'
import { type ClientSettings, protocolText } from '../config.ts'
import { EchOffer, withExtension } from '../ech/client-offer.ts'
import { greaseEch } from '../ech/grease.ts'
import { HelloShaper } from '../hello-shape.ts'
import { OCSP } from '../message/certificate-extension.ts'
import { type ClientHelloParts, NULL_COMPRESSION, writeClientHello } from '../message/client-hello.ts'
import {
  type ClientHelloExtensions,
  extensionCode,
  type ExtensionName,
  type KeyShareEntry,
  type OfferedPsks,
  rawExtensions,
  type RawExtension,
} from '../message/extension.ts'
import { GROUP_CODES, isGroupOf, PSK_DHE_KE, PSK_KE, TLS12, type TlsVersion, VERSION_CODES } from '../registry.ts'
import type { Transcript } from '../schedule/transcript.ts'
import type { Session } from '../session.ts'
import { ownWishes } from './certificate-exchange.ts'
import { offeredTypes } from './certificate-type.ts'
import { PskOffer } from './psk-offer.ts'
import { ownRecordSizeLimit } from './record-size.ts'

const EMPTY = new Uint8Array(0)
const UNCOMPRESSED = [0]
const ECH = extensionCode('encrypted_client_hello')

export class Offer {
  /** Set if the name is hidden. */
  readonly ech: EchOffer | undefined
  readonly #random: Uint8Array
  readonly legacySessionId: Uint8Array
  readonly psks: PskOffer
  readonly #settings: ClientSettings
  readonly #grease: Grease | undefined
  readonly #shaper: HelloShaper | undefined
  /** Ephemeral keys by group. */
  readonly #keys = new Map<GroupName, EphemeralKey>()
  #cookie: Uint8Array | undefined
  #codes = new Set<number>()
  #innerCodes: ReadonlySet<number> = new Set()

  constructor(settings: ClientSettings) {
    const { provider } = settings
    this.#settings = settings
    this.#random = provider.random(32)
    // E.4: a session id that nobody will resume, so that middleboxes take this for a resumption.
    const isTls13 = settings.versions.includes('TLS 1.3')
    const { helloShape, middleboxCompatibility } = settings
    this.legacySessionId =
      helloShape?.legacySessionId ?? (isTls13 && middleboxCompatibility ? provider.random(32) : EMPTY)
    this.#grease = settings.grease ? drawGrease(provider.random(6)) : undefined
    this.#shaper = helloShape === undefined ? undefined : new HelloShaper(helloShape, provider)
    if (isTls13) for (const group of settings.keyShares) this.#generate(group, isShareOf(settings))
    this.psks = new PskOffer(settings)
    this.#hasEarlyData = maySendEarly(settings, this.psks.at(0)?.session)
    this.ech = settings.ech === undefined ? undefined : new EchOffer(provider, settings.ech)
  }

  /** Of the ClientHello that counts. */
  get random(): Uint8Array {
    return this.ech?.state === 'accepted' ? this.ech.random : this.#random
  }

  /** Whether ECH is offered for show. */
  get isGreaseEch(): boolean {
    return this.#greaseEch !== undefined
  }

  /** Codes of the extensions in the latest ClientHello that counts that may be answered. */
  get extensionCodes(): ReadonlySet<number> {
    return this.ech?.state === 'accepted' ? this.#innerCodes : this.#codes
  }

  /** Whether application data follows the ClientHello at once; not after a HelloRetryRequest. */
  get hasEarlyData(): boolean {
    return this.#hasEarlyData
  }

  #hasEarlyData: boolean

  /** The ephemeral key behind the share in this group. */
  keyFor(group: GroupName): EphemeralKey | undefined {
    return this.#keys.get(group)
  }

  /**
   * The ClientHello as it stands: with ECH the outer one.
   * @param transcript that it is to be added to.
   */
  write(transcript: Transcript): Uint8Array {
    const { ech, psks } = this
    const { sniName } = this.#settings
    const pskExtension = psks.isEmpty ? undefined : psks.extension()
    const bind = (message: Uint8Array): void => {
      if (!psks.isEmpty) psks.bind(message, transcript)
    }
    if (ech === undefined) {
      const hello = this.#hello({ random: this.#random, sniName, psks: pskExtension })
      const message = writeClientHello(this.#shaped(this.#withGreaseEch(hello)))
      bind(message)
      return message
    }
    const inner = this.#hello({ random: ech.random, sniName, isInner: true, psks: pskExtension })
    this.#innerCodes = this.#codes.add(ECH)
    if (!psks.isEmpty) this.#greasePsks ??= psks.grease()
    const outer = this.#hello({ random: this.#random, sniName: ech.publicName, psks: this.#greasePsks })
    this.#codes.add(ECH)
    return ech.wrap(inner, this.#shaped(outer), { serverName: sniName, bind, arrange: (hello) => this.#shaped(hello) })
  }

  #greasePsks: OfferedPsks | undefined

  #shaped(hello: ClientHelloParts): ClientHelloParts {
    return this.#shaper?.shaped(hello) ?? hello
  }

  #hello({ random, sniName, psks, isInner = false }: HelloForm): ClientHelloParts {
    const settings = this.#settings
    const versions: readonly TlsVersion[] = isInner ? ['TLS 1.3'] : settings.versions
    const grease = this.#grease
    const groups = settings.groups.filter(({ name }) => versions.some((version) => isGroupOf(name, version)))
    // With TLS 1.3 all of them: those that sign no handshake of it may sign its certificates.
    const schemes = versions.includes('TLS 1.3')
      ? settings.signatureSchemes
      : settings.signatureSchemes.filter((scheme) => scheme.versions.includes('TLS 1.2'))
    const extensions: ClientHelloExtensions = {
      supported_groups: withFirst(
        grease?.group,
        groups.map((group) => GROUP_CODES[group.name]),
      ),
      signature_algorithms: schemes.map((scheme) => scheme.code),
    }
    if (versions.includes('TLS 1.3')) {
      extensions.supported_versions = withFirst(
        grease?.version,
        versions.map((version) => VERSION_CODES[version]),
      )
      extensions.key_share = this.#keyShares(grease?.group ?? (isInner ? undefined : this.#shaper?.greaseGroup))
      if (settings.keepSessions || psks !== undefined) {
        extensions.psk_key_exchange_modes = settings.pskWithoutKeyExchange ? [PSK_DHE_KE, PSK_KE] : [PSK_DHE_KE]
      }
      if (psks !== undefined) extensions.pre_shared_key = psks
      if (this.#hasEarlyData) extensions.early_data = true
    }
    if (versions.includes('TLS 1.2')) {
      extensions.ec_point_formats = UNCOMPRESSED
      extensions.extended_master_secret = true
      extensions.renegotiation_info = EMPTY
    }
    if (sniName !== undefined) extensions.server_name = sniName
    if (settings.alpnProtocols.length > 0) extensions.application_layer_protocol_negotiation = settings.alpnProtocols
    if (settings.certificateAuthorities.length > 0) extensions.certificate_authorities = settings.certificateAuthorities
    const isReauthOffered = versions.includes('TLS 1.3') && settings.postHandshakeAuth
    Object.assign(extensions, offeredTypes(settings), isReauthOffered ? { post_handshake_auth: true } : {})
    this.#addCertificateWishes(extensions, versions)
    if (this.#cookie !== undefined) extensions.cookie = this.#cookie
    // GREASE is not among them: an answer to it must be refused (RFC 8701 section 3.1).
    this.#codes = new Set(Object.keys(extensions).map((name) => extensionCode(name as ExtensionName)))
    const cipherSuites = withFirst(
      grease?.cipherSuite,
      settings.cipherSuites.filter((suite) => versions.includes(suite.version)).map((suite) => suite.code),
    )
    const hello: ClientHelloParts = {
      legacyVersion: TLS12,
      random,
      legacySessionId: this.legacySessionId,
      cipherSuites,
      legacyCompressionMethods: NULL_COMPRESSION,
      extensions: rawExtensions('client_hello', extensions),
    }
    return grease === undefined ? hello : withExtension(hello, { code: grease.extension, data: EMPTY })
  }

  /** What we take along with certificates, and how; and how long records may be. */
  #addCertificateWishes(extensions: ClientHelloExtensions, versions: readonly TlsVersion[]): void {
    const { certificateSignatureSchemes } = this.#settings
    const isTls13 = versions.includes('TLS 1.3')
    const { status_request: ocsp, signed_certificate_timestamp: timestamps, ...rest } = ownWishes(this.#settings)
    if (ocsp === true) extensions.status_request = OCSP
    if (timestamps === true) extensions.signed_certificate_timestamp = true
    // RFC 8879 section 3: of no use below TLS 1.3.
    if (isTls13) Object.assign(extensions, rest)
    if (certificateSignatureSchemes !== undefined) {
      extensions.signature_algorithms_cert = certificateSignatureSchemes.map((scheme) => scheme.code)
    }
    const recordSizeLimit = ownRecordSizeLimit(this.#settings, isTls13 ? 'TLS 1.3' : 'TLS 1.2')
    if (recordSizeLimit !== undefined) extensions.record_size_limit = recordSizeLimit
  }

  /** The same extension in every ClientHello of this connection (RFC 9849 section 6.2.1). */
  #withGreaseEch(hello: ClientHelloParts): ClientHelloParts {
    const settings = this.#settings
    if (!settings.greaseEch || !settings.versions.includes('TLS 1.3')) return hello
    this.#greaseEch ??= greaseEch(settings.provider, hello, settings.sniName)
    if (this.#greaseEch === undefined) return hello
    // It must be let through and looked at, though it means nothing.
    this.#codes.add(ECH)
    return withExtension(hello, this.#greaseEch)
  }

  #greaseEch: RawExtension | undefined

  /**
   * Changes the offer as a HelloRetryRequest asks (sections 4.2.4, 4.3.8).
   * @throws {TlsError} `illegal_parameter` for a group that was not offered, or a request that would
   * change nothing.
   */
  retry(group: GroupName | undefined, hasGroup: boolean, cookie: Uint8Array | undefined): void {
    this.#hasEarlyData = false
    if (hasGroup) {
      const wanted = this.#settings.groups.find((candidate) => candidate.name === group)
      if (wanted === undefined) {
        throw peerError(
          'illegal_parameter',
          'hello_retry_request.key_share',
          'a group that was offered',
          group ?? 'another',
        )
      }
      if (this.#keys.has(wanted.name)) {
        throw peerError(
          'illegal_parameter',
          'hello_retry_request.key_share',
          'a group without a share yet',
          wanted.name,
        )
      }
      this.#dropKeys()
      this.#isRetried = true
      this.#generate(wanted, () => false)
    } else if (cookie === undefined) {
      throw peerError('illegal_parameter', 'hello_retry_request', 'something to change in the ClientHello', 'nothing')
    }
    this.#cookie = cookie
  }

  #keyShares(greaseGroup: number | undefined): readonly KeyShareEntry[] {
    const shares = this.#settings.groups.flatMap((group) => {
      const key = this.#keys.get(group.name)
      return key === undefined ? [] : [{ group: GROUP_CODES[group.name], keyExchange: key.share }]
    })
    // After a HelloRetryRequest for a group there is a single share (section 4.2.2).
    if (greaseGroup === undefined || this.#isRetried) return shares
    return [{ group: greaseGroup, keyExchange: Uint8Array.of(0) }, ...shares]
  }

  #isRetried = false

  /** @param isWanted whether there is to be a share for the classical part of a hybrid. */
  #generate(group: KeyExchangeGroup, isWanted: (part: GroupName) => boolean): void {
    if (this.#keys.has(group.name)) return
    const key = group.generate()
    this.#keys.set(group.name, key)
    // The classical half of a hybrid is a second share for free, for servers that know only that.
    const half = key.classical
    if (half !== undefined && isWanted(half.group)) this.#keys.set(half.group, half)
  }

  #dropKeys(): void {
    for (const key of this.#keys.values()) key[Symbol.dispose]()
    this.#keys.clear()
  }

  /** Drops the ephemeral keys. */
  [Symbol.dispose](): void {
    this.#dropKeys()
    this.psks[Symbol.dispose]()
    this.ech?.[Symbol.dispose]()
  }
}

/** By default what the client knows, otherwise what it is told. */
function isShareOf({ groups, keyShares, classicalShares }: ClientSettings): (group: GroupName) => boolean {
  const wanted = classicalShares ? groups : keyShares
  return (group) => wanted.some(({ name }) => name === group)
}

/** What differs between a ClientHelloInner and its outer one. */
interface HelloForm {
  readonly random: Uint8Array
  readonly sniName: string | undefined
  /** It offers TLS 1.3 alone, and has no shape that anyone could see. */
  readonly isInner?: boolean
  readonly psks: OfferedPsks | undefined
}

/**
 * Early data is sent as the session has it: under its suite, with its protocol, and no more than it allows (RFC 9846
 * section 4.3.10).
 */
function maySendEarly(
  { earlyData, cipherSuites, alpnProtocols }: ClientSettings,
  session: Session | undefined,
): boolean {
  if (earlyData === undefined || earlyData.length === 0 || session === undefined) return false
  if (earlyData.length > session.maxEarlyData) return false
  if (!cipherSuites.some(({ name }) => name === session.cipherSuite)) return false
  return session.alpnProtocol === undefined || alpnProtocols.map(protocolText).includes(session.alpnProtocol)
}

interface Grease {
  readonly cipherSuite: number
  readonly group: number
  readonly version: number
  readonly extension: number
}

/** RFC 8701 section 2: values 0x?A?A, drawn anew for every connection. */
function drawGrease(random: Uint8Array): Grease {
  const value = (index: number): number => 0x0a0a + ((random[index] as number) & 0x0f) * 0x1010
  return { cipherSuite: value(0), group: value(1), version: value(2), extension: value(3) }
}

function withFirst(first: number | undefined, rest: readonly number[]): readonly number[] {
  return first === undefined ? rest : [first, ...rest]
}
