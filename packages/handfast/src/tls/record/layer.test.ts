import { describe, expect, test } from 'vitest'
import { nodeProvider } from '../../crypto/node.ts'
import { DEFAULT_LIMITS } from '../config.ts'
import { concatBytes } from '../../bytes/index.ts'
import { RecordLayer, type RecordLayerOptions } from './layer.ts'
import { fixedIvLength, RecordOpener12, RecordSealer12 } from './protection12.ts'

const { sha256 } = nodeProvider.hashes
const aead = nodeProvider.aeads[0] as (typeof nodeProvider.aeads)[number]
const SECRET = new Uint8Array(32).fill(5)
const HELLO = Uint8Array.of(1, 0, 0, 1, 7)

function layer(options: Partial<RecordLayerOptions> = {}): RecordLayer {
  return new RecordLayer({ role: 'client', limits: DEFAULT_LIMITS, maxRecordLength: 0x4000, padTo: 1, ...options })
}

/** The lengths of the records in a stream. */
function lengths(stream: Uint8Array | undefined): number[] {
  const all: number[] = []
  const bytes = stream ?? new Uint8Array(0)
  for (let at = 0; at < bytes.length; at += 5 + (all.at(-1) as number)) {
    all.push(((bytes[at + 3] as number) << 8) | (bytes[at + 4] as number))
  }
  return all
}

describe('sending', () => {
  test('messages of a flight share a record; nothing twice', () => {
    const sender = layer()
    sender.sendHandshake(HELLO)
    sender.sendHandshake(HELLO)
    expect(sender.takeOutput()).toEqual(Uint8Array.of(22, 3, 1, 0, 10, ...HELLO, ...HELLO))
    expect(sender.takeOutput()).toBeUndefined()
  })

  test('a record ends where keys change', () => {
    const sender = layer()
    sender.sendHandshake(HELLO)
    sender.setWriteSecret(aead, sha256, SECRET)
    sender.sendHandshake(HELLO)
    expect(lengths(sender.takeOutput())).toEqual([5, 5 + 17])
    expect(sender.sentUnderKey).toBe(1)
  })

  test('long data is split, and padded if wanted', () => {
    const sender = layer({ maxRecordLength: 100 })
    sender.setWriteSecret(aead, sha256, SECRET)
    sender.sendData(new Uint8Array(250))
    expect(lengths(sender.takeOutput())).toEqual([117, 117, 67])
    const padding = layer({ maxRecordLength: 100, padTo: 64 })
    padding.setWriteSecret(aead, sha256, SECRET)
    padding.sendData(new Uint8Array(250))
    expect(lengths(padding.takeOutput())).toEqual([128 + 16, 128 + 16, 64 + 16])
  })

  test('lent memory is used if it is large enough and no output waits, and never kept', () => {
    const [sender, other] = [layer(), layer()]
    for (const one of [sender, other]) one.setWriteSecret(aead, sha256, SECRET)
    const memory = new Uint8Array(200).fill(0xff)
    sender.lend(memory)
    sender.sendData(Uint8Array.of(1, 2))
    const output = sender.takeOutput() as Uint8Array
    other.sendData(Uint8Array.of(1, 2))
    expect(output.buffer).toBe(memory.buffer)
    expect(output).toEqual(other.takeOutput())
    expect(memory.subarray(output.length)).toEqual(new Uint8Array(200 - output.length).fill(0xff))

    sender.sendData(Uint8Array.of(3))
    sender.lend(memory)
    expect(sender.takeOutput()?.buffer).not.toBe(memory.buffer)
    sender.lend(memory)
    sender.sendData(new Uint8Array(300))
    expect(sender.takeOutput()?.buffer).not.toBe(memory.buffer)
    sender.sendData(Uint8Array.of(4))
    expect(sender.takeOutput()?.buffer).not.toBe(memory.buffer)
  })

  test('the alert comes after the flight', () => {
    const sender = layer()
    sender.sendHandshake(HELLO)
    sender.sendAlert(2, 40)
    expect(lengths(sender.takeOutput())).toEqual([5, 2])
  })
})

