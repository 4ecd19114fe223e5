/** Hidden names over sockets, and the files that ECH keys come in. */

import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readPem, writePem } from '../../src/asn1/index.ts'
import {
  connect,
  createEchKeyFile,
  createServer,
  type HandfastError,
  nodeProvider,
  readEchConfigs,
  readEchKeys,
} from '../../src/node/index.ts'
import { readEchConfigList, writeEchConfigList } from '../../src/tls/index.ts'
import { issue } from '../pki.ts'
import { CA, credentials, ending, startPair, startServer, TRUST } from './loopback.ts'

const BOTH = credentials(issue(CA, { dnsNames: ['localhost', 'public.example'] }))
const make = (kem = 0x20): { pem: string; configs: Uint8Array } =>
  createEchKeyFile(nodeProvider, { publicName: 'public.example', kem })
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

describe('over sockets', () => {
  test.each([0x10, 0x11, 0x12, 0x20])('a key of KEM %s, from its file', async (kem) => {
    const { pem, configs } = make(kem)
    await using pair = await startPair({ ech: base64(configs) }, { ...BOTH, ech: pem })
    expect(pair.client.report.encryptedClientHello).toMatchObject({ status: 'accepted' })
    expect([pair.client.servername, pair.server.servername]).toEqual(['localhost', 'localhost'])
    expect(pair.client.authorized).toBe(true)
  })

  test('an error says with what to try again', async () => {
    const { pem, configs } = make()
    await using listening = await startServer({ ...BOTH, ech: Buffer.from(pem) })
    const error = await ending(connect({ ...TRUST, port: listening.port, ech: make().configs }))
    expect(error).toMatchObject({ code: 'ERR_HANDFAST_TLS', alert: 'ech_required', fault: 'host' })
    const { echRejection } = error as unknown as HandfastError
    expect(echRejection).toEqual({ publicName: 'public.example', retryConfigs: configs })
  })

  test('keys are replaced for connections to come, all or none', async () => {
    const [old, current] = [make(), make()]
    await using listening = await startServer({ ...BOTH, ech: old.pem })
    const { server, port } = listening
    const status = async (ech: Uint8Array): Promise<string | undefined> => {
      const socket = connect({ ...TRUST, port, ech }, () => socket.destroy())
      await ending(socket)
      return socket.report.encryptedClientHello?.status
    }
    expect(await status(old.configs)).toBe('accepted')
    server.setEch([current.pem])
    expect([await status(old.configs), await status(current.configs)]).toEqual(['rejected', 'accepted'])
    const retired = readEchKeys(nodeProvider, old.pem).map((key) => ({ ...key, isRetry: false }))
    expect(() => server.setEch(retired)).toThrow(/may retry with/)
    expect(() => server.setEch('nothing')).toThrow(TypeError)
    expect(await status(current.configs)).toBe('accepted')
    server.setEch([...retired, current.pem])
    expect(await status(old.configs)).toBe('accepted')
  })
})

describe('files', () => {
  const { pem, configs } = make()
  const [key, config] = readPem(pem).map(({ label, bytes }) => writePem(label, bytes)) as [string, string]

  test('a configuration is read from its file, from base64 and as it is', () => {
    for (const input of [pem, config, base64(configs), configs]) expect(readEchConfigs(input)).toEqual(configs)
  })

  test('of several configurations those of the key are taken', () => {
    const raws = [...readEchConfigList(make().configs), ...readEchConfigList(configs)].map(({ raw }) => raw)
    const several = `${key}${writePem('ECHCONFIG', writeEchConfigList(raws))}`
    expect(readEchKeys(nodeProvider, several).map(({ config: { raw } }) => raw)).toEqual([raws[1]])
  })

  const ed25519 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  test.each([
    ['no key', config, /needs a block PRIVATE KEY/],
    ['no configuration', key, /needs a block ECHCONFIG/],
    [
      'the key of another',
      `${key}${readPem(make().pem).map(({ label, bytes }) => writePem(label, bytes))[1]}`,
      /of its private key/,
    ],
    ['a key of another kind', `${ed25519}${config}`, /of X25519 or of a NIST curve, has ed25519/],
    ['what is no key', `${writePem('PRIVATE KEY', new Uint8Array(9))}${config}`, /in PKCS#8/],
    ['what is no configuration', `${key}${writePem('ECHCONFIG', new Uint8Array(9))}`, /^ech: ECHConfigList/],
  ])('%s', (_, ech, message) => {
    expect(() => createServer({ ...BOTH, ech })).toThrow(message)
  })

  test.each([
    ['no base64', '!!', /^ech: base64/],
    ['no list', 'AAAA', /ECHConfigList/],
  ])('%s is no configuration', (_, ech, message) => {
    expect(() => connect({ ...TRUST, port: 1, ech })).toThrow(message)
  })
})
