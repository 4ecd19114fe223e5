/**
 * What a client hides and what it shows (RFC 9849 section 6.1): the ClientHelloInner within the
 * ClientHelloOuter, and whether the server has read it.
 */

import { equalSecret } from '../../bytes/index.ts'
import { HPKE_EXPANSION, type HpkeContext, setupBaseS } from '../../crypto/hpke.ts'
import { type CryptoProvider, type Hash, InvalidShareError } from '../../crypto/provider.ts'
import { peerError, TlsError } from '../alert.ts'
import { type ClientHelloParts, writeClientHello } from '../message/client-hello.ts'
import { extensionCode, rawExtensions, type RawExtension } from '../message/extension.ts'
import type { HelloRetryRequest, ServerHello } from '../message/server-hello.ts'
import { echInfo, type UsableEchConfig } from './config.ts'
import { acceptConfirmation, type Heard, retryConfirmation } from './confirmation.ts'
import { arrangeInner, encodeInner } from './encoding.ts'

const EMPTY = new Uint8Array(0)

interface WrapOptions {
  /** Of the inner hello. */
  readonly serverName: string | undefined
  /** Puts the binders of its pre-shared keys at the end of the inner hello. */
  readonly bind: (inner: Uint8Array) => void
  /** Gives the outer hello its shape, once all is in it. */
  readonly arrange: (outer: ClientHelloParts) => ClientHelloParts
}

export class EchOffer {
  /** The name that is shown, and that the server must prove if it rejects. */
  readonly publicName: string
  /** Of the ClientHelloInner. */
  readonly random: Uint8Array
  readonly #usable: UsableEchConfig
  readonly #context: HpkeContext
  readonly #enc: Uint8Array
  readonly #inner: Uint8Array[] = []
  #retry: Uint8Array | undefined
  #state: 'offered' | 'accepted' | 'rejected' = 'offered'
  /** As it was first sent. */
  #extension: RawExtension | undefined

  constructor(provider: CryptoProvider, usable: UsableEchConfig) {
    const { config, kem, cipher } = usable
    this.publicName = config.publicName
    this.random = provider.random(32)
    this.#usable = usable
    try {
      const { enc, context } = setupBaseS(kem, cipher, config.publicKey, echInfo(config))
      this.#enc = enc
      this.#context = context
    } catch (error) {
      if (!(error instanceof InvalidShareError)) throw error
      const message = `ech: needs a configuration with a public key, has one with ${error.message}`
      throw new TlsError('internal_error', message, { fault: 'host', cause: error })
    }
  }

  /** Whether the server has read the ClientHelloInner; `offered` until its first answer. */
  get state(): 'offered' | 'accepted' | 'rejected' {
    return this.#state
  }

  /** The latest ClientHelloInner, as a message. */
  get inner(): Uint8Array {
    return this.#inner.at(-1) as Uint8Array
  }

  /**
   * The ClientHelloOuter around a ClientHelloInner.
   * @param outer in the order in which it will be sent.
   */
  wrap(inner: ClientHelloParts, outer: ClientHelloParts, { serverName, bind, arrange }: WrapOptions): Uint8Array {
    // Section 6.1.6: what goes on is the outer handshake, where nothing that was not asked for changes.
    if (this.#state === 'rejected') {
      return writeClientHello(arrange(withExtension(outer, this.#extension as RawExtension)))
    }
    const own = rawExtensions('client_hello', { encrypted_client_hello: { type: 'inner' } })
    const arranged = arrangeInner({ ...inner, extensions: [...inner.extensions, ...own] }, outer)
    const innerMessage = writeClientHello(arranged.inner)
    bind(innerMessage)
    this.#inner.push(innerMessage)
    // The binders, if there are any, are the end of both.
    const last = arranged.inner.extensions.at(-1) as RawExtension
    last.data.set(innerMessage.subarray(innerMessage.length - last.data.length))
    const encoded = encodeInner(arranged, serverName, this.#usable.config.maximumNameLength)
    const { config, cipher } = this.#usable
    const { kdf, aead } = cipher
    const payloadLength = encoded.length + HPKE_EXPANSION
    const enc = this.#inner.length === 1 ? this.#enc : EMPTY
    const extension = echExtension({
      kdf,
      aead,
      configId: config.configId,
      enc,
      payload: new Uint8Array(payloadLength),
    })
    const parts = arrange(withExtension(outer, extension))
    const message = writeClientHello(parts)
    const at = message.length - bytesBehind(parts.extensions, extension) - payloadLength
    const sealed = this.#context.seal(message.subarray(4), encoded)
    message.set(sealed, at)
    extension.data.set(sealed, extension.data.length - payloadLength)
    this.#extension ??= extension
    return message
  }

  /**
   * Takes in the server's answer.
   * @throws {TlsError} `illegal_parameter` if a server that accepted no longer does (section 6.1.5).
   */
  hear(hash: Hash, hello: ServerHello | HelloRetryRequest): void {
    if (this.#state === 'rejected') return
    const isConfirmed = this.#isConfirmed(hash, hello)
    if (this.#state === 'accepted' && !isConfirmed) {
      throw peerError('illegal_parameter', 'server_hello.random', 'the confirmation of ECH as before', 'none')
    }
    this.#state = isConfirmed ? 'accepted' : 'rejected'
    if (hello.kind === 'hello_retry_request') this.#retry = hello.raw
  }

  #isConfirmed(hash: Hash, hello: ServerHello | HelloRetryRequest): boolean {
    const [innerHello, secondInner] = this.#inner as [Uint8Array, Uint8Array?]
    const retried = this.#retry === undefined ? [] : [this.#retry, secondInner as Uint8Array]
    const heard: Heard = { hash, innerHello, retried }
    if (hello.kind === 'server_hello') {
      const found = hello.random.subarray(24)
      return equalSecret(found, acceptConfirmation(heard, hello.raw))
    }
    const found = hello.extensions.encrypted_client_hello
    if (found === undefined) return false
    return equalSecret(found, retryConfirmation(heard, hello.raw, found.byteOffset - hello.raw.byteOffset))
  }

  /** Drops the keys. */
  [Symbol.dispose](): void {
    this.#context[Symbol.dispose]()
  }
}

/** The outer form as an extension. */
export function echExtension(fields: {
  readonly kdf: number
  readonly aead: number
  readonly configId: number
  readonly enc: Uint8Array
  readonly payload: Uint8Array
}): RawExtension {
  const [extension] = rawExtensions('client_hello', { encrypted_client_hello: { type: 'outer', ...fields } })
  return extension as RawExtension
}

/** The same hello with an extension more at its end, though before pre_shared_key, which is always the last. */
export function withExtension(hello: ClientHelloParts, extension: RawExtension): ClientHelloParts {
  const { extensions } = hello
  const isLast = extensions.at(-1)?.code === extensionCode('pre_shared_key')
  const end = isLast ? extensions.length - 1 : extensions.length
  return { ...hello, extensions: [...extensions.slice(0, end), extension, ...extensions.slice(end)] }
}

/** Bytes behind the end of an extension. */
function bytesBehind(extensions: readonly RawExtension[], extension: RawExtension): number {
  return extensions.slice(extensions.indexOf(extension) + 1).reduce((sum, { data }) => sum + 4 + data.length, 0)
}
