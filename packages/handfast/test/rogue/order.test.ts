/** Every handshake message at every place where it does not belong (RFC 9846 sections 4, A.1, A.2). */

import { describe, expect, test } from 'vitest'
import { HANDSHAKE_TYPES, type HandshakeTypeName } from '../../src/tls/registry.ts'
import { RogueClient } from './client.ts'
import { handshake } from './messages.ts'
import type { RoguePeer } from './peer.ts'
import { expectEnd } from './rule.ts'
import { RogueServer } from './server.ts'

interface Place {
  readonly name: string
  /** What may come there; all else may not. */
  readonly due: readonly HandshakeTypeName[]
  readonly reach: () => RoguePeer
}

/** Where a client of ours may be. */
const CLIENT_PLACES: readonly Place[] = [
  { name: 'waiting for ServerHello', due: ['server_hello'], reach: () => new RogueServer() },
  { name: 'after HelloRetryRequest', due: ['server_hello'], reach: () => new RogueServer().retry() },
  {
    name: 'waiting for EncryptedExtensions',
    due: ['encrypted_extensions'],
    reach: () => new RogueServer().through('server_hello'),
  },
  {
    name: 'waiting for CertificateRequest or Certificate',
    due: ['certificate_request', 'certificate'],
    reach: () => new RogueServer().through('encrypted_extensions'),
  },
  {
    name: 'waiting for Certificate',
    due: ['certificate'],
    reach: () => new RogueServer().through('encrypted_extensions').certificateRequest(),
  },
  {
    name: 'waiting for CertificateVerify',
    due: ['certificate_verify'],
    reach: () => new RogueServer().through('certificate'),
  },
  { name: 'waiting for Finished', due: ['finished'], reach: () => new RogueServer().through('certificate_verify') },
  { name: 'open', due: ['key_update', 'new_session_ticket'], reach: () => new RogueServer().to('open') },
  {
    name: 'open, and willing to say who it is',
    due: ['key_update', 'new_session_ticket', 'certificate_request'],
    reach: () => new RogueServer({ postHandshakeAuth: true }).to('open'),
  },
]

/** Where a server of ours may be. */
const SERVER_PLACES: readonly Place[] = [
  { name: 'waiting for ClientHello', due: ['client_hello'], reach: () => new RogueClient() },
  {
    name: 'after HelloRetryRequest',
    due: ['client_hello'],
    reach: () => new RogueClient({ cookie: 'always' }).clientHello(),
  },
  {
    name: 'waiting for Certificate',
    due: ['certificate'],
    reach: () => new RogueClient({ clientAuthentication: 'required' }).clientHello(),
  },
  {
    name: 'waiting for CertificateVerify',
    due: ['certificate_verify'],
    reach: () => new RogueClient({ clientAuthentication: 'required' }).clientHello().certificate(),
  },
  {
    name: 'waiting for Finished after CertificateVerify',
    due: ['finished'],
    reach: () => new RogueClient({ clientAuthentication: 'required' }).clientHello().certificate().certificateVerify(),
  },
  {
    name: 'waiting for Finished after an empty Certificate',
    due: ['finished'],
    reach: () =>
      new RogueClient({ clientAuthentication: 'optional' })
        .clientHello()
        .certificate((own) => ({ ...own, entries: [] })),
  },
  { name: 'waiting for Finished', due: ['finished'], reach: () => new RogueClient().clientHello() },
  { name: 'open', due: ['key_update'], reach: () => new RogueClient().to('open') },
  {
    name: 'open, and waiting for an answer',
    due: ['key_update', 'certificate'],
    reach: () => new RogueClient().askedLate(),
  },
  {
    name: 'open, and waiting for CertificateVerify',
    due: ['certificate_verify'],
    reach: () => new RogueClient().askedLate().lateCertificate(),
  },
  {
    name: 'open, and waiting for Finished',
    due: ['finished'],
    reach: () => new RogueClient().askedLate().lateCertificate().certificateVerify(),
  },
  {
    name: 'open, and waiting for Finished after an empty Certificate',
    due: ['finished'],
    reach: () => new RogueClient().askedLate().lateCertificate((own) => ({ ...own, entries: [] })),
  },
]

const NAMED = Object.entries(HANDSHAKE_TYPES) as [HandshakeTypeName, number][]
/** Types of other protocols, and numbers that were never given out. */
const UNKNOWN = [3, 6, 7, 9, 10, 19, 21, 23, 26, 67, 100, HANDSHAKE_TYPES.message_hash, 255]

describe.each([
  ['client', CLIENT_PLACES],
  ['server', SERVER_PLACES],
] as const)('a %s of ours', (_, places) => {
  describe.each(places)('$name', ({ due, reach }) => {
    test.each(NAMED.filter(([name]) => !due.includes(name) && name !== 'message_hash'))('%s', (_name, code) => {
      const peer = reach()
      expect(peer.connection.error).toBeUndefined()
      peer.message(handshake(code, Uint8Array.of(0, 0, 0, 0)))
      expectEnd(peer, 'unexpected_message', 'handshake')
    })

    test('types that TLS does not have, from the first byte', () => {
      for (const code of UNKNOWN) {
        const peer = reach()
        peer.record(22, Uint8Array.of(code))
        expectEnd(peer, 'unexpected_message', 'handshake.msg_type')
      }
    })
  })
})
