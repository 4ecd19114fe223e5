/**
 * The secrets of one handshake (RFC 9846 section 7.1), in the order in which they come to be. Whatever
 * way the story ends, what it no longer needs is zeroed.
 */

import type { HandshakeContext } from './flow.ts'
import type { SuiteInUse } from './negotiate.ts'
import {
  deriveApplicationTraffic,
  deriveExporterSecret,
  deriveHandshakeSecret,
  deriveHandshakeTraffic,
  deriveMainSecret,
  deriveResumptionSecret,
  type TrafficSecrets,
} from '../schedule/key-schedule.ts'

export interface ApplicationSecrets {
  readonly client: Uint8Array
  readonly server: Uint8Array
  readonly exporter: Uint8Array
}

export class HandshakeSecrets {
  readonly #hs: HandshakeContext
  readonly #suite: SuiteInUse
  readonly #clientRandom: Uint8Array
  readonly #earlySecret: Uint8Array | undefined
  #handshakeSecret: Uint8Array | undefined
  #mainSecret: Uint8Array | undefined
  /** To be zeroed at the end. */
  #owned: Uint8Array[] = []

  /**
   * @param clientRandom of the ClientHello: names the connection in the key log.
   * @param earlySecret of the pre-shared key, if there is one; stays the caller's.
   */
  constructor(hs: HandshakeContext, suite: SuiteInUse, clientRandom: Uint8Array, earlySecret?: Uint8Array) {
    this.#hs = hs
    this.#suite = suite
    this.#clientRandom = clientRandom
    this.#earlySecret = earlySecret
  }

  /** client_ and server_handshake_traffic_secret, once ServerHello is in the transcript. Takes the shared secret over, if there is one. */
  deriveHandshakeTraffic(sharedSecret: Uint8Array | undefined): TrafficSecrets {
    const { hash } = this.#suite
    const handshakeSecret = deriveHandshakeSecret(hash, sharedSecret, this.#earlySecret)
    sharedSecret?.fill(0)
    this.#handshakeSecret = handshakeSecret
    const traffic = deriveHandshakeTraffic(hash, handshakeSecret, this.#hs.transcript.digest())
    this.#owned.push(handshakeSecret, traffic.client, traffic.server)
    this.#hs.logSecret('CLIENT_HANDSHAKE_TRAFFIC_SECRET', this.#clientRandom, traffic.client)
    this.#hs.logSecret('SERVER_HANDSHAKE_TRAFFIC_SECRET', this.#clientRandom, traffic.server)
    return traffic
  }

  /**
   * client_ and server_application_traffic_secret_0 and exporter_secret, once the server's Finished is in the transcript.
   * @param mayResume whether `deriveResumptionSecret` is to follow.
   */
  deriveApplicationSecrets(mayResume: boolean): ApplicationSecrets {
    if (this.#handshakeSecret === undefined) throw new TypeError('the handshake secret is not there yet')
    const { hash } = this.#suite
    const mainSecret = deriveMainSecret(hash, this.#handshakeSecret)
    const serverFinished = this.#hs.transcript.digest()
    const traffic = deriveApplicationTraffic(hash, mainSecret, serverFinished)
    const exporter = deriveExporterSecret(hash, mainSecret, serverFinished)
    if (mayResume) this.#owned.push((this.#mainSecret = mainSecret))
    else mainSecret.fill(0)
    this.#owned.push(traffic.client, traffic.server, exporter)
    this.#hs.logSecret('CLIENT_TRAFFIC_SECRET_0', this.#clientRandom, traffic.client)
    this.#hs.logSecret('SERVER_TRAFFIC_SECRET_0', this.#clientRandom, traffic.server)
    this.#hs.logSecret('EXPORTER_SECRET', this.#clientRandom, exporter)
    return { ...traffic, exporter }
  }

  /** resumption_secret, once the client's Finished is in the transcript; belongs to the caller. */
  deriveResumptionSecret(): Uint8Array {
    if (this.#mainSecret === undefined) throw new TypeError('the main secret is not there')
    return deriveResumptionSecret(this.#suite.hash, this.#mainSecret, this.#hs.transcript.digest())
  }

  /** The handshake is complete: these belong to the connection now. */
  handOver(secrets: ApplicationSecrets): void {
    const handed: ReadonlySet<Uint8Array> = new Set([secrets.client, secrets.server, secrets.exporter])
    this.#owned = this.#owned.filter((secret) => !handed.has(secret))
  }

  [Symbol.dispose](): void {
    for (const secret of this.#owned) secret.fill(0)
    this.#owned = []
    this.#handshakeSecret = undefined
  }
}
