/**
 * A conversation on record that can be played to one end again: everything that this end draws comes
 * from a seed, so that it says the same each time, and understands what was said to it.
 */

import { deflateSync, inflateSync } from 'node:zlib'
import { concatBytes, fromHex, toHex } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import type { Aead, CryptoProvider } from '../../src/crypto/provider.ts'
import {
  type CertificateCompression,
  chooseIdentity,
  type ClientConfig,
  clientConnection,
  type Connection,
  createEchKey,
  generateEchKey,
  type Identity,
  type ServerConfig,
  serverConnection,
  writeEchConfigList,
} from '../../src/tls/index.ts'
import { RecordFraming } from '../../src/tls/record/framing.ts'
import { type Opener, RecordOpener, RecordSealer, type Sealer } from '../../src/tls/record/protection.ts'
import { fixedIvLength, RecordOpener12, RecordSealer12 } from '../../src/tls/record/protection12.ts'
import { deriveNextTrafficSecret } from '../../src/tls/schedule/key-schedule.ts'
import { deriveKeyBlock } from '../../src/tls/schedule/prf12.ts'
import { issue, type TestCertificate } from '../pki.ts'
import { freshOcspResponse } from '../revocation-data.ts'
import { fixedGroup } from '../pair/fixed-group.ts'
import { CA, identityOf, Pair, rawIdentityOf } from '../pair/pair.ts'
import { seededRandom, SimulatedClock } from '../pair/wire.ts'

export type Role = 'client' | 'server'

/**
 * A record before it is protected: under which generation of keys (0: none; TLS 1.3: 1 handshake, 2 application, ...;
 * TLS 1.2: 1 from Finished on).
 */
export interface Item {
  readonly generation: number
  readonly type: number
  readonly content: Uint8Array
}

const CLIENT = issue(CA, { subject: 'alice', usage: 'client', keyType: 'ed25519' })
const SERVER = issue(CA, { dnsNames: ['server.example'], keyType: 'ed25519' })
/** Each shows its certificates, unless the other takes raw public keys alone. */
const IDENTITIES = {
  client: [withEvidence(CLIENT), rawIdentityOf(CLIENT)],
  server: [withEvidence(SERVER), rawIdentityOf(SERVER)],
}

/** It staples, and has a timestamp that says nothing. */
function withEvidence(certificate: TestCertificate): Identity {
  const ocspResponse = freshOcspResponse(CA, certificate, 'good', { thisUpdate: Date.UTC(2026, 5, 30) })
  return { ...identityOf(certificate), ocspResponse, scts: [new Uint8Array(100)] }
}

const ZLIB: CertificateCompression = {
  name: 'zlib',
  compress: (bytes) => deflateSync(bytes),
  decompress: (bytes, length) => inflateSync(bytes, { maxOutputLength: length }),
}
const RAW = ['RawPublicKey'] as const
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

const SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] as const

export interface Scenario {
  readonly name: string
  readonly client: Partial<ClientConfig>
  readonly server: Partial<ServerConfig>
}

const TLS12 = { versions: ['TLS 1.2'] } as const

const HPKE_KEY = generateEchKey(
  { ...nodeProvider, random: seededRandom(21) },
  { publicName: 'public.example', maximumNameLength: 32 },
)
const ECH_KEY = createEchKey(nodeProvider, HPKE_KEY.config, HPKE_KEY.privateKey)

