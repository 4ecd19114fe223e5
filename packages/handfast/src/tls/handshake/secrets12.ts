/**
 * The secrets of one TLS 1.2 handshake (RFC 5246 sections 6.3, 8.1; RFC 7627 section 4). Whatever way the story
 * ends, what it no longer needs is zeroed.
 */

import { type Exporter, exporter12, noExporter } from '../schedule/exporter.ts'
import {
  deriveExtendedMasterSecret,
  deriveKeyBlock,
  deriveMasterSecret,
  deriveVerifyData12,
  type Randoms,
  type WriteKeys,
} from '../schedule/prf12.ts'
import { fixedIvLength } from '../record/protection12.ts'
import type { HandshakeContext } from './flow.ts'
import type { SuiteInUse } from './negotiate.ts'

export class Secrets12 {
  readonly #hs: HandshakeContext
  readonly #inUse: SuiteInUse
  readonly #randoms: Randoms
  readonly #isExtended: boolean
  readonly #masterSecret: Uint8Array
  readonly #keys: Readonly<Record<'client' | 'server', WriteKeys>>

  /**
   * Once ClientKeyExchange is in the transcript. Takes the premaster secret over.
   * @param isExtended whether both parties have the extended master secret.
   */
  constructor(
    hs: HandshakeContext,
    inUse: SuiteInUse,
    randoms: Randoms,
    preMasterSecret: Uint8Array,
    isExtended: boolean,
  ) {
    const { hash, aead } = inUse
    this.#hs = hs
    this.#inUse = inUse
    this.#randoms = randoms
    this.#isExtended = isExtended
    this.#masterSecret = isExtended
      ? deriveExtendedMasterSecret(hash, preMasterSecret, hs.transcript.digest())
      : deriveMasterSecret(hash, preMasterSecret, randoms)
    preMasterSecret.fill(0)
    this.#keys = deriveKeyBlock(hash, this.#masterSecret, randoms, aead.keyLength, fixedIvLength(aead))
    hs.logSecret('CLIENT_RANDOM', randoms.client, this.#masterSecret)
  }

  /** Protects what we send from here on. */
  protectWrites(): void {
    this.#hs.setWriteKeys(this.#inUse.aead, this.#keys[this.#hs.role])
  }

  /** Opens what the peer sends from here on. */
  protectReads(): void {
    this.#hs.setReadKeys(this.#inUse.aead, this.#keys[this.#hs.role === 'client' ? 'server' : 'client'])
  }

  /** Of a Finished that `sender` sends now. */
  verifyData(sender: 'client' | 'server'): Uint8Array {
    return deriveVerifyData12(this.#inUse.hash, this.#masterSecret, sender, this.#hs.transcript.digest())
  }

  /** Outlives these secrets. */
  exporter(): Exporter {
    const { hash } = this.#inUse
    return this.#isExtended ? exporter12(hash, this.#masterSecret.slice(), this.#randoms) : noExporter(hash)
  }

  [Symbol.dispose](): void {
    this.#masterSecret.fill(0)
    for (const { key, iv } of Object.values(this.#keys)) {
      key.fill(0)
      iv.fill(0)
    }
  }
}
