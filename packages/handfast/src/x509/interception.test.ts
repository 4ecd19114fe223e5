import { describe, expect, test } from 'vitest'
import { issue, makeCa } from '../../test/pki.ts'
import { nodeProvider } from '../crypto/node.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { knownInterceptionRoots } from './interception.ts'
import { INTERCEPTION_ROOTS } from './interception-roots.ts'
import { createKeySet, type KeySet, pinText } from './key-set.ts'
import { INTERCEPTION } from './rules/lists.ts'
import type { PathContext, Problem } from './rules/rule.ts'

const ca = makeCa()
const path = [issue(ca, { dnsNames: ['a.example'] }), ca].map(({ certificate }) => readCertificate(certificate))
const judge = (interceptionRoots?: KeySet, judged: readonly Certificate[] = path): Problem | null =>
  INTERCEPTION.check(judged, { provider: nodeProvider, request: { interceptionRoots } } as unknown as PathContext)

describe('a path with a known interception root', () => {
  test('is refused at the anchor', () => {
    const key = (path[1] as Certificate).publicKeyHash(nodeProvider.hashes.sha256)
    expect(judge(createKeySet({ name: 'list', hashes: [key] }))).toEqual({
      reason: 'interception',
      certificate: path[1],
      message: `No key of the path may be on 'list'; this one is (${pinText(key)}).`,
    })
  })

  test('is told by the name of the root', () => {
    const [known] = INTERCEPTION_ROOTS as [(typeof INTERCEPTION_ROOTS)[number]]
    const certificate = { publicKeyHash: () => known.key } as unknown as Certificate
    expect(judge(knownInterceptionRoots(), [certificate])?.message).toBe(
      `No key of the path may be on 'known interception roots'; this one is (${pinText(known.key)}, ${known.name}).`,
    )
  })

  test('others, and all without a list, are none of its business', () => {
    expect(judge(knownInterceptionRoots())).toBe(null)
    expect(judge()).toBe(null)
  })
})

test('every entry is a hash, once, with a source', () => {
  expect(knownInterceptionRoots().size).toBe(INTERCEPTION_ROOTS.length)
  for (const { name, key, source } of INTERCEPTION_ROOTS) {
    expect(key).toMatch(/^[0-9a-f]{64}$/)
    expect(name && source).not.toBe('')
  }
})
