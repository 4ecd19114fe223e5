/**
 * The authentication messages (RFC 9846 section 4.5), which both roles send and receive in the same
 * way: Certificate, CertificateVerify, Finished.
 */

import { equalSecret } from '../../bytes/index.ts'
import { type CryptoProvider, KeyImportError, type PublicKey } from '../../crypto/provider.ts'
import { type Certificate, CertificateError, readCertificate as readX509 } from '../../x509/index.ts'
import { ALERT_OF_REASON, hostError, peerError, TlsError } from '../alert.ts'
import { certificateTypeOfIdentity, type Identity, type Settings } from '../config.ts'
import { readCertificateVerify, signedContent, writeCertificateVerify } from '../message/certificate-verify.ts'
import { readFinished, writeFinished } from '../message/finished.ts'
import type { HandshakeMessage } from '../message/handshake.ts'
import {
  type CertificateType,
  type SignatureScheme,
  type SignatureSchemeName,
  signatureSchemeName,
  type TlsVersion,
} from '../registry.ts'
import { deriveVerifyData } from '../schedule/key-schedule.ts'
import {
  type CertificateWishes,
  sendCertificate,
  type TakenCertificate,
  takeCertificate,
} from './certificate-exchange.ts'
import {
  ask,
  type Flow,
  type HandshakeContext,
  type PeerJudgement,
  type Question,
  receive,
  type ShownIdentity,
} from './flow.ts'
import { identitySchemes } from './identity.ts'
import type { SuiteInUse } from './negotiate.ts'

/** A peer that has proved possession of its key, and what the host made of what it showed. */
export interface AuthenticatedPeer extends ShownIdentity {
  /** Of its CertificateVerify; undefined where the session was resumed. */
  readonly scheme: SignatureSchemeName | undefined
  readonly judgement: PeerJudgement
}

/** Certificate, and CertificateVerify if there is something to prove; returns the scheme it was signed with. */
export function* sendAuthentication(
  hs: HandshakeContext,
  settings: Settings,
  identity: Identity | undefined,
  peerSchemes: readonly SignatureScheme[],
  wishes: CertificateWishes,
): Flow<SignatureSchemeName | undefined> {
  hs.enter('certificates')
  sendCertificate(hs, settings, identity, wishes)
  hs.complete('certificates')
  if (identity === undefined) return undefined

  hs.enter('verify')
  const scheme = selectScheme(settings.provider, identity, 'TLS 1.3', peerSchemes)
  const signature = yield* sign(identity, scheme, signedContent(hs.role, hs.transcript.digest()))
  hs.send('certificate_verify', writeCertificateVerify({ algorithm: scheme.code, signature }))
  hs.note.signatureScheme(hs.role, scheme.name)
  return scheme.name
}

/** The identity that the host chose. @throws {TlsError} if the peer would not know what it is. */
export function* askIdentity(question: Extract<Question, { kind: 'choose-identity' }>): Flow<Identity | undefined> {
  const identity = yield* ask<'choose-identity'>(question)
  if (identity === undefined) return undefined
  const type = certificateTypeOfIdentity(identity)
  if (question.certificateTypes.includes(type)) return identity
  throw hostError(`choose-identity: needs an identity of ${question.certificateTypes.join(' or ')}, has ${type}`)
}

/** The identity's most preferred scheme that the peer accepts. @throws {TlsError} `handshake_failure` */
export function selectScheme(
  provider: CryptoProvider,
  identity: Identity,
  version: TlsVersion,
  peerSchemes: readonly SignatureScheme[],
): SignatureScheme {
  const scheme = identitySchemes(provider, identity, version).find((own) => peerSchemes.includes(own))
  if (scheme !== undefined) return scheme
  throw new TlsError('handshake_failure', 'identity: needs a signature scheme that the peer accepts, has none', {
    fault: 'host',
  })
}

/** The host's signature. */
export function* sign(identity: Identity, scheme: SignatureScheme, input: Uint8Array): Flow<Uint8Array> {
  const { name, algorithm } = scheme
  const signature = yield* ask<'sign'>({ kind: 'sign', identity, scheme: name, algorithm, input })
  if (!(signature instanceof Uint8Array) || signature.length === 0) {
    throw hostError('sign: needs a signature as bytes, has none')
  }
  return signature
}

/**
 * What the peer shows of itself in the handshake.
 * @param certificate Certificate or CompressedCertificate.
 * @param type as negotiated.
 * @param requested codes of the extensions that its certificates may have.
 */
