import { describe, expect, test } from 'vitest'
import { writeIa5String, writeUtf8String } from '../asn1/index.ts'
import { fromHex } from '../bytes/index.ts'
import { issue, makeCa, writeGeneralName, writeOtherName } from '../../test/pki.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import {
  identityKey,
  identityText,
  matchesDnsName,
  matchesIdentity,
  presentedText,
  readIdentity,
  referenceIdentity,
} from './identity.ts'
import { coversDnsName } from './dns-name.ts'
import type { ReferenceIdentity } from './verdict.ts'

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
    ['192.0.2.1', '192.0.2.1', false],
    ['*.0.2.1', '192.0.2.1', false],
    ['0x7f000001', '0x7f000001', false],
    ['0X7F000001', '0x7f000001', false],
    ['2130706433', '2130706433', false],
    ['host.1', 'host.1', false],
    ['1.0x', '1.0x', false],
    ['192.0.2.1.example', '192.0.2.1.example', true],
    ['0xab.g0', '0xab.g0', true],
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

  test('an address is no DNS name, whatever the certificate says', () => {
    const certificate = certificateFor({ dnsNames: ['192.0.2.1', '*.0.2.1', '0x7f000001', '2130706433'] })
    for (const name of ['192.0.2.1', '192.0.2.1.', '7.0.2.1', '0x7f000001', '0X7F000001', '2130706433']) {
      expect(matchesDnsName(certificate, name)).toBe(false)
      expect(identityKey({ kind: 'dns', name })).toBe(null)
    }
  })

  test('what is presented is told, printable and bounded', () => {
    const otherNames = [writeGeneralName('DNS:a\u001b[2Jb')]
    expect(presentedText(certificateFor({ otherNames }))).toBe('DNS:a\\1B[2Jb')
    expect(presentedText(certificateFor({ emails: ['a@example.com'] }))).toBe('no DNS name or IP address')
    const many = Array.from({ length: 9 }, (_, index) => `host${index}.example`)
    expect(presentedText(certificateFor({ dnsNames: many }))).toMatch(/^DNS:host0\.example, .* and 4 more$/)
  })

  test.each(['DNS', 'URI', 'email', 'SRV', 'SmtpUTF8Mailbox'])('a long name is cut: %s', (kind) => {
    for (const text of ['a'.repeat(60_000), '\u0001'.repeat(60_000)]) {
      const certificate = certificateFor({
        otherNames: Array.from({ length: 9 }, () => writeGeneralName(`${kind}:${text}`)),
      })
      const identity = { DNS: 'a.example', URI: 'uri:sip:a', SRV: 'srv:_a.b' }[kind] ?? 'email:a@b'
      const told = presentedText(certificate, readIdentity(identity))
      expect(told.length).toBeLessThan(1100)
      expect(told).toMatch(/^(DNS|URI|email|SRV):[a\\01]+\.\.\., .* and 4 more$/)
    }
  })
})

/** Whether a certificate with one name, as `writeGeneralName` takes it, is for an identity. */
function isFor(presented: string | Uint8Array, identity: ReferenceIdentity): boolean {
  return matchesIdentity(certificateFor({ otherNames: [writeGeneralName(presented)] }), identity)
}

