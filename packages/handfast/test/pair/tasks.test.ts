/** Waits for the host: answered at once, later, never, twice, or with no. */

import { describe, expect, test } from 'vitest'
import { nodeProvider } from '../../src/crypto/node.ts'
import type { PrivateKey } from '../../src/crypto/provider.ts'
import type { Question, ServerConfig, Task } from '../../src/tls/index.ts'
import { issue } from '../pki.ts'
import { expectHandshake, expectRefusal } from './expectations.ts'
import { CA, CLIENT, type Decide, identityOf, Pair, type PairOptions, SERVER } from './pair.ts'

const SECOND = 1_000_000

function mutual(options: PairOptions = {}): PairOptions {
  return {
    ...options,
    client: { identities: [identityOf(CLIENT)], ...options.client },
    server: { clientAuthentication: 'required', ...options.server },
  }
}

function kinds(tasks: readonly Task[]): Question['kind'][] {
  return tasks.map((task) => task.kind)
}

function namesSent(pair: Pair, side: 'client' | 'server'): string[] {
  const { messages } = pair[side].connection.report()
  return messages.filter(({ direction }) => direction === 'sent').map(({ name }) => name)
}

/** Bytes that `act` makes typed arrays copy. */
function bytesCopied(act: () => void): number {
  const arrays = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array
  const { set, slice } = arrays
  let copied = 0
  try {
    arrays.set = function (this: Uint8Array, source, offset) {
      copied += source.length
      set.call(this, source, offset)
    }
    arrays.slice = function (this: Uint8Array, ...range) {
      const result = slice.apply(this, range)
      copied += result.length
      return result
    }
    act()
  } finally {
    Object.assign(arrays, { set, slice })
  }
  return copied
}

describe('which questions are asked, and when', () => {
  test('mutual authentication: the client decides about the server before it shows who it is', () => {
    const pair = new Pair(mutual({ server: { chooseConfig: true, decide: answerNothing } }))
    expectHandshake(pair)
    expect(kinds(pair.client.tasks)).toEqual(['verify-peer', 'choose-identity', 'sign'])
    expect(kinds(pair.server.tasks)).toEqual(['choose-config', 'choose-identity', 'sign', 'verify-peer'])
    expect(pair.client.tasks.map(({ id }) => id)).toEqual([1, 2, 3])
  })

  test('without client authentication the client is asked once', () => {
    const pair = new Pair()
    expectHandshake(pair)
    expect(kinds(pair.client.tasks)).toEqual(['verify-peer'])
    expect(kinds(pair.server.tasks)).toEqual(['choose-identity', 'sign'])
  })

  test('verify-peer knows the name and the chain', () => {
    const pair = new Pair(mutual())
    expectHandshake(pair)
    expect(pair.client.tasks[0]).toMatchObject({ peer: 'server', serverName: 'server.example', chain: SERVER.chain })
    expect(pair.server.tasks.at(-1)).toMatchObject({ peer: 'client', serverName: undefined, chain: CLIENT.chain })
  })
})

