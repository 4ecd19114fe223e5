/** Rogues that know ECH (RFC 9849): a client that hides what it likes, a server that can read what is hidden. */

import { concatBytes } from '../../src/bytes/index.ts'
import { cipherOf, type HpkeCipher, type HpkeContext, type HpkeKem, kemOf, setupBaseS } from '../../src/crypto/hpke.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import {
  type ClientConfig,
  createEchKey,
  type EchKey,
  generateEchKey,
  type ServerConfig,
  writeEchConfigList,
} from '../../src/tls/index.ts'
import { acceptEch, type EchAcceptance } from '../../src/tls/ech/acceptance.ts'
import { echInfo } from '../../src/tls/ech/config.ts'
import { decodeInner } from '../../src/tls/ech/encoding.ts'
import { readClientHello } from '../../src/tls/message/client-hello.ts'
import { RogueClient } from './client.ts'
import {
  adding,
  type ChangeExtensions,
  type ClientHelloParts,
  EXTENSION,
  extension,
  u16,
  vector,
  writeClientHello,
  writeServerHello,
} from './messages.ts'
import { RogueServer } from './server.ts'

const made = generateEchKey(nodeProvider, { publicName: 'server.example' })
export const ECH_KEY: EchKey = createEchKey(nodeProvider, made.config, made.privateKey)
export const ECH_CONFIGS: Uint8Array = writeEchConfigList([made.config])

/** What goes into the outer form. */
export interface OuterParts {
  type: number
  kdf: number
  aead: number
  configId: number
  enc: Uint8Array
}

/** How to hide a hello; each part is right unless changed. */
export interface Hiding {
  readonly inner?: (own: ClientHelloParts) => ClientHelloParts
  /** The EncodedClientHelloInner, as bytes. */
  readonly encoded?: (own: Uint8Array) => Uint8Array
  readonly outer?: ChangeExtensions
  readonly ech?: (own: OuterParts) => OuterParts
  readonly payload?: (own: Uint8Array) => Uint8Array
  /** The whole message, once it is sealed. */
  readonly sent?: (own: Uint8Array) => Uint8Array
  /** Whether the server will read it. Default true. */
  readonly isRead?: boolean
}

export class HidingClient extends RogueClient {
  readonly #random: Uint8Array = nodeProvider.random(32)
  readonly #context: HpkeContext
  #enc: Uint8Array

  constructor(config: Partial<ServerConfig> = {}) {
    super({ ech: [ECH_KEY], ...config })
    const kem = kemOf(nodeProvider, 0x20) as HpkeKem
    const cipher = cipherOf(nodeProvider, 1, 1) as HpkeCipher
    const { enc, context } = setupBaseS(kem, cipher, ECH_KEY.config.publicKey, echInfo(ECH_KEY.config))
    this.#enc = enc
    this.#context = context
  }

  /** A ClientHello that hides another. */
  hiding({ inner, encoded, outer, ech, payload, sent, isRead = true }: Hiding = {}): this {
    let inside = new Uint8Array(0)
    const sealedHello = this.writeHello((own) => {
      const hidden = {
        ...own,
        random: this.#random,
        sessionId: new Uint8Array(0),
        extensions: [...own.extensions, extension(EXTENSION.encrypted_client_hello, [1])],
      }
      const plain = concatBytes(writeClientHello(inner?.(hidden) ?? hidden).subarray(4), new Uint8Array(32))
      inside = Uint8Array.from(encoded?.(plain) ?? plain)
      const parts = { type: 0, kdf: 1, aead: 1, configId: ECH_KEY.config.configId, enc: this.#enc }
      const { type, kdf, aead, configId, enc } = ech?.(parts) ?? parts
      this.#enc = new Uint8Array(0)
      const shown = (bytes: Uint8Array): ClientHelloParts => ({
        ...own,
        extensions: [
          ...(outer?.(own.extensions) ?? own.extensions),
          extension(
            EXTENSION.encrypted_client_hello,
            concatBytes(Uint8Array.of(type), u16(kdf, aead), Uint8Array.of(configId), vector(2, enc), vector(2, bytes)),
          ),
        ],
      })
      const aad = writeClientHello(shown(new Uint8Array(inside.length + 16))).subarray(4)
      const sealed = this.#context.seal(aad, inside)
      return shown(payload?.(sealed) ?? sealed)
    })
    const message = sent?.(sealedHello) ?? sealedHello
    this.note(isRead ? innerHello(inside, message) : message)
    return this.raw(this.sealedMessage(message))
  }
}

/** What will be in the transcript; nothing that matters if there is no hello inside. */
function innerHello(encoded: Uint8Array, outer: Uint8Array): Uint8Array {
  try {
    return decodeInner(encoded, outer)
  } catch {
    return outer
  }
}

/** OuterExtensions with these codes in place of the extensions themselves. */
export function referring(...codes: readonly number[]): (own: ClientHelloParts) => ClientHelloParts {
  return (own) => ({
    ...own,
    extensions: [
      ...own.extensions.filter(({ code }) => !codes.includes(code)),
      extension(EXTENSION.ech_outer_extensions, vector(1, u16(...codes))),
    ],
  })
}

/** A server that reads what is hidden, and says so unless told otherwise. */
export class ReadingServer extends RogueServer {
  /** Declared only: the first ClientHello comes before there are fields. */
  declare ech?: EchAcceptance | undefined

  constructor(config: Partial<ClientConfig> = {}) {
    super({ ech: ECH_CONFIGS, ...config })
  }

  /** ServerHello with its confirmation. */
  confirmed(): this {
    return this.serverHello((own) => {
      const message = writeServerHello(own)
      this.ech?.confirm(nodeProvider.hashes.sha256, message)
      return { ...own, random: message.slice(6, 38) }
    })
  }

  /** HelloRetryRequest with its confirmation. */
  retryConfirmed(): this {
    const message = this.writeRetry(adding(extension(EXTENSION.encrypted_client_hello, new Uint8Array(8))))
    this.ech?.confirmRetry(nodeProvider.hashes.sha256, message)
    this.foldHello()
    return this.message(message)
  }

  protected override receiveMessage(message: Uint8Array): void {
    if (message[0] !== 1) {
      super.receiveMessage(message)
      return
    }
    super.receiveMessage(this.read(message) ?? message)
  }

  /** What a ClientHello hides. */
  protected read(message: Uint8Array): Uint8Array | undefined {
    const outer = { type: 'client_hello', raw: message } as const
    if (this.ech !== undefined) return this.ech.readSecond(outer).message.raw
    this.ech = acceptEch(nodeProvider, [ECH_KEY], outer, readClientHello(outer))
    return this.ech?.message.raw
  }
}
