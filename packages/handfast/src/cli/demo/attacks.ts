/**
 * Five attacks by a man in the middle, each between a fresh server and a fresh client over TCP. An
 * attack counts as stopped only if its victim ended the handshake with the alert the protocol has for
 * it, and no byte of application data came through.
 */

import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import type { HandshakeReport } from '../../node/index.ts'
import { GROUP_CODES } from '../../tls/index.ts'
import type { Stage } from '../../report/handshake-report.ts'
import { isClientHello, stripGroup } from './client-hello.ts'
import { startImpersonator } from './impersonator.ts'
import { ended, startClient, startServer } from './pair.ts'
import type { Parties } from './parties.ts'
import { startProxy, type Tampering } from './proxy.ts'

export interface AttackResult {
  readonly name: string
  /** Where the handshake was when it was stopped; null if it was not. */
  readonly stage: Stage | null
  readonly alert: string | null
  readonly stopped: boolean
  /** Who stopped it. */
  readonly by: 'client' | 'server'
  /** Why that had to be, in a sentence. */
  readonly why: string
  /** The victim's record. */
  readonly report: HandshakeReport
}

interface Attack {
  readonly name: string
  readonly by: 'client' | 'server'
  readonly alert: string
  readonly why: string
  /** Carries it out; resolves with the victim's record. */
  readonly run: (parties: Parties) => Promise<HandshakeReport>
}

const ATTACKS: readonly Attack[] = [
  {
    name: 'a certificate from another CA',
    by: 'client',
    alert: 'unknown_ca',
    why: 'The name is right, and so is the name of the issuer; its key is not the trusted one.',
    run: (parties) => impersonate(parties, parties.impostor.chain, parties.impostor.privateKey),
  },
  {
    name: 'a genuine certificate without its key',
    by: 'client',
    alert: 'decrypt_error',
    why: "The certificate is the server's own; the signature in CertificateVerify was made with another key.",
    run: (parties) => impersonate(parties, parties.server.chain, parties.impostor.privateKey),
  },
  {
    name: 'a ClientHello stripped of the hybrid group',
    by: 'client',
    alert: 'bad_record_mac',
    why: 'Keys depend on every byte of both hellos; the two ends read different ones and share no key.',
    run: (parties) =>
      betweenPair(parties, {
        fromClient: (record) => (isClientHello(record) ? stripGroup(record, GROUP_CODES.X25519MLKEM768) : record),
      }),
  },
  {
    name: 'a flipped byte in the encrypted flight',
    by: 'client',
    alert: 'bad_record_mac',
    why: 'Each record is authenticated; one bit changed, and it does not open.',
    run: (parties) => betweenPair(parties, { fromServer: flipOnce() }),
  },
  {
    name: 'a recorded client flight replayed to the server',
    by: 'server',
    alert: 'bad_record_mac',
    why: "The server's share is fresh: what was encrypted for the last handshake opens in no other.",
    run: replay,
  },
]

/** Runs all five, one after the other; `onEnd` is told of each, numbered from 1. */
export async function runAttacks(
  parties: Parties,
  onEnd?: (attack: AttackResult, number: number) => void,
): Promise<AttackResult[]> {
  const results: AttackResult[] = []
  for (const attack of ATTACKS) {
    const report = await attack.run(parties)
    const { failure } = report
    const stopped = failure !== null && failure.direction === 'sent' && failure.alert === attack.alert
    const { name, by, why } = attack
    results.push({ name, stage: failure?.stage ?? null, alert: failure?.alert ?? null, stopped, by, why, report })
    onEnd?.(results.at(-1) as AttackResult, results.length)
  }
  return results
}

/** The man in the middle ends the client's TLS himself. */
async function impersonate(
  parties: Parties,
  chain: readonly Uint8Array[],
  privateKey: Uint8Array,
): Promise<HandshakeReport> {
  await using server = await startServer(parties)
  await using attacker = await startImpersonator(chain, privateKey, server.port)
  return await endOfClient(parties, attacker.port)
}

/** The man in the middle changes records on their way between the two. */
async function betweenPair(parties: Parties, tampering: Tampering): Promise<HandshakeReport> {
  await using server = await startServer(parties)
  await using proxy = await startProxy(server.port, tampering)
  return await endOfClient(parties, proxy.port)
}

async function endOfClient(parties: Parties, port: number): Promise<HandshakeReport> {
  const socket = startClient(parties, port)
  const report = await ended(socket)
  socket.destroy()
  return report
}

const APPLICATION_DATA = 23

/** Flips the lowest bit of a byte in the middle of the first protected record. */
function flipOnce(): (record: Uint8Array) => Uint8Array {
  let isDone = false
  return (record) => {
    if (isDone || record[0] !== APPLICATION_DATA) return record
    isDone = true
    const changed = Uint8Array.from(record)
    const at = changed.length >> 1
    changed[at] = (changed[at] as number) ^ 1
    return changed
  }
}

/** The man in the middle lets a handshake pass, keeps what the client sent, and sends it again on a connection of his own. */
async function replay(parties: Parties): Promise<HandshakeReport> {
  await using server = await startServer(parties)
  await using proxy = await startProxy(server.port)
  const socket = startClient(parties, proxy.port)
  const [honest] = await Promise.all([server.nextEnd(), ended(socket)])
  socket.destroy()
  if (honest.outcome !== 'complete') return honest
  const attacker = connectTcp(server.port, '127.0.0.1')
  attacker.on('error', () => {})
  attacker.resume()
  await once(attacker, 'connect')
  attacker.write(proxy.recording())
  const report = await server.nextEnd()
  attacker.destroy()
  return report
}
