/**
 * Changing a ClientHello in flight, as a man in the middle does who would rather have weaker
 * cryptography: a group is taken out of supported_groups and key_share (RFC 9846 sections 4.3.7 and
 * 4.3.8), and every length around them is put right. Nothing in the message itself forbids that; the
 * transcript does.
 */

import { Reader, Writer } from '../../bytes/index.ts'

const HANDSHAKE_RECORD = 22
const CLIENT_HELLO = 1
const SUPPORTED_GROUPS = 10
const KEY_SHARE = 51

/** True if `record` (header included) is a handshake record that begins with a ClientHello. */
export function isClientHello(record: Uint8Array): boolean {
  return record[0] === HANDSHAKE_RECORD && record[5] === CLIENT_HELLO
}

/**
 * The record with its ClientHello less the group of code point `group`.
 * @throws {DecodeError} if it is not one whole ClientHello in one record.
 */
export function stripGroup(record: Uint8Array, group: number): Uint8Array {
  const reader = new Reader(record, 'record')
  const type = reader.u8('type')
  const version = reader.u16('legacy_record_version')
  const hello = reader.block(2, 'fragment', (fragment) => {
    fragment.u8('msg_type')
    return fragment.block(3, 'client_hello', (body) => stripHello(body, group))
  })
  reader.end()
  return new Writer(record.length)
    .u8(type)
    .u16(version)
    .block(2, (fragment) => fragment.u8(CLIENT_HELLO).vector(3, hello))
    .finish()
}

function stripHello(body: Reader, group: number): Uint8Array {
  const writer = new Writer()
  writer.u16(body.u16('legacy_version')).bytes(body.bytes(32, 'random'))
  writer.vector(1, body.vector(1, 'legacy_session_id'))
  writer.vector(2, body.vector(2, 'cipher_suites'))
  writer.vector(1, body.vector(1, 'legacy_compression_methods'))
  const extensions = body.list(2, 'extensions', (extension) => {
    const type = extension.u16('extension_type')
    return { type, data: extension.vector(2, 'extension_data') }
  })
  writer.block(2, (list) => {
    for (const { type, data } of extensions) list.u16(type).vector(2, stripExtension(type, data, group))
  })
  return writer.finish()
}

function stripExtension(type: number, data: Uint8Array, group: number): Uint8Array {
  const reader = new Reader(data, 'extension')
  const writer = new Writer()
  if (type === SUPPORTED_GROUPS) {
    const groups = reader.list(2, 'named_group_list', (item) => item.u16('named_group'))
    return writer.block(2, (list) => groups.filter((code) => code !== group).forEach((code) => list.u16(code))).finish()
  }
  if (type === KEY_SHARE) {
    const shares = reader.list(2, 'client_shares', (item) => ({
      group: item.u16('group'),
      key: item.vector(2, 'key_exchange'),
    }))
    const kept = shares.filter((share) => share.group !== group)
    return writer.block(2, (list) => kept.forEach((share) => list.u16(share.group).vector(2, share.key))).finish()
  }
  return data
}
