/** Post-handshake authentication (RFC 9846 section 4.7.2): a server of ours asks a client of ours, while data flows. */

import { describe, expect, test } from 'vitest'
import { nodeProvider } from '../../src/crypto/node.ts'
import { createPortableProvider } from '../../src/crypto/portable.ts'
import type { Task } from '../../src/tls/index.ts'
import { createKeySet } from '../../src/x509/index.ts'
import { toHex } from '../../src/bytes/index.ts'
import { issue, makeCa } from '../pki.ts'
import { CA, CLIENT, type End, identityOf, Pair, type PairOptions, rawIdentityOf, SERVER } from './pair.ts'

const ALICE = identityOf(CLIENT)
const BOB = identityOf(issue(CA, { subject: 'bob', usage: 'client' }))

/** Two ends that are open, and the client has offered it. */
function openPair({ client, server, ...wire }: PairOptions = {}): Pair {
  return new Pair({
    client: { postHandshakeAuth: true, identities: [ALICE], ...client },
    server: { ...server },
    ...wire,
  }).run()
}

function answersOf(end: End): readonly boolean[] {
  return end.events.flatMap((event) => (event.type === 'client-answered' ? [event.isAuthenticated] : []))
}

function askedOf(pair: Pair): Pair {
  pair.server.connection.requestClientCertificate()
  return pair.run()
}

describe('a client that is asked', () => {
  test('shows who it is', () => {
    const pair = openPair()
    expect(pair.server.connection.peerCertificates).toEqual([])
    askedOf(pair)
    expect(answersOf(pair.server)).toEqual([true])
    const { connection } = pair.server
    expect(connection.peerCertificates).toEqual(ALICE.chain)
    expect(connection.peerVerdict?.trusted).toBe(true)
    expect(connection.negotiated?.peerSignatureScheme).toBe('ecdsa_secp256r1_sha256')
    for (const end of pair.ends) {
      const report = end.connection.report()
      expect(report.client).toMatchObject({ afterHandshake: true, signatureScheme: 'ecdsa_secp256r1_sha256' })
      expect(report.client.chain).toHaveLength(CLIENT.chain.length)
      expect(report.negotiated.clientCertificateRequested).toBe(false)
      expect(report.messages.at(-1)?.name).toBe('finished')
    }
    expect(pair.talk().server.text).toBe('from the client')
  })

  test('leaves the times of the handshake as they were', () => {
    const pair = openPair()
    const before = pair.ends.map(({ connection }) => connection.report().stages)
    pair.clock.advance(1_000_000)
    askedOf(pair)
    expect(pair.ends.map(({ connection }) => connection.report().stages)).toEqual(before)
  })

  test('declines, and the connection goes on', () => {
    const pair = askedOf(openPair({ client: { identities: [] } }))
    expect(answersOf(pair.server)).toEqual([false])
    expect(pair.server.connection.peerCertificates).toEqual([])
    expect(pair.talk().server.text).toBe('from the client')
  })

  test('is refused if nobody trusts it', () => {
    const stranger = identityOf(issue(makeCa({ subject: 'Strangers' }), { subject: 'mallory', usage: 'client' }))
    const pair = askedOf(openPair({ client: { identities: [stranger] } }))
    expect(answersOf(pair.server)).toEqual([])
    expect([pair.server.connection.error?.alert, pair.server.connection.error?.fault]).toEqual(['unknown_ca', 'host'])
    expect(pair.client.connection.error?.alert).toBe('unknown_ca')
    expect(pair.server.connection.peerCertificates).toEqual([])
  })

  test('is asked again, and is someone else then', () => {
    let next = 0
    const pair = openPair({
      client: {
        decide: (task, connection) => {
          if (task.kind !== 'choose-identity') return false
          connection.resume<'choose-identity'>(task.id, [ALICE, undefined, BOB][next++])
          return true
        },
      },
    })
    const known = [1, 2, 3].map(() => askedOf(pair).server.connection.peerCertificates)
    expect(answersOf(pair.server)).toEqual([true, false, true])
    expect(known).toEqual([ALICE.chain, ALICE.chain, BOB.chain])
  })

  test('has shown itself in the handshake already', () => {
    const pair = openPair({ server: { clientAuthentication: 'required' } })
    expect(pair.server.connection.report().client.afterHandshake).toBeUndefined()
    expect(answersOf(askedOf(pair).server)).toEqual([true])
  })

  test('shows a raw public key, if that was agreed on', () => {
    const raw = rawIdentityOf(CLIENT)
    const hash = toHex(nodeProvider.hashes.sha256.digest(raw.rawPublicKey as Uint8Array))
    const pair = openPair({
      client: { identities: [raw] },
      server: {
        clientCertificateTypes: ['RawPublicKey'],
        validation: { trustedKeys: createKeySet({ name: 'clients', hashes: [hash] }) },
      },
    })
    expect(answersOf(askedOf(pair).server)).toEqual([true])
    expect(pair.server.connection.peerRawPublicKey).toEqual(raw.rawPublicKey)
  })

  test.each(['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'] as const)('answers in %s', (suite) => {
    expect(answersOf(askedOf(openPair({ client: { cipherSuites: [suite] } })).server)).toEqual([true])
  })

  test('answers after a HelloRetryRequest, to the portable provider', () => {
    const provider = createPortableProvider()
    const pair = openPair({
      client: { provider, identities: [identityOf(CLIENT, provider)] },
      server: { provider, identities: [identityOf(SERVER, provider)], groups: ['secp256r1'], cookie: 'always' },
    })
    expect(pair.server.connection.negotiated?.helloRetryRequest).toBe(true)
    expect(answersOf(askedOf(pair).server)).toEqual([true])
  })
})