describe('URI-ID (RFC 9525 sections 6.2 to 6.5)', () => {
  test.each([
    ['sip:voice.college.example', 'sip:voice.college.example', true],
    ['SIP:VOICE.college.example', 'sip:voice.college.example', true],
    ['sip:voice.college.example;transport=tls', 'sip:voice.college.example', true],
    ['sip:voice.college.example:5061', 'sip:voice.college.example', true],
    ['sip:www.college.example', 'sip:voice.college.example', false],
    ['sips:voice.college.example', 'sip:voice.college.example', false],
    ['sip:alice@voice.college.example', 'sip:voice.college.example', false],
    ['sip:*.college.example', 'sip:voice.college.example', false],
    ['https://example.com/a', 'https://example.com/b?c#d', true],
    ['https://example.com:8443', 'https://example.com', true],
    ['https://example.com.', 'https://EXAMPLE.com', true],
    ['http://example.com', 'https://example.com', false],
    ['https://example.com', 'https://www.example.com', false],
    ['https://*.example.com', 'https://www.example.com', false],
    ['https://evil.example@example.com/', 'https://example.com', false],
    ['https://example.com@evil.example/', 'https://example.com', false],
    ['https://example.com\\@evil.example/', 'https://evil.example', false],
    ['https://evil.example?https://example.com', 'https://example.com', false],
    ['https://ex%61mple.com', 'https://example.com', false],
    ['https:example.com', 'https://example.com', false],
    ['urn:example.com', 'urn:example.com', false],
    ['mailto:user@example.com', 'mailto:example.com', false],
    ['https://xn--bcher-kva.example', 'https://bücher.example', true],
    ['https://192.0.2.1/', 'https://192.0.2.1', true],
    ['https://192.0.2.1/', 'https://192.0.2.2', false],
    ['https://[2001:DB8::1]:443/', 'https://[2001:db8:0::1]', true],
    ['https://[::ffff:192.0.2.1]', 'https://192.0.2.1', false],
    ['https://0x7f000001', 'https://127.0.0.1', false],
    ['https://2130706433', 'https://2130706433', false],
    ['https://[example.com]', 'https://example.com', false],
    ['https://', 'https://', false],
    ['', '', false],
  ])('%j for %j: %s', (presented, uri, matches) => {
    expect(isFor(`URI:${presented}`, { kind: 'uri', uri })).toBe(matches)
  })

  test('names of another kind do not count', () => {
    expect(isFor('DNS:voice.college.example', { kind: 'uri', uri: 'sip:voice.college.example' })).toBe(false)
    expect(isFor('URI:https://example.com', { kind: 'dns', name: 'example.com' })).toBe(false)
  })
})

describe('SRV-ID (RFC 9525 section 6.5, RFC 4985)', () => {
  test.each([
    ['_imaps.isp.example', '_imaps.isp.example', true],
    ['_IMAPS.isp.EXAMPLE', '_imaps.isp.example', true],
    ['_imaps.isp.example', '_imap.isp.example', false],
    ['_imaps.isp.example', '_imaps.mail.isp.example', false],
    ['_imaps.*.example', '_imaps.isp.example', false],
    ['_imaps._tcp.isp.example', '_imaps._tcp.isp.example', false],
    ['imaps.isp.example', 'imaps.isp.example', false],
    ['_xmpp-client.xn--bcher-kva.example', '_xmpp-client.bücher.example', true],
    ['_imaps.isp.example\0.evil.example', '_imaps.isp.example', false],
    ['_imaps', '_imaps', false],
    ['_imaps.192.0.2.1', '_imaps.192.0.2.1', false],
  ])('%j for %j: %s', (presented, name, matches) => {
    expect(isFor(`SRV:${presented}`, { kind: 'srv', name })).toBe(matches)
  })

  test('a value that is no IA5String, or under another type, names no service', () => {
    const identity = { kind: 'srv', name: '_imaps.isp.example' } as const
    const utf8 = writeUtf8String('_imaps.isp.example')
    expect(isFor(writeOtherName('1.3.6.1.5.5.7.8.7', utf8), identity)).toBe(false)
    expect(isFor(writeOtherName('1.3.6.1.5.5.7.8.8', writeIa5String('_imaps.isp.example')), identity)).toBe(false)
    expect(isFor('DNS:_imaps.isp.example', identity)).toBe(false)
  })
})

