import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { memoryStreams } from '../../../test/memory-streams.ts'
import { HANDSHAKE_REPORT_VERSION } from '../../report/handshake-report.ts'
import { GROUP_CODES, clientConnection, mapFields } from '../../tls/index.ts'
import { nodeClock, nodeProvider } from '../../node/index.ts'
import { runProgram } from '../program.ts'
import { isClientHello, stripGroup } from './client-hello.ts'
import { startProxy } from './proxy.ts'

describe('handfast demo', () => {
  test('shows the handshake, the proof and five attacks, and succeeds', async () => {
    const streams = memoryStreams()
    expect(await runProgram(['demo'], streams)).toBe(0)
    const text = streams.output()
    expect(text).toContain('TLS 1.3 handshake complete in')
    for (const stage of ['1 establish    +', '2 certificates +', '3 key exchange +', '4 verify       +']) {
      expect(text).toContain(stage)
    }
    expect(text).toContain('Both ends hold the same secret.')
    const [client, server] = ['client', 'server'].map(
      (end) => new RegExp(`^ {3}${end} {2}([0-9a-f ]{35})$`, 'm').exec(text)?.[1],
    )
    expect(client).toBeDefined()
    expect(client).toBe(server)
    expect(text).toContain('"Hello client, I know who you are."')
    expect(text.match(/^ {5}stopped by the (client|server) in stage \d [a-z ]+: \w+$/gm)).toHaveLength(5)
    expect(text).toMatch(/5 of 5 attacks were stopped\.\n$/)
    expect(text).toMatch(/^(?:[\x20-\x7e]{0,80}\n)*$/)
    expect(streams.errors()).toBe('')
  })

  test('--json prints one document of the agreed shape', async () => {
    const streams = memoryStreams()
    expect(await runProgram(['demo', '--json'], streams)).toBe(0)
    const result = JSON.parse(streams.output())
    expect(Object.keys(result)).toEqual(['ok', 'handshake', 'attacks'])
    expect(result.ok).toBe(true)
    expect(result.handshake).toMatchObject({
      version: HANDSHAKE_REPORT_VERSION,
      role: 'client',
      outcome: 'complete',
      negotiated: { version: 'TLS 1.3', group: 'X25519MLKEM768', clientCertificateRequested: true },
      server: { verdict: { trusted: true } },
    })
    expect(result.attacks).toEqual([
      { name: 'a certificate from another CA', stage: 'verify', alert: 'unknown_ca', stopped: true },
      { name: 'a genuine certificate without its key', stage: 'verify', alert: 'decrypt_error', stopped: true },
      {
        name: 'a ClientHello stripped of the hybrid group',
        stage: expect.any(String),
        alert: 'bad_record_mac',
        stopped: true,
      },
      {
        name: 'a flipped byte in the encrypted flight',
        stage: expect.any(String),
        alert: 'bad_record_mac',
        stopped: true,
      },
      {
        name: 'a recorded client flight replayed to the server',
        stage: expect.any(String),
        alert: 'bad_record_mac',
        stopped: true,
      },
    ])
  })
})

/** The record of a ClientHello as handfast sends it. */
function clientHelloRecord(): Uint8Array {
  const connection = clientConnection({ provider: nodeProvider, clock: nodeClock, serverName: 'server.example' })
  const record = connection.takeOutput()
  connection[Symbol.dispose]()
  if (record === undefined) throw new Error('no ClientHello')
  return record
}

describe('stripping a group', () => {
  test('takes it out of both lists and leaves a well-formed ClientHello', () => {
    const record = clientHelloRecord()
    expect(isClientHello(record)).toBe(true)
    const stripped = stripGroup(record, GROUP_CODES.X25519MLKEM768)
    const before = mapFields(record.subarray(5))
    const after = mapFields(stripped.subarray(5))
    expect(after.problem).toBeUndefined()
    const groups = (map: typeof before, of: Uint8Array): string[] =>
      map.fields
        .filter(({ path, length }) => length === 2 && /named_group_list\.entry$|client_shares\.group$/.test(path))
        .map(({ offset }) => Buffer.from(of.subarray(5 + offset, 7 + offset)).toString('hex'))
    expect(groups(before, record)).toEqual(['11ec', ...groups(after, stripped).slice(0, -1), '11ec', '001d'])
    expect(groups(after, stripped)).not.toContain('11ec')
    expect(stripped.length).toBe(record.length - 2 - 1220)
  })

  test('a group that is not offered changes nothing', () => {
    const record = clientHelloRecord()
    expect(Buffer.from(stripGroup(record, 0x0100)).equals(record)).toBe(true)
  })
})

describe('the proxy', () => {
  test('passes records whole, however they are cut, records the client and may change either way', async () => {
    const upstream = createServer((socket) => {
      socket.on('error', () => {})
      socket.pipe(socket)
    })
    upstream.listen(0, '127.0.0.1')
    await once(upstream, 'listening')
    const seen: number[] = []
    {
      await using proxy = await startProxy((upstream.address() as AddressInfo).port, {
        fromClient: (record, index) => {
          seen.push(record.length, index)
          return record
        },
        fromServer: (record) => Uint8Array.from(record, (byte, i) => (i === 5 ? byte ^ 1 : byte)),
      })
      const socket = connect(proxy.port, '127.0.0.1')
      await once(socket, 'connect')
      const records = Buffer.from('170303000201021703030001ff', 'hex')
      let answer = Buffer.alloc(0)
      const whole = new Promise<void>((resolve) => {
        socket.on('data', (chunk: Buffer) => {
          answer = Buffer.concat([answer, chunk])
          if (answer.length === records.length) resolve()
        })
      })
      for (const byte of records) socket.write(Uint8Array.of(byte))
      await whole
      expect(answer.toString('hex')).toBe('170303000200021703030001fe')
      expect(Buffer.from(proxy.recording()).equals(records)).toBe(true)
      socket.destroy()
    }
    expect(seen).toEqual([7, 0, 6, 1])
    upstream.close()
  })
})