describe('a signer that takes its time', () => {
  test.each(['client', 'server'] as const)('%s: answered a second later', (side) => {
    const decide = signLater(SECOND)
    const pair = new Pair(mutual({ [side]: { decide } }))
    expectHandshake(pair)
    expect(pair.clock.now()).toBeGreaterThan(SECOND)
    const { stages, duration } = pair[side].connection.report()
    expect(duration).toBeGreaterThanOrEqual(SECOND)
    const verify = stages.find(({ stage }) => stage === 'verify')
    expect((verify?.endedAt as number) - (verify?.startedAt as number)).toBeGreaterThanOrEqual(SECOND / 2)
  })

  test('a key that never leaves its store: no key in the identity', () => {
    const { chain } = SERVER
    const pair = new Pair({ server: { identities: [{ chain }], decide: signLater(SECOND, SERVER.privateKey) } })
    expectHandshake(pair)
  })

  test.each([
    ['ed25519', 'ed25519', 'Ed25519', 'Ed25519'],
    ['rsa_pss_rsae_sha256', 'rsa-2048', { name: 'RSA-PSS', hash: 'SHA-256' }, { name: 'RSA-PSS', saltLength: 32 }],
  ] as const)('%s with a key of WebCrypto that cannot be exported', async (scheme, keyType, imported, used) => {
    const certificate = issue(CA, { dnsNames: ['server.example'], keyType })
    const { pkcs8 } = certificate.key
    const key = await crypto.subtle.importKey('pkcs8', Uint8Array.from(pkcs8), imported, false, ['sign'])
    const identities = [{ chain: certificate.chain, signatureSchemes: [scheme] }]
    const pair = new Pair({ server: { identities, decide: (task) => task.kind === 'sign' } }).run()
    const { task } = pair.server.connection
    if (task?.kind !== 'sign') throw new Error('the server should wait for a signature')
    const signature = await crypto.subtle.sign(used, key, Uint8Array.from(task.input))
    pair.server.connection.resume<'sign'>(task.id, new Uint8Array(signature))
    expectHandshake(pair, { peerSignatureScheme: scheme })
  })

  test('input is bounded meanwhile', () => {
    const pair = new Pair(mutual({ server: { decide: (task) => task.kind === 'sign' } })).run()
    expect(pair.server.connection.wantsInput).toBe(false)
    const chunk = new Uint8Array(1024).fill(0x16)
    let sent = 0
    while (pair.server.connection.state === 'handshaking' && sent < 2 ** 22) {
      pair.server.connection.receive(chunk)
      sent += chunk.length
    }
    expect(sent).toBeLessThanOrEqual(0x40000 + chunk.length)
    expect(pair.server.connection.error).toMatchObject({ alert: 'internal_error', fault: 'host' })
  })

  test('a trickle of bytes meanwhile costs no more than a stream', () => {
    const pair = new Pair(mutual({ server: { decide: (task) => task.kind === 'sign' } })).run()
    const TRICKLE = 20_000
    const byte = Uint8Array.of(0x16)
    const copied = bytesCopied(() => {
      for (let i = 0; i < TRICKLE; i++) pair.server.connection.receive(byte)
    })
    expect(pair.server.connection.state).toBe('handshaking')
    expect(copied).toBeGreaterThan(TRICKLE)
    expect(copied).toBeLessThan(10 * TRICKLE)
  })

  test('what came meanwhile is not lost', () => {
    let answer: (() => void) | undefined
    const pair = new Pair(
      mutual({
        server: {
          decide: (task, connection) => {
            if (task.kind !== 'verify-peer') return false
            answer = () => connection.resume<'verify-peer'>(task.id, { accepted: true })
            return true
          },
        },
      }),
    ).run()
    expect(pair.client.connection.state).toBe('open')
    pair.client.connection.write(new TextEncoder().encode('already'))
    pair.server.connection.receive(pair.client.attend(pair) as Uint8Array)
    expect(pair.server.text).toBe('')
    answer?.()
    pair.run()
    expect(pair.server.text).toBe('already')
  })
})

describe('answers that come too late, or twice', () => {
  test('are ignored', () => {
    let first: Task | undefined
    const pair = new Pair({
      server: {
        decide: (task, connection) => {
          first ??= task
          if (task !== first) {
            connection.resume<'choose-identity'>(first.id, undefined)
            connection.refuse(first.id, new Error('changed my mind'))
          }
          return false
        },
      },
    })
    expectHandshake(pair)
    pair.server.connection.refuse(first?.id as number, new Error('much too late'))
    pair.server.connection.resume<'sign'>(99, new Uint8Array(0))
    expect(pair.server.connection.state).toBe('open')
  })

  test('after the end too', () => {
    const pair = new Pair({ client: { decide: () => true } }).run()
    const { task } = pair.client.connection
    pair.client.connection.close()
    expect(pair.client.connection.task).toBeUndefined()
    pair.client.connection.resume<'verify-peer'>(task?.id as number, { accepted: true })
    expect(pair.client.connection.state).toBe('closed')
  })
})