describe('mailboxes (RFC 5280 section 4.2.1.6, RFC 9598)', () => {
  test.each([
    ['user@example.com', 'user@example.com', true],
    ['user@EXAMPLE.com', 'user@example.COM', true],
    ['User@example.com', 'user@example.com', false],
    ['user@example.com', 'user@mail.example.com', false],
    ['"a b"@example.com', '"a b"@example.com', true],
    ['"user"@example.com', 'user@example.com', false],
    ['"@"@example.com', '"@"@example.com', true],
    ['*@example.com', '*@example.com', true],
    ['*@example.com', 'user@example.com', false],
    ['user@*.example.com', 'user@mail.example.com', false],
    ['**@example.com', '*@example.com', false],
    ['example.com', 'user@example.com', false],
    ['@example.com', '@example.com', false],
    ['invalid@address@example.com', 'invalid@address@example.com', false],
    ['a..b@example.com', 'a..b@example.com', false],
    ['User <user@example.com>', 'user@example.com', false],
    ['user@example.com\0', 'user@example.com', false],
    ['user@xn--bcher-kva.example', 'user@bücher.example', true],
    ['user@XN--BCHER-KVA.example', 'user@bücher.example', true],
    ['user@[192.0.2.1]', 'user@[192.0.2.1]', false],
  ])('rfc822Name %j for %j: %s', (presented, address, matches) => {
    expect(isFor(`email:${presented}`, { kind: 'email', address })).toBe(matches)
  })

  test.each([
    ['医生@xn--pss25c.example.com', '医生@xn--pss25c.example.com', true],
    ['医生@xn--pss25c.example.com', '医生@大学.example.com', true],
    ['医生@xn--pss25c.example.com', '医生@XN--PSS25C.EXAMPLE.com', true],
    ['医生@XN--pss25c.example.com', '医生@xn--pss25c.example.com', false],
    ['医生@大学.example.com', '医生@大学.example.com', false],
    ['医师@xn--pss25c.example.com', '医生@xn--pss25c.example.com', false],
    ['\u00e9@example.com', '\u00e9@example.com', true],
    ['e\u0301@example.com', '\u00e9@example.com', false],
    ['É@example.com', 'é@example.com', false],
    ['\ufeffé@example.com', 'é@example.com', false],
    ['*é@example.com', 'aé@example.com', false],
    ['user@example.com', 'user@example.com', false],
  ])('SmtpUTF8Mailbox %j for %j: %s', (presented, address, matches) => {
    expect(isFor(`SmtpUTF8Mailbox:${presented}`, { kind: 'email', address })).toBe(matches)
  })

  test('the example of RFC 9598, octet for octet', () => {
    const der = fromHex(
      'a02b0608 2b060105 05070809 a01f0c1d e58cbbe7 949f4078 6e2d2d70 73733235 632e6578 616d706c 652e636f 6d',
    )
    expect(isFor(der, { kind: 'email', address: '\u533b\u751f@xn--pss25c.example.com' })).toBe(true)
  })

  test('an emailAddress in the subject never counts', () => {
    const certificate = certificateFor({ subject: [['1.2.840.113549.1.9.1', 'user@example.com']] })
    expect(matchesIdentity(certificate, { kind: 'email', address: 'user@example.com' })).toBe(false)
  })
})