export const SCENARIOS: readonly Scenario[] = [
  { name: 'plain', client: {}, server: {} },
  {
    name: 'mutual, after a HelloRetryRequest',
    client: { alpnProtocols: ['h2', 'http/1.1'], keyShares: ['x25519'], grease: true },
    server: { clientAuthentication: 'required', cookie: 'with-retry', groups: ['secp256r1'], alpnProtocols: ['h2'] },
  },
  {
    name: 'ECH, after a HelloRetryRequest',
    client: { ech: writeEchConfigList([HPKE_KEY.config]), keyShares: ['x25519'] },
    server: { ech: [ECH_KEY], groups: ['secp256r1'] },
  },
  {
    name: 'an offer of ECH for show, and configurations in answer',
    client: { grease: true, alpnProtocols: ['h2'] },
    server: { ech: [ECH_KEY], alpnProtocols: ['h2'] },
  },
  {
    name: 'raw public keys of both',
    client: { serverCertificateTypes: RAW, clientCertificateTypes: RAW, postHandshakeAuth: true },
    server: { clientAuthentication: 'required', clientCertificateTypes: RAW },
  },
  {
    name: 'compressed certificates with timestamps',
    client: { certificateCompression: [ZLIB], requestTimestamps: true },
    server: { certificateCompression: [ZLIB], requestTimestamps: true, clientAuthentication: 'required' },
  },
  // Not the ClientHello of another scenario, whose end would fit this beginning.
  { name: 'TLS 1.2', client: { alpnProtocols: ['http/1.1'] }, server: TLS12 },
  {
    name: 'TLS 1.2, raw public keys of both',
    client: { ...TLS12, serverCertificateTypes: RAW, clientCertificateTypes: RAW, groups: ['secp256r1'] },
    server: { ...TLS12, clientAuthentication: 'required', clientCertificateTypes: RAW },
  },
  {
    name: 'TLS 1.2, mutual',
    client: { ...TLS12, requestTimestamps: true, alpnProtocols: ['h2', 'http/1.1'], grease: true },
    server: { ...TLS12, clientAuthentication: 'required', groups: ['secp256r1'], alpnProtocols: ['h2'] },
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
  readonly #keys: Keys

  constructor(scenario: Scenario, from: Role) {
    this.scenario = scenario
    this.from = from
    // As `answerAll` does.
    const verification = 'recorded'
    const pair = new Pair({
      client: { ...clientConfig(scenario), identities: IDENTITIES.client, keyLog: true, verification },
      server: { ...serverConfig(scenario), identities: IDENTITIES.server, verification },
    }).run()
    for (const { connection } of pair.ends) {
      connection.write(new TextEncoder().encode('some '))
      if (connection.negotiated?.version === 'TLS 1.3') connection.updateKeys()
      connection.write(new TextEncoder().encode('data'))
    }
    pair.run()
    for (const { connection } of pair.ends) connection.close()
    pair.run()
    const isTls12 = pair.client.connection.negotiated?.version === 'TLS 1.2'
    this.#keys = isTls12 ? keys12(pair, from) : keys13(pair, from)
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
    const sealers = this.#keys.sealers()
    return items.map(({ generation, type, content }) => {
      const sealer = sealers[generation - 1]
      if (sealer === undefined) {
        return concatBytes(Uint8Array.of(type, 3, 3, content.length >>> 8, content.length & 0xff), content)
      }
      const out = new Uint8Array(content.length + sealer.overhead)
      sealer.seal(type, content, 0, out, 0)
      return out
    })
  }

  #open(stream: Uint8Array): Item[] {
    const openers = this.#keys.openers()
    const framing = new RecordFraming()
    framing.push(stream)
    const items: Item[] = []
    const { isTls12 } = this.#keys
    let generation = isTls12 ? 0 : 1
    for (let record = framing.next(true); record !== undefined; record = framing.next(true)) {
      if (isTls12 ? generation === 0 : record.type !== 23) {
        items.push({ generation: 0, type: record.type, content: record.fragment.slice() })
        if (isTls12 && record.type === 20) generation = 1
        continue
      }
      const opened = openers[generation - 1]?.open(record)
      if (opened === undefined) throw new Error('a recording has more generations of keys than are known')
      items.push({ generation, type: opened.type, content: opened.content.slice() })
      // Finished is the last message in its record, KeyUpdate the only one in its own.
      if (opened.type === 22 && !isTls12) generation++
    }
    return items
  }
}

/** How one side's records are protected, generation by generation. */
interface Keys {
  readonly isTls12: boolean
  sealers(): readonly Sealer[]
  openers(): readonly Opener[]
}

/** The secrets in the key log, in its order. */
function logged(pair: Pair): readonly Uint8Array[] {
  return pair.client.keyLog().map((line) => fromHex(line.split(' ')[2] as string))
}

function keys13(pair: Pair, from: Role): Keys {
  const [ofClient, ofServer, client0, server0] = logged(pair) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  const [handshake, application] = from === 'client' ? [ofClient, client0] : [ofServer, server0]
  const secrets = [handshake, application, deriveNextTrafficSecret(hash, application)]
  return {
    isTls12: false,
    sealers: () => secrets.map((secret) => new RecordSealer(aead, hash, secret)),
    openers: () => secrets.map((secret) => new RecordOpener(aead, hash, secret)),
  }
}

function keys12(pair: Pair, from: Role): Keys {
  const [masterSecret] = logged(pair) as [Uint8Array]
  // Each hello is the first message of its side: its random is at a fixed place.
  const randoms = { client: pair.client.sent.slice(11, 43), server: pair.server.sent.slice(11, 43) }
  const keys = deriveKeyBlock(hash, masterSecret, randoms, aead.keyLength, fixedIvLength(aead))[from]
  return {
    isTls12: true,
    sealers: () => [new RecordSealer12(aead, keys)],
    openers: () => [new RecordOpener12(aead, keys)],
  }
}

function clientConfig(scenario: Scenario): ClientConfig {
  const provider = seeded('client')
  return {
    cipherSuites: SUITES,
    serverName: 'server.example',
    clientCertificateTypes: ['X509'],
    ...scenario.client,
    provider,
    clock: new SimulatedClock(),
  }
}

function serverConfig(scenario: Scenario): ServerConfig {
  const provider = seeded('server')
  return {
    cipherSuites: SUITES,
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
