import { describe, expect, test } from 'vitest'
import { readFetchAddress } from './fetch-address.ts'

describe('may be fetched from', () => {
  test.each([
    ['http://ca.example.com/a.crl?b=c', 'http://ca.example.com/a.crl?b=c'],
    ['HTTPS://CA.example.com:443/#x', 'https://ca.example.com/'],
    ['http://8.8.8.8/a', 'http://8.8.8.8/a'],
    ['http://[2606:4700::1111]/a', 'http://[2606:4700::1111]/a'],
    ['http://notlocalhost.com', 'http://notlocalhost.com/'],
  ])('%s', (text, url) => {
    expect(readFetchAddress(text).url.href).toBe(url)
  })

  test('whatever there is, if that is asked for', () => {
    const { url, ip } = readFetchAddress('http://127.0.0.1:8080/a', { addresses: 'any', ports: 'any' })
    expect([url.href, ip]).toEqual(['http://127.0.0.1:8080/a', Uint8Array.of(127, 0, 0, 1)])
    expect(readFetchAddress('https://ca.example.com:80', { ports: [80, 443] }).url.port).toBe('80')
    expect(readFetchAddress('http://localhost:81', { addresses: 'any', ports: [81] }).ip).toBe(null)
  })
})

describe('may not', () => {
  test.each([
    ['ftp://ca.example.com/', /needs http or https, is 'ftp:\/\/ca\.example\.com'$/],
    ['ldap://ca.example.com/', /needs http or https/],
    ['file:///etc/passwd', /needs http or https/],
    ['data:,x', /needs http or https/],
    ['nonsense\u001b', /needs to be a URL, is 'nonsense\\1B'$/],
    ['http://', /needs to be a URL/],
    ['http://user@ca.example.com/', /must have no user and password/],
    ['http://:secret@ca.example.com/', /must have no user and password, is 'http:\/\/ca\.example\.com'$/],
    ['http://ca.example.com:8080/', /needs port 80 or 443/],
    ['https://ca.example.com:22/', /needs port 80 or 443/],
    ['http://127.0.0.1/', /needs a public address/],
    ['http://2130706433/', /needs a public address, is 'http:\/\/127\.0\.0\.1'$/],
    ['http://0x7f.1/', /needs a public address/],
    ['http://[::1]/', /needs a public address/],
    ['http://[::ffff:10.0.0.1]/', /needs a public address/],
    ['http://169.254.169.254/latest/meta-data/', /needs a public address/],
    ['http://localhost/', /needs a public name/],
    ['http://a.localhost./', /needs a public name/],
    ['http://printer/', /needs a public name/],
    ['http://printer.local/', /needs a public name/],
    ['http://metadata.google.internal/', /needs a public name/],
    ['http://ca.corp/', /needs a public name/],
    ['http://router.home/', /needs a public name/],
    ['http://a.home.arpa/', /needs a public name/],
    ['http://abc.onion/', /needs a public name/],
    ['http://192.88.99.1/', /needs a public address/],
    ['https://ca.example.com:80/', /needs no port but that of https:, is 'https:\/\/ca\.example\.com:80'$/],
    ['http://ca.example.com:443/', /needs no port but that of http:/],
    ['http://127.0.0.1../', /needs a public (name|address)/],
    ['http://a..com/', /needs a public name/],
    ['http://.com/', /needs a public name/],
    ...['lan', 'intranet', 'private', 'localdomain', 'local', 'corp', 'home', 'internal', 'svc'].map(
      (end): [string, RegExp] => [`http://a.b.${end}/`, /needs a public name/],
    ),
  ])('%s', (text, message) => {
    expect(() => readFetchAddress(text)).toThrow(message)
  })

  test('a redirect is under the same rules, and never leads back from https', () => {
    const base = new URL('https://ca.example.com/a/b')
    expect(readFetchAddress('../c', {}, base).url.href).toBe('https://ca.example.com/c')
    expect(readFetchAddress('//other.example.com/', {}, base).url.href).toBe('https://other.example.com/')
    expect(() => readFetchAddress('http://ca.example.com/', {}, base)).toThrow(/must not lead from https to http/)
    expect(() => readFetchAddress('//127.0.0.1/', {}, base)).toThrow(/needs a public address/)
    expect(() => readFetchAddress('//ca.example.com:444/', {}, base)).toThrow(/needs port/)
  })
})
