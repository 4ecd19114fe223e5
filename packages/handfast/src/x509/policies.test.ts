import { describe, expect, test } from 'vitest'
import { issue, issueCa, type IssueOptions, makeCa, type TestCertificate, type TestExtension } from '../../test/pki.ts'
import { writeContextPrimitive, writeInteger, writeOid, writeSequence } from '../asn1/der-writer.ts'
import { nodeProvider } from '../crypto/node.ts'
import { createTrustStore } from './trust-store.ts'
import { verifyChain } from './verify.ts'

const ANY = '2.5.29.32.0'
const A = '1.2.3.1'
const B = '1.2.3.2'

const policies = (...oids: string[]): TestExtension => ({
  oid: '2.5.29.32',
  value: writeSequence(...oids.map((oid) => writeSequence(writeOid(oid)))),
})
const mappings = (...pairs: [string, string][]): TestExtension => ({
  oid: '2.5.29.33',
  critical: true,
  value: writeSequence(...pairs.map((pair) => writeSequence(...pair.map(writeOid)))),
})
const constraints = (explicit?: number, inhibitMapping?: number): TestExtension => ({
  oid: '2.5.29.36',
  critical: true,
  value: writeSequence(
    ...(explicit === undefined ? [] : [writeContextPrimitive(0, Uint8Array.of(explicit))]),
    ...(inhibitMapping === undefined ? [] : [writeContextPrimitive(1, Uint8Array.of(inhibitMapping))]),
  ),
})
const inhibitAny = (skip: number): TestExtension => ({ oid: '2.5.29.54', critical: true, value: writeInteger(skip) })

interface Level {
  readonly extensions: readonly TestExtension[]
  /** Issued by a CA of the same name. */
  readonly isSelfIssued?: boolean
}

/** Verdict on a chain with these extensions, from below the root down to the leaf. */
function judge(
  levels: readonly (readonly TestExtension[] | Level)[],
  rootExtensions: readonly TestExtension[] = [],
): string {
  const root = makeCa({ subject: 'Root', extensions: rootExtensions })
  let issuer: TestCertificate = root
  let subject = 'Root'
  for (const [index, given] of levels.entries()) {
    const level: Level = 'extensions' in given ? given : { extensions: given }
    if (level.isSelfIssued !== true) subject = `Level ${index}`
    const options: IssueOptions = { subject, extensions: level.extensions }
    issuer = index === levels.length - 1 ? issue(issuer, options) : issueCa(issuer, options)
  }
  const trust = createTrustStore([root.certificate])
  const request = {
    chain: issuer.chain,
    trust,
    time: Date.UTC(2026, 0, 1),
    purpose: 'any',
    provider: nodeProvider,
  } as const
  const { reasons } = verifyChain(request)
  return reasons.map(({ reason, certificate }) => `${reason}@${certificate}`).join() || 'fine'
}

describe('policies (RFC 5280 section 6.1)', () => {
  test('mean nothing until one is required', () => {
    expect(judge([[policies(A)], [policies(B)]])).toBe('fine')
    expect(judge([[policies(A), inhibitAny(0)], []])).toBe('fine')
    expect(judge([[policies(A), mappings([A, B]), constraints(undefined, 0)], [policies(A)]])).toBe('fine')
  })

  test('required: one must hold all along', () => {
    expect(judge([[policies(A), constraints(0)], [policies(A)]])).toBe('fine')
    expect(judge([[policies(A, B), constraints(0)], [policies(B)]])).toBe('fine')
    expect(judge([[policies(A), constraints(0)], [policies(B)]])).toBe('policy@0')
    expect(judge([[policies(A), constraints(0)], []])).toBe('policy@0')
    expect(judge([[constraints(0)], [policies(A)]])).toBe('policy@0')
    expect(judge([[policies(A), constraints(0)], [policies(B)], [policies(A)]])).toBe('policy@1')
  })

  test('required after some certificates', () => {
    expect(judge([[constraints(1)], []])).toBe('policy@0')
    expect(judge([[constraints(2)], []])).toBe('fine')
    expect(judge([[constraints(3)], [], []])).toBe('fine')
    expect(judge([[constraints(2)], [], []])).toBe('policy@0')
  })

  test('self-issued certificates do not count', () => {
    const rolled = { extensions: [], isSelfIssued: true }
    expect(judge([[constraints(2)], rolled, []])).toBe('fine')
    expect(judge([[constraints(2)], [], []])).toBe('policy@0')
  })

  test('required by the leaf itself', () => {
    expect(judge([[policies(A)], [policies(A), constraints(0)]])).toBe('fine')
    expect(judge([[policies(A)], [policies(B), constraints(0)]])).toBe('policy@0')
    expect(judge([[policies(A)], [policies(B), constraints(1)]])).toBe('fine')
  })

  test('anyPolicy holds for all, unless inhibited', () => {
    expect(judge([[policies(ANY), constraints(0)], [policies(A)]])).toBe('fine')
    expect(judge([[policies(A), constraints(0)], [policies(ANY)]])).toBe('fine')
    expect(judge([[policies(A), constraints(0), inhibitAny(0)], [policies(ANY)]])).toBe('policy@0')
    expect(judge([[policies(A), constraints(0), inhibitAny(1)], [policies(ANY)], [policies(A)]])).toBe('fine')
    expect(
      judge([
        [policies(A), constraints(0), inhibitAny(0)],
        { extensions: [policies(ANY)], isSelfIssued: true },
        [policies(A)],
      ]),
    ).toBe('fine')
  })

  test('mapped ones hold under their new name only', () => {
    expect(judge([[policies(A), mappings([A, B]), constraints(0)], [policies(B)]])).toBe('fine')
    expect(judge([[policies(A), mappings([A, B]), constraints(0)], [policies(A)]])).toBe('policy@0')
    expect(judge([[policies(ANY), mappings([A, B]), constraints(0)], [policies(B)]])).toBe('fine')
    const inhibited = [policies(A), constraints(0, 0)]
    expect(judge([inhibited, [policies(A), mappings([A, B])], [policies(B)]])).toBe('policy@0')
  })

  test('anyPolicy cannot be mapped', () => {
    expect(judge([[policies(A), mappings([ANY, B])], [policies(B)]])).toBe('malformed@1')
    expect(judge([[policies(A), mappings([A, ANY])], [policies(B)]])).toBe('malformed@1')
  })

  test('what the anchor says holds', () => {
    expect(judge([[policies(A)], [policies(A)]], [policies(A), constraints(0)])).toBe('fine')
    expect(judge([[policies(B)], [policies(B)]], [policies(A), constraints(0)])).toBe('policy@1')
    expect(judge([[], []], [constraints(0)])).toBe('policy@1')
  })
})