describe('refusals', () => {
  test.each<['client' | 'server', Question['kind'], string]>([
    ['client', 'verify-peer', 'certificate_unknown'],
    ['client', 'choose-identity', 'internal_error'],
    ['client', 'sign', 'internal_error'],
    ['server', 'choose-config', 'internal_error'],
    ['server', 'choose-identity', 'internal_error'],
    ['server', 'sign', 'internal_error'],
    ['server', 'verify-peer', 'certificate_unknown'],
  ])('%s refuses %s: %s', (side, kind, alert) => {
    const decide = refuse(kind)
    const pair = new Pair(mutual({ [side]: { decide, ...(kind === 'choose-config' ? { chooseConfig: true } : {}) } }))
    pair.run()
    expectRefusal(pair, side, alert, new RegExp(`${kind}: the host refused: no`))
    expect(pair[side].connection.error?.fault).toBe('host')
  })

  test('with an alert of its choice', () => {
    const decide: Decide = (task, connection) => {
      if (task.kind === 'verify-peer') connection.refuse(task.id, new Error('not on the list'), 'access_denied')
      return task.kind === 'verify-peer'
    }
    expectRefusal(new Pair(mutual({ server: { decide } })), 'server', 'access_denied', /not on the list/)
  })

  test.each([
    ['a refusal', refuse('verify-peer')],
    ['a judgement that says no', judge({ accepted: false })],
    ['no judgement at all', judge(undefined)],
    ['something that is not quite true', judge({ accepted: 1 })],
  ])('%s of the server: the certificate of the client has not left', (_, decide) => {
    const pair = new Pair(mutual({ client: { decide } })).run()
    expect(pair.client.connection.state).toBe('failed')
    expect(namesSent(pair, 'client')).toEqual(['client_hello', 'change_cipher_spec', 'alert'])
    expect(pair.server.connection.report().messages.filter(({ direction }) => direction === 'received')).toMatchObject([
      { name: 'client_hello' },
      { name: 'change_cipher_spec' },
      { name: 'alert' },
    ])
  })

  test.each(['client', 'server'] as const)('%s: a signature that is none', (side) => {
    for (const answer of [undefined, new Uint8Array(0), 'signature']) {
      const decide: Decide = (task, connection) => {
        if (task.kind === 'sign') connection.resume(task.id, answer as never)
        return task.kind === 'sign'
      }
      expectRefusal(new Pair(mutual({ [side]: { decide } })), side, 'internal_error', /sign: needs a signature/)
    }
  })

  test.each(['client', 'server'] as const)('%s: a wrong signature is noticed by the other', (side) => {
    const decide: Decide = (task, connection) => {
      if (task.kind === 'sign') {
        connection.resume<'sign'>(task.id, nodeProvider.sign(task.algorithm, SERVER.privateKey, Uint8Array.of(1)))
      }
      return task.kind === 'sign'
    }
    const other = side === 'client' ? 'server' : 'client'
    expectRefusal(new Pair(mutual({ [side]: { decide } })), other, 'decrypt_error', /certificate_verify\.signature/)
  })

  test('a server without a certificate', () => {
    expectRefusal(new Pair({ server: { identities: [] } }), 'server', 'handshake_failure', /identities/)
  })
})

describe('an unanswered verify-peer', () => {
  test.each(['client', 'server'] as const)('never proceeds: %s', (side) => {
    const decide: Decide = (task) => task.kind === 'verify-peer'
    const pair = new Pair(mutual({ [side]: { decide } })).run()
    const { connection } = pair[side]
    expect([connection.state, connection.task?.kind, connection.wantsInput]).toEqual([
      'handshaking',
      'verify-peer',
      false,
    ])
    expect(connection.peerCertificates).toEqual([])
    expect(connection.negotiated).toBeUndefined()
    expect(connection.canWrite).toBe(false)
    expect(() => connection.channelBinding()).toThrow(TypeError)
    expect(pair[side].eventTypes()).toEqual([])
    connection.close()
    expect(connection.state).toBe('closed')
  })
})

