/** What a peer of either role may not do with records (RFC 9846 section 5), and in which states. */

import { concatBytes } from '../../src/bytes/index.ts'
import type { AlertDescription } from '../../src/tls/index.ts'
import { RogueClient } from './client.ts'
import { handshake, writeRecord } from './messages.ts'
import { type RoguePeer, type State, TYPE } from './peer.ts'

export interface RecordRule {
  readonly name: string
  readonly at: readonly State[]
  /** If the rule is for one role of the rogue's only. */
  readonly from?: 'client' | 'server'
  readonly alert: AlertDescription
  readonly path: string
  readonly play: (peer: RoguePeer) => unknown
}

const ALL: readonly State[] = ['begun', 'keyed', 'open']
const KEYED: readonly State[] = ['keyed', 'open']
const noBytes = new Uint8Array(0)
const MOST = 0x4000

/** Half of a message that may come there. */
function half(peer: RoguePeer, state: State): Uint8Array {
  const code = { begun: peer.role === 'client' ? 1 : 2, keyed: peer.role === 'client' ? 20 : 8, open: 24 }[state]
  return handshake(code, new Uint8Array(32)).slice(0, 10)
}

function stateOf(peer: RoguePeer): State {
  if (peer.connection.state === 'open') return 'open'
  return peer.isKeyed ? 'keyed' : 'begun'
}

/** A record of the keys there are, with some bytes changed. */
function spoilt(change: (record: Uint8Array) => Uint8Array): (peer: RoguePeer) => unknown {
  return (peer) => peer.raw(change(peer.sealed(TYPE.handshake, half(peer, stateOf(peer)))))
}

export const TYPES: readonly RecordRule[] = [
  ...[0, 19, 24, 64, 255].map((type): RecordRule => ({
    name: `content type ${type}`,
    at: ALL,
    alert: 'unexpected_message',
    path: 'record.type',
    play: (peer) => peer.plain(type, Uint8Array.of(1)),
  })),
  {
    name: 'a content type that does not exist, from its first byte',
    at: ALL,
    alert: 'unexpected_message',
    path: 'record.type',
    play: (peer) => peer.raw(Uint8Array.of(0x80)),
  },
  ...[1, 20, 24, 255].map((type): RecordRule => ({
    name: `content type ${type} in a protected record`,
    at: KEYED,
    alert: 'unexpected_message',
    path: 'record.content_type',
    play: (peer) => peer.record(type, Uint8Array.of(1)),
  })),
  {
    name: 'application data before there are keys',
    at: ['begun'],
    alert: 'unexpected_message',
    path: 'record.type',
    play: (peer) => peer.data('hello'),
  },
  {
    name: 'application data before Finished',
    at: ['keyed'],
    alert: 'unexpected_message',
    path: 'record.content_type',
    play: (peer) => peer.data('hello'),
  },
  {
    name: 'a handshake message in the clear',
    at: KEYED,
    alert: 'unexpected_message',
    path: 'record.type',
    play: (peer) => peer.plain(TYPE.handshake, handshake(20, new Uint8Array(32))),
  },
  {
    name: 'an alert in the clear',
    at: ['open'],
    alert: 'unexpected_message',
    path: 'record.type',
    play: (peer) => peer.plain(TYPE.alert, Uint8Array.of(2, 40)),
  },
  {
    name: 'an alert in the clear, of a server that has keys',
    at: ['keyed'],
    from: 'server',
    alert: 'unexpected_message',
    path: 'record.type',
    play: (peer) => peer.plain(TYPE.alert, Uint8Array.of(2, 40)),
  },
]

