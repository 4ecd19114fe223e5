/**
 * What happened in a handshake and when, noted as cheaply as possible while it runs, and told as a
 * `HandshakeReport` when somebody asks.
 */

import { writeBase64 } from '../asn1/index.ts'
import type { Hash } from '../crypto/provider.ts'
import { certificateReport, publicKeyReport } from '../report/certificate.ts'
import {
  type AlertReport,
  type CertificateReport,
  type EncryptedClientHelloReport,
  HANDSHAKE_REPORT_VERSION,
  type HandshakeReport,
  type MessageReport,
  type NegotiatedReport,
  type OfferedReport,
  type PeerReport,
  type Stage,
  type StageReport,
  STAGES,
  type TransportReport,
  type VerdictReport,
} from '../report/handshake-report.ts'
import { explanationReport, reasonReport } from '../report/verdict.ts'
import { readCertificate, timeText } from '../x509/index.ts'
import { alertName, type TlsError } from './alert.ts'
import type { EarlyDataState, PeerJudgement, ShownIdentity } from './handshake/flow.ts'
import { readClientHello } from './message/client-hello.ts'
import { extensionName } from './message/extension.ts'
import { cipherSuiteName, groupName, signatureSchemeName, type TlsVersion, versionName } from './registry.ts'
import { protocolText } from './config.ts'

/** Which stages a message serves. */
const STAGES_OF: Readonly<Record<string, readonly Stage[]>> = {
  client_hello: ['establish', 'key-exchange'],
  hello_retry_request: ['establish', 'key-exchange'],
  server_hello: ['establish', 'key-exchange'],
  // Not a message of the handshake, in TLS 1.3 compatibility alone: it serves no stage, and a late one prolongs none.
  change_cipher_spec: [],
  end_of_early_data: ['key-exchange'],
  encrypted_extensions: ['establish'],
  certificate_request: ['certificates'],
  certificate: ['certificates'],
  compressed_certificate: ['certificates'],
  certificate_verify: ['verify'],
  // TLS 1.2: by its signature the server proves its key.
  server_key_exchange: ['key-exchange', 'verify'],
  certificate_status: ['certificates'],
  server_hello_done: ['certificates'],
  client_key_exchange: ['key-exchange'],
  finished: ['verify'],
}

/** More of either than an honest handshake has: what a peer repeats is not kept. */
const MAX_MESSAGES = 64
const MAX_ALERTS = 16

interface MessageNote {
  readonly name: string
  readonly direction: 'sent' | 'received'
  readonly at: number
  readonly size: number
  readonly isProtected: boolean
  readonly stages: readonly Stage[]
}

/** One side's proof of identity, as far as it went. */
export interface IdentityNote {
  shown: ShownIdentity | undefined
  isAfterHandshake: boolean
  signatureScheme: string | null
  judgement: PeerJudgement | undefined
}

const NOTHING_SHOWN: Readonly<IdentityNote> = {
  shown: undefined,
  isAfterHandshake: false,
  signatureScheme: null,
  judgement: undefined,
}

export interface NegotiatedFacts {
  version: TlsVersion | null
  cipherSuite: string | null
  group: string | null
  alpnProtocol: string | null
  helloRetryRequest: boolean
  clientCertificateRequested: boolean
  resumed: boolean
  externalPsk: boolean
  earlyData: EarlyDataState | null
}

export class Journal {
  readonly role: 'client' | 'server'
  readonly #now: () => number
  readonly #began: number
  readonly #startedAt: number
  readonly #messages: MessageNote[] = []
  readonly #alerts: AlertReport[] = []
  /** When each stage was first entered. */
  readonly #entered = new Map<Stage, number>()
  readonly #completed = new Map<Stage, number>()
  #stage: Stage = 'establish'
  /** The first ClientHello, whole. */
  #clientHello: Uint8Array | undefined
  #endedAt: number | undefined
  #failure: TlsError | undefined
  transport: TransportReport | null = null
  readonly client: IdentityNote = { ...NOTHING_SHOWN }
  readonly server: IdentityNote = { ...NOTHING_SHOWN }
  readonly negotiated: NegotiatedFacts = {
    version: null,
    cipherSuite: null,
    group: null,
    alpnProtocol: null,
    helloRetryRequest: false,
    clientCertificateRequested: false,
    resumed: false,
    externalPsk: false,
    earlyData: null,
  }

