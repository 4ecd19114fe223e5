/**
 * The handshake bench: both ends in one process and thread over an in-memory pipe. One sample is one
 * handshake, from nothing to both ends complete and verified; certificates, keys, trust and
 * configuration stand before, and no verdict outlives its handshake.
 *
 * All subjects do the same: TLS_AES_128_GCM_SHA256 (in TLS 1.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256), one group, ecdsa_secp256r1_sha256, a leaf issued by
 * a root that is trusted, compatibility mode, the server's name sent and checked, and in a mutual
 * handshake the root named in CertificateRequest.
 *
 * handfast derives application keys with the first record that needs them, node:tls at once. So a
 * subject more, `handfast + data`, sends a byte each way as well: it does all that node:tls's
 * handshake does, and two records beyond it. In TLS 1.2 there is nothing left to derive, and no floor is measured.
 */

import { nodeProvider } from '../packages/handfast/src/crypto/node.ts'
import { nodeClock } from '../packages/handfast/src/node/clock.ts'
import {
  answerTasks,
  clientConnection,
  type Connection,
  type LocalHost,
  serverConnection,
} from '../packages/handfast/src/tls/index.ts'
import { createTrustStore } from '../packages/handfast/src/x509/index.ts'
import { createCredentials, type Credential, type Credentials, SERVER_NAME } from './credentials.ts'
import { prepareFloor } from './floor.ts'
import { prepareNodeTls, type VersionCase } from './node-tls.ts'
import { type Bench, resultOf, type Result } from './result.ts'
import { microseconds, type Sampler, sampleRounds } from './rounds.ts'

const CASES: readonly (VersionCase & { readonly name: string })[] = [
  { name: 'full X25519', isMutual: false, isHybrid: false },
  { name: 'mutual X25519', isMutual: true, isHybrid: false },
  { name: 'full X25519MLKEM768', isMutual: false, isHybrid: true },
  { name: 'mutual X25519MLKEM768', isMutual: true, isHybrid: true },
  { name: 'full TLS 1.2, X25519', isMutual: false, isHybrid: false, isTls12: true },
  { name: 'mutual TLS 1.2, X25519', isMutual: true, isHybrid: false, isTls12: true },
]

export const handshake: Bench = {
  title: 'Handshakes, both ends in one thread',
  targets: 'Target: handfast / node:tls at most 0.75.',
  rounds: 40,
  run: runHandshakes,
}

async function runHandshakes(rounds: number): Promise<Result> {
  const credentials = await createCredentials()
  const samplers = new Map(
    CASES.map((test) => [
      test.name,
      new Map<string, Sampler>([
        ['handfast', prepareHandfast(credentials, test, false)],
        ['handfast + data', prepareHandfast(credentials, test, true)],
        ['node:tls', prepareNodeTls(credentials, test)],
        ...(test.isTls12 === true ? [] : [['floor', timed(prepareFloor(credentials, test))] as const]),
      ]),
    ]),
  )
  const samples = await sampleRounds(samplers, { rounds, warmUp: 40, inRow: 25 })
  return resultOf(samples, 'us', [
    ['handfast', 'node:tls'],
    ['handfast + data', 'node:tls'],
    ['handfast', 'floor'],
    ['node:tls', 'floor'],
  ])
}

function timed(run: () => void): Sampler {
  return () => {
    const began = microseconds()
    run()
    return microseconds() - began
  }
}

/** Prepares what lasts for many handshakes; the sampler makes one and tells its microseconds. */
function prepareHandfast(
  credentials: Credentials,
  { isMutual, isHybrid, isTls12 }: VersionCase,
  withData: boolean,
): Sampler {
  const trust = createTrustStore([credentials.root])
  const shared = {
    provider: nodeProvider,
    clock: nodeClock,
    cipherSuites: [isTls12 === true ? 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256' : 'TLS_AES_128_GCM_SHA256'],
    // In TLS 1.2 the client must know the curve of the certificate too.
    groups: isTls12 === true ? (['x25519', 'secp256r1'] as const) : ([isHybrid ? 'X25519MLKEM768' : 'x25519'] as const),
    signatureSchemes: ['ecdsa_secp256r1_sha256'],
  } as const
  const hostOf = ({ chain, privateKey }: Credential): LocalHost => ({
    provider: nodeProvider,
    identities: [{ chain, key: nodeProvider.importPrivateKey(privateKey) }],
    trust,
    time: Date.now,
  })
  const serverHost = hostOf(credentials.server)
  const clientHost = hostOf(credentials.client)
  const serverConfig = {
    ...shared,
    identities: serverHost.identities ?? [],
    clientAuthentication: isMutual ? 'required' : 'none',
    certificateAuthorities: trust.certificates.map((root) => root.subjectDer),
  } as const
  const clientConfig = { ...shared, serverName: SERVER_NAME } as const
  return () => {
    const began = microseconds()
    const server = serverConnection(serverConfig)
    const client = clientConnection(clientConfig)
    exchange(client, clientHost, server, serverHost)
    checkComplete(client, true)
    checkComplete(server, isMutual)
    if (withData) {
      sendByte(client, server)
      sendByte(server, client)
    }
    const duration = microseconds() - began
    client[Symbol.dispose]()
    server[Symbol.dispose]()
    return duration
  }
}

/** Carries bytes to and fro until there are none. */
function exchange(client: Connection, clientHost: LocalHost, server: Connection, serverHost: LocalHost): void {
  for (let isMoving = true; isMoving;) {
    isMoving = carry(client, server, serverHost)
    isMoving = carry(server, client, clientHost) || isMoving
  }
}

function carry(from: Connection, to: Connection, host: LocalHost): boolean {
  const output = from.takeOutput()
  if (output === undefined) return false
  to.receive(output)
  answerTasks(to, host)
  return true
}

function sendByte(from: Connection, to: Connection): void {
  from.write(BYTE)
  to.receive(from.takeOutput() ?? BYTE)
  const event = to.nextEvent()
  if (event?.type !== 'data' || event.data.length !== 1) throw new Error('handfast: the byte did not arrive')
}

const BYTE = Uint8Array.of(1)

function checkComplete(connection: Connection, isPeerVerified: boolean): void {
  const isComplete = connection.nextEvent()?.type === 'handshake-complete' && connection.state === 'open'
  if (!isComplete || (connection.peerVerdict?.trusted === true) !== isPeerVerified) {
    throw new Error(`handfast: the ${connection.role}'s handshake is not complete`, { cause: connection.error })
  }
}
