import { describe, expect, test } from 'vitest'
import { issue, issueCa, makeCa, makeKey, selfSign, type TestCertificate, type TestKeyType } from '../../test/pki.ts'
import {
  writeContextPrimitive,
  writeNull,
  writeOid,
  writePrintableString,
  writeSequence,
  writeSetOf,
} from '../asn1/der-writer.ts'
import { nodeProvider } from '../crypto/node.ts'
import { type CryptoProvider, KeyImportError } from '../crypto/provider.ts'
import { readCertificate } from './certificate.ts'
import { createTrustStore } from './trust-store.ts'
import type { Verdict, VerifyRequest } from './verdict.ts'
import { verifyChain } from './verify.ts'

const time = Date.UTC(2026, 0, 1)
const day = 86_400_000
const ca = makeCa({ subject: 'Root' })
const sub = issueCa(ca, { subject: 'Sub' })

interface Given extends Partial<Omit<VerifyRequest, 'chain' | 'trust'>> {
  readonly trusted?: readonly TestCertificate[]
}

function judge(chain: readonly Uint8Array[], given: Given = {}): Verdict {
  const { trusted = [ca], ...rest } = given
  const trust = createTrustStore(trusted.map(({ certificate }) => certificate))
  return verifyChain({ chain, trust, time, purpose: 'server', provider: nodeProvider, ...rest })
}

/** `reason@index` of each reason. */
const told = (verdict: Verdict): string[] =>
  verdict.reasons.map(({ reason, certificate }) => `${reason}@${certificate}`)

function expectTrusted(verdict: Verdict, ...path: TestCertificate[]): void {
  expect(verdict.reasons).toEqual([])
  expect(verdict.trusted).toBe(true)
  expect(verdict.path.map(({ der }) => der)).toEqual(path.map(({ certificate }) => certificate))
}

function expectRefused(verdict: Verdict, ...reasons: string[]): void {
  expect(told(verdict)).toEqual(reasons)
  expect(verdict.trusted).toBe(false)
  for (const { message } of verdict.reasons) expect(message).toMatch(/\S/)
}

