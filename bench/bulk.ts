/**
 * The bulk bench: application data one way in records of 16 KiB, from one end to the other of an open
 * connection in one process and thread. One sample is the rate of a block of records.
 *
 * The floor seals and opens every record with node:crypto under a KeyObject, with additional data and
 * tag, and does nothing else: no header, no copy into a record, no sequence number.
 */

import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import type { CipherGCMTypes } from 'node:crypto'
import { connect, createSecureContext, TLSSocket } from 'node:tls'
import { nodeProvider } from '../packages/handfast/src/crypto/node.ts'
import { nodeClock } from '../packages/handfast/src/node/clock.ts'
import { answerTasks, clientConnection, type Connection, serverConnection } from '../packages/handfast/src/tls/index.ts'
import { createTrustStore } from '../packages/handfast/src/x509/index.ts'
import { createCredentials, type Credentials, SERVER_NAME } from './credentials.ts'
import { createPipe } from './pipe.ts'
import { type Bench, resultOf, type Result } from './result.ts'
import { microseconds, type Sampler, sampleRounds } from './rounds.ts'

interface BulkCase {
  readonly name: string
  readonly suite: 'TLS_AES_128_GCM_SHA256' | 'TLS_AES_256_GCM_SHA384' | 'TLS_CHACHA20_POLY1305_SHA256'
  readonly cipher: string
  readonly keyLength: number
}

const CASES: readonly BulkCase[] = [
  { name: 'AES-128-GCM', suite: 'TLS_AES_128_GCM_SHA256', cipher: 'aes-128-gcm', keyLength: 16 },
  { name: 'AES-256-GCM', suite: 'TLS_AES_256_GCM_SHA384', cipher: 'aes-256-gcm', keyLength: 32 },
  { name: 'ChaCha20-Poly1305', suite: 'TLS_CHACHA20_POLY1305_SHA256', cipher: 'chacha20-poly1305', keyLength: 32 },
]

const RECORD_LENGTH = 16_384
/** Records in a block: 1 MiB, so that most blocks pass without another process in between. */
const BLOCK_RECORDS = 64
const BLOCK_LENGTH = RECORD_LENGTH * BLOCK_RECORDS

export const bulk: Bench = {
  title: 'Application data one way in records of 16 KiB, both ends in one thread',
  targets: 'Target: handfast / floor at least 0.80 (rates: more is better).',
  rounds: 200,
  run: runBulk,
}

async function runBulk(rounds: number): Promise<Result> {
  const credentials = await createCredentials()
  const samplers = new Map<string, ReadonlyMap<string, Sampler>>()
  const closers: (() => void)[] = []
  for (const test of CASES) {
    const node = await openNodeTls(credentials, test)
    closers.push(node.close)
    samplers.set(
      test.name,
      new Map<string, Sampler>([
        ['handfast', openHandfast(credentials, test)],
        ['floor', openFloor(test)],
        ['node:tls', node.sample],
      ]),
    )
  }
  try {
    const samples = await sampleRounds(samplers, { rounds, warmUp: 30, inRow: 4 })
    return resultOf(samples, 'MB/s', [
      ['handfast', 'floor'],
      ['handfast', 'node:tls'],
      ['node:tls', 'floor'],
    ])
  } finally {
    for (const close of closers) close()
  }
}

/** Bytes per microsecond are megabytes per second. */
function rate(began: number): number {
  return BLOCK_LENGTH / (microseconds() - began)
}

