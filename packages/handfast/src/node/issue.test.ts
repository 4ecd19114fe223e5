import { createPublicKey, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readDer, readPem } from '../asn1/index.ts'
import { nodeProvider } from '../crypto/node.ts'
import {
  createAuthority,
  createIntermediate,
  generatePrivateKey,
  issueClientCertificate,
  issueServerCertificate,
  ISSUED_KEY_TYPES,
  openAuthority,
  writeChainPem,
  writeKeyPem,
  type Authority,
  type IssuedKeyType,
} from './issue.ts'

/** The slow ones to make (RSA of 3072 bits and more) differ from the others in nothing but their size. */
const TESTED = ISSUED_KEY_TYPES.filter((type) => !/3072|4096/.test(type))

let shared: Promise<Authority> | undefined
const authority = (): Promise<Authority> => (shared ??= createAuthority({ name: 'Example root' }))

function parse(der: Uint8Array | undefined): X509Certificate {
  if (der === undefined) throw new Error('no certificate')
  return new X509Certificate(der)
}

/** The tbsCertificate's fields and its extensions: whole elements, extensions by dotted OID. */
function dissect(der: Uint8Array): {
  serial: Uint8Array
  extensions: Map<string, { critical: boolean; value: Uint8Array }>
} {
  const tbs = readDer(der, 'certificate').sequence('tbsCertificate')
  tbs.skip('version')
  const serial = tbs.integer('serialNumber')
  for (const field of ['signature', 'issuer', 'validity', 'subject', 'subjectPublicKeyInfo']) tbs.skip(field)
  const list = tbs.sequence('extensions', 0xa3).sequence('list')
  const extensions = new Map<string, { critical: boolean; value: Uint8Array }>()
  while (list.remaining > 0) {
    const extension = list.sequence(extensions.size)
    const oid = extension.oid('extnID')
    const critical = extension.peek() === 0x01 ? extension.boolean('critical') : false
    extensions.set(oid, { critical, value: extension.octetString('extnValue') })
  }
  return { serial, extensions }
}

const BASIC_CONSTRAINTS = '2.5.29.19'
const KEY_USAGE = '2.5.29.15'
const EXTENDED_KEY_USAGE = '2.5.29.37'
const ALTERNATIVE_NAME = '2.5.29.17'
const SUBJECT_KEY_IDENTIFIER = '2.5.29.14'
const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35'
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex')

describe('every type of key', () => {
  test.each(TESTED)('%s as an authority and as a leaf', async (keyType: IssuedKeyType) => {
    const root = await createAuthority({ name: `Root ${keyType}`, keyType })
    const leaf = await issueServerCertificate(root, { names: ['server.example'], keyType })
    const [rootCertificate, leafCertificate] = [parse(root.certificate), parse(leaf.chain[0])]
    expect(rootCertificate.verify(rootCertificate.publicKey)).toBe(true)
    expect(leafCertificate.verify(rootCertificate.publicKey)).toBe(true)
    expect(leafCertificate.verify(leafCertificate.publicKey)).toBe(false)
    expect(leafCertificate.checkIssued(rootCertificate)).toBe(true)
    expect(rootCertificate.ca).toBe(true)
    expect(leafCertificate.ca).toBe(false)
    const key = nodeProvider.importPrivateKey(leaf.privateKey)
    const spki = leafCertificate.publicKey.export({ type: 'spki', format: 'der' })
    expect(hex(key.subjectPublicKeyInfo)).toBe(hex(spki))
    expect(leaf.chain).toHaveLength(1)
  })

  test('ML-DSA identifiers have no parameters, in the key and in the signature (RFC 9881 section 2)', async () => {
    const root = await createAuthority({ name: 'Root', keyType: 'ml-dsa-44' })
    const certificate = readDer(root.certificate, 'certificate')
    certificate.skip('tbsCertificate')
    expect(hex(certificate.element('signatureAlgorithm'))).toBe('300b0609608648016503040311')
    expect(hex(nodeProvider.importPrivateKey(root.privateKey).subjectPublicKeyInfo)).toContain(
      '300b0609608648016503040311',
    )
  })

  test('an RSASSA-PSS authority names its parameters in full, twice the same', async () => {
    const root = await createAuthority({ name: 'Root', keyType: 'rsa-pss-2048' })
    const identifier =
      '304106092a864886f70d01010a3034a00f300d06096086480165030402010500' +
      'a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120'
    expect(hex(root.certificate).split(identifier)).toHaveLength(3)
  })

  test('an unknown one is refused', async () => {
    await expect(generatePrivateKey('dsa-1024' as IssuedKeyType)).rejects.toThrow(
      /needs one of ecdsa-p256, .* has "dsa-1024"/,
    )
  })
})

