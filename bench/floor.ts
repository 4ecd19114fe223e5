/**
 * The floor of a handshake: the raw node:crypto operations that both ends of a TLS 1.3 handshake
 * (RFC 9846) cannot do without, in their order, and nothing else: no message is written or read, no
 * certificate parsed, nothing noted. TLS_AES_128_GCM_SHA256 and ECDSA P-256 throughout.
 *
 * What is done, by both ends together, in a full handshake (in a mutual one in brackets):
 *
 *   randomness of 32 bytes                        3
 *   X25519 key generation, its share exported     2
 *   X25519 derivation, the peer's share imported  2
 *   ML-KEM-768 generation (share exported), encapsulation (share imported), decapsulation: 1 each, if hybrid
 *   ECDSA signature                               1  [2]   CertificateVerify
 *   public key imported from a leaf's SPKI        1  [2]
 *   ECDSA verification                            2  [4]   CertificateVerify, and the root's signature on the leaf
 *   HMAC-SHA256                                  40        20 an end: handshake 3, main 2, application 2,
 *                                                          exporter 1, keys and IVs 8, Finished of both sides 4
 *   transcript hash begun, digest taken           2 and 10 [14]
 *   AEAD key imported                             8        4 an end
 *   AES-128-GCM record sealed, opened             2 and 2
 *
 * handfast derives application keys with the first record that needs them, so 8 HMACs and 4 imports of
 * keys fewer than this until then.
 */

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  decapsulate,
  diffieHellman,
  encapsulate,
  generateKeyPairSync,
  type Hash,
  type KeyObject,
  randomFillSync,
  sign,
  timingSafeEqual,
  verify,
  X509Certificate,
} from 'node:crypto'
import type { Credential, Credentials } from './credentials.ts'

const EMPTY = new Uint8Array(0)
const ZEROS = new Uint8Array(32)
const NONCE = new Uint8Array(12)
const HEADER = new Uint8Array(5)
const TAG = { authTagLength: 16 }

/** What an end can prove, prepared once as its certificate and key are. */
interface Side {
  readonly privateKey: KeyObject
  /** As it comes in the certificate. */
  readonly subjectPublicKeyInfo: Buffer
  /** Stands for the signed part of the certificate. */
  readonly certificate: Uint8Array
  /** By the root, over `certificate`. */
  readonly signature: Buffer
}

/** One case's operations. */
export interface FloorCase {
  readonly isMutual: boolean
  readonly isHybrid: boolean
}

/** Prepares what lasts for many handshakes; the function it returns makes one. */
export function prepareFloor({ server, client }: Credentials, { isMutual, isHybrid }: FloorCase): () => void {
  const root = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const serverSide = sideOf(server, root.privateKey)
  const clientSide = isMutual ? sideOf(client, root.privateKey) : undefined
  return () => floorHandshake(root.publicKey, serverSide, clientSide, isHybrid)
}

function sideOf({ chain, privateKey }: Credential, issuerKey: KeyObject): Side {
  const certificate = chain[0] as Uint8Array
  return {
    privateKey: createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' }),
    subjectPublicKeyInfo: new X509Certificate(certificate).publicKey.export({ format: 'der', type: 'spki' }),
    certificate,
    signature: sign('sha256', certificate, issuerKey),
  }
}

function floorHandshake(rootKey: KeyObject, server: Side, client: Side | undefined, isHybrid: boolean): void {
  // ClientHello: random, session id, shares
  random()
  random()
  const clientKey = generateKeyPairSync('x25519')
  const clientShare = clientKey.publicKey.export({ format: 'raw-public' })
  const kemKey = isHybrid ? generateKeyPairSync('ml-kem-768') : undefined
  const kemShare = kemKey?.publicKey.export({ format: 'raw-public' })

  // ServerHello: random, share, shared secret
  random()
  const serverKey = generateKeyPairSync('x25519')
  const serverShare = serverKey.publicKey.export({ format: 'raw-public' })
  const serverSecret = agree(serverKey.privateKey, clientShare)
  const kem =
    kemShare === undefined
      ? undefined
      : encapsulate({ key: kemShare, format: 'raw-public', asymmetricKeyType: 'ml-kem-768' })
  const clientHello = Buffer.concat([new Uint8Array(200), clientShare, kemShare ?? EMPTY])
  const serverHello = Buffer.concat([new Uint8Array(90), serverShare, kem?.ciphertext ?? EMPTY])
  const atServer = new End([serverSecret, kem?.sharedKey ?? EMPTY], [clientHello, serverHello])

  // The server's flight
  const [serverSignature, serverFinished] = atServer.prove(server, 'server')
  const length = server.certificate.length + serverSignature.length + (client === undefined ? 64 : 256)
  const serverRecord = seal(atServer.serverKey, new Uint8Array(length))
  atServer.enterApplication()

  // The client takes it
  const clientSecret = agree(clientKey.privateKey, serverShare)
  const kemSecret = kemKey === undefined || kem === undefined ? EMPTY : decapsulate(kemKey.privateKey, kem.ciphertext)
  const atClient = new End([clientSecret, kemSecret], [clientHello, serverHello])
  open(atClient.serverKey, serverRecord)
  atClient.check(server, rootKey, 'server', serverSignature, serverFinished)
  atClient.enterApplication()

  // The client's flight, and the server takes it
  const [clientSignature, clientFinished] = atClient.prove(client, 'client')
  const clientLength = 36 + (client === undefined ? 0 : client.certificate.length + clientSignature.length + 32)
  const clientRecord = seal(atClient.clientKey, new Uint8Array(clientLength))
  open(atServer.clientKey, clientRecord)
  atServer.check(client, rootKey, 'client', clientSignature, clientFinished)
}

