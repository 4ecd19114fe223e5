/** Who shows which certificate to whom, and what becomes of it. */

import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/bytes/index.ts'
import { issue, issueCa, makeCa, selfSign } from '../pki.ts'
import { expectHandshake, expectRefusal } from './expectations.ts'
import { CA, CLIENT, identityOf, Pair, SERVER } from './pair.ts'

const OTHER_CA = makeCa({ subject: 'Another CA' })
const SUB_CA = issueCa(CA, { subject: 'Sub CA' })
const SUB_CLIENT = issue(SUB_CA, { subject: 'bob', usage: 'client', keyType: 'ed25519' })

/** For servers that are told to use ed25519 alone. */
const ED25519_SERVER = identityOf(issue(CA, { dnsNames: ['server.example'], keyType: 'ed25519' }))

function leafOf(chain: readonly Uint8Array[]): string {
  return toHex(chain[0] ?? new Uint8Array(0))
}

describe('client authentication', () => {
  test.each([
    ['none', [CLIENT], false],
    ['none', [], false],
    ['optional', [], false],
    ['optional', [CLIENT], true],
    ['required', [CLIENT], true],
    ['required', [SUB_CLIENT], true],
  ] as const)('%s, client has %j', (clientAuthentication, own, isShown) => {
    const identities = own.map((certificate) => identityOf(certificate))
    const pair = new Pair({ client: { identities }, server: { clientAuthentication } })
    expectHandshake(pair, { clientCertificateRequested: clientAuthentication !== 'none' })
    expect(pair.server.connection.peerCertificates).toEqual(isShown ? own[0]?.chain : [])
    expect(pair.server.connection.peerVerdict?.trusted).toBe(isShown ? true : undefined)
    expect(pair.client.connection.negotiated?.ownSignatureScheme !== undefined).toBe(isShown)
  })

  test('required, and the client has none: certificate_required', () => {
    const pair = new Pair({ server: { clientAuthentication: 'required' } })
    expectRefusal(pair, 'server', 'certificate_required', /certificate\.certificate_list/)
  })

  test.each(['optional', 'required'] as const)('%s, and the certificate is of another CA: unknown_ca', (mode) => {
    const identities = [identityOf(issue(OTHER_CA, { subject: 'mallory', usage: 'client' }))]
    const pair = new Pair({ client: { identities }, server: { clientAuthentication: mode } })
    expectRefusal(pair, 'server', 'unknown_ca', /certificate refused \(unknown-issuer\)/)
  })

  test("a server's certificate is none for clients: unsupported_certificate", () => {
    const pair = new Pair({
      client: { identities: [identityOf(SERVER)] },
      server: { clientAuthentication: 'required' },
    })
    expectRefusal(pair, 'server', 'unsupported_certificate', /extended-key-usage/)
  })
})

describe("the client's judgement of the server", () => {
  test.each([
    ['of another CA', issue(OTHER_CA, { dnsNames: ['server.example'] }), 'unknown_ca'],
    ['self-signed', selfSign({ dnsNames: ['server.example'] }), 'unknown_ca'],
    ['for another name', issue(CA, { dnsNames: ['other.example'] }), 'bad_certificate'],
    ['expired', issue(CA, { dnsNames: ['server.example'], notAfter: Date.UTC(2025, 0, 1) }), 'certificate_expired'],
    [
      'not yet valid',
      issue(CA, { dnsNames: ['server.example'], notBefore: Date.UTC(2030, 0, 1) }),
      'certificate_expired',
    ],
    ['with a broken signature', issue(CA, { dnsNames: ['server.example'], breakSignature: true }), 'bad_certificate'],
    [
      'that may not sign',
      issue(CA, { dnsNames: ['server.example'], keyUsage: ['keyAgreement'] }),
      'unsupported_certificate',
    ],
  ])('a certificate %s', (_, certificate, alert) => {
    expectRefusal(new Pair({ server: { identities: [identityOf(certificate)] } }), 'client', alert)
  })

  test('recorded only: the connection stands, and nobody is told that it can be trusted', () => {
    const identities = [identityOf(selfSign({ dnsNames: ['server.example'] }))]
    const pair = new Pair({ client: { verification: 'recorded' }, server: { identities } })
    expectHandshake(pair)
    expect(pair.client.connection.peerVerdict?.trusted).toBe(false)
    expect(pair.client.connection.report().server.verdict).toMatchObject({ trusted: false, state: 'not-asked' })
  })
})

