/** The key log (RFC 9850): its lines open everything that went over the wire. */

import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import { CIPHER_SUITES } from '../../src/tls/index.ts'
import { RecordFraming } from '../../src/tls/record/framing.ts'
import { RecordOpener } from '../../src/tls/record/protection.ts'
import { deriveExport, deriveNextTrafficSecret } from '../../src/tls/schedule/key-schedule.ts'
import { expectHandshake } from './expectations.ts'
import { CLIENT, identityOf, Pair } from './pair.ts'

/** RFC 9850 section 2.1, those that a handshake without early data has. */
const LABELS = [
  'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
  'SERVER_HANDSHAKE_TRAFFIC_SECRET',
  'CLIENT_TRAFFIC_SECRET_0',
  'SERVER_TRAFFIC_SECRET_0',
  'EXPORTER_SECRET',
]

const FINISHED = 20
const KEY_UPDATE = 24

/** Opens one direction with what the key log says and nothing else; the types of messages, and the data. */
function readAlong(
  stream: Uint8Array,
  suite: (typeof CIPHER_SUITES)[number],
  secrets: readonly [handshake: Uint8Array, application: Uint8Array],
): { messages: number[]; text: string } {
  const hash = nodeProvider.hashes[suite.hash]
  const aead = nodeProvider.aeads.find(({ name }) => name === suite.aead) as (typeof nodeProvider.aeads)[number]
  const framing = new RecordFraming()
  framing.push(stream)
  let opener = new RecordOpener(aead, hash, secrets[0])
  let secret = secrets[1]
  const messages: number[] = []
  let text = ''
  for (let record = framing.next(true); record !== undefined; record = framing.next(true)) {
    if (record.type !== 23) continue
    const { type, content } = opener.open(record) ?? { type: 0, content: new Uint8Array(0) }
    if (type === 23) text += new TextDecoder().decode(content)
    if (type !== 22) continue
    for (let at = 0; at < content.length; at += 4 + ((content[at + 2] as number) << 8) + (content[at + 3] as number)) {
      messages.push(content[at] as number)
    }
    if (messages.at(-1) === KEY_UPDATE) secret = deriveNextTrafficSecret(hash, secret)
    if (messages.at(-1) === FINISHED || messages.at(-1) === KEY_UPDATE) opener = new RecordOpener(aead, hash, secret)
  }
  return { messages, text }
}

describe.each(CIPHER_SUITES.filter(({ version }) => version === 'TLS 1.3'))('with $name', (suite) => {
  const pair = new Pair({
    client: { keyLog: true, cipherSuites: [suite.name], identities: [identityOf(CLIENT)], keyShares: [] },
    server: { keyLog: true, clientAuthentication: 'required' },
  })

  test('both ends log the same secrets under the labels of RFC 9850', () => {
    expectHandshake(pair)
    const lines = pair.client.keyLog()
    expect(pair.server.keyLog()).toEqual(lines)
    expect(lines.map((line) => line.split(' ')[0])).toEqual(LABELS)
    const { length } = nodeProvider.hashes[suite.hash]
    const clientRandom = toHex(pair.client.sent.subarray(11, 43))
    for (const line of lines) expect(line).toMatch(new RegExp(`^[A-Z0-9_]+ ${clientRandom} [0-9a-f]{${2 * length}}$`))
  })

  test('the secrets open both directions, key updates included', () => {
    pair.client.connection.updateKeys({ requestPeer: true })
    pair.run().talk(' again', ' again')
    const [ofClient, ofServer, client0, server0] = pair.client
      .keyLog()
      .map((line) => fromHex(line.split(' ')[2] as string)) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    expect(readAlong(pair.client.sent, suite, [ofClient, client0])).toEqual({
      messages: [11, 15, 20, 24],
      text: 'from the client again',
    })
    expect(readAlong(pair.server.sent, suite, [ofServer, server0])).toEqual({
      messages: [8, 13, 11, 15, 20, 24],
      text: 'from the server again',
    })
  })

  test('the exporter secret is the one that exporters come from', () => {
    const secret = fromHex(pair.client.keyLog()[4]?.split(' ')[2] as string)
    const hash = nodeProvider.hashes[suite.hash]
    expect(deriveExport(hash, secret, 'EXPERIMENTAL-log', Uint8Array.of(1), 32)).toEqual(
      pair.server.connection.exportKeyingMaterial('EXPERIMENTAL-log', Uint8Array.of(1), 32),
    )
  })
})

test('nothing is logged unless it was asked for', () => {
  const pair = new Pair()
  expectHandshake(pair)
  expect(pair.ends.flatMap((end) => end.keyLog())).toEqual([])
})
