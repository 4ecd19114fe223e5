/**
 * Our client and server in the traces of RFC 8448 sections 3, 5, 6 and 7: every secret and every
 * record, byte for byte, in both directions.
 *
 * Given are the trace's random bytes, ephemeral keys, cookie and signatures, and its messages where
 * ours are others: both hellos and HelloRetryRequest (our extensions are in another order, and our
 * ClientHello has fewer), EncryptedExtensions and CertificateRequest (other content). What matters in
 * a hello is compared field by field. Certificate, CertificateVerify, Finished, all keys and all
 * records are our own. The client does not offer record_size_limit, so that one answer is taken out
 * of EncryptedExtensions before it reads them; the transcript has the message as it came.
 */

import { describe, expect, test } from 'vitest'
import { concatBytes, toHex } from '../../src/bytes/index.ts'
import type { CryptoProvider } from '../../src/crypto/provider.ts'
import { type ClientConfig, type Identity, type ServerConfig, type SignatureSchemeName } from '../../src/tls/index.ts'
import { clientSettings, serverSettings } from '../../src/tls/config.ts'
import { client } from '../../src/tls/handshake/client.ts'
import type { Question } from '../../src/tls/handshake/flow.ts'
import { server } from '../../src/tls/handshake/server.ts'
import { readClientHello } from '../../src/tls/message/client-hello.ts'
import { readServerHello } from '../../src/tls/message/server-hello.ts'
import { readNewSessionTicket } from '../../src/tls/message/new-session-ticket.ts'
import { deriveSecret } from '../../src/tls/schedule/key-schedule.ts'
import { SimulatedClock } from '../pair/wire.ts'
import { sha256, Storyteller } from './storyteller.ts'
import { hasTraces, NO_TRACES, sectionOf, type Trace, traceProvider } from './trace.ts'

interface Scenario {
  readonly section: number
  readonly title: string
  readonly serverScheme: SignatureSchemeName
  readonly hasClientCertificate: boolean
  readonly hasRetry: boolean
  readonly isCompatible: boolean
}

const PLAIN = {
  serverScheme: 'rsa_pss_rsae_sha256',
  hasClientCertificate: false,
  hasRetry: false,
  isCompatible: false,
} as const

const SCENARIOS: readonly Scenario[] = [
  { section: 3, title: 'Simple 1-RTT Handshake', ...PLAIN },
  { section: 5, title: 'HelloRetryRequest', ...PLAIN, hasRetry: true },
  {
    section: 6,
    title: 'Client Authentication',
    ...PLAIN,
    serverScheme: 'ecdsa_secp256r1_sha256',
    hasClientCertificate: true,
  },
  { section: 7, title: 'Compatibility Mode', ...PLAIN, isCompatible: true },
]

const RECORD_SIZE_LIMIT = '001c00024001'

function identityOf(trace: Trace, side: 'client' | 'server', scheme: SignatureSchemeName): Identity {
  return { chain: [trace.certificate(side)], signatureSchemes: [scheme] }
}

/** The host: signs as the trace did, and accepts its certificates, which nobody issued. */
function answering(trace: Trace, side: 'client' | 'server', identity: Identity): (question: Question) => unknown {
  return ({ kind }) => {
    if (kind === 'choose-identity') return identity
    return kind === 'sign' ? trace.signature(side) : { accepted: true }
  }
}

function tellServer(trace: Trace, scenario: Scenario): Storyteller {
  const cookie = concatBytes(...cookiesOf(trace))
  const random = trace.message('server', 'ServerHello').slice(6, 38)
  const config = {
    provider: traceProvider(trace, 'server', scenario.hasRetry ? [cookie, random] : [random]),
    clock: new SimulatedClock(),
    cipherSuites: ['TLS_AES_128_GCM_SHA256'],
    cookie: scenario.hasRetry ? 'with-retry' : 'never',
    clientAuthentication: scenario.hasClientCertificate ? 'required' : 'none',
  } satisfies ServerConfig
  const [retry] = trace.messages('server', 'ServerHello')
  return new Storyteller({
    role: 'server',
    tell: (hs) => server(hs, serverSettings(config)),
    answer: answering(trace, 'server', identityOf(trace, 'server', scenario.serverScheme)),
    instead: {
      hello_retry_request: scenario.hasRetry ? [retry as Uint8Array] : [],
      server_hello: [trace.message('server', 'ServerHello')],
      encrypted_extensions: [trace.message('server', 'EncryptedExtensions')],
      certificate_request: trace.messages('server', 'CertificateRequest'),
    },
  })
}

