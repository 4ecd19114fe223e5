/**
 * The TLS 1.3 key schedule (RFC 9846 section 7.1 to 7.5) as functions from secrets to secrets.
 *
 * Not here: the exporter of early data.
 */

import { hkdfExpand, hkdfExtract } from '../../crypto/hkdf.ts'
import type { Hash, HashName } from '../../crypto/provider.ts'

/** HKDF-Expand-Label (section 7.1). `label` without its `tls13 ` prefix. */
export function expandLabel(
  hash: Hash,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const info = hkdfLabel(label, context, length)
  if (length > hash.length) return hkdfExpand(hash, secret, info.subarray(0, -1), length)
  const block = hash.hmac(secret, info)
  return length === hash.length ? block : block.subarray(0, length)
}

/** HkdfLabel, with the counter of the first block behind it: most outputs need no second. */
function hkdfLabel(label: string, context: Uint8Array, length: number): Uint8Array {
  const labelLength = PREFIX.length + label.length
  const info = new Uint8Array(2 + 1 + labelLength + 1 + context.length + 1)
  info[0] = length >>> 8
  info[1] = length
  info[2] = labelLength
  info.set(PREFIX, 3)
  for (let i = 0; i < label.length; i++) info[9 + i] = label.charCodeAt(i)
  info[3 + labelLength] = context.length
  info.set(context, 4 + labelLength)
  info[info.length - 1] = 1
  return info
}

/** `tls13 ` */
const PREFIX = Uint8Array.of(0x74, 0x6c, 0x73, 0x31, 0x33, 0x20)

/** Derive-Secret (section 7.1) with the hash of the messages already taken. */
export function deriveSecret(hash: Hash, secret: Uint8Array, label: string, transcriptHash: Uint8Array): Uint8Array {
  return expandLabel(hash, secret, label, transcriptHash, hash.length)
}

const NOTHING = new Uint8Array(0)
const salts = new WeakMap<Hash, Uint8Array>()

/** The Early Secret of a pre-shared key. */
export function deriveEarlySecret(hash: Hash, psk: Uint8Array): Uint8Array {
  return hkdfExtract(hash, new Uint8Array(hash.length), psk)
}

/** Where a pre-shared key comes from: an earlier connection, outside, or outside by way of an importer (RFC 9258). */
export type PskOrigin = 'resumption' | 'external' | 'imported'

const BINDER_LABELS: Readonly<Record<PskOrigin, string>> = {
  resumption: 'res binder',
  external: 'ext binder',
  imported: 'imp binder',
}

/** The binder that ties a pre-shared key to a ClientHello (section 4.3.11.2). */
export function deriveBinder(
  hash: Hash,
  earlySecret: Uint8Array,
  origin: PskOrigin,
  transcriptHash: Uint8Array,
): Uint8Array {
  const binderKey = deriveSecret(hash, earlySecret, BINDER_LABELS[origin], emptyDigest(hash))
  const binder = deriveVerifyData(hash, binderKey, transcriptHash)
  binderKey.fill(0)
  return binder
}

/** client_early_traffic_secret; hash of the ClientHello. */
export function deriveEarlyTraffic(hash: Hash, earlySecret: Uint8Array, transcriptHash: Uint8Array): Uint8Array {
  return deriveSecret(hash, earlySecret, 'c e traffic', transcriptHash)
}

/** Derive-Secret(Early Secret of no PSK, "derived", ""): a constant of the hash, no secret. */
function handshakeSalt(hash: Hash): Uint8Array {
  let salt = salts.get(hash)
  if (salt === undefined) {
    const zeros = new Uint8Array(hash.length)
    salt = deriveSecret(hash, hkdfExtract(hash, zeros, zeros), 'derived', hash.digest(NOTHING))
    salts.set(hash, salt)
  }
  return salt
}

/**
 * The Handshake Secret.
 * @param sharedSecret of the key exchange; undefined if there was none.
 * @param earlySecret of the pre-shared key; undefined if there is none.
 */
export function deriveHandshakeSecret(
  hash: Hash,
  sharedSecret: Uint8Array | undefined,
  earlySecret?: Uint8Array,
): Uint8Array {
  const secret = sharedSecret ?? new Uint8Array(hash.length)
  if (earlySecret === undefined) return hkdfExtract(hash, handshakeSalt(hash), secret)
  const salt = deriveSecret(hash, earlySecret, 'derived', emptyDigest(hash))
  const handshakeSecret = hkdfExtract(hash, salt, secret)
  salt.fill(0)
  return handshakeSecret
}