describe('keys', () => {
  test.each([
    ['the client', (pair: Pair) => pair.client.connection.updateKeys()],
    ['the server', (pair: Pair) => pair.server.connection.updateKeys()],
    ['both', (pair: Pair) => pair.server.connection.updateKeys({ requestPeer: true })],
  ])('of %s are new, and the answer is right', (_, update) => {
    const pair = openPair()
    update(pair)
    pair.run()
    expect(answersOf(askedOf(pair).server)).toEqual([true])
    expect(pair.talk().server.text).toBe('from the client')
  })

  test('change while the client thinks', () => {
    const waiting: Task[] = []
    const pair = openPair({
      client: {
        decide: (task) => {
          if (task.kind !== 'sign') return false
          waiting.push(task)
          return true
        },
      },
    })
    pair.server.connection.requestClientCertificate()
    pair.server.connection.updateKeys({ requestPeer: true })
    pair.run()
    const task = waiting[0] as Extract<Task, { kind: 'sign' }>
    pair.client.connection.updateKeys()
    pair.client.connection.write(new TextEncoder().encode('meanwhile'))
    pair.run()
    expect([pair.server.text, answersOf(pair.server)]).toEqual(['meanwhile', []])
    const key = task.identity.key as NonNullable<typeof task.identity.key>
    pair.client.connection.resume<'sign'>(task.id, nodeProvider.sign(task.algorithm, key, task.input))
    pair.run()
    expect(answersOf(pair.server)).toEqual([true])
    expect(pair.client.eventTypes()).toContain('keys-updated')
    expect(pair.talk('.', '.').server.text).toBe('meanwhile.')
  })
})

describe('an answer', () => {
  test('comes between data in both directions, and loses none', () => {
    const pair = openPair()
    pair.client.connection.write(new TextEncoder().encode('one '))
    pair.server.connection.requestClientCertificate()
    pair.server.connection.write(new TextEncoder().encode('two '))
    pair.run().talk('three', 'four')
    expect([pair.server.text, pair.client.text]).toEqual(['one three', 'two four'])
    expect(answersOf(pair.server)).toEqual([true])
  })

  test('is not sent once we have closed', () => {
    const pair = openPair({ client: { decide: (task) => task.kind === 'choose-identity' } })
    pair.server.connection.requestClientCertificate()
    pair.run()
    const task = pair.client.connection.task as Task
    pair.client.connection.close()
    pair.run()
    const sent = pair.client.sent.length
    pair.client.connection.resume<'choose-identity'>(task.id, undefined)
    pair.run()
    expect(pair.client.sent.length).toBe(sent)
    expect(pair.server.eventTypes()).toContain('peer-closed')
  })

  test('that the server thinks about holds back the data behind it', () => {
    let task: Task | undefined
    const pair = openPair({
      server: {
        decide: (one) => {
          if (one.kind !== 'verify-peer') return false
          task = one
          return true
        },
      },
    })
    askedOf(pair)
    pair.client.connection.write(new TextEncoder().encode('behind'))
    pair.run()
    expect([pair.server.text, pair.server.connection.wantsInput]).toEqual(['', false])
    expect(() => pair.server.connection.requestClientCertificate()).toThrow(
      /needs the answer to the last request first/,
    )
    pair.server.connection.resume<'verify-peer'>((task as Task).id, { accepted: true })
    pair.run()
    expect(answersOf(pair.server)).toEqual([true])
    expect(pair.server.text).toBe('behind')
  })
})

describe('a server may not ask', () => {
  test.each([
    ['a client that did not offer it', { client: { postHandshakeAuth: false } }],
    ['in TLS 1.2', { server: { versions: ['TLS 1.2'] } }],
  ] as const)('%s', (_, options) => {
    const pair = openPair(options)
    expect(() => pair.server.connection.requestClientCertificate()).toThrow(
      /^requestClientCertificate: needs a client that offered it/,
    )
    expect(pair.talk().server.text).toBe('from the client')
  })

  test('twice at a time', () => {
    const pair = openPair()
    pair.server.connection.requestClientCertificate()
    expect(() => pair.server.connection.requestClientCertificate()).toThrow(
      /needs the answer to the last request first/,
    )
    pair.run()
    expect(answersOf(pair.server)).toEqual([true])
  })

  test('before the handshake is complete, or after the end', () => {
    const pair = new Pair({ client: { postHandshakeAuth: true } })
    const ask = (): void => pair.server.connection.requestClientCertificate()
    expect(ask).toThrow(/needs an open connection, has one that is handshaking/)
    pair.run()
    pair.server.connection.close()
    expect(ask).toThrow(/needs an open connection, has one that is closed/)
  })

  test('as a client', () => {
    expect(() => openPair().client.connection.requestClientCertificate()).toThrow(/needs a client that offered it/)
  })
})