export const PROTECTION: readonly RecordRule[] = [
  {
    name: 'a flipped bit of the ciphertext',
    at: KEYED,
    alert: 'bad_record_mac',
    path: 'record.encrypted_record',
    play: spoilt((record) => record.map((byte, i) => (i === 7 ? byte ^ 1 : byte))),
  },
  {
    name: 'a flipped bit of the tag',
    at: KEYED,
    alert: 'bad_record_mac',
    path: 'record.encrypted_record',
    play: spoilt((record) => record.map((byte, i) => (i === record.length - 1 ? byte ^ 0x80 : byte))),
  },
  {
    name: 'another version in the header',
    at: KEYED,
    alert: 'bad_record_mac',
    path: 'record.encrypted_record',
    play: spoilt((record) => record.map((byte, i) => (i === 2 ? 4 : byte))),
  },
  {
    name: 'a record that came before',
    at: ['open'],
    alert: 'bad_record_mac',
    path: 'record.encrypted_record',
    play: (peer) => {
      const record = peer.sealed(TYPE.application_data, noBytes)
      peer.raw(record).raw(record)
    },
  },
  {
    name: 'a record that comes too early',
    at: ['open'],
    alert: 'bad_record_mac',
    path: 'record.encrypted_record',
    play: (peer) => {
      peer.sealed(TYPE.application_data, noBytes)
      peer.data('second')
    },
  },
  {
    name: 'the keys of the handshake, after Finished',
    at: ['open'],
    alert: 'bad_record_mac',
    path: 'record.encrypted_record',
    play: (peer) => peer.reviveHandshakeKeys().data('old'),
  },
  ...[0, 1, 15, 16].map((length): RecordRule => ({
    name: `a protected record of ${length} bytes`,
    at: KEYED,
    alert: 'bad_record_mac',
    path: 'record.encrypted_record',
    play: (peer) => peer.plain(TYPE.application_data, new Uint8Array(length)),
  })),
  {
    name: 'zeros only',
    at: KEYED,
    alert: 'unexpected_message',
    path: 'record.content_type',
    play: (peer) => peer.record(0, new Uint8Array(100)),
  },
  {
    name: 'no content type',
    at: KEYED,
    alert: 'unexpected_message',
    path: 'record.content_type',
    play: (peer) => peer.record(0, noBytes),
  },
]

export const LENGTHS: readonly RecordRule[] = [
  {
    name: 'a plaintext of 2^14 + 1 bytes, from the header alone',
    at: ['begun'],
    alert: 'record_overflow',
    path: 'record.length',
    play: (peer) => peer.raw(writeRecord(TYPE.handshake, noBytes, MOST + 1)),
  },
  {
    name: 'a ciphertext of 2^14 + 257 bytes, from the header alone',
    at: KEYED,
    alert: 'record_overflow',
    path: 'record.length',
    play: (peer) => peer.raw(writeRecord(TYPE.application_data, noBytes, MOST + 257)),
  },
  {
    name: 'a change_cipher_spec of 65535 bytes',
    at: KEYED,
    alert: 'record_overflow',
    path: 'record.length',
    play: (peer) => peer.raw(writeRecord(TYPE.change_cipher_spec, noBytes, 0xffff)),
  },
  {
    name: 'a content of 2^14 + 1 bytes',
    at: KEYED,
    alert: 'record_overflow',
    path: 'record.content',
    play: (peer) => peer.record(TYPE.application_data, new Uint8Array(MOST + 1)),
  },
  {
    name: 'content and padding of 2^14 + 1 bytes',
    at: KEYED,
    alert: 'record_overflow',
    path: 'record.content',
    play: (peer) => peer.record(TYPE.application_data, Uint8Array.of(1), MOST),
  },
]