function tellClient(trace: Trace, scenario: Scenario): Storyteller {
  const hello = readClientHello({ type: 'client_hello', raw: trace.message('client', 'ClientHello') })
  const provider: CryptoProvider = traceProvider(
    trace,
    'client',
    scenario.isCompatible ? [hello.random, hello.legacySessionId] : [hello.random],
  )
  const config = {
    provider,
    clock: new SimulatedClock(),
    serverName: 'server',
    cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_256_GCM_SHA384'],
    keyShares: ['x25519'],
    middleboxCompatibility: scenario.isCompatible,
  } satisfies ClientConfig
  const received = trace.message('server', 'EncryptedExtensions')
  return new Storyteller({
    role: 'client',
    tell: (hs) => client(hs, clientSettings(config)),
    answer: answering(
      trace,
      'client',
      scenario.hasClientCertificate ? identityOf(trace, 'client', 'rsa_pss_rsae_sha256') : { chain: [] },
    ),
    instead: { client_hello: trace.messages('client', 'ClientHello') },
    readInstead: [[received, withoutRecordSizeLimit(received)]],
  })
}

function withoutRecordSizeLimit(message: Uint8Array): Uint8Array {
  const shorter = Uint8Array.from(Buffer.from(toHex(message).replace(RECORD_SIZE_LIMIT, ''), 'hex'))
  shorter[3] = (shorter[3] as number) - 6
  shorter[5] = (shorter[5] as number) - 6
  return shorter
}

function cookiesOf(trace: Trace): Uint8Array[] {
  const { extensions } = readClientHello({ type: 'client_hello', raw: trace.message('client', 'ClientHello') })
  return extensions.cookie === undefined ? [] : [extensions.cookie]
}

type TraceRecord = ReturnType<Trace['records']>[number]

/** Records up to the one that ends the handshake of a side, and those after it. */
function split(trace: Trace, side: 'client' | 'server'): [before: TraceRecord[], after: TraceRecord[]] {
  const records = trace.records(side)
  const finished = records.findIndex(({ payload }) => toHex(payload).includes(toHex(trace.message(side, 'Finished'))))
  return [records.slice(0, finished + 1), records.slice(finished + 1)]
}

function wire(records: readonly TraceRecord[]): string {
  return toHex(concatBytes(...records.map(({ record }) => record)))
}

function expectSecrets(story: Storyteller, trace: Trace): void {
  expect(Object.fromEntries(story.secrets)).toEqual({
    CLIENT_HANDSHAKE_TRAFFIC_SECRET: toHex(trace.secret('c hs traffic')),
    SERVER_HANDSHAKE_TRAFFIC_SECRET: toHex(trace.secret('s hs traffic')),
    CLIENT_TRAFFIC_SECRET_0: toHex(trace.secret('c ap traffic')),
    SERVER_TRAFFIC_SECRET_0: toHex(trace.secret('s ap traffic')),
    EXPORTER_SECRET: toHex(trace.secret('exp master')),
  })
  // Resumption is not built yet, but its secret says that the transcript is right to its end.
  const resumption = deriveSecret(sha256, trace.secret('master'), 'res master', story.transcript.digest())
  expect(toHex(resumption)).toBe(toHex(trace.secret('res master')))
}

/** Sends what the trace sent after the handshake, and compares. */
function expectSent(story: Storyteller, records: readonly TraceRecord[]): void {
  for (const { action, payload, record } of records) {
    if (action.includes('handshake')) story.layer.sendHandshake(payload)
    else if (action.includes('alert')) story.layer.sendAlert(payload[0] as number, payload[1] as number)
    else story.layer.sendData(payload)
    expect(toHex(story.output())).toBe(toHex(record))
  }
}

