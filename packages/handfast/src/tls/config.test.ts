/** A caller's mistakes are TypeErrors that name the option, before anything is on the wire. */

import { describe, expect, test } from 'vitest'
import { nodeProvider } from '../crypto/node.ts'
import { type ClientConfig, clientConnection, type ServerConfig, serverConnection } from './index.ts'
import { cipherSuitesOf } from './registry.ts'
import { clientSettings, protocolText, serverSettings } from './config.ts'
import { mergeServerConfig } from './config-change.ts'

const clock = { now: () => 0, wall: () => 0 }
const base = { provider: nodeProvider, clock }

const BOTH: readonly (readonly [string, object])[] = [
  ['cipherSuites: needs at least one name', { cipherSuites: [] }],
  ['cipherSuites: needs names among TLS_AES_128_GCM_SHA256', { cipherSuites: ['TLS_NULL'] }],
  ['cipherSuites: needs each name once', { cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_AES_128_GCM_SHA256'] }],
  ['groups: needs names among', { groups: ['x448'] }],
  ['signatureSchemes: needs names among', { signatureSchemes: ['rsa_sha1'] }],
  ['padding.toMultipleOf: needs a whole number from 1 to 16384, has 0', { padding: { toMultipleOf: 0 } }],
  ['maxRecordLength: needs a whole number from 64 to 16384, has 63', { maxRecordLength: 63 }],
  ['maxRecordLength: needs a whole number from 64 to 16384, has 16385', { maxRecordLength: 16_385 }],
  ['keyUpdateAfter: needs a whole number from 1 to 16777216, has 0.5', { keyUpdateAfter: 0.5 }],
  ['limits.total: needs a whole number from 1024', { limits: { total: 10 } }],
  ['alpnProtocols: needs names of 1 to 255 bytes, has one of 0', { alpnProtocols: [''] }],
  ['alpnProtocols: needs names of 1 to 255 bytes, has one of 256', { alpnProtocols: ['x'.repeat(256)] }],
  ["alpnProtocols: needs names in Latin-1, has '\u{20ac}'", { alpnProtocols: ['\u{20ac}'] }],
  ['identities[0].chain: needs at least one certificate, has none', { identities: [{ chain: [] }] }],
]

describe('mistakes', () => {
  test.each(BOTH)('%s', (message, change) => {
    expect(() => clientConnection({ ...base, ...change } as ClientConfig)).toThrow(message)
    expect(() => serverConnection({ ...base, ...change } as ServerConfig)).toThrow(message)
    expect(() => clientConnection({ ...base, ...change } as ClientConfig)).toThrow(TypeError)
  })

  test.each([
    ['clientAuthentication: needs one of none, optional, required', { clientAuthentication: 'maybe' }],
    ['cookie: needs one of never, with-retry, always', { cookie: 'yes' }],
  ])('%s', (message, change) => {
    expect(() => serverConnection({ ...base, ...change } as unknown as ServerConfig)).toThrow(message)
  })

  test('key shares are of groups that are offered', () => {
    const config = { ...base, groups: ['x25519'], keyShares: ['secp256r1'] } as const
    expect(() => clientConnection(config)).toThrow('keyShares: needs names among x25519')
  })
})

describe('defaults', () => {
  test("all that the provider has, in the provider's order", () => {
    const settings = clientSettings(base)
    expect(settings.groups).toBe(nodeProvider.groups)
    expect(settings.keyShares.map(({ name }) => name)).toEqual(['X25519MLKEM768'])
    expect(settings.cipherSuites).toEqual(cipherSuitesOf(nodeProvider))
    expect(settings.versions).toEqual(['TLS 1.3', 'TLS 1.2'])
    expect([settings.grease, settings.keyLog, settings.middleboxCompatibility]).toEqual([false, false, true])
    expect(serverSettings(base)).toMatchObject({ clientAuthentication: 'none', cookie: 'never', halfRttData: false })
  })

  test("the caller's order is kept", () => {
    const { groups } = clientSettings({ ...base, groups: ['secp384r1', 'x25519'] })
    expect(groups.map(({ name }) => name)).toEqual(['secp384r1', 'x25519'])
  })

  test.each([
    ['server.example', 'server.example'],
    ['192.0.2.1', undefined],
    ['2001:db8::1', undefined],
    [undefined, undefined],
  ])('server_name for %s: %s', (serverName, sniName) => {
    expect(clientSettings({ ...base, ...(serverName === undefined ? {} : { serverName }) }).sniName).toBe(sniName)
  })
})

describe('a change after the ClientHello', () => {
  const settings = serverSettings({ ...base, alpnProtocols: ['a'], groups: ['x25519'] })

  test('takes what may be chosen then, and keeps the rest', () => {
    const other = { now: () => 1, wall: () => 1 }
    const merged = mergeServerConfig(settings, { alpnProtocols: ['b'], clock: other, keyLog: true, halfRttData: true })
    expect(merged.alpnProtocols.map(protocolText)).toEqual(['b'])
    expect(merged.groups.map(({ name }) => name)).toEqual(['x25519'])
    expect([merged.clock, merged.keyLog, merged.halfRttData]).toEqual([clock, false, false])
  })

  test('is checked as the configuration is', () => {
    expect(() => mergeServerConfig(settings, { groups: [] })).toThrow('groups: needs at least one name')
  })
})