  encryptedClientHello: EncryptedClientHelloReport | undefined
  /** What each side takes, if both said. */
  recordSizeLimit: NegotiatedReport['recordSizeLimit']

  constructor(role: 'client' | 'server', now: () => number, began: number, startedAt: number) {
    this.role = role
    this.#now = now
    this.#began = began
    this.#startedAt = startedAt
  }

  /** The stage that the handshake is in. */
  get stage(): Stage {
    return this.#stage
  }

  enter(stage: Stage): void {
    this.#stage = stage
    if (!this.#entered.has(stage)) this.#entered.set(stage, this.#elapsed())
  }

  complete(stage: Stage): void {
    this.#completed.set(stage, this.#elapsed())
  }

  message(name: string, direction: 'sent' | 'received', size: number, isProtected: boolean, raw?: Uint8Array): void {
    // The handshake's messages are few and bounded; what follows it is nobody's business here.
    if (this.#endedAt !== undefined || this.#messages.length >= MAX_MESSAGES) return
    this.#messages.push({ name, direction, at: this.#elapsed(), size, isProtected, stages: STAGES_OF[name] ?? [] })
    if (name === 'client_hello' && this.#clientHello === undefined) this.#clientHello = raw
  }

  /** What was offered is in another ClientHello than the one that was seen. */
  replaceClientHello(inner: Uint8Array): void {
    this.#clientHello = inner
  }

  /** @param stage that it ended, if that is another than the one the handshake is in. */
  alert(
    description: string,
    level: 'warning' | 'fatal',
    direction: 'sent' | 'received',
    isProtected: boolean,
    stage: Stage = this.#stage,
  ): void {
    const at = this.#elapsed()
    if (this.#alerts.length < MAX_ALERTS) this.#alerts.push({ description, level, direction, at })
    if (this.#endedAt !== undefined || this.#messages.length >= MAX_MESSAGES) return
    this.#messages.push({ name: 'alert', direction, at, size: 2, isProtected, stages: [stage] })
  }

  /** The handshake is over. */
  end(failure?: TlsError): void {
    if (this.#endedAt !== undefined) return
    this.#endedAt = this.#elapsed()
    this.#failure = failure
    if (failure === undefined) {
      for (const stage of STAGES) if (!this.#completed.has(stage)) this.#completed.set(stage, this.#endedAt)
    }
  }

  /** A snapshot of the record. */
  report(provider: string, hash: Hash): HandshakeReport {
    const failed = this.#failure
    return {
      version: HANDSHAKE_REPORT_VERSION,
      role: this.role,
      startedAt: timeText(this.#startedAt),
      duration: this.#endedAt ?? null,
      outcome: this.#endedAt === undefined ? 'in-progress' : failed === undefined ? 'complete' : 'failed',
      transport: this.transport,
      stages: STAGES.map((stage) => this.#stageReport(stage)),
      offered: this.#offered(),
      ...(this.encryptedClientHello === undefined ? {} : { encryptedClientHello: { ...this.encryptedClientHello } }),
      negotiated: {
        ...this.negotiated,
        compression: 'none',
        ...(this.recordSizeLimit === undefined ? {} : { recordSizeLimit: { ...this.recordSizeLimit } }),
      },
      messages: this.#messages.map(messageReport),
      alerts: [...this.#alerts],
      client: peerReport(this.client, hash),
      server: peerReport(this.server, hash),
      failure:
        failed === undefined
          ? null
          : {
              stage: failed.stage ?? this.#stage,
              fault: failed.fault,
              alert: failed.alert,
              direction: failed.direction,
              message: failed.message,
            },
      provider,
    }
  }

  #stageReport(stage: Stage): StageReport {
    const served = this.#messages.filter((note) => note.stages.includes(stage))
    const messages = served.map((note) => note.name)
    const startedAt = this.#startOf(stage, served[0]?.at)
    if (this.#failure !== undefined && (this.#failure.stage ?? this.#stage) === stage) {
      return { stage, state: 'failed', startedAt, endedAt: this.#endedAt ?? null, messages }
    }
    const completedAt = this.#completed.get(stage)
    if (completedAt === undefined) return { stage, state: 'skipped', startedAt: null, endedAt: null, messages }
    const lastAt = served.at(-1)?.at ?? completedAt
    return { stage, state: 'done', startedAt, endedAt: Math.max(completedAt, lastAt), messages }
  }

  /** A stage starts with its first message, or with what had to be done for it: a signature may take its time. */
  #startOf(stage: Stage, firstAt: number | undefined): number | null {
    // The transport's connecting belongs to the first stage.
    if (stage === 'establish') return 0
    const enteredAt = this.#entered.get(stage)
    if (firstAt !== undefined && enteredAt !== undefined) return Math.min(firstAt, enteredAt)
    return firstAt ?? enteredAt ?? this.#completed.get(stage) ?? this.#endedAt ?? null
  }

  #offered(): OfferedReport | null {
    if (this.#clientHello === undefined) return null
    try {
      const hello = readClientHello({ type: 'client_hello', raw: this.#clientHello })
      const { extensions } = hello
      return {
        versions: (extensions.supported_versions ?? [hello.legacyVersion]).map(versionName),
        cipherSuites: hello.cipherSuites.map(cipherSuiteName),
        groups: (extensions.supported_groups ?? []).map(groupName),
        keyShares: (extensions.key_share ?? []).map((share) => groupName(share.group)),
        signatureSchemes: (extensions.signature_algorithms ?? []).map(signatureSchemeName),
        alpnProtocols: (extensions.application_layer_protocol_negotiation ?? []).map(protocolText),
        serverName: extensions.server_name ?? null,
        extensions: hello.extensionOrder.map(extensionName),
      }
    } catch {
      // The hello that ended the handshake: its fault is the report's failure.
      return null
    }
  }

  #elapsed(): number {
    return Math.max(0, Math.round(this.#now() - this.#began))
  }
}

function messageReport(note: MessageNote): MessageReport {
  return {
    name: note.name,
    direction: note.direction,
    at: note.at,
    size: note.size,
    protected: note.isProtected,
    stages: [...note.stages],
  }
}

function peerReport(note: IdentityNote, hash: Hash): PeerReport {
  const { chain = [], rawPublicKey, stapled, timestampList, compression } = note.shown ?? {}
  return {
    chain: chain.flatMap((der) => peerCertificateReport(der, hash) ?? []),
    ...(note.isAfterHandshake ? { afterHandshake: true } : {}),
    ...(rawPublicKey === undefined ? {} : { rawPublicKey: publicKeyReport(rawPublicKey, hash) }),
    ...(stapled === undefined ? {} : { stapled: stapled.map(writeBase64) }),
    ...(timestampList === undefined ? {} : { timestampList: writeBase64(timestampList) }),
    ...(compression === undefined ? {} : { certificateCompression: compression }),
    signatureScheme: note.signatureScheme,
    verdict: note.judgement === undefined ? null : verdictReport(note.judgement),
  }
}

/** A certificate as the report shows it; undefined if it cannot be read. */
function peerCertificateReport(der: Uint8Array, hash: Hash): CertificateReport | undefined {
  try {
    return certificateReport(readCertificate(der), hash) ?? undefined
  } catch {
    return undefined
  }
}

function verdictReport({ accepted, verdict }: PeerJudgement): VerdictReport {
  const trusted = accepted && verdict?.trusted === true
  return {
    trusted,
    state: trusted ? 'accepted' : accepted ? 'not-asked' : 'refused',
    reasons: (verdict?.reasons ?? []).map(reasonReport),
    warnings: (verdict?.warnings ?? []).map(reasonReport),
    path: (verdict?.path ?? []).map((certificate) => certificate.subjectText),
    ...(verdict === undefined ? {} : explanationReport(verdict)),
  }
}

/** Name and level of an alert by its codes. */
export function alertNote(level: number, description: number): { description: string; level: 'warning' | 'fatal' } {
  return { description: alertName(description), level: level === 1 ? 'warning' : 'fatal' }
}
