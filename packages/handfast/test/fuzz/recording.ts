/**
 * A conversation on record that can be played to one end again: everything that this end draws comes
 * from a seed, so that it says the same each time, and understands what was said to it.
 */

import { concatBytes, fromHex, toHex } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import type { Aead, CryptoProvider } from '../../src/crypto/provider.ts'
import {
  chooseIdentity,
  type ClientConfig,
  clientConnection,
  type Connection,
  type ServerConfig,
  serverConnection,
} from '../../src/tls/index.ts'
import { RecordFraming } from '../../src/tls/record/framing.ts'
import { RecordOpener, RecordSealer } from '../../src/tls/record/protection.ts'
import { deriveNextTrafficSecret } from '../../src/tls/schedule/key-schedule.ts'
import { issue } from '../pki.ts'
import { fixedGroup } from '../pair/fixed-group.ts'
import { CA, identityOf, Pair } from '../pair/pair.ts'
import { seededRandom, SimulatedClock } from '../pair/wire.ts'

export type Role = 'client' | 'server'

/** A record before it is protected: under which generation of keys (0: none, 1: handshake, 2: application, ...). */
export interface Item {
  readonly generation: number
  readonly type: number
  readonly content: Uint8Array
}

const CLIENT = issue(CA, { subject: 'alice', usage: 'client', keyType: 'ed25519' })
const SERVER = issue(CA, { dnsNames: ['server.example'], keyType: 'ed25519' })
const IDENTITIES = { client: [identityOf(CLIENT)], server: [identityOf(SERVER)] }
const GROUPS = {
  client: [fixedGroup('x25519', seededRandom(11)(32)), fixedGroup('secp256r1', seededRandom(12)(32))],
  server: [fixedGroup('x25519', seededRandom(13)(32)), fixedGroup('secp256r1', seededRandom(14)(32))],
}
const aead = nodeProvider.aeads.find(({ name }) => name === 'aes-128-gcm') as Aead
const hash = nodeProvider.hashes.sha256

/** Starts from the same seed each time it is made. */
function seeded(role: Role): CryptoProvider {
  return { ...nodeProvider, random: seededRandom(role === 'client' ? 1 : 2), groups: GROUPS[role] }
}

export interface Scenario {
  readonly name: string
  readonly client: Partial<ClientConfig>
  readonly server: Partial<ServerConfig>
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'plain', client: {}, server: {} },
  {
    name: 'mutual, after a HelloRetryRequest',
    client: { alpnProtocols: ['h2', 'http/1.1'], keyShares: ['x25519'], grease: true },
    server: { clientAuthentication: 'required', cookie: 'with-retry', groups: ['secp256r1'], alpnProtocols: ['h2'] },
  },
]

/** What one side said in a scenario, and all that is needed to say it again, or something else. */
export class Recording {
  readonly scenario: Scenario
  /** Who says it. */
  readonly from: Role
  readonly items: readonly Item[]
  /** tls-exporter of the connection. */
  readonly binding: string
  /** Application data that belongs to it. */
  readonly data: string
  readonly #secrets: readonly Uint8Array[]

  constructor(scenario: Scenario, from: Role) {
    this.scenario = scenario
    this.from = from
    const pair = new Pair({
      client: { ...clientConfig(scenario), identities: IDENTITIES.client, keyLog: true },
      server: { ...serverConfig(scenario), identities: IDENTITIES.server },
    }).run()
    for (const { connection } of pair.ends) {
      connection.write(new TextEncoder().encode('some '))
      connection.updateKeys()
      connection.write(new TextEncoder().encode('data'))
    }
    pair.run()
    for (const { connection } of pair.ends) connection.close()
    pair.run()
    const [ofClient, ofServer, client0, server0] = pair.client
      .keyLog()
      .map((line) => fromHex(line.split(' ')[2] as string)) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    const [handshake, application] = from === 'client' ? [ofClient, client0] : [ofServer, server0]
    this.#secrets = [handshake, application, deriveNextTrafficSecret(hash, application)]
    this.binding = toHex(pair.client.connection.channelBinding())
    this.data = pair[from === 'client' ? 'server' : 'client'].text
    this.items = this.#open(pair[from].sent)
  }

  /** A fresh engine that hears it: as at the beginning of the recording. */
  listener(): Connection {
    return this.from === 'server'
      ? clientConnection({ ...clientConfig(this.scenario), clock: new SimulatedClock() })
      : serverConnection({ ...serverConfig(this.scenario), clock: new SimulatedClock() })
  }

  /** Items as records, each protected under its generation. */
  seal(items: readonly Item[]): Uint8Array[] {
    const sealers = this.#secrets.map((secret) => new RecordSealer(aead, hash, secret))
    return items.map(({ generation, type, content }) => {
      const sealer = sealers[generation - 1]
      if (sealer === undefined) {
        return concatBytes(Uint8Array.of(type, 3, 3, content.length >>> 8, content.length & 0xff), content)
      }
      const out = new Uint8Array(content.length + 22)
      sealer.seal(type, content, 0, out, 0)
      return out
    })
  }

  #open(stream: Uint8Array): Item[] {
    const openers = this.#secrets.map((secret) => new RecordOpener(aead, hash, secret))
    const framing = new RecordFraming()
    framing.push(stream)
    const items: Item[] = []
    let generation = 1
    for (let record = framing.next(true); record !== undefined; record = framing.next(true)) {
      if (record.type !== 23) {
        items.push({ generation: 0, type: record.type, content: record.fragment.slice() })
        continue
      }
      const opened = openers[generation - 1]?.open(record)
      if (opened === undefined) throw new Error('a recording has more generations of keys than are known')
      items.push({ generation, type: opened.type, content: opened.content.slice() })
      // Finished is the last message in its record, KeyUpdate the only one in its own.
      if (opened.type === 22) generation++
    }
    return items
  }
}

function clientConfig(scenario: Scenario): ClientConfig {
  const provider = seeded('client')
  return {
    cipherSuites: ['TLS_AES_128_GCM_SHA256'],
    serverName: 'server.example',
    ...scenario.client,
    provider,
    clock: new SimulatedClock(),
  }
}

function serverConfig(scenario: Scenario): ServerConfig {
  const provider = seeded('server')
  return {
    cipherSuites: ['TLS_AES_128_GCM_SHA256'],
    ...scenario.server,
    identities: IDENTITIES.server,
    provider,
    clock: new SimulatedClock(),
  }
}

/** Answers every task with yes: what is left to refuse a peer is the protocol itself. */
export function answerAll(connection: Connection): void {
  for (let { task } = connection; task !== undefined; task = connection.task) {
    if (task.kind === 'sign' && task.identity.key !== undefined) {
      connection.resume<'sign'>(task.id, nodeProvider.sign(task.algorithm, task.identity.key, task.input))
    } else if (task.kind === 'verify-peer') connection.resume<'verify-peer'>(task.id, { accepted: true })
    else if (task.kind === 'choose-identity') {
      const own = IDENTITIES[connection.role]
      connection.resume<'choose-identity'>(task.id, chooseIdentity(nodeProvider, own, task))
    } else connection.resume<'choose-config'>(task.id, undefined)
  }
}