/** One end's transcript and key schedule (RFC 9846 section 7.1). */
class End {
  readonly #transcript: Hash
  readonly #handshakeSecret: Buffer
  readonly #clientTraffic: Buffer
  readonly #serverTraffic: Buffer
  readonly clientKey: KeyObject
  readonly serverKey: KeyObject

  constructor(sharedSecret: readonly Uint8Array[], hellos: readonly Uint8Array[]) {
    this.#transcript = createHash('sha256')
    for (const hello of hellos) this.#transcript.update(hello)
    const digest = this.#digest()
    this.#handshakeSecret = hmac(ZEROS, Buffer.concat(sharedSecret))
    this.#clientTraffic = expand(this.#handshakeSecret, digest)
    this.#serverTraffic = expand(this.#handshakeSecret, digest)
    this.clientKey = trafficKey(this.#clientTraffic)
    this.serverKey = trafficKey(this.#serverTraffic)
  }

  /** Certificate and CertificateVerify if there is a side to prove, Finished always. */
  prove(side: Side | undefined, role: 'client' | 'server'): readonly [signature: Uint8Array, finished: Uint8Array] {
    let signature: Uint8Array = EMPTY
    if (side !== undefined) {
      this.#transcript.update(side.certificate)
      signature = sign('sha256', signedContent(this.#digest()), side.privateKey)
      this.#transcript.update(signature)
    }
    const finished = this.#finished(role)
    this.#transcript.update(finished)
    return [signature, finished]
  }

  /** What the other end made in `prove`. */
  check(
    side: Side | undefined,
    rootKey: KeyObject,
    role: 'client' | 'server',
    signature: Uint8Array,
    finished: Uint8Array,
  ): void {
    if (side !== undefined) {
      this.#transcript.update(side.certificate)
      const key = createPublicKey({ key: side.subjectPublicKeyInfo, format: 'der', type: 'spki' })
      const content = signedContent(this.#digest())
      const isProved =
        verify('sha256', side.certificate, rootKey, side.signature) && verify('sha256', content, key, signature)
      if (!isProved) throw new Error('floor: a signature does not verify')
      this.#transcript.update(signature)
    }
    if (!timingSafeEqual(this.#finished(role), finished)) throw new Error('floor: the two ends disagree')
    this.#transcript.update(finished)
  }

  /** Main secret, application traffic and exporter secrets, and the keys of both directions. */
  enterApplication(): void {
    const digest = this.#digest()
    const mainSecret = hmac(expand(this.#handshakeSecret, ZEROS), ZEROS)
    trafficKey(expand(mainSecret, digest))
    trafficKey(expand(mainSecret, digest))
    expand(mainSecret, digest)
  }

  #finished(role: 'client' | 'server'): Buffer {
    const secret = role === 'client' ? this.#clientTraffic : this.#serverTraffic
    return hmac(expand(secret, EMPTY), this.#digest())
  }

  #digest(): Buffer {
    return this.#transcript.copy().digest()
  }
}

function random(): Uint8Array {
  return randomFillSync(new Uint8Array(32))
}

function agree(privateKey: KeyObject, share: Buffer): Buffer {
  const publicKey = createPublicKey({ key: share, format: 'raw-public', asymmetricKeyType: 'x25519' })
  return diffieHellman({ privateKey, publicKey })
}

function hmac(key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac('sha256', key).update(data).digest()
}

/** HKDF-Expand-Label of one block: a label's length of bytes beside the context. */
const LABEL = new Uint8Array(20)

function expand(secret: Uint8Array, context: Uint8Array): Buffer {
  return createHmac('sha256', secret)
    .update(context.length === 0 ? LABEL : Buffer.concat([LABEL, context]))
    .digest()
}

/** Key and IV. */
function trafficKey(secret: Uint8Array): KeyObject {
  expand(secret, EMPTY)
  return createSecretKey(expand(secret, EMPTY).subarray(0, 16))
}

const PREFIX = new Uint8Array(98)

function signedContent(digest: Uint8Array): Buffer {
  return Buffer.concat([PREFIX, digest])
}

function seal(key: KeyObject, content: Uint8Array): readonly [Buffer, Buffer] {
  const cipher = createCipheriv('aes-128-gcm', key, NONCE, TAG)
  cipher.setAAD(HEADER)
  const sealed = cipher.update(content)
  cipher.final()
  return [sealed, cipher.getAuthTag()]
}

function open(key: KeyObject, [sealed, tag]: readonly [Buffer, Buffer]): Buffer {
  const decipher = createDecipheriv('aes-128-gcm', key, NONCE, TAG)
  decipher.setAAD(HEADER)
  decipher.setAuthTag(tag)
  const content = decipher.update(sealed)
  decipher.final()
  return content
}