/** Receives what the trace's peer sent after the handshake. */
function expectReceived(story: Storyteller, records: readonly TraceRecord[]): void {
  for (const { action, payload, record } of records) {
    story.layer.push(record)
    const incoming = story.layer.next()
    if (incoming?.kind === 'handshake') {
      expect(toHex(incoming.message.raw)).toBe(toHex(payload))
      expect(readNewSessionTicket(incoming.message).ticketLifetime).toBe(30)
    } else if (incoming?.kind === 'alert') {
      expect([incoming.level, incoming.description]).toEqual([...payload])
    } else {
      expect(action).toContain('application_data')
      expect(incoming?.kind === 'data' && toHex(incoming.content)).toBe(toHex(payload))
    }
  }
}

function ownMessages(story: Storyteller): Record<string, Uint8Array[]> {
  const all: Record<string, Uint8Array[]> = {}
  for (const { name, own } of story.told) (all[name] ??= []).push(own)
  return all
}

describe.each(SCENARIOS)('RFC 8448 section $section, $title', (scenario) => {
  test('our server', ({ skip }) => {
    skip(!hasTraces, NO_TRACES)
    const trace = sectionOf(scenario.section)
    const story = tellServer(trace, scenario)
    const [flight, after] = split(trace, 'server')
    const [answers, last] = split(trace, 'client')
    let sent = ''
    for (const { record } of answers) {
      story.receive(record)
      sent += toHex(story.output())
    }
    expect(sent).toBe(wire(flight))
    expect(story.established).toBeDefined()
    expectSecrets(story, trace)

    const own = ownMessages(story)
    expect(own['certificate']).toEqual([trace.message('server', 'Certificate')])
    expect(own['certificate_verify']).toEqual([trace.message('server', 'CertificateVerify')])
    expect(own['finished']).toEqual([trace.message('server', 'Finished')])
    const hellos = [...(own['hello_retry_request'] ?? []), ...(own['server_hello'] ?? [])]
    // By what they say: whoever wrote the trace had another order of extensions.
    const said = (raw: Uint8Array): unknown => ({
      ...readServerHello({ type: 'server_hello', raw }, undefined),
      raw: null,
    })
    expect(hellos.map(said)).toEqual(trace.messages('server', 'ServerHello').map(said))

    expectSent(story, after)
    expectReceived(story, last)
  })

  test('our client', ({ skip }) => {
    skip(!hasTraces, NO_TRACES)
    const trace = sectionOf(scenario.section)
    const story = tellClient(trace, scenario)
    const [flight, after] = split(trace, 'client')
    const [answers, last] = split(trace, 'server')
    let sent = toHex(story.output())
    for (const { record } of answers) {
      story.receive(record)
      sent += toHex(story.output())
    }
    expect(sent).toBe(wire(flight))
    expect(story.established).toBeDefined()
    expectSecrets(story, trace)

    const own = ownMessages(story)
    expect(own['certificate']).toEqual(
      scenario.hasClientCertificate ? [trace.message('client', 'Certificate')] : undefined,
    )
    expect(own['certificate_verify']).toEqual(
      scenario.hasClientCertificate ? [trace.message('client', 'CertificateVerify')] : undefined,
    )
    expect(own['finished']).toEqual([trace.message('client', 'Finished')])
    const told = (raw: Uint8Array): unknown => {
      const { random, legacySessionId, cipherSuites, extensions } = readClientHello({ type: 'client_hello', raw })
      const { key_share, supported_versions, server_name, cookie } = extensions
      return { random, legacySessionId, cipherSuites, key_share, supported_versions, server_name, cookie }
    }
    expect(own['client_hello']?.map(told)).toEqual(trace.messages('client', 'ClientHello').map(told))

    expectSent(story, after)
    expectReceived(story, last)
  })
})
