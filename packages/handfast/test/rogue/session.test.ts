/** What a server may not do to a client of ours that offers a session (RFC 9846 sections 4.3.10, 4.3.11, 4.7.1). */

import { describe, test } from 'vitest'
import type { ClientConfig, Session } from '../../src/tls/index.ts'
import { SimulatedClock } from '../pair/wire.ts'
import { EXTENSION, extension, handshake, type RawExtension, u16, vector, without } from './messages.ts'
import { expectEnd, type Rule } from './rule.ts'
import { RogueServer } from './server.ts'
import { concatBytes } from '../../src/bytes/index.ts'

const SESSION: Session = {
  version: 'TLS 1.3',
  cipherSuite: 'TLS_AES_128_GCM_SHA256',
  secret: new Uint8Array(32).fill(7),
  issuedAt: new SimulatedClock().wall(),
  lifetime: 3600,
  ticketAgeAdd: 5,
  maxEarlyData: 1000,
  serverName: 'server.example',
  alpnProtocol: undefined,
  context: new Uint8Array(0),
  isPeerTrusted: true,
  peerChain: [],
  peerRawPublicKey: undefined,
  ticket: new Uint8Array(50).fill(9),
}
const EARLY = { earlyData: new Uint8Array(10), session: SESSION } as const

function selecting(index: number): RawExtension {
  return extension(EXTENSION.pre_shared_key, u16(index))
}

function ticket(lifetime: number, ...extensions: readonly Uint8Array[]): Uint8Array {
  const seconds = concatBytes(u16(lifetime >>> 16), u16(lifetime & 0xffff))
  return handshake(
    4,
    concatBytes(
      seconds,
      new Uint8Array(4),
      vector(1, new Uint8Array(1)),
      vector(2, new Uint8Array(9)),
      vector(2, ...extensions),
    ),
  )
}

const RULES: readonly Rule<RogueServer, Partial<ClientConfig>>[] = [
  {
    name: 'a key that was not offered',
    config: { session: SESSION },
    alert: 'illegal_parameter',
    path: 'server_hello.pre_shared_key',
    play: (s) => s.answering((own) => [...own, selecting(1)]),
  },
  {
    name: 'a key where none was offered',
    alert: 'unsupported_extension',
    path: 'server_hello.pre_shared_key',
    play: (s) => s.answering((own) => [...own, selecting(0)]),
  },
  {
    name: 'a suite of another hash than the key is for',
    config: { session: SESSION, cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'] },
    alert: 'illegal_parameter',
    path: 'server_hello.cipher_suite',
    play: (s) =>
      s.serverHello((own) => ({ ...own, cipherSuite: 0x1302, extensions: [...own.extensions, selecting(0)] })),
  },
  {
    name: 'the key alone, which was not offered',
    config: { session: SESSION },
    alert: 'illegal_parameter',
    path: 'server_hello.key_share',
    play: (s) => s.answering((own) => [...without(EXTENSION.key_share)(own), selecting(0)]),
  },
  {
    name: 'early data taken that was not sent',
    config: { session: SESSION },
    alert: 'unsupported_extension',
    path: 'encrypted_extensions.early_data',
    play: (s) => s.serverHello().encryptedExtensions(extension(EXTENSION.early_data)),
  },
  {
    name: 'early data taken without the key it is protected with',
    config: EARLY,
    alert: 'illegal_parameter',
    path: 'encrypted_extensions.early_data',
    play: (s) => s.serverHello().encryptedExtensions(extension(EXTENSION.early_data)),
  },
  {
    name: 'TLS 1.2 after early data',
    config: { ...EARLY, cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] },
    alert: 'protocol_version',
    path: 'server_hello',
    play: (s) => s.serverHello((own) => ({ ...own, cipherSuite: 0xc02b, extensions: [] })),
  },
  {
    name: 'a ticket for eight days',
    config: { keepSessions: true },
    alert: 'illegal_parameter',
    path: 'new_session_ticket.ticket_lifetime',
    play: (s) => s.through('finished').message(ticket(8 * 86_400)),
  },
  {
    name: 'a ticket with bytes left over',
    config: { keepSessions: true },
    alert: 'decode_error',
    path: 'new_session_ticket.extensions.early_data',
    play: (s) => s.through('finished').message(ticket(60, u16(EXTENSION.early_data), vector(2, new Uint8Array(5)))),
  },
]

describe('a rogue server, before a client that offers a session', () => {
  test.each(RULES)('$name: $alert', ({ config, play, alert, path }) => {
    const server = new RogueServer(config)
    play(server)
    expectEnd(server, alert, path)
  })
})