describe('what is trusted', () => {
  test('a leaf under an anchor, with and without the anchor presented', () => {
    const leaf = issue(ca, { dnsNames: ['example.com'] })
    const identity = { kind: 'dns', name: 'example.com' } as const
    expectTrusted(judge([leaf.certificate], { identity }), leaf, ca)
    expectTrusted(judge([leaf.certificate, ca.certificate], { identity }), leaf, ca)
  })

  test('certificates read before', () => {
    const leaf = issue(ca, { dnsNames: ['example.com'] })
    const verdict = verifyChain({
      chain: [readCertificate(leaf.certificate)],
      trust: createTrustStore([readCertificate(ca.certificate)]),
      time,
      purpose: 'server',
      provider: nodeProvider,
    })
    expectTrusted(verdict, leaf, ca)
  })

  test('intermediates in any order, more than once, among others', () => {
    const deep = issueCa(sub, { subject: 'Deep' })
    const leaf = issue(deep, { dnsNames: ['example.com'] })
    const noise = issueCa(makeCa({ subject: 'Elsewhere' }), { subject: 'Noise' })
    const rest = [noise, sub, ca, deep, sub, noise].map(({ certificate }) => certificate)
    expectTrusted(judge([leaf.certificate, ...rest]), leaf, deep, sub, ca)
  })

  test('an intermediate that is an anchor ends the path', () => {
    const leaf = issue(sub, { dnsNames: ['example.com'] })
    expectTrusted(judge(leaf.chain, { trusted: [sub] }), leaf, sub)
  })

  test('a leaf that is an anchor, self-signed or not, if everything else is right', () => {
    const own = selfSign({ dnsNames: ['example.com'] })
    expectTrusted(judge([own.certificate], { trusted: [own] }), own)
    const leaf = issue(ca, { dnsNames: ['example.com'] })
    expectTrusted(judge([leaf.certificate], { trusted: [leaf] }), leaf)
    const identity = { kind: 'dns', name: 'other.example' } as const
    expectRefused(judge([own.certificate], { trusted: [own], identity }), 'name-mismatch@0')
    expectRefused(judge([own.certificate], { trusted: [own], purpose: 'client' }), 'extended-key-usage@0')
    expectRefused(judge([own.certificate], { trusted: [own], time: Date.UTC(2050, 0, 1) }), 'expired@0')
  })

  test('of two issuers of one name, the one with the key', () => {
    const twin = makeCa({ subject: 'Root' })
    const leaf = issue(ca, { dnsNames: ['example.com'] })
    expectTrusted(judge(leaf.chain, { trusted: [twin, ca] }), leaf, ca)
    const blind = issue(ca, { dnsNames: ['example.com'], authorityKeyIdentifier: null })
    expectTrusted(judge(blind.chain, { trusted: [twin, ca] }), blind, ca)
  })

  test('a path round an expired cross-certificate', () => {
    const key = makeKey('ecdsa-p256')
    const expired = issueCa(ca, { subject: 'Cross', key, notAfter: time - day })
    const good = issueCa(ca, { subject: 'Cross', key })
    const leaf = issue(good, { dnsNames: ['example.com'] })
    expectTrusted(judge([leaf.certificate, expired.certificate, good.certificate]), leaf, good, ca)
  })

  test('names that match only when normalised', () => {
    const printable = writeSequence(writeSetOf(writeSequence(writeOid('2.5.4.3'), writePrintableString('ROOT'))))
    const leaf = issue(ca, { dnsNames: ['example.com'], issuerName: printable })
    expectTrusted(judge([leaf.certificate]), leaf, ca)
    const renamed = issueCa(ca, { subject: 'Renamed' })
    const other = writeSequence(writeSetOf(writeSequence(writeOid('2.5.4.3'), writePrintableString('renamed'))))
    const deep = issue(renamed, { dnsNames: ['example.com'], issuerName: other })
    expectTrusted(judge(deep.chain), deep, renamed, ca)
  })

  test('an anchor of version 1, which has no extensions', () => {
    const old = makeCa({ subject: 'Old', version: 1 })
    const leaf = issue(old, { dnsNames: ['example.com'] })
    expectTrusted(judge([leaf.certificate], { trusted: [old] }), leaf, old)
  })

  test('an anchor whose own signature is broken or weak: it is not looked at', () => {
    const odd = makeCa({ breakSignature: true })
    const leaf = issue(odd, { dnsNames: ['example.com'] })
    expectTrusted(judge([leaf.certificate], { trusted: [odd] }), leaf, odd)
    const sha1 = makeCa({ keyType: 'rsa-2048', signatureAlgorithm: { kind: 'rsa-pkcs1', hash: 'sha1' } })
    const under = issue(sha1, { dnsNames: ['example.com'] })
    expectTrusted(judge([under.certificate], { trusted: [sha1] }), under, sha1)
  })

  test('the first and the last second of validity', () => {
    const leaf = issue(ca, { dnsNames: ['example.com'], notBefore: time, notAfter: time + day })
    expectTrusted(judge(leaf.chain, { time }), leaf, ca)
    expectTrusted(judge(leaf.chain, { time: time + day + 999 }), leaf, ca)
    expectRefused(judge(leaf.chain, { time: time - 1 }), 'not-yet-valid@0')
    expectRefused(judge(leaf.chain, { time: time + day + 1000 }), 'expired@0')
  })

  test('self-issued intermediates do not count towards the path length', () => {
    const top = issueCa(ca, { subject: 'Top', pathLength: 0 })
    const rolled = issueCa(top, { subject: 'Top' })
    const leaf = issue(rolled, { dnsNames: ['example.com'] })
    expectTrusted(judge(leaf.chain), leaf, rolled, top, ca)
  })

  test('RSASSA-PSS signatures and keys, and RSA below them', () => {
    for (const keyType of ['rsa-2048', 'rsa-pss-2048'] as const) {
      const root = makeCa({
        keyType,
        signatureAlgorithm: { kind: 'rsa-pss', hash: 'sha384', mgfHash: 'sha384', saltLength: 48 },
      })
      const leaf = issue(root, {
        dnsNames: ['a.example'],
        signatureAlgorithm: { kind: 'rsa-pss', hash: 'sha512', mgfHash: 'sha512', saltLength: 64 },
      })
      expectTrusted(judge([leaf.certificate], { trusted: [root] }), leaf, root)
    }
  })

  test('name constraints that are kept', () => {
    const narrow = issueCa(ca, { subject: 'Narrow', permitted: ['DNS:example.com'] })
    const leaf = issue(narrow, { subject: [], dnsNames: ['www.example.com'] })
    expectTrusted(judge(leaf.chain), leaf, narrow, ca)
  })

  test('critical policies with the qualifiers of RFC 5280', () => {
    const qualifier = writeSequence(writeOid('1.3.6.1.5.5.7.2.1'), writeNull())
    const value = writeSequence(writeSequence(writeOid('1.2.3'), writeSequence(qualifier)))
    const leaf = issue(ca, { subject: 'x', extensions: [{ oid: '2.5.29.32', critical: true, value }] })
    expectTrusted(judge(leaf.chain), leaf, ca)
  })
})