describe('receiving', () => {
  test('one layer reads what another wrote, in the clear and protected', () => {
    const [sender, receiver] = [layer(), layer({ role: 'server' })]
    sender.sendHandshake(HELLO)
    receiver.push(sender.takeOutput() as Uint8Array)
    expect(receiver.next()).toMatchObject({ kind: 'handshake', isProtected: false, message: { raw: HELLO } })
    sender.setWriteSecret(aead, sha256, SECRET)
    receiver.setReadSecret(aead, sha256, SECRET)
    receiver.finishHandshake()
    sender.sendData(Uint8Array.of(1, 2))
    sender.sendAlert(1, 0)
    receiver.push(sender.takeOutput() as Uint8Array)
    expect(receiver.next()).toEqual({ kind: 'data', content: Uint8Array.of(1, 2) })
    expect(receiver.next()).toMatchObject({ kind: 'alert', level: 1, description: 0 })
    expect(receiver.next()).toBeUndefined()
    expect(receiver.held).toBe(0)
  })

  test('keys do not change in the middle of a message', () => {
    const receiver = layer({ role: 'server' })
    receiver.push(Uint8Array.of(22, 3, 1, 0, 3, 1, 0, 0))
    expect(receiver.next()).toBeUndefined()
    expect(receiver.held).toBe(3)
    expect(() => receiver.setReadSecret(aead, sha256, SECRET)).toThrow(/where keys change/)
  })

  test('nothing can be sent any more once it is disposed of', () => {
    const sender = layer()
    sender.setWriteSecret(aead, sha256, SECRET)
    sender.sendHandshake(HELLO)
    sender[Symbol.dispose]()
    expect(sender.takeOutput()).toBeUndefined()
    expect(sender.isWriteProtected).toBe(false)
  })
})

describe('TLS 1.2', () => {
  const keys = { key: new Uint8Array(aead.keyLength).fill(1), iv: new Uint8Array(fixedIvLength(aead)).fill(2) }
  const CCS = Uint8Array.of(20, 3, 3, 0, 1, 1)

  function started(role: 'client' | 'server' = 'client'): RecordLayer {
    const one = layer({ role })
    one.push(Uint8Array.of(22, 3, 3, 0, 5, ...HELLO))
    expect(one.next()).toMatchObject({ kind: 'handshake' })
    one.useTls12()
    return one
  }

  function sealed(type: number, ...contents: readonly Uint8Array[]): Uint8Array {
    const sealer = new RecordSealer12(aead, keys)
    return concatBytes(
      ...contents.map((content) => {
        const out = new Uint8Array(content.length + sealer.overhead)
        sealer.seal(type, content, 0, out, 0)
        return out
      }),
    )
  }

  test.each(['client', 'server'] as const)('a change_cipher_spec is handed on to a %s', (role) => {
    const one = started(role)
    one.push(CCS)
    expect(one.next()).toEqual({ kind: 'change_cipher_spec', isReal: true })
  })

  test('one that came before the version was known is refused once it is', () => {
    const one = layer()
    one.push(CCS)
    expect(one.next()).toEqual({ kind: 'change_cipher_spec', isReal: false })
    expect(() => one.useTls12()).toThrow(/change_cipher_spec/)
  })

  test('within a message, and under keys, it is refused', () => {
    const within = started()
    within.push(concatBytes(Uint8Array.of(22, 3, 3, 0, 4), HELLO.subarray(0, 4), CCS))
    expect(() => within.next()).toThrow(/change_cipher_spec/)
    const under = started()
    under.setOpener(new RecordOpener12(aead, keys))
    under.push(sealed(20, Uint8Array.of(1)))
    expect(() => under.next()).toThrow(/record.content_type/)
  })

  test('once keys are there, nothing comes without their protection', () => {
    for (const type of [20, 21, 22, 23]) {
      const one = started()
      one.setOpener(new RecordOpener12(aead, keys))
      one.push(Uint8Array.of(type, 3, 3, 0, 1, 1))
      expect(() => one.next()).toThrow(/to authenticate/)
    }
  })

  test.each([0x0301, 0x0302, 0x0304])('a record of version 0x%s is refused', (version) => {
    const one = started()
    one.push(Uint8Array.of(22, version >> 8, version & 0xff, 0, 5, ...HELLO))
    expect(() => one.next()).toThrow(/record\.version/)
  })

  test('data is handed on after the handshake and not before', () => {
    const [early, open] = [started(), started()]
    for (const one of [early, open]) one.setOpener(new RecordOpener12(aead, keys))
    early.push(sealed(23, Uint8Array.of(7)))
    expect(() => early.next()).toThrow(/record\.content_type/)
    open.finishHandshake()
    open.push(sealed(23, Uint8Array.of(7), Uint8Array.of(8)))
    expect([open.next(), open.next()]).toEqual([
      { kind: 'data', content: Uint8Array.of(7) },
      { kind: 'data', content: Uint8Array.of(8) },
    ])
  })

  test('what is sent has the type it has, and no padding', () => {
    const one = layer({ padTo: 64, maxRecordLength: 100 })
    one.useTls12()
    one.setSealer(new RecordSealer12(aead, keys))
    one.sendHandshake(HELLO)
    one.sendData(new Uint8Array(150))
    const output = one.takeOutput() as Uint8Array
    const overhead = new RecordSealer12(aead, keys).overhead - 5
    expect(lengths(output)).toEqual([5 + overhead, 100 + overhead, 50 + overhead])
    expect(output[0]).toBe(22)
  })
})