describe('a reference identity from text', () => {
  test.each([
    ['example.com', { kind: 'dns', name: 'example.com' }],
    ['EXAMPLE.com.', { kind: 'dns', name: 'example.com' }],
    ['localhost', { kind: 'dns', name: 'localhost' }],
    ['my_service', { kind: 'dns', name: 'my_service' }],
    ['xn--bcher-kva.example', { kind: 'dns', name: 'xn--bcher-kva.example' }],
    ['Bücher.example', { kind: 'dns', name: 'xn--bcher-kva.example' }],
    ['192.0.2.1', { kind: 'ip', address: '192.0.2.1' }],
    ['::1', { kind: 'ip', address: '::1' }],
    ['[2001:db8::1]', { kind: 'ip', address: '2001:db8::1' }],
  ])('%s', (text, identity) => {
    expect(referenceIdentity(text)).toEqual(identity)
    expect(readIdentity(text)).toEqual(identity)
  })

  const REFUSED = [
    '',
    '.',
    'a..b',
    '-a.example',
    'a-.example',
    '*.example.com',
    'ｅxample.com',
    'bücher.example:80',
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
  ]

  test.each(REFUSED)('refuses %j', (text) => {
    expect(() => referenceIdentity(text)).toThrow(TypeError)
  })

  test.each([
    ['dns:example.com', { kind: 'dns', name: 'example.com' }],
    ['ip:::1', { kind: 'ip', address: '::1' }],
    ['IP:192.0.2.1', { kind: 'ip', address: '192.0.2.1' }],
    ['uri:sip:voice.college.example', { kind: 'uri', uri: 'sip:voice.college.example' }],
    ['srv:_imaps.isp.example', { kind: 'srv', name: '_imaps.isp.example' }],
    ['email:user@example.com', { kind: 'email', address: 'user@example.com' }],
  ])('%s, with its kind', (text, identity) => {
    expect(readIdentity(text)).toEqual(identity)
  })

  test.each([
    ['dns:192.0.2.1', /^dns: needs a DNS name, has '192\.0\.2\.1'$/],
    ['ip:example.com', /^ip: needs an IP address/],
    ['uri:example.com', /^uri: needs a scheme and a host/],
    ['uri:https://user@example.com', /^uri: needs a scheme and a host/],
    ['srv:imaps.isp.example', /^srv: needs a service and a name/],
    ['email:example.com', /^email: needs a mailbox/],
    ['email:\ud800@example.com', /^email: needs a mailbox/],
  ])('%s, with its kind, is refused', (text, message) => {
    expect(() => readIdentity(text)).toThrow(message)
  })
})

describe('texts', () => {
  test.each([
    ['dns:Bücher.example.', 'xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['ip:2001:DB8:0::1', '2001:DB8:0::1', '2001:db8::1'],
    ['uri:HTTPS://Example.com:8443/a', 'HTTPS://Example.com:8443/a', 'uri:https://example.com'],
    ['srv:_IMAPS.isp.example', '_IMAPS.isp.example', 'srv:_imaps.isp.example'],
    ['email:User@Bücher.example', 'User@Bücher.example', 'email:User@xn--bcher-kva.example'],
  ])('%s is shown as %s and remembered as %s', (text, shown, key) => {
    const identity = readIdentity(text)
    expect(identityText(identity)).toBe(shown)
    expect(identityKey(identity)).toBe(key)
  })

  test('what is not well-formed is remembered by nothing', () => {
    for (const identity of [
      { kind: 'dns', name: 'a b' },
      { kind: 'ip', address: 'a' },
      { kind: 'uri', uri: 'a' },
      { kind: 'srv', name: 'a' },
      { kind: 'email', address: 'a' },
    ] as const)
      expect(identityKey(identity)).toBe(null)
  })

  test('what is presented is told by the kinds that count', () => {
    const texts = ['DNS:a.example', 'IP:::1', 'email:a@b.example', 'SmtpUTF8Mailbox:é@b.example', 'SRV:_a.b.example']
    const certificate = certificateFor({ otherNames: [...texts, 'URI:sip:a.example'].map(writeGeneralName) })
    const told = (text: string): string => presentedText(certificate, readIdentity(text))
    expect(told('example.com')).toBe('DNS:a.example, IP:::1')
    expect(told('::2')).toBe('DNS:a.example, IP:::1')
    expect(told('uri:sip:b.example')).toBe('URI:sip:a.example')
    expect(told('srv:_b.example')).toBe('SRV:_a.b.example')
    expect(told('email:b@b.example')).toBe('email:a@b.example, email:é@b.example')
    const nameless = certificateFor({})
    expect(presentedText(nameless)).toBe('no DNS name or IP address')
    expect(presentedText(nameless, readIdentity('uri:sip:b.example'))).toBe('no URI')
    expect(presentedText(nameless, readIdentity('srv:_b.example'))).toBe('no SRV name')
    expect(presentedText(nameless, readIdentity('email:b@b.example'))).toBe('no e-mail address')
  })
})
