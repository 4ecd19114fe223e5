import { describe, expect, test } from 'vitest'
import { makeKey } from '../../test/pki.ts'
import { toHex } from '../bytes/index.ts'
import { nodeProvider } from '../crypto/node.ts'
import { createBlocklist } from './blocklist.ts'
import { createKeySet, type KeySet } from './key-set.ts'
import { type RawPublicKeyRequest, verifyRawPublicKey } from './raw-public-key.ts'
import { createPolicy } from './validation-policy.ts'

const key = makeKey('ecdsa-p256').subjectPublicKeyInfo
const weak = makeKey('rsa-1024').subjectPublicKeyInfo
const hashOf = (one: Uint8Array): string => toHex(nodeProvider.hashes.sha256.digest(one))
const setOf = (...keys: readonly Uint8Array[]): KeySet => createKeySet({ name: 'a list', hashes: keys.map(hashOf) })

function reasonsOf(request: Partial<RawPublicKeyRequest>): unknown {
  const verdict = verifyRawPublicKey({ key, provider: nodeProvider, ...request })
  expect(verdict.trusted).toBe(verdict.reasons.length === 0)
  expect([verdict.path, verdict.wanted]).toEqual([[], []])
  return [verdict.reasons.map(({ reason }) => reason), verdict.warnings.map(({ reason }) => reason)]
}

describe('a raw public key', () => {
  const trusted = { trustedKeys: setOf(key) }
  const unknown = Uint8Array.of(0x30, 0x0b, 0x30, 0x05, 0x06, 0x03, 0x2a, 0x03, 0x04, 0x03, 0x02, 0x00, 0x01)
  const garbage = Uint8Array.of(0x30, 0x80, 0, 0)
  const blocklist = createBlocklist({ name: 'blocked', entries: [{ kind: 'key', hash: hashOf(key) }] })
  const cases: readonly [string, Partial<RawPublicKeyRequest>, readonly string[], readonly string[]][] = [
    ['that is on the list', trusted, [], []],
    ['where there is no list', {}, ['unknown-key'], []],
    ['where the list is empty', { trustedKeys: setOf() }, ['unknown-key'], []],
    ['where the list has another', { trustedKeys: setOf(weak) }, ['unknown-key'], []],
    ['that is pinned, and on no list', { pins: setOf(key) }, ['unknown-key'], []],
    ['that is on the list and pinned', { ...trusted, pins: setOf(key) }, [], []],
    ['that is on the list, where another is pinned', { ...trusted, pins: setOf(weak) }, ['pin-mismatch'], []],
    ['that is blocked', { ...trusted, blocklist }, ['blocked'], []],
    ['that leaked', { ...trusted, weakKeys: setOf(key) }, ['weak-key'], []],
    ['of too few bits', { key: weak, trustedKeys: setOf(weak) }, ['weak-key'], []],
    [
      'of too few bits, where the policy warns',
      { key: weak, trustedKeys: setOf(weak), policy: createPolicy('tls', { rules: { 'weak-key': 'warn' } }) },
      [],
      ['weak-key'],
    ],
    [
      'of too few bits, where the policy does not care',
      { key: weak, trustedKeys: setOf(weak), policy: createPolicy('tls', { rules: { 'weak-key': 'ignore' } }) },
      [],
      [],
    ],
    ['of a kind that nobody knows', { key: unknown, trustedKeys: setOf(unknown) }, ['unsupported-public-key'], []],
    ['that is garbage', { key: garbage, trustedKeys: setOf(garbage) }, ['malformed'], []],
    ['that is nothing', { key: new Uint8Array(0), trustedKeys: setOf(new Uint8Array(0)) }, ['malformed'], []],
  ]
  test.each(cases)('%s', (_, request, reasons, warnings) => {
    expect(reasonsOf(request)).toEqual([reasons, warnings])
  })

  test('is told by its pin', () => {
    const { reasons } = verifyRawPublicKey({ key, provider: nodeProvider, trustedKeys: setOf(weak) })
    const pin = Buffer.from(hashOf(key), 'hex').toString('base64')
    expect(reasons[0]?.message).toBe(
      `The raw public key must be one that is trusted, and those of 'a list' are; it is sha256/${pin}.`,
    )
  })
})