/** An open pair of engines; the sampler sends a block. */
function openHandfast(credentials: Credentials, { suite }: BulkCase): Sampler {
  const shared = { provider: nodeProvider, clock: nodeClock, cipherSuites: [suite] } as const
  const { chain, privateKey } = credentials.server
  const identities = [{ chain, key: nodeProvider.importPrivateKey(privateKey) }]
  const server = serverConnection({ ...shared, identities })
  const client = clientConnection({ ...shared, serverName: SERVER_NAME })
  const host = {
    provider: nodeProvider,
    identities,
    trust: createTrustStore([credentials.root]),
    time: Date.now,
  }
  for (const [from, to] of [
    [client, server],
    [server, client],
    [client, server],
  ] as const) {
    to.receive(from.takeOutput() ?? new Uint8Array(0))
    answerTasks(to, host)
  }
  for (const end of [client, server]) {
    if (end.nextEvent()?.type !== 'handshake-complete') throw new Error('handfast: no handshake', { cause: end.error })
  }
  const content = randomBytes(RECORD_LENGTH)
  // A host that sends much uses its memory again, here as soon as the other end has received.
  const memory = new Uint8Array(RECORD_LENGTH + 256)
  return () => {
    const began = microseconds()
    let received = 0
    for (let i = 0; i < BLOCK_RECORDS; i++) {
      client.write(content, memory)
      const output = client.takeOutput()
      if (output !== undefined) server.receive(output)
      received += drain(server)
    }
    if (received !== BLOCK_LENGTH) throw new Error(`handfast: ${received} bytes arrived`, { cause: server.error })
    return rate(began)
  }
}

function drain(connection: Connection): number {
  let length = 0
  for (let event = connection.nextEvent(); event !== undefined; event = connection.nextEvent()) {
    if (event.type === 'data') length += event.data.length
  }
  return length
}

function openFloor({ cipher, keyLength }: BulkCase): Sampler {
  // node:crypto takes ChaCha20-Poly1305 through the same calls; its types know it apart.
  const name = cipher as CipherGCMTypes
  const key = createSecretKey(randomBytes(keyLength))
  const options = { authTagLength: 16 }
  const nonce = new Uint8Array(12)
  const header = new Uint8Array(5)
  const inner = randomBytes(RECORD_LENGTH + 1)
  return () => {
    const began = microseconds()
    for (let i = 0; i < BLOCK_RECORDS; i++) {
      nonce[11] = i
      const sealer = createCipheriv(name, key, nonce, options)
      sealer.setAAD(header)
      const sealed = sealer.update(inner)
      sealer.final()
      const opener = createDecipheriv(name, key, nonce, options)
      opener.setAAD(header)
      opener.setAuthTag(sealer.getAuthTag())
      opener.update(sealed)
      opener.final()
    }
    return rate(began)
  }
}

/** An open pair of TLSSockets over an in-memory pipe; the sampler sends a block. */
async function openNodeTls(
  { server, rootPem }: Credentials,
  { suite }: BulkCase,
): Promise<{ readonly sample: Sampler; readonly close: () => void }> {
  const shared = { ca: rootPem, minVersion: 'TLSv1.3', ciphers: suite } as const
  const [near, far] = createPipe()
  const serverContext = createSecureContext({ ...shared, cert: server.certPem, key: server.keyPem })
  const receiver = new TLSSocket(far, { isServer: true, secureContext: serverContext })
  const sender = connect({ socket: near, secureContext: createSecureContext(shared), servername: SERVER_NAME })
  await new Promise((resolve, reject) => {
    sender.once('secureConnect', resolve)
    sender.once('error', reject)
    receiver.once('error', reject)
  })
  const content = randomBytes(RECORD_LENGTH)
  let received = 0
  let atEnd = (): void => {}
  receiver.on('data', (data: Buffer) => {
    received += data.length
    if (received === BLOCK_LENGTH) atEnd()
  })
  const sample = (): Promise<number> =>
    new Promise((resolve) => {
      const began = microseconds()
      received = 0
      atEnd = () => resolve(rate(began))
      let left = BLOCK_RECORDS
      const send = (): void => {
        while (left-- > 0) if (!sender.write(content)) return void sender.once('drain', send)
      }
      send()
    })
  const close = (): void => {
    sender.destroy()
    receiver.destroy()
  }
  return { sample, close }
}