export function receiveIdentity(
  hs: HandshakeContext,
  settings: Settings,
  certificate: HandshakeMessage,
  type: CertificateType,
  requested: ReadonlySet<number>,
): ShownIdentity {
  const taken = takeCertificate(settings, certificate, requested)
  checkTaken(taken, hs.role)
  const shown = shownIdentity(settings, taken, type)
  hs.note.certificates(peerOf(hs.role), shown)
  hs.complete('certificates')
  return shown
}

/** Section 4.5.1: of raw public keys no more than one. */
export function shownIdentity(
  { requestOcsp }: Settings,
  { certificateList, compression }: TakenCertificate,
  type: CertificateType,
): ShownIdentity {
  const entries = certificateList.map(({ data }) => data)
  if (type === 'X509') {
    return {
      chain: entries,
      rawPublicKey: undefined,
      stapled: requestOcsp ? certificateList.flatMap(({ extensions }) => extensions.status_request ?? []) : undefined,
      timestampList: certificateList[0]?.extensions.signed_certificate_timestamp,
      compression,
    }
  }
  if (entries.length > 1) {
    throw peerError('illegal_parameter', 'certificate.certificate_list', 'one raw public key', `${entries.length}`)
  }
  return { chain: [], rawPublicKey: entries[0], stapled: undefined, timestampList: undefined, compression }
}

/** False for a client that declined. */
export function isShown({ chain, rawPublicKey }: ShownIdentity): boolean {
  return chain.length > 0 || rawPublicKey !== undefined
}

export function peerOf(role: 'client' | 'server'): 'client' | 'server' {
  return role === 'client' ? 'server' : 'client'
}

/** The peer's CertificateVerify for what it showed, and the host's verdict on it. */
export function* receiveProof(
  hs: HandshakeContext,
  settings: Settings,
  shown: ShownIdentity,
  serverName: string | undefined,
): Flow<AuthenticatedPeer> {
  const peer = peerOf(hs.role)
  const { leaf, key } = readPeerKey(settings.provider, shown)

  hs.enter('verify')
  const transcriptHash = hs.transcript.digest()
  const message = yield* receive(hs, 'certificate_verify')
  const content = signedContent(peer, transcriptHash)
  const scheme = checkCertificateVerify(settings, 'TLS 1.3', message, leaf, key, content)
  return yield* judge(hs, shown, leaf, scheme, serverName)
}

/** The host's verdict on a peer that has proved its key. */
export function* judge(
  hs: HandshakeContext,
  shown: ShownIdentity,
  leaf: Certificate | undefined,
  scheme: SignatureSchemeName,
  serverName: string | undefined,
): Flow<AuthenticatedPeer> {
  const peer = peerOf(hs.role)
  const { chain, rawPublicKey, stapled, timestampList } = shown
  const judgement = readJudgement(
    yield* ask<'verify-peer'>({
      kind: 'verify-peer',
      peer,
      chain,
      leaf,
      rawPublicKey,
      stapled,
      timestampList,
      serverName,
    }),
  )
  hs.note.signatureScheme(peer, scheme)
  hs.note.judgement(peer, judgement)
  checkJudgement(judgement)
  return { ...shown, scheme, judgement }
}

export function sendFinished(hs: HandshakeContext, { hash }: SuiteInUse, trafficSecret: Uint8Array): void {
  hs.send('finished', writeFinished(deriveVerifyData(hash, trafficSecret, hs.transcript.digest())))
}

/** @throws {TlsError} `decrypt_error` */
export function* receiveFinished(hs: HandshakeContext, { hash }: SuiteInUse, trafficSecret: Uint8Array): Flow<void> {
  const expected = deriveVerifyData(hash, trafficSecret, hs.transcript.digest())
  const verifyData = readFinished(yield* receive(hs, 'finished'), hash.length)
  if (!equalSecret(verifyData, expected)) {
    throw peerError('decrypt_error', 'finished.verify_data', 'the MAC of the transcript', 'another value')
  }
}

/** Section 4.5.1.3. */
function checkTaken({ certificateRequestContext, certificateList }: TakenCertificate, role: 'client' | 'server'): void {
  if (certificateRequestContext.length !== 0) {
    throw peerError(
      'illegal_parameter',
      'certificate.certificate_request_context',
      'none in a handshake',
      `${certificateRequestContext.length} bytes`,
    )
  }
  if (certificateList.length === 0 && role === 'client') {
    throw peerError('decode_error', 'certificate.certificate_list', "the server's certificate", 'an empty list')
  }
}

