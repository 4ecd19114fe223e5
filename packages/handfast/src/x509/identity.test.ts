import { describe, expect, test } from 'vitest'
import { issue, makeCa, writeGeneralName } from '../../test/pki.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { coversDnsName, matchesDnsName, matchesIdentity, presentedText, referenceIdentity } from './identity.ts'

const ca = makeCa()
const certificateFor = (options: Parameters<typeof issue>[1]): Certificate =>
  readCertificate(issue(ca, options).certificate)

describe('wildcards and names (RFC 9525 section 6.3)', () => {
  test.each([
    ['example.com', 'example.com', true],
    ['EXAMPLE.com', 'example.com', true],
    ['example.com', 'www.example.com', false],
    ['*.example.com', 'www.example.com', true],
    ['*.EXAMPLE.com', 'www.example.com', true],
    ['*.example.com', 'example.com', false],
    ['*.example.com', 'a.b.example.com', false],
    ['*.example.com', '.example.com', false],
    ['*.example.com', 'xn--bcher-kva.example.com', true],
    ['*.com', 'example.com', false],
    ['*', 'localhost', false],
    ['*.', 'localhost', false],
    ['*.*.example.com', 'a.b.example.com', false],
    ['w*.example.com', 'www.example.com', false],
    ['*w.example.com', 'www.example.com', false],
    ['www.*.com', 'www.example.com', false],
    ['xn--*-1b3c148a.example.com', 'xn--bliss-1b3c148a.example.com', false],
    ['example.com.', 'example.com', false],
    ['example.com\0.evil.example', 'example.com', false],
    ['', 'example.com', false],
  ])('%j for %s: %s', (presented, reference, covers) => {
    expect(coversDnsName(presented, reference)).toBe(covers)
  })
})

describe('a certificate and an identity', () => {
  test('the trailing dot of a reference does not matter', () => {
    const certificate = certificateFor({ dnsNames: ['example.com'] })
    expect(matchesDnsName(certificate, 'example.com.')).toBe(true)
    expect(matchesDnsName(certificate, 'Example.COM')).toBe(true)
    expect(matchesDnsName(certificate, 'example.com..')).toBe(false)
  })

  test('a presented wildcard is not a reference', () => {
    expect(matchesDnsName(certificateFor({ dnsNames: ['*.example.com'] }), '*.example.com')).toBe(false)
  })

  test('the common name never counts', () => {
    expect(matchesDnsName(certificateFor({ subject: 'example.com' }), 'example.com')).toBe(false)
    expect(matchesDnsName(certificateFor({ subject: 'example.com', ips: ['192.0.2.1'] }), 'example.com')).toBe(false)
  })

  test('addresses match as addresses and nothing else', () => {
    const certificate = certificateFor({ ips: ['192.0.2.1', '2001:db8::1'], dnsNames: ['192.0.2.7'] })
    expect(matchesIdentity(certificate, { kind: 'ip', address: '192.0.2.1' })).toBe(true)
    expect(matchesIdentity(certificate, { kind: 'ip', address: '2001:DB8:0::1' })).toBe(true)
    expect(matchesIdentity(certificate, { kind: 'ip', address: '192.0.2.7' })).toBe(false)
    expect(matchesIdentity(certificate, { kind: 'ip', address: '::ffff:192.0.2.1' })).toBe(false)
    expect(matchesIdentity(certificate, { kind: 'ip', address: 'nonsense' })).toBe(false)
    expect(matchesIdentity(certificate, { kind: 'dns', name: '192.0.2.1' })).toBe(false)
  })

  test('what is presented is told, printable and bounded', () => {
    const otherNames = [writeGeneralName('DNS:a\u001b[2Jb')]
    expect(presentedText(certificateFor({ otherNames }))).toBe('DNS:a\\1B[2Jb')
    expect(presentedText(certificateFor({ emails: ['a@example.com'] }))).toBe('no DNS name or IP address')
    const many = Array.from({ length: 9 }, (_, index) => `host${index}.example`)
    expect(presentedText(certificateFor({ dnsNames: many }))).toMatch(/^DNS:host0\.example, .* and 4 more$/)
  })
})

describe('a reference identity from text', () => {
  test.each([
    ['example.com', { kind: 'dns', name: 'example.com' }],
    ['EXAMPLE.com.', { kind: 'dns', name: 'example.com' }],
    ['localhost', { kind: 'dns', name: 'localhost' }],
    ['my_service', { kind: 'dns', name: 'my_service' }],
    ['xn--bcher-kva.example', { kind: 'dns', name: 'xn--bcher-kva.example' }],
    ['192.0.2.1', { kind: 'ip', address: '192.0.2.1' }],
    ['::1', { kind: 'ip', address: '::1' }],
    ['[2001:db8::1]', { kind: 'ip', address: '2001:db8::1' }],
  ])('%s', (text, identity) => {
    expect(referenceIdentity(text)).toEqual(identity)
  })

  test.each([
    '',
    '.',
    'a..b',
    '-a.example',
    'a-.example',
    '*.example.com',
    'bücher.example',
    'example.com:443',
    'https://example.com/',
    'a b',
    'a\0b',
    '[192.0.2.1]',
    '[::1',
    '1.2.3',
    '256.1.1.1',
    '0x7f000001',
    '127.0.0.01',
    'fe80::1%eth0',
    'a'.repeat(64),
    `${'a.'.repeat(126)}aa`,
  ])('refuses %j', (text) => {
    expect(() => referenceIdentity(text)).toThrow(TypeError)
  })
})