/** The Main Secret. */
export function deriveMainSecret(hash: Hash, handshakeSecret: Uint8Array): Uint8Array {
  const salt = deriveSecret(hash, handshakeSecret, 'derived', emptyDigest(hash))
  const mainSecret = hkdfExtract(hash, salt, new Uint8Array(hash.length))
  // Whoever has it has the Main Secret.
  salt.fill(0)
  return mainSecret
}

const emptyDigests = new Map<HashName, Uint8Array>()

function emptyDigest(hash: Hash): Uint8Array {
  let digest = emptyDigests.get(hash.name)
  if (digest === undefined) emptyDigests.set(hash.name, (digest = hash.digest(NOTHING)))
  return digest
}

export interface TrafficSecrets {
  readonly client: Uint8Array
  readonly server: Uint8Array
}

/** client_ and server_handshake_traffic_secret; hash of ClientHello...ServerHello. */
export function deriveHandshakeTraffic(
  hash: Hash,
  handshakeSecret: Uint8Array,
  transcriptHash: Uint8Array,
): TrafficSecrets {
  return {
    client: deriveSecret(hash, handshakeSecret, 'c hs traffic', transcriptHash),
    server: deriveSecret(hash, handshakeSecret, 's hs traffic', transcriptHash),
  }
}

/** client_ and server_application_traffic_secret_0; hash of ClientHello...server Finished. */
export function deriveApplicationTraffic(
  hash: Hash,
  mainSecret: Uint8Array,
  transcriptHash: Uint8Array,
): TrafficSecrets {
  return {
    client: deriveSecret(hash, mainSecret, 'c ap traffic', transcriptHash),
    server: deriveSecret(hash, mainSecret, 's ap traffic', transcriptHash),
  }
}

/** exporter_secret; hash of ClientHello...server Finished. */
export function deriveExporterSecret(hash: Hash, mainSecret: Uint8Array, transcriptHash: Uint8Array): Uint8Array {
  return deriveSecret(hash, mainSecret, 'exp master', transcriptHash)
}

/** resumption_secret; hash of ClientHello...client Finished. */
export function deriveResumptionSecret(hash: Hash, mainSecret: Uint8Array, transcriptHash: Uint8Array): Uint8Array {
  return deriveSecret(hash, mainSecret, 'res master', transcriptHash)
}

/** The pre-shared key of one ticket (section 4.7.1). */
export function deriveTicketPsk(hash: Hash, resumptionSecret: Uint8Array, nonce: Uint8Array): Uint8Array {
  return expandLabel(hash, resumptionSecret, 'resumption', nonce, hash.length)
}

/** application_traffic_secret_N+1 (section 7.2). */
export function deriveNextTrafficSecret(hash: Hash, secret: Uint8Array): Uint8Array {
  return expandLabel(hash, secret, 'traffic upd', NOTHING, hash.length)
}

export interface TrafficKeys {
  readonly key: Uint8Array
  /** 12 bytes. */
  readonly iv: Uint8Array
}

/** Write key and IV of a traffic secret (section 7.3). */
export function deriveTrafficKeys(hash: Hash, secret: Uint8Array, keyLength: number): TrafficKeys {
  return {
    key: expandLabel(hash, secret, 'key', NOTHING, keyLength),
    iv: expandLabel(hash, secret, 'iv', NOTHING, 12),
  }
}

/** verify_data of a Finished under a handshake traffic secret (section 4.5.3). */
export function deriveVerifyData(hash: Hash, trafficSecret: Uint8Array, transcriptHash: Uint8Array): Uint8Array {
  const finishedKey = expandLabel(hash, trafficSecret, 'finished', NOTHING, hash.length)
  const verifyData = hash.hmac(finishedKey, transcriptHash)
  finishedKey.fill(0)
  return verifyData
}

/** TLS-Exporter (section 7.5). */
export function deriveExport(
  hash: Hash,
  exporterSecret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const secret = deriveSecret(hash, exporterSecret, label, emptyDigest(hash))
  const exported = expandLabel(hash, secret, 'exporter', hash.digest(context), length)
  secret.fill(0)
  return exported
}
