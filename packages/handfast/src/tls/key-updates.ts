/**
 * KeyUpdate (RFC 9846 section 4.7.3): when a connection moves from one generation of keys to the next, and
 * what it owes its peer.
 */

import { peerError } from './alert.ts'
import type { ConnectionEvent } from './event.ts'
import type { SuiteInUse } from './handshake/negotiate.ts'
import { writeKeyUpdate } from './message/key-update.ts'
import type { RecordLayer } from './record/layer.ts'
import { TrafficSecrets } from './schedule/traffic.ts'

export class KeyUpdates {
  readonly #layer: RecordLayer
  readonly #emit: (event: ConnectionEvent) => void
  /** Undefined before there are keys for application data, and before TLS 1.3 for good. */
  #traffic: TrafficSecrets | undefined
  /** The peer asked for new keys of ours and has not got them yet. */
  #isOwed = false
  /** We asked for new keys of the peer's and have not got them yet. */
  #isAwaited = false

  constructor(layer: RecordLayer, emit: (event: ConnectionEvent) => void) {
    this.#layer = layer
    this.#emit = emit
  }

  /** application_traffic_secret_0 of what we send, which is taken over. */
  setWrite({ aead, hash }: SuiteInUse, secret: Uint8Array): void {
    this.#traffic ??= new TrafficSecrets(aead, hash, secret)
  }

  /** application_traffic_secret_0 of what we receive, which is taken over. */
  setRead(secret: Uint8Array): void {
    this.#traffic?.setRead(secret)
  }

  /** application_traffic_secret_N of what we send, as it is. @throws {TypeError} before there is one. */
  get writeSecret(): Uint8Array {
    if (this.#traffic === undefined) throw new TypeError('there are no traffic secrets')
    return this.#traffic.write
  }

  /** Of what we receive. @throws {TypeError} before there is one. */
  get readSecret(): Uint8Array {
    if (this.#traffic === undefined) throw new TypeError('there are no traffic secrets')
    return this.#traffic.read
  }

  get isOwed(): boolean {
    return this.#isOwed
  }

  /** Whether the next KeyUpdate of the peer answers one of ours. */
  get isAwaited(): boolean {
    return this.#isAwaited
  }

  /**
   * Sends application data, and moves to the next keys after so many records under one. False if there are no next ones,
   * and something is left.
   */
  sendData(data: Uint8Array, recordsPerKey: number): boolean {
    if (this.#isOwed) this.send(false)
    let offset = 0
    while (offset < data.length) {
      const records = recordsPerKey - this.#layer.sentUnderKey
      if (records <= 0) {
        if (this.#traffic?.canUpdateWrite !== true) return false
        this.send(false)
        continue
      }
      const end = Math.min(data.length, offset + records * this.#layer.maxRecordLength)
      this.#layer.sendData(offset === 0 && end === data.length ? data : data.subarray(offset, end))
      offset = end
    }
    return true
  }

  /** Moves to our next keys. The message goes out under the old ones. */
  send(requestPeer: boolean): void {
    if (this.#traffic?.canUpdateWrite !== true) return
    // Not again until the peer has answered.
    const request = requestPeer && !this.#isAwaited
    this.#layer.sendHandshake(writeKeyUpdate(request))
    this.#traffic.updateWrite(this.#layer)
    this.#isOwed = false
    if (request) this.#isAwaited = true
    this.#emit({ type: 'keys-updated', direction: 'sent' })
  }

  /** The peer moved to its next keys. */
  receive(updateRequested: boolean): void {
    if (this.#traffic === undefined) throw peerError('unexpected_message', 'handshake', 'no key_update here', 'one')
    this.#traffic.updateRead(this.#layer)
    this.#isAwaited = false
    this.#emit({ type: 'keys-updated', direction: 'received' })
    if (updateRequested) this.#isOwed = true
  }

  [Symbol.dispose](): void {
    this.#traffic?.[Symbol.dispose]()
  }
}
