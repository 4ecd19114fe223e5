/**
 * The server's side of ECH in shared mode (RFC 9849 section 7): reading the ClientHelloInner, and saying so.
 * Not here: split mode, where the hello is passed on to another server; trial decryption whatever the config_id
 * says (section 10.4).
 */

import { type HpkeCipher, type HpkeContext, cipherOf, setupBaseR } from '../../crypto/hpke.ts'
import { type CryptoProvider, type Hash, InvalidShareError } from '../../crypto/provider.ts'
import { peerError } from '../alert.ts'
import { type ClientHello, readClientHello } from '../message/client-hello.ts'
import { CONFIRMATION_LENGTH, type OuterEch } from '../message/encrypted-client-hello.ts'
import type { HandshakeMessage } from '../message/handshake.ts'
import { TLS12 } from '../registry.ts'
import { echInfo, writeEchConfigList } from './config.ts'
import { acceptConfirmation, retryConfirmation, SERVER_HELLO_CONFIRMATION } from './confirmation.ts'
import { decodeInner, outerAad } from './encoding.ts'
import type { EchKey } from './key.ts'

const PATH = 'client_hello.encrypted_client_hello'

/** A ClientHelloInner that was read, and the means to read the second. */
export class EchAcceptance implements Disposable {
  /** The first ClientHelloInner. */
  readonly message: HandshakeMessage
  readonly hello: ClientHello
  readonly #context: HpkeContext
  readonly #first: OuterEch
  readonly #retried: Uint8Array[] = []

  /** @internal Use `acceptEch`. */
  constructor(context: HpkeContext, first: OuterEch, inner: Uint8Array) {
    this.#context = context
    this.#first = first
    this.message = { type: 'client_hello', raw: inner }
    this.hello = readInner(this.message)
  }

  /** Fills in what confirms a HelloRetryRequest, whose last extension has the bytes for it. */
  confirmRetry(hash: Hash, helloRetryRequest: Uint8Array): void {
    const at = helloRetryRequest.length - CONFIRMATION_LENGTH
    helloRetryRequest.set(
      retryConfirmation({ hash, innerHello: this.message.raw, retried: [] }, helloRetryRequest, at),
      at,
    )
    this.#retried.push(helloRetryRequest)
  }

  /** Fills in what confirms a ServerHello. */
  confirm(hash: Hash, serverHello: Uint8Array): void {
    const heard = { hash, innerHello: this.message.raw, retried: this.#retried }
    serverHello.set(acceptConfirmation(heard, serverHello), SERVER_HELLO_CONFIRMATION)
  }

  /**
   * The second ClientHelloInner (section 7.1.1).
   * @throws {TlsError} `missing_extension`, `illegal_parameter`, `decrypt_error`
   */
  readSecond(outer: HandshakeMessage): { readonly hello: ClientHello; readonly message: HandshakeMessage } {
    const ech = readClientHello(outer).extensions.encrypted_client_hello
    if (ech === undefined) throw peerError('missing_extension', PATH, 'to be there again', 'no such extension')
    if (ech.type !== 'outer') throw innerInSight()
    const { kdf, aead, configId } = this.#first
    if (ech.kdf !== kdf || ech.aead !== aead || ech.configId !== configId) {
      throw peerError('illegal_parameter', PATH, 'the cipher suite and config_id as before', 'others')
    }
    if (ech.enc.length > 0) throw peerError('illegal_parameter', `${PATH}.enc`, 'nothing', `${ech.enc.length} bytes`)
    const encoded = this.#context.open(outerAad(outer.raw, ech.payload), ech.payload)
    if (encoded === null) throw peerError('decrypt_error', `${PATH}.payload`, 'what can be decrypted', 'another')
    const message: HandshakeMessage = { type: 'client_hello', raw: decodeInner(encoded, outer.raw) }
    this.#retried.push(message.raw)
    return { hello: readInner(message), message }
  }

  /** Drops the keys. */
  [Symbol.dispose](): void {
    this.#context[Symbol.dispose]()
  }
}

/**
 * Reads the ClientHelloInner, if there is one for a key of ours; undefined: the handshake goes on with the outer.
 * @throws {TlsError} `illegal_parameter` for an inner form in plain sight, or a ClientHelloInner that is none.
 */
export function acceptEch(
  provider: CryptoProvider,
  keys: readonly EchKey[],
  { raw }: HandshakeMessage,
  { extensions }: ClientHello,
): EchAcceptance | undefined {
  const ech = extensions.encrypted_client_hello
  if (ech === undefined) return undefined
  // Section 7: one server is both roles here, so nobody but a client can have sent it.
  if (ech.type !== 'outer') throw innerInSight()
  for (const key of keys) {
    const cipher = cipherFor(provider, key, ech)
    const context = cipher === undefined ? undefined : contextFor(key, cipher, ech)
    const encoded = context?.open(outerAad(raw, ech.payload), ech.payload)
    if (context !== undefined && encoded) return new EchAcceptance(context, ech, decodeInner(encoded, raw))
    context?.[Symbol.dispose]()
  }
  return undefined
}

/** The configurations for a client to retry with (section 7.1); undefined if there are none. */
export function retryConfigs(keys: readonly EchKey[]): Uint8Array | undefined {
  const configs = keys.filter(({ isRetry }) => isRetry).map(({ config }) => config.raw)
  return configs.length === 0 ? undefined : writeEchConfigList(configs)
}

function cipherFor(provider: CryptoProvider, { config }: EchKey, ech: OuterEch): HpkeCipher | undefined {
  if (config.configId !== ech.configId) return undefined
  const isListed = config.cipherSuites.some(({ kdf, aead }) => kdf === ech.kdf && aead === ech.aead)
  return isListed ? cipherOf(provider, ech.kdf, ech.aead) : undefined
}

function contextFor({ config, kem, key }: EchKey, cipher: HpkeCipher, ech: OuterEch): HpkeContext | undefined {
  try {
    return setupBaseR(kem, cipher, ech.enc, key, echInfo(config))
  } catch (error) {
    if (error instanceof InvalidShareError) return undefined
    throw error
  }
}

/** Section 7.1: an inner hello says that it is one, and offers nothing older than TLS 1.3. */
function readInner(message: HandshakeMessage): ClientHello {
  const hello = readClientHello(message)
  const { encrypted_client_hello: ech, supported_versions: versions } = hello.extensions
  if (ech?.type !== 'inner') {
    throw peerError('illegal_parameter', 'client_hello_inner.encrypted_client_hello', 'type inner', 'no such extension')
  }
  if (versions === undefined || versions.some((version) => version <= TLS12)) {
    throw peerError(
      'illegal_parameter',
      'client_hello_inner.supported_versions',
      'TLS 1.3 or later alone',
      'older versions',
    )
  }
  return hello
}

function innerInSight(): Error {
  return peerError('illegal_parameter', `${PATH}.type`, 'outer', 'inner, which is for a ClientHelloInner alone')
}
