import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { issue, issueCa, makeCa } from '../../test/pki.ts'
import { issueCrl } from '../../test/crl-maker.ts'
import { nodeProvider } from '../crypto/node.ts'
import { readCertificate } from './certificate.ts'
import { createTrustStore } from './trust-store.ts'
import type { Verdict, VerifyRequest } from './verdict.ts'
import { verifyChain } from './verify.ts'

const time = Date.UTC(2026, 6)
const root = makeCa({ subject: 'Root' })
const sub = issueCa(root, { subject: 'Sub' })
const leaf = issue(sub, { dnsNames: ['example.com'] })
const trust = createTrustStore([root.certificate])

/** As a caller without types has it. */
function judge(given: Readonly<Record<string, unknown>>): Verdict {
  const request: VerifyRequest = { chain: leaf.chain, trust, time, purpose: 'server', provider: nodeProvider }
  return verifyChain({ ...request, ...given })
}

describe('a field of a request that is none', () => {
  test.each<[string, unknown, string]>([
    ['time', [], 'time: needs milliseconds since the epoch, has a list'],
    ['time', '1782864000000', "time: needs milliseconds since the epoch, has '1782864000000'"],
    ['time', null, 'time: needs milliseconds since the epoch, has null'],
    ['time', new Date(time), 'time: needs milliseconds since the epoch, has an object'],
    ['time', Number.NaN, 'time: needs milliseconds since the epoch, has NaN'],
    ['purpose', '', 'purpose: needs one of server, client, email, code-signing, time-stamping, ocsp-signing, any or a'],
    ['purpose', 'Server', "or a dotted OID, has 'Server'"],
    ['purpose', undefined, 'or a dotted OID, has undefined'],
    ['purpose', 'constructor', "or a dotted OID, has 'constructor'"],
    ['purpose', '1.99', "or a dotted OID, has '1.99'"],
    ['identity', null, 'identity: needs an object, or to be left out, has null'],
    ['identity', 'example.com', "identity: needs an object, or to be left out, has 'example.com'"],
    ['identity', {}, 'identity.kind: needs one of dns, ip, uri, srv, email, has undefined'],
    ['identity', { kind: 'DNS', name: 'x' }, "identity.kind: needs one of dns, ip, uri, srv, email, has 'DNS'"],
    ['identity', { kind: 'toString', name: 'x' }, 'identity.kind: needs one of'],
    ['identity', { kind: 'dns' }, 'identity.name: needs text, has undefined'],
    ['identity', { kind: 'ip', name: '192.0.2.1' }, 'identity.address: needs text, has undefined'],
    ['chain', leaf.certificate, 'chain: needs a list, has object'],
    ['chain', [{}], 'chain[0]: needs a Uint8Array or a Certificate, has [object Object]'],
    ['chain', [leaf.certificate, null], 'chain[1]: needs a Uint8Array or a Certificate, has null'],
    ['chain', [new Uint16Array(4)], 'chain[0]: needs a Uint8Array or a Certificate, has [object Uint16Array]'],
    ['intermediates', ['MIIB'], 'intermediates[0]: needs a Uint8Array or a Certificate, has MIIB'],
    ['intermediates', null, 'intermediates: needs a list, has null'],
    ['crls', [null], 'crls[0]: needs a Uint8Array or what was read of one, has null'],
    ['crls', [{}], 'crls[0]: needs a Uint8Array or what was read of one, has [object Object]'],
    ['ocspResponses', [7], 'ocspResponses[0]: needs a Uint8Array or what was read of one, has 7'],
    ['stapled', [{}], 'stapled[0]: needs a Uint8Array or what was read of one, has [object Object]'],
  ])('%s (%#)', (field, value, message) => {
    expect(() => judge({ [field]: value })).toThrow(TypeError)
    expect(() => judge({ [field]: value })).toThrow(message)
  })

  test('a purpose may be any OID', () => {
    expect(judge({ purpose: '1.3.6.1.5.5.7.3.1' }).trusted).toBe(true)
    expect(judge({ purpose: '2.999.1' }).reasons.map(({ reason }) => reason)).toEqual(['extended-key-usage'])
  })
})

test('bytes of another realm are bytes', () => {
  const foreign = (bytes: Uint8Array): unknown => runInNewContext('Uint8Array.from(all)', { all: [...bytes] })
  const chain = leaf.chain.map(foreign)
  expect(chain[0]).not.toBeInstanceOf(Uint8Array)
  const revoked = [{ serialNumber: Uint8Array.of(99) }]
  const crl = issueCrl(root, { revoked, thisUpdate: time - 1000, nextUpdate: time + 86_400_000, number: 1 })
  expect(judge({ chain, crls: [foreign(crl)] })).toMatchObject({ trusted: true, warnings: [] })
})

describe('a serial number that is padded', () => {
  const padded = issue(root, { dnsNames: ['example.com'], serialNumber: Uint8Array.of(0, 5) }).certificate
  const read = readCertificate(padded, { paddedSerialNumber: true })

  test('is refused in a certificate that was read leniently as well: no list would name it', () => {
    const crl = issueCrl(root, {
      revoked: [{ serialNumber: Uint8Array.of(5) }],
      thisUpdate: time - 1000,
      nextUpdate: time + 86_400_000,
      number: 1,
    })
    for (const one of [padded, read]) {
      const { trusted, reasons } = judge({ chain: [one], crls: [crl] })
      expect([trusted, reasons.map(({ reason, certificate }) => `${reason}@${certificate}`)]).toEqual([
        false,
        ['malformed@0'],
      ])
      expect(reasons[0]?.message).toContain('tbsCertificate.serialNumber')
    }
    const own = createTrustStore([root.certificate])
    expect(judge({ chain: [read], trust: { ...own, has: () => true, rulesOf: () => ({}) } }).trusted).toBe(false)
  })

  test('is refused in an issuer, and harmless in what is not needed', () => {
    const odd = issueCa(root, { subject: 'Odd', serialNumber: Uint8Array.of(0, 5) })
    const lenient = readCertificate(odd.certificate, { paddedSerialNumber: true })
    const below = issue(odd, { dnsNames: ['example.com'] }).certificate
    expect(judge({ chain: [below, lenient] }).reasons.map(({ reason }) => reason)).toContain('unknown-issuer')
    expect(judge({ intermediates: [lenient] }).trusted).toBe(true)
  })

  test('is no matter where it was not padded', () => {
    const [first, ...rest] = leaf.chain
    const lenient = readCertificate(first as Uint8Array, { paddedSerialNumber: true })
    expect(judge({ chain: [lenient, ...rest] }).trusted).toBe(true)
  })
})