describe('the profile', () => {
  test('of a root', async () => {
    const root = await authority()
    const { serial, extensions } = dissect(root.certificate)
    expect(serial).toHaveLength(16)
    expect((serial[0] as number) & 0xc0).toBe(0x40)
    expect(extensions.get(BASIC_CONSTRAINTS)).toEqual({ critical: true, value: Uint8Array.of(0x30, 3, 1, 1, 0xff) })
    expect(extensions.get(KEY_USAGE)).toEqual({ critical: true, value: Uint8Array.of(3, 2, 1, 0b0000_0110) })
    expect(extensions.get(SUBJECT_KEY_IDENTIFIER)?.value).toHaveLength(22)
    expect(extensions.has(EXTENDED_KEY_USAGE)).toBe(false)
  })

  test('of a server', async () => {
    const root = await authority()
    const issued = await issueServerCertificate(root, {
      names: ['Server.Example.', '*.server.example', '127.0.0.1', '::1', 'bücher.example'],
    })
    const { extensions } = dissect(issued.chain[0] as Uint8Array)
    expect(extensions.get(BASIC_CONSTRAINTS)).toEqual({ critical: true, value: Uint8Array.of(0x30, 0) })
    expect(extensions.get(KEY_USAGE)).toEqual({ critical: true, value: Uint8Array.of(3, 2, 7, 0x80) })
    expect(hex(extensions.get(EXTENDED_KEY_USAGE)?.value)).toBe('300a06082b06010505070301')
    expect(extensions.get(ALTERNATIVE_NAME)?.critical).toBe(false)
    expect(hex(extensions.get(AUTHORITY_KEY_IDENTIFIER)?.value).slice(8)).toBe(
      hex(dissect(root.certificate).extensions.get(SUBJECT_KEY_IDENTIFIER)?.value).slice(4),
    )
    const leaf = parse(issued.chain[0])
    expect(leaf.subject).toBe('CN=server.example')
    expect(leaf.subjectAltName).toBe(
      'DNS:server.example, DNS:*.server.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:xn--bcher-kva.example',
    )
  })

  test('a name too long for the common name leaves the subject empty and the names critical', async () => {
    const name = `${'a'.repeat(60)}.${'b'.repeat(20)}.example`
    const issued = await issueServerCertificate(await authority(), { names: [name] })
    const leaf = issued.chain[0] as Uint8Array
    expect(parse(leaf).subject).toBeUndefined()
    expect(dissect(leaf).extensions.get(ALTERNATIVE_NAME)?.critical).toBe(true)
  })

  test.each([
    ['alice', undefined],
    ['alice@example.com', 'email:alice@example.com'],
    ['spiffe://example.org/alice', 'URI:spiffe://example.org/alice'],
    ['Zoë Müller', undefined],
  ])('of a client called %s', async (name, alternative) => {
    const issued = await issueClientCertificate(await authority(), { name })
    const leaf = parse(issued.chain[0])
    expect(leaf.subject).toBe(`CN=${name}`)
    expect(leaf.subjectAltName).toBe(alternative)
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
  })

  test('serial numbers do not repeat', async () => {
    const root = await authority()
    const one = await issueClientCertificate(root, { name: 'a' })
    const two = await issueClientCertificate(root, { name: 'a' })
    expect(parse(one.chain[0]).serialNumber).not.toBe(parse(two.chain[0]).serialNumber)
  })

  test('of an intermediate: it is sent with the leaf, the root is not', async () => {
    const root = await authority()
    const issuing = await createIntermediate(root, { name: 'Example issuing CA', keyType: 'ecdsa-p384' })
    const issued = await issueServerCertificate(issuing, { names: ['localhost'], keyType: 'ed25519' })
    expect(issued.chain).toHaveLength(2)
    expect(parse(issued.chain[0]).checkIssued(parse(issued.chain[1]))).toBe(true)
    expect(parse(issued.chain[1]).checkIssued(parse(root.certificate))).toBe(true)
    expect(hex(dissect(issued.chain[1] as Uint8Array).extensions.get(BASIC_CONSTRAINTS)?.value)).toBe(
      '30060101ff020100',
    )
  })
})