describe('a server with several identities', () => {
  const a = issue(CA, { dnsNames: ['a.example'] })
  const b = issue(CA, { dnsNames: ['b.example', '*.b.example'] })
  const ed = issue(CA, { dnsNames: ['a.example', 'b.example'], keyType: 'ed25519' })
  const other = issue(OTHER_CA, { dnsNames: ['a.example'] })
  const identities = [a, b, ed, other].map((certificate) => identityOf(certificate))

  test.each([
    ['a.example', {}, a],
    ['b.example', {}, b],
    ['deep.b.example', {}, b],
    ['B.EXAMPLE', {}, b],
    ['b.example', { signatureSchemes: ['ed25519', 'ecdsa_secp384r1_sha384'] as const }, ed],
    ['a.example', { certificateAuthorities: [OTHER_CA.name] }, other],
  ])('%s %j', (serverName, client, expected) => {
    const pair = new Pair({ client: { serverName, ...client, verification: 'recorded' }, server: { identities } })
    expectHandshake(pair)
    expect(leafOf(pair.client.connection.peerCertificates)).toBe(toHex(expected.certificate))
  })

  test('a name nobody covers gets the first, unless that is to be refused', () => {
    const client = { serverName: 'nobody.example', verification: 'recorded' } as const
    const lenient = new Pair({ client, server: { identities } })
    expectHandshake(lenient)
    expect(leafOf(lenient.client.connection.peerCertificates)).toBe(toHex(a.certificate))
    const strict = new Pair({ client, server: { identities, rejectUnknownServerName: true } })
    expectRefusal(strict, 'server', 'unrecognized_name', /client_hello\.server_name/)
  })
})

describe('a client with several identities', () => {
  const ofOther = issue(OTHER_CA, { subject: 'carol', usage: 'client' })
  const identities = [CLIENT, SUB_CLIENT, ofOther].map((certificate) => identityOf(certificate))

  test.each([
    ['the first', {}, CLIENT],
    [
      'by scheme',
      { identities: [ED25519_SERVER], signatureSchemes: ['ed25519', 'ecdsa_secp384r1_sha384'] as const },
      SUB_CLIENT,
    ],
    ['by authority: an intermediate', { certificateAuthorities: [SUB_CA.name] }, SUB_CLIENT],
    ['by authority: another root', { certificateAuthorities: [OTHER_CA.name] }, ofOther],
  ])('%s', (_, server, expected) => {
    const pair = new Pair({
      client: { identities },
      server: { clientAuthentication: 'required', verification: 'recorded', ...server },
    })
    expectHandshake(pair)
    expect(leafOf(pair.server.connection.peerCertificates)).toBe(toHex(expected.certificate))
  })

  test('none of the authorities: shows nothing', () => {
    const authorities = { certificateAuthorities: [makeCa({ subject: 'Nobody' }).name] }
    const pair = new Pair({ client: { identities }, server: { clientAuthentication: 'optional', ...authorities } })
    expectHandshake(pair, { clientCertificateRequested: true, ownSignatureScheme: undefined })
    expect(pair.server.connection.peerCertificates).toEqual([])
  })

  test('no scheme of the server: shows nothing', () => {
    const pair = new Pair({
      client: { identities: [identityOf(CLIENT)] },
      server: { clientAuthentication: 'optional', identities: [ED25519_SERVER], signatureSchemes: ['ed25519'] },
    })
    expectHandshake(pair, { clientCertificateRequested: true, ownSignatureScheme: undefined })
    expect(pair.server.connection.peerCertificates).toEqual([])
  })
})
