import { expect, test } from 'vitest'
import { toHex } from '../../bytes/index.ts'
import { hkdfExpand } from '../../crypto/hkdf.ts'
import { nodeProvider } from '../../crypto/node.ts'
import {
  deriveExport,
  deriveNextTrafficSecret,
  deriveTrafficKeys,
  deriveVerifyData,
  expandLabel,
} from './key-schedule.ts'

const { sha256, sha384 } = nodeProvider.hashes
const secret = new Uint8Array(32).fill(1)

test('HKDF-Expand-Label is HKDF-Expand of the HkdfLabel (RFC 9846 section 7.1)', () => {
  const label = Uint8Array.of(0, 16, 9, ...new TextEncoder().encode('tls13 key'), 2, 7, 8)
  expect(expandLabel(sha256, secret, 'key', Uint8Array.of(7, 8), 16)).toEqual(hkdfExpand(sha256, secret, label, 16))
})

test('keys and lengths follow the algorithm', () => {
  expect(deriveTrafficKeys(sha384, new Uint8Array(48), 32)).toMatchObject({ key: { length: 32 }, iv: { length: 12 } })
  expect(deriveNextTrafficSecret(sha384, new Uint8Array(48))).toHaveLength(48)
  expect(deriveVerifyData(sha256, secret, new Uint8Array(32))).toHaveLength(32)
})

test('exporters: no context is the empty context, everything else makes a difference', () => {
  const value = (label: string, context: readonly number[], length: number): string =>
    toHex(deriveExport(sha256, secret, label, Uint8Array.from(context), length))
  const values = [value('a', [], 32), value('b', [], 32), value('a', [0], 32), value('a', [], 31)]
  expect(new Set(values).size).toBe(4)
  expect(value('a', [], 32)).toBe(values[0])
})