describe('validity', () => {
  const notBefore = new Date('2026-01-01T00:00:00.900Z')

  test('days are whole, and both ends belong to them', async () => {
    const root = await createAuthority({ name: 'Root', notBefore, days: 30 })
    expect(root.notBefore.toISOString()).toBe('2026-01-01T00:00:00.000Z')
    expect(root.notAfter.toISOString()).toBe('2026-01-30T23:59:59.000Z')
    expect(parse(root.certificate).validToDate).toEqual(root.notAfter)
  })

  test('years from 2050 are written as GeneralizedTime', async () => {
    const root = await createAuthority({ name: 'Root', notBefore, days: 36_500 })
    expect(parse(root.certificate).validToDate.getUTCFullYear()).toBe(2125)
  })

  test('nothing outlives its issuer', async () => {
    const root = await createAuthority({ name: 'Root', notBefore, days: 30 })
    const leaf = await issueServerCertificate(root, { names: ['a.example'], notBefore, days: 90 })
    expect(leaf.notAfter).toEqual(root.notAfter)
    const late = { names: ['a.example'], notBefore: new Date('2027-01-01T00:00:00Z') }
    await expect(issueServerCertificate(root, late)).rejects.toThrow('the authority ends before')
  })

  test('no year after 9999', async () => {
    const root = await createAuthority({ name: 'Root', notBefore, days: 9_000_000 })
    expect(root.notAfter.toISOString()).toBe('9999-12-31T23:59:59.000Z')
  })

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('%d days are refused', async (days) => {
    await expect(createAuthority({ name: 'Root', days })).rejects.toThrow(/needs a positive number of days/)
  })
})

describe('names that are refused', () => {
  test.each([
    '',
    'a..b',
    '-a.example',
    'a_b.example',
    'a b',
    '*',
    '*.',
    '*.com',
    'a.*.example',
    '1.2.3',
    '256.1.1.1',
    'a.123',
    'fe80::1%eth0',
    'x'.repeat(64),
    'http://a.example',
  ])('server %j', async (name) => {
    await expect(issueServerCertificate(await authority(), { names: [name] })).rejects.toThrow(
      /needs a DNS name or an IP address/,
    )
  })

  test('no name at all', async () => {
    await expect(issueServerCertificate(await authority(), { names: [] })).rejects.toThrow('at least one name')
  })

  test.each([
    ['', 'must not be empty'],
    [' ', 'must not be empty'],
    ['a\nb', 'must not hold control characters'],
    ['x'.repeat(65), 'at most 64 characters, has 65'],
  ])('client and authority %j', async (name, message) => {
    await expect(issueClientCertificate(await authority(), { name })).rejects.toThrow(message)
    await expect(createAuthority({ name })).rejects.toThrow(message)
  })
})

describe('an authority from storage', () => {
  test('issues as before', async () => {
    const root = await authority()
    const issuing = await createIntermediate(root, { name: 'Zwischenstelle für Prüfungen' })
    const again = await openAuthority([issuing.certificate, root.certificate], issuing.privateKey)
    expect(again.intermediates).toEqual([issuing.certificate])
    expect(again.notAfter).toEqual(issuing.notAfter)
    const leaf = await issueServerCertificate(again, { names: ['a.example'] })
    expect(parse(leaf.chain[0]).checkIssued(parse(issuing.certificate))).toBe(true)
    expect((await openAuthority([root.certificate], root.privateKey)).intermediates).toEqual([])
  })

  test('needs its own key, and the certificate of an authority', async () => {
    const root = await authority()
    const leaf = await issueServerCertificate(root, { names: ['a.example'] })
    await expect(openAuthority([root.certificate], leaf.privateKey)).rejects.toThrow('not the one of the authority')
    await expect(openAuthority(leaf.chain, leaf.privateKey)).rejects.toThrow('does not say cA')
    await expect(openAuthority([], leaf.privateKey)).rejects.toThrow('needs its certificate')
  })
})

describe('PEM', () => {
  test('holds chain and key', async () => {
    const issued = await issueClientCertificate(await authority(), { name: 'alice', keyType: 'ml-dsa-65' })
    const [block, ...more] = readPem(writeChainPem(issued.chain))
    expect(more).toEqual([])
    expect(block?.label).toBe('CERTIFICATE')
    expect(hex(block?.bytes)).toBe(hex(issued.chain[0]))
    expect(writeKeyPem(issued.privateKey)).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
  })

  test('an ML-DSA key is its seed, and node:crypto reads it where it has ML-DSA', async () => {
    const pkcs8 = await generatePrivateKey('ml-dsa-65')
    expect(pkcs8).toHaveLength(54)
    const spki = nodeProvider.importPrivateKey(pkcs8).subjectPublicKeyInfo
    expect(createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).asymmetricKeyType).toBe('ml-dsa-65')
  })
})
