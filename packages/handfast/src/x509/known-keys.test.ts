import { describe, expect, test } from 'vitest'
import { issue, makeCa } from '../../test/pki.ts'
import { nodeProvider } from '../crypto/node.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { readIdentity } from './identity.ts'
import { pinText } from './key-set.ts'
import { createKeyMemory, type KeyMemory, keyToRemember } from './known-keys.ts'
import { KNOWN_KEYS } from './rules/lists.ts'
import type { PathContext } from './rules/rule.ts'
import { createTrustStore } from './trust-store.ts'
import { verifyChain } from './verify.ts'

const ca = makeCa()
const first = pathOf()
const renewed = pathOf()
const [key, newKey] = [first, renewed].map(([leaf]) => leaf.publicKeyHash(nodeProvider.hashes.sha256)) as [
  string,
  string,
]

function pathOf(): [Certificate, Certificate] {
  return [readCertificate(issue(ca, { dnsNames: ['a.example'] }).certificate), readCertificate(ca.certificate)]
}

function contextOf(knownKeys: KeyMemory | undefined, name: string | null = 'a.example'): PathContext {
  const identity = name === null ? undefined : readIdentity(name)
  return { provider: nodeProvider, identity, request: { knownKeys } } as unknown as PathContext
}

describe('a path and a memory', () => {
  test('a first meeting is no problem, and there is something to remember', () => {
    const context = contextOf(createKeyMemory(), 'A.example.')
    expect(KNOWN_KEYS.check(first, context)).toBe(null)
    expect(keyToRemember(first, context)).toEqual({ name: 'a.example', key })
  })

  test('the same key again is neither', () => {
    const context = contextOf(createKeyMemory([['a.example', key]]))
    expect(KNOWN_KEYS.check(first, context)).toBe(null)
    expect(keyToRemember(first, context)).toBe(null)
  })

  test('another key is a problem, and is not remembered', () => {
    const context = contextOf(createKeyMemory([['a.example', key]]))
    expect(KNOWN_KEYS.check(renewed, context)).toEqual({
      reason: 'key-changed',
      certificate: renewed[0],
      message: `The key of 'a.example' must be the one remembered, ${pinText(key)}; it is ${pinText(newKey)}.`,
    })
    expect(keyToRemember(renewed, context)).toBe(null)
  })

  test('any of several keys will do', () => {
    const context = contextOf(
      createKeyMemory([
        ['a.example', newKey],
        ['a.example', pinText(key)],
      ]),
    )
    expect(KNOWN_KEYS.check(first, context)).toBe(null)
    expect(KNOWN_KEYS.check(renewed, context)).toBe(null)
  })

  test('names are kept apart by their kind and host', () => {
    const memory = createKeyMemory([['a.example', key]])
    for (const name of ['b.example', 'uri:sip:a.example', 'srv:_a.a.example', 'email:a@a.example', '192.0.2.1'])
      expect(KNOWN_KEYS.check(renewed, contextOf(memory, name))).toBe(null)
  })

  test('without a memory or a name there is nothing to say', () => {
    for (const context of [contextOf(undefined), contextOf(createKeyMemory([['a.example', newKey]]), null)]) {
      expect(KNOWN_KEYS.check(first, context)).toBe(null)
      expect(keyToRemember(first, context)).toBe(null)
    }
  })
})

describe('a memory', () => {
  test('learns and forgets', () => {
    const memory = createKeyMemory()
    expect([memory.size, memory.recall('a')]).toEqual([0, []])
    memory.remember('a', key.toUpperCase())
    memory.remember('a', key)
    memory.remember('a', newKey)
    expect([memory.size, [...memory.entries()]]).toEqual([1, [['a', [key, newKey]]]])
    expect([memory.forget('a'), memory.forget('a'), memory.size]).toEqual([true, false, 0])
  })

  test('demands a name and a key', () => {
    expect(() => createKeyMemory().remember('', key)).toThrow(/^name: needs a name/)
    expect(() => createKeyMemory([['a', 'x']])).toThrow(/^key: needs a SHA-256 in hex or base64, has 'x'/)
  })
})

test('a verdict says what to remember, and refuses what has changed', () => {
  const knownKeys = createKeyMemory()
  const judge = (chain: readonly Certificate[]): ReturnType<typeof verifyChain> =>
    verifyChain({
      chain,
      trust: createTrustStore([ca.certificate]),
      time: Date.UTC(2026, 0, 1),
      purpose: 'server',
      identity: readIdentity('a.example'),
      provider: nodeProvider,
      knownKeys,
    })
  const met = judge(first)
  expect(met).toMatchObject({ trusted: true, explanation: { remember: { name: 'a.example', key } } })
  knownKeys.remember('a.example', key)
  expect(judge(first)).toMatchObject({ trusted: true, explanation: { remember: null } })
  expect(judge(renewed)).toMatchObject({ trusted: false, reasons: [{ reason: 'key-changed', certificate: 0 }] })
})
