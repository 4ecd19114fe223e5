/** The engine of ours, with a host that trusts one authority. */

import { nodeProvider } from '../../packages/handfast/src/crypto/node.ts'
import {
  answerTasks,
  type ClientConfig,
  clientConnection,
  type Connection,
  type LocalHost,
  type ServerConfig,
  serverConnection,
} from '../../packages/handfast/src/tls/index.ts'
import { createTrustStore } from '../../packages/handfast/src/x509/index.ts'
import { identityOf } from '../../packages/handfast/test/pair/pair.ts'
import { SimulatedClock } from '../../packages/handfast/test/pair/wire.ts'
import type { Counterpart, Ending, Implementation } from './counterpart.ts'
import { ALPN, AUTHORITY, CIPHER_SUITES, OWN, type Role, type Scenario, SERVER_NAME } from './scenario.ts'

const trust = createTrustStore([AUTHORITY.certificate])

export const handfast: Implementation = {
  name: 'handfast',
  version: 'this one',
  start: (role, scenario) => Promise.resolve(new Engine(role, scenario)),
  stop: () => Promise.resolve(),
}

class Engine implements Counterpart {
  readonly #connection: Connection
  readonly #host: LocalHost
  #isComplete = false
  #data = ''

  constructor(role: Role, scenario: Scenario) {
    const clock = new SimulatedClock()
    const shown = role === 'server' || scenario.isMutual
    const identities = shown ? [identityOf(OWN[role])] : []
    this.#host = { provider: nodeProvider, identities, trust, time: () => clock.wall() }
    const common = {
      provider: nodeProvider,
      clock,
      versions: [scenario.version] as const,
      cipherSuites: [CIPHER_SUITES[scenario.version]] as const,
      alpnProtocols: scenario.hasAlpn ? [ALPN] : [],
    }
    this.#connection =
      role === 'client'
        ? clientConnection({ ...common, ...clientConfig() })
        : serverConnection({ ...common, ...serverConfig(scenario), identities })
  }

  exchange(pieces: readonly Uint8Array[], hear: (bytes: Uint8Array) => boolean): Promise<void> {
    this.#attend(hear)
    for (const piece of pieces) {
      this.#connection.receive(piece)
      this.#attend(hear)
    }
    return Promise.resolve()
  }

  end(): Promise<Ending> {
    this.#connection.receiveEnd()
    this.#attend(() => true)
    const { error } = this.#connection
    const isOurs = error?.direction === 'sent'
    return Promise.resolve({
      isComplete: this.#isComplete,
      data: this.#data,
      complaint: isOurs ? error.message : undefined,
      isEnded: error?.fault === 'peer-alert',
      alert: isOurs ? (error.alert ?? undefined) : undefined,
      isHung: false,
    })
  }

  #attend(hear: (bytes: Uint8Array) => boolean): void {
    answerTasks(this.#connection, this.#host)
    const output = this.#connection.takeOutput()
    if (output !== undefined) hear(output)
    for (let event = this.#connection.nextEvent(); event !== undefined; event = this.#connection.nextEvent()) {
      if (event.type === 'handshake-complete') this.#isComplete = true
      if (event.type === 'data') this.#data += Buffer.from(event.data).toString('latin1')
    }
  }
}

function clientConfig(): Partial<ClientConfig> {
  // As OpenSSL does, it reads the tickets that it gets.
  return { serverName: SERVER_NAME, groups: ['x25519', 'secp256r1'], keyShares: ['x25519'], keepSessions: true }
}

function serverConfig({ isMutual, isRetried }: Scenario): Partial<ServerConfig> {
  return {
    groups: isRetried ? ['secp256r1'] : ['x25519', 'secp256r1'],
    clientAuthentication: isMutual ? 'required' : 'none',
  }
}