describe('choose-config', () => {
  const edCertificate = issue(CA, { dnsNames: ['server.example'], keyType: 'ed25519' })

  test('sees the ClientHello in names', () => {
    const pair = new Pair({
      client: { alpnProtocols: ['h2'], groups: ['x25519'], grease: true },
      server: { chooseConfig: true, decide: answerNothing },
    })
    expectHandshake(pair)
    expect(pair.server.tasks[0]).toMatchObject({
      clientHello: {
        serverName: 'server.example',
        alpnProtocols: ['h2'],
        versions: ['GREASE', 'TLS 1.3', 'TLS 1.2'],
        groups: ['GREASE', 'x25519'],
      },
    })
  })

  test.each<[string, Partial<ServerConfig>, Parameters<typeof expectHandshake>[1]]>([
    ['nothing', {}, {}],
    ['ALPN', { alpnProtocols: ['h2'] }, { alpnProtocol: 'h2' }],
    [
      'cipher suites',
      { cipherSuites: ['TLS_CHACHA20_POLY1305_SHA256'] },
      { cipherSuite: 'TLS_CHACHA20_POLY1305_SHA256' },
    ],
    ['groups', { groups: ['secp384r1'] }, { group: 'secp384r1', helloRetryRequest: true }],
    ['the cookie', { cookie: 'always' }, { helloRetryRequest: true }],
    ['client authentication', { clientAuthentication: 'optional' }, { clientCertificateRequested: true }],
  ])('changes %s', (_, change, negotiated) => {
    const decide: Decide = (task, connection) => {
      if (task.kind === 'choose-config') connection.resume<'choose-config'>(task.id, change)
      return task.kind === 'choose-config'
    }
    const pair = new Pair({ client: { alpnProtocols: ['h2'] }, server: { chooseConfig: true, decide } })
    expectHandshake(pair, negotiated)
  })

  test('a change that makes no sense ends in internal_error', () => {
    const decide: Decide = (task, connection) => {
      if (task.kind === 'choose-config') connection.resume<'choose-config'>(task.id, { groups: [] })
      return task.kind === 'choose-config'
    }
    expectRefusal(new Pair({ server: { chooseConfig: true, decide } }), 'server', 'internal_error', /groups/)
  })

  test('another identity', () => {
    const decide: Decide = (task, connection) => {
      if (task.kind === 'choose-identity') {
        connection.resume<'choose-identity'>(task.id, identityOf(edCertificate))
      }
      return task.kind === 'choose-identity'
    }
    expectHandshake(new Pair({ server: { decide } }), { peerSignatureScheme: 'ed25519' })
  })
})

function answerNothing(...[task, connection]: Parameters<Decide>): boolean {
  if (task.kind === 'choose-config') connection.resume<'choose-config'>(task.id, undefined)
  return task.kind === 'choose-config'
}

function signLater(delay: number, key?: PrivateKey): Decide {
  return (task, connection, pair) => {
    if (task.kind !== 'sign') return false
    const signer = key ?? (task.identity.key as PrivateKey)
    pair.clock.after(delay, () =>
      connection.resume<'sign'>(task.id, nodeProvider.sign(task.algorithm, signer, task.input)),
    )
    return true
  }
}

function refuse(kind: Question['kind']): Decide {
  return (task, connection) => {
    if (task.kind === kind) connection.refuse(task.id, new Error('no'))
    return task.kind === kind
  }
}

function judge(judgement: unknown): Decide {
  return (task, connection) => {
    if (task.kind === 'verify-peer') connection.resume(task.id, judgement as never)
    return task.kind === 'verify-peer'
  }
}

describe('an answer to verify-peer that is no judgement', () => {
  const ODD: readonly (readonly [string, () => unknown, isAccepted: boolean])[] = [
    ['undefined', () => undefined, false],
    ['null', () => null, false],
    ['true', () => true, false],
    ['{}', () => ({}), false],
    ['accepted: 1', () => ({ accepted: 1 }), false],
    ['accepted: "true"', () => ({ accepted: 'true' }), false],
    ['refused, with an empty verdict', () => ({ accepted: false, verdict: {} }), false],
    ['refused, with a verdict that is null', () => ({ accepted: false, verdict: null }), false],
    ['accepted, with an empty verdict', () => ({ accepted: true, verdict: {} }), true],
    ['accepted, with a verdict that is null', () => ({ accepted: true, verdict: null }), true],
    ['accepted, with reasons that are none', () => ({ accepted: true, verdict: { trusted: true, reasons: 1 } }), true],
    [
      'a getter that throws',
      () => ({
        get accepted(): boolean {
          throw new Error('getter')
        },
      }),
      false,
    ],
  ]

  test.each(ODD)('%s', (_, answer, isAccepted) => {
    const decide: Decide = (task, connection) => {
      connection.resume<'verify-peer'>(task.id, answer() as never)
      return true
    }
    const pair = new Pair({ client: { decide } }).run()
    const { connection } = pair.client
    expect(connection.state).toBe(isAccepted ? 'open' : 'failed')
    expect(connection.peerVerdict).toBeUndefined()
    const { server, outcome } = connection.report()
    expect(outcome).toBe(isAccepted ? 'complete' : 'failed')
    expect(server.verdict?.state).not.toBe('accepted')
    if (!isAccepted) expect(connection.error).toMatchObject({ fault: 'host', stage: 'verify' })
  })
})