/** The peer's key, and the certificate that it is in, if it is in one. @throws {TlsError} */
export function readPeerKey(
  provider: CryptoProvider,
  { chain, rawPublicKey }: ShownIdentity,
): { leaf: Certificate | undefined; key: PublicKey } {
  try {
    if (rawPublicKey !== undefined) return { leaf: undefined, key: provider.importPublicKey(rawPublicKey) }
    const leaf = readX509(chain[0] as Uint8Array)
    return { leaf, key: leaf.publicKey(provider) }
  } catch (error) {
    if (error instanceof CertificateError) {
      throw new TlsError(ALERT_OF_REASON[error.reason], `certificate.certificate_list[0]: ${error.message}`, {
        path: 'certificate.certificate_list[0]',
        reason: error.reason,
      })
    }
    if (error instanceof KeyImportError) {
      const reason = error.reason === 'malformed' ? 'malformed' : 'unsupported-public-key'
      throw new TlsError(
        ALERT_OF_REASON[reason],
        `certificate.certificate_list[0].subjectPublicKeyInfo: ${error.message}`,
        {
          path: 'certificate.certificate_list[0].subjectPublicKeyInfo',
          reason,
        },
      )
    }
    throw error
  }
}

/** Returns the scheme that `content` was signed with. @throws {TlsError} as `checkSignature`. */
export function checkCertificateVerify(
  settings: Settings,
  version: TlsVersion,
  message: HandshakeMessage,
  leaf: Certificate | undefined,
  key: PublicKey,
  content: Uint8Array,
): SignatureSchemeName {
  const { algorithm, signature } = readCertificateVerify(message)
  const scheme = checkScheme(settings, version, 'certificate_verify', algorithm, key)
  if (leaf !== undefined) checkMaySign(leaf)
  if (!settings.provider.verify(scheme.algorithm, key, content, signature)) {
    throw peerError(
      'decrypt_error',
      'certificate_verify.signature',
      "the transcript's signature by the certificate's key",
      'one that does not verify',
    )
  }
  return scheme.name
}

/** Section 4.5.2: a scheme that was offered and that fits the key. @throws {TlsError} `illegal_parameter` */
export function checkScheme(
  settings: Settings,
  version: TlsVersion,
  message: 'certificate_verify' | 'server_key_exchange',
  algorithm: number,
  key: PublicKey,
): SignatureScheme {
  const scheme = settings.signatureSchemes.find((candidate) => candidate.code === algorithm)
  const found = signatureSchemeName(algorithm)
  if (scheme === undefined || !scheme.versions.includes(version)) {
    throw peerError('illegal_parameter', `${message}.algorithm`, 'a scheme that was offered', found)
  }
  if (!scheme.fits(key.keyType, version)) {
    throw peerError(
      'illegal_parameter',
      `${message}.algorithm`,
      `a scheme for a key of type ${key.keyType.type}`,
      found,
    )
  }
  return scheme
}

/**
 * Section 4.5.1.2: the digitalSignature bit must be set if there is a keyUsage extension. A policy's rule
 * `leaf-key-usage` asks the same before; here no policy loosens it.
 */
export function checkMaySign(leaf: Certificate): void {
  const path = 'certificate.certificate_list[0].keyUsage'
  let mayNot: boolean
  try {
    mayNot = leaf.keyUsage?.digitalSignature === false
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error
    throw new TlsError(ALERT_OF_REASON[error.reason], `certificate.certificate_list[0]: ${error.message}`, {
      path,
      reason: error.reason,
    })
  }
  if (!mayNot) return
  throw new TlsError(ALERT_OF_REASON['key-usage'], `${path}: needs digitalSignature, has no such bit`, {
    path,
    reason: 'key-usage',
  })
}

/** What the host answered, as far as it is a judgement at all. */
function readJudgement(answer: PeerJudgement | null | undefined): PeerJudgement {
  const verdict = answer?.verdict
  const accepted = answer?.accepted === true
  return verdict !== undefined && Array.isArray(verdict?.reasons) ? { accepted, verdict } : { accepted }
}

/** Fail closed: anything but a clear yes ends the handshake. */
function checkJudgement(judgement: PeerJudgement): void {
  if (judgement.accepted) return
  const first = judgement.verdict?.reasons[0]
  const reason = first?.reason ?? 'host-refused'
  throw new TlsError(
    ALERT_OF_REASON[reason],
    `certificate refused (${reason}): ${first?.message ?? 'the host refused the peer'}`,
    {
      fault: 'host',
      reason,
      path: 'certificate',
    },
  )
}