describe('what is refused, each by its reason', () => {
  test('no certificate', () => {
    expectRefused(judge([]), 'no-certificate@null')
  })

  test('malformed: the leaf', () => {
    expectRefused(judge([Uint8Array.of(0x30, 0)]), 'malformed@0')
    const odd = issue(ca, { subject: 'x', extensions: [{ oid: '2.5.29.17', value: writeSequence() }] })
    expectRefused(judge(odd.chain), 'malformed@0')
    expect(judge(odd.chain).reasons[0]?.message).toMatch(/^tbsCertificate\.extensions\[\d\]\.subjectAltName: /)
  })

  test('malformed: an intermediate that was needed, and a warning where it was not', () => {
    const leaf = issue(sub, { dnsNames: ['example.com'] })
    const cut = sub.certificate.subarray(0, -1)
    expectRefused(judge([leaf.certificate, cut]), 'malformed@1', 'unknown-issuer@0')
    const verdict = judge([leaf.certificate, cut, sub.certificate])
    expectTrusted(verdict, leaf, sub, ca)
    expect(verdict.warnings.map(({ reason, certificate }) => [reason, certificate])).toEqual([['malformed', 1]])
  })

  test('malformed: an intermediate with a malformed extension', () => {
    const odd = issueCa(ca, { subject: 'Odd', extensions: [{ oid: '2.5.29.30', value: writeSequence() }] })
    const leaf = issue(odd, { dnsNames: ['example.com'] })
    expectRefused(judge(leaf.chain), 'malformed@1')
  })

  test('malformed: an issuer without a name', () => {
    const nameless = makeCa({ subject: [] })
    const leaf = issue(nameless, { dnsNames: ['example.com'] })
    expectRefused(judge([leaf.certificate], { trusted: [nameless] }), 'malformed@0')
  })

  test('unknown-issuer', () => {
    const leaf = issue(makeCa({ subject: 'Elsewhere' }), { dnsNames: ['example.com'] })
    expectRefused(judge([leaf.certificate]), 'unknown-issuer@0')
    const deep = issue(issueCa(makeCa({ subject: 'Elsewhere' })), { dnsNames: ['example.com'] })
    expectRefused(judge(deep.chain), 'unknown-issuer@1')
    const whole = makeCa({ subject: 'Elsewhere' })
    const under = issue(whole, { dnsNames: ['example.com'] })
    const verdict = judge([under.certificate, whole.certificate])
    expectRefused(verdict, 'unknown-issuer@1')
    expect(verdict.reasons[0]?.message).toContain("ends at 'CN=Elsewhere'")
    expect(verdict.path).toEqual([])
  })

  test('unknown-issuer: of the same name, with another key by its own account', () => {
    const twin = makeCa({ subject: 'Root' })
    expectRefused(judge([issue(twin, { subject: 'x' }).certificate]), 'unknown-issuer@0')
  })

  test('self-signed', () => {
    expectRefused(judge([selfSign({ dnsNames: ['example.com'] }).certificate]), 'self-signed@0')
    expectRefused(judge([selfSign({ subject: 'Root' }).certificate]), 'self-signed@0')
  })

  test('bad-signature', () => {
    const leaf = issue(ca, { dnsNames: ['example.com'], breakSignature: true })
    expectRefused(judge([leaf.certificate]), 'bad-signature@0')
    const broken = issueCa(ca, { breakSignature: true })
    expectRefused(judge(issue(broken, { subject: 'x' }).chain), 'bad-signature@1')
  })

  test('bad-signature: by an algorithm the key has not', () => {
    const rsa = makeCa({ subject: 'Root', keyType: 'rsa-2048' })
    const leaf = issue(rsa, { subject: 'x', authorityKeyIdentifier: null })
    const verdict = judge([leaf.certificate])
    expectRefused(verdict, 'bad-signature@0')
    expect(verdict.reasons[0]?.message).toContain('(ECDSA P-256) makes, is RSA with SHA-256')
  })

  test('unsupported-signature-algorithm', () => {
    const unknown = writeSequence(writeOid('1.2.3.4'))
    const leaf = issue(ca, { subject: 'x', innerAlgorithm: unknown, outerAlgorithm: unknown })
    expectRefused(judge([leaf.certificate]), 'unsupported-signature-algorithm@0')
  })

  test('unsupported-public-key: the provider cannot import the issuer’s; the leaf’s is for whoever uses it', () => {
    const lacking: CryptoProvider = {
      ...nodeProvider,
      importPublicKey: () => {
        throw new KeyImportError('unsupported', 'no such keys here')
      },
    }
    const leaf = issue(ca, { subject: 'x' })
    expectRefused(judge(leaf.chain, { provider: lacking }), 'unsupported-public-key@null')
  })

  test('unsupported-public-key', () => {
    const subjectPublicKeyInfo = writeSequence(writeSequence(writeOid('1.2.3.4')), Uint8Array.of(3, 2, 0, 0))
    const leaf = issue(ca, { subject: 'x', subjectPublicKeyInfo })
    expectRefused(judge([leaf.certificate]), 'unsupported-public-key@0')
  })

  test.each(['leaf', 'intermediate', 'anchor'])('weak-key: of the %s', (where) => {
    const keyType: TestKeyType = 'rsa-1024'
    const root = where === 'anchor' ? makeCa({ keyType }) : ca
    const middle = issueCa(root, { keyType: where === 'intermediate' ? keyType : 'ecdsa-p256' })
    const leaf = issue(middle, { subject: 'x', keyType: where === 'leaf' ? keyType : 'ecdsa-p256' })
    const verdict = judge(leaf.chain, { trusted: [root] })
    expectRefused(verdict, where === 'leaf' ? 'weak-key@0' : where === 'anchor' ? 'weak-key@null' : 'weak-key@1')
    if (where === 'anchor') expect(verdict.reasons[0]?.message).toMatch(/^Trust anchor 'CN=handfast test CA': /)
  })

  test('weak-signature-algorithm', () => {
    const rsa = makeCa({ keyType: 'rsa-2048' })
    const leaf = issue(rsa, { subject: 'x', signatureAlgorithm: { kind: 'rsa-pkcs1', hash: 'sha1' } })
    expectRefused(judge([leaf.certificate], { trusted: [rsa] }), 'weak-signature-algorithm@0')
    const md5 = writeSequence(writeOid('1.2.840.113549.1.1.4'), writeNull())
    const old = issueCa(rsa, { innerAlgorithm: md5, outerAlgorithm: md5 })
    expectRefused(judge(issue(old, { subject: 'x' }).chain, { trusted: [rsa] }), 'weak-signature-algorithm@1')
  })

  test.each(['leaf', 'intermediate', 'anchor'])('expired and not-yet-valid: the %s', (where) => {
    for (const [reason, dates] of [
      ['expired', { notAfter: time - day }],
      ['not-yet-valid', { notBefore: time + day }],
    ] as const) {
      const root = makeCa(where === 'anchor' ? dates : {})
      const middle = issueCa(root, where === 'intermediate' ? dates : {})
      const leaf = issue(middle, { subject: 'x', ...(where === 'leaf' ? dates : {}) })
      const index = where === 'leaf' ? 0 : where === 'intermediate' ? 1 : null
      expectRefused(judge(leaf.chain, { trusted: [root] }), `${reason}@${index}`)
    }
  })

  test.each([
    ['basicConstraints say no', { isCa: false }],
    ['there are no basicConstraints', { isCa: null }],
    ['it has version 1', { version: 1 }],
  ] as const)('not-a-ca: %s', (_, options) => {
    const middle = issueCa(ca, { subject: 'Middle', keyUsage: ['keyCertSign'], ...options })
    expectRefused(judge(issue(middle, { subject: 'x' }).chain), 'not-a-ca@1')
  })

  test('not-a-ca: a leaf that issues, and an anchor that may not', () => {
    const leaf = issue(ca, { subject: 'leaf' })
    expectRefused(judge(issue(leaf, { subject: 'x' }).chain), 'not-a-ca@1')
    expectRefused(judge([issue(leaf, { subject: 'x' }).certificate], { trusted: [leaf] }), 'not-a-ca@null')
  })

  test('path-too-long', () => {
    const none = issueCa(ca, { subject: 'None', pathLength: 0 })
    const below = issueCa(none, { subject: 'Below' })
    expectRefused(judge(issue(below, { subject: 'x' }).chain), 'path-too-long@2')
    const root = makeCa({ pathLength: 0 })
    expectRefused(judge(issue(issueCa(root), { subject: 'x' }).chain, { trusted: [root] }), 'path-too-long@null')
  })

  test('key-usage', () => {
    const middle = issueCa(ca, { keyUsage: ['digitalSignature', 'cRLSign'] })
    expectRefused(judge(issue(middle, { subject: 'x' }).chain), 'key-usage@1')
    const leaf = issue(ca, { subject: 'x', keyUsage: ['keyEncipherment'] })
    expectRefused(judge(leaf.chain), 'key-usage@0')
    // In TLS the leaf signs; for what else its key may be used is for those to ask who use it.
    expectTrusted(judge(leaf.chain, { purpose: 'any' }), leaf, ca)
  })

  test('extended-key-usage, of the leaf and of what issued it', () => {
    const client = issue(ca, { subject: 'x', usage: 'client' })
    expectRefused(judge(client.chain), 'extended-key-usage@0')
    expectTrusted(judge(client.chain, { purpose: 'client' }), client, ca)
    const any = issue(ca, { subject: 'x', extKeyUsage: ['2.5.29.37.0'] })
    expectTrusted(judge(any.chain), any, ca)
    const forClients = issueCa(ca, { usage: 'client' })
    expectRefused(judge(issue(forClients, { subject: 'x' }).chain), 'extended-key-usage@1')
    const rootForClients = makeCa({ usage: 'client' })
    expectRefused(
      judge(issue(rootForClients, { subject: 'x' }).chain, { trusted: [rootForClients] }),
      'extended-key-usage@null',
    )
  })

  test.each(['leaf', 'intermediate', 'anchor'])('unknown-critical-extension: of the %s', (where) => {
    const unknown = { extensions: [{ oid: '1.2.3.4', critical: true, value: writeNull() }] }
    const root = makeCa(where === 'anchor' ? unknown : {})
    const middle = issueCa(root, where === 'intermediate' ? unknown : {})
    const leaf = issue(middle, { subject: 'x', ...(where === 'leaf' ? unknown : {}) })
    const index = where === 'leaf' ? 0 : where === 'intermediate' ? 1 : null
    expectRefused(judge(leaf.chain, { trusted: [root] }), `unknown-critical-extension@${index}`)
  })

  test('unknown-critical-extension: a precertificate', () => {
    const leaf = issue(ca, {
      subject: 'x',
      extensions: [{ oid: '1.3.6.1.4.1.11129.2.4.3', critical: true, value: writeNull() }],
    })
    expectRefused(judge(leaf.chain), 'unknown-critical-extension@0')
  })

  test('nonconforming: extensions that must not be critical', () => {
    for (const [oid, value] of [
      ['2.5.29.35', writeSequence()],
      [
        '1.3.6.1.5.5.7.1.1',
        writeSequence(writeSequence(writeOid('1.2.3'), writeContextPrimitive(6, Uint8Array.of(0x61)))),
      ],
    ] as const) {
      const leaf = issue(ca, { subject: 'x', extensions: [{ oid, critical: true, value }] })
      expectRefused(judge(leaf.chain), 'nonconforming@0')
    }
  })

  test('unknown-critical-extension: critical policies with a qualifier no one knows', () => {
    const value = writeSequence(
      writeSequence(writeOid('1.2.3'), writeSequence(writeSequence(writeOid('1.2.4'), writeNull()))),
    )
    const critical = issue(ca, { subject: 'x', extensions: [{ oid: '2.5.29.32', critical: true, value }] })
    expectRefused(judge(critical.chain), 'unknown-critical-extension@0')
    const plain = issue(ca, { subject: 'x', extensions: [{ oid: '2.5.29.32', value }] })
    expectTrusted(judge(plain.chain), plain, ca)
  })

  test('unsupported-constraint: name constraints on a leaf, or that cannot be applied', () => {
    const leaf = issue(ca, { subject: 'x', permitted: ['DNS:example.com'] })
    expectRefused(judge(leaf.chain), 'unsupported-constraint@0')
    const narrow = issueCa(ca, { excluded: ['DNS:exa mple'] })
    expectRefused(judge(issue(narrow, { dnsNames: ['example.com'] }).chain), 'unsupported-constraint@0')
  })

  test('name-constraint, of an intermediate and of an anchor, on all below', () => {
    const narrow = issueCa(ca, { subject: 'Narrow', permitted: ['DNS:example.com'] })
    const verdict = judge(issue(narrow, { dnsNames: ['example.org'] }).chain)
    expectRefused(verdict, 'name-constraint@0')
    expect(verdict.reasons[0]?.message).toBe(
      "Its issuer 'CN=Narrow' has name constraints that permit only DNS:example.com, not the name DNS:example.org.",
    )
    const root = makeCa({ subject: 'Narrow root', excluded: ['DNS:evil.example'] })
    const middle = issueCa(root, { dnsNames: ['evil.example'] })
    expectRefused(judge(issue(middle, { dnsNames: ['fine.example'] }).chain, { trusted: [root] }), 'name-constraint@1')
  })

  test('name-mismatch', () => {
    const leaf = issue(ca, { subject: 'example.com', dnsNames: ['example.org'] })
    const verdict = judge(leaf.chain, { identity: { kind: 'dns', name: 'example.com' } })
    expectRefused(verdict, 'name-mismatch@0')
    expect(verdict.reasons[0]?.message).toBe('subjectAltName: needs example.com, has DNS:example.org')
    expectRefused(judge(leaf.chain, { identity: { kind: 'ip', address: '192.0.2.1' } }), 'name-mismatch@0')
  })

  test('several: the chain first, then the leaf’s own', () => {
    const leaf = issue(makeCa({ subject: 'Elsewhere' }), { subject: 'x', usage: 'client', notAfter: time - day })
    const identity = { kind: 'dns', name: 'example.com' } as const
    expectRefused(
      judge([leaf.certificate], { identity }),
      'unknown-issuer@0',
      'expired@0',
      'name-mismatch@0',
      'extended-key-usage@0',
    )
  })

  test('a leaf’s own problems alone, with the path that was found', () => {
    const leaf = issue(ca, { subject: 'x', notAfter: time - day })
    const verdict = judge(leaf.chain)
    expectRefused(verdict, 'expired@0')
    expect(verdict.path).toHaveLength(2)
  })
})

test('a time that is none is a mistake of the caller', () => {
  expect(() => judge([ca.certificate], { time: Number.NaN })).toThrow(TypeError)
  expect(() => judge([ca.certificate], { time: Infinity })).toThrow(TypeError)
})

test('what a peer writes into names reaches no message unescaped', () => {
  const hostile = makeCa({ subject: 'a\u001b[2J\u202e' })
  const leaf = issue(hostile, { subject: 'b\u0007', dnsNames: ['c\n.example'] })
  const verdict = judge([leaf.certificate], { identity: { kind: 'dns', name: 'example.com' } })
  expectRefused(verdict, 'unknown-issuer@0', 'name-mismatch@0')
  for (const { message } of verdict.reasons) expect(message).toMatch(/^[\x20-\x7e]*$/)
})