export const HANDSHAKE_FRAGMENTS: readonly RecordRule[] = [
  {
    name: 'a handshake record without content',
    at: ALL,
    alert: 'unexpected_message',
    path: 'handshake',
    play: (peer) => peer.record(TYPE.handshake, noBytes),
  },
  {
    name: 'a handshake record with padding only',
    at: KEYED,
    alert: 'unexpected_message',
    path: 'handshake',
    play: (peer) => peer.record(TYPE.handshake, noBytes, 50),
  },
  ...(['alert', 'application_data'] as const).map((name): RecordRule => ({
    name: `${name} in the middle of a handshake message`,
    at: KEYED,
    alert: 'unexpected_message',
    path: 'record.type',
    play: (peer) => peer.record(TYPE.handshake, half(peer, stateOf(peer))).record(TYPE[name], Uint8Array.of(2, 40)),
  })),
  {
    name: 'an alert in the middle of a hello',
    at: ['begun'],
    alert: 'unexpected_message',
    path: 'record.type',
    play: (peer) => peer.record(TYPE.handshake, half(peer, 'begun')).alert(40),
  },
  {
    name: 'change_cipher_spec in the middle of a handshake message',
    at: ALL,
    alert: 'unexpected_message',
    path: 'record.type',
    play: (peer) => peer.record(TYPE.handshake, half(peer, stateOf(peer))).changeCipherSpec(),
  },
  {
    name: 'KeyUpdate, and more in the record',
    at: ['open'],
    alert: 'unexpected_message',
    path: 'handshake',
    play: (peer) => peer.message(handshake(24, Uint8Array.of(0)), handshake(24, Uint8Array.of(0))),
  },
  ...[2, 255].map((value): RecordRule => ({
    name: `KeyUpdate with the value ${value}`,
    at: ['open'],
    alert: 'illegal_parameter',
    path: 'key_update.request_update',
    play: (peer) => peer.message(handshake(24, Uint8Array.of(value))),
  })),
  {
    name: 'KeyUpdate without a value',
    at: ['open'],
    alert: 'decode_error',
    path: 'key_update.request_update',
    play: (peer) => peer.message(handshake(24, noBytes)),
  },
  {
    name: 'KeyUpdate with two values',
    at: ['open'],
    alert: 'decode_error',
    path: 'key_update',
    play: (peer) => peer.message(handshake(24, Uint8Array.of(0, 0))),
  },
  {
    name: 'the old keys after KeyUpdate',
    at: ['open'],
    alert: 'bad_record_mac',
    path: 'record.encrypted_record',
    play: (peer) => peer.message(handshake(24, Uint8Array.of(0))).data('under the old key'),
  },
]

export const ALERTS: readonly RecordRule[] = [
  {
    name: 'an alert without content',
    at: ALL,
    alert: 'unexpected_message',
    path: 'alert',
    play: (peer) => peer.record(TYPE.alert, noBytes),
  },
  ...[[2], [2, 40, 0], [1, 90, 1, 0], [2, 40, 2, 40]].map((bytes): RecordRule => ({
    name: `an alert of the bytes ${bytes.join(' ')}`,
    at: ALL,
    alert: 'decode_error',
    path: 'alert',
    play: (peer) => peer.record(TYPE.alert, Uint8Array.from(bytes)),
  })),
]

export const CHANGE_CIPHER_SPEC: readonly RecordRule[] = [
  {
    name: 'before ClientHello',
    at: ['begun'],
    from: 'client',
    alert: 'unexpected_message',
    path: 'record.type',
    play: (peer) => peer.changeCipherSpec(),
  },
  {
    name: 'after Finished',
    at: ['open'],
    alert: 'unexpected_message',
    path: 'record.type',
    play: (peer) => peer.changeCipherSpec(),
  },
  ...[[], [0], [2], [1, 1]].flatMap((content): RecordRule[] => [
    {
      name: `with the content [${content.join()}]`,
      at: ['keyed'],
      alert: 'unexpected_message',
      path: 'change_cipher_spec',
      play: (peer) => peer.changeCipherSpec(content),
    },
    {
      name: `with the content [${content.join()}], before ServerHello`,
      at: ['begun'],
      from: 'server',
      alert: 'unexpected_message',
      path: 'change_cipher_spec',
      play: (peer) => peer.changeCipherSpec(content),
    },
  ]),
  {
    name: 'more than 32 of them',
    at: ['keyed'],
    alert: 'unexpected_message',
    path: 'change_cipher_spec',
    play: (peer) => {
      for (let i = 0; i < 33; i++) peer.changeCipherSpec()
    },
  },
]

/** Messages that end with a change of keys must end with their record (section 5.1). */
export const KEY_CHANGES: readonly RecordRule[] = [
  {
    name: 'ClientHello, and more in the record',
    at: ['begun'],
    from: 'client',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (peer) =>
      peer instanceof RogueClient && peer.raw(writeRecord(22, concatBytes(peer.honestHello(), Uint8Array.of(20, 0)))),
  },
]

export const RECORD_RULES: readonly (readonly [string, readonly RecordRule[]])[] = [
  ['types (section 5)', TYPES],
  ['protection (section 5.2)', PROTECTION],
  ['lengths (sections 5.1, 5.2)', LENGTHS],
  ['handshake fragments (section 5.1)', HANDSHAKE_FRAGMENTS],
  ['alerts (section 5.1)', ALERTS],
  ['change_cipher_spec (section 5)', CHANGE_CIPHER_SPEC],
  ['changes of keys (section 5.1)', KEY_CHANGES],
]
