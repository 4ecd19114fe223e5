import { describe, expect, test } from 'vitest'
import { issue, issueCa, makeCa, writeGeneralName } from '../../test/pki.ts'
import { writeContext, writeContextPrimitive, writeInteger, writeOid, writeSequence } from '../asn1/der-writer.ts'
import { nodeProvider } from '../crypto/node.ts'
import { readCertificate } from './certificate.ts'
import { describeCertificate, type TreeNode } from './tree.ts'

const ca = makeCa({ subject: 'CA', notBefore: Date.UTC(2021, 0, 1), notAfter: Date.UTC(2022, 0, 1) })

/** A tree as indented lines. */
function lines(node: TreeNode, depth = 0): string[] {
  const line = '  '.repeat(depth) + node.label + (node.value === undefined ? '' : `: ${node.value}`)
  return [line, ...node.children.flatMap((child) => lines(child, depth + 1))]
}

describe('certificates as trees', () => {
  test('every usual field', () => {
    const leaf = issue(ca, {
      subject: 'leaf',
      serialNumber: 0x1234,
      dnsNames: ['a.example', 'b.example'],
      notBefore: Date.UTC(2021, 0, 1),
      notAfter: Date.UTC(2021, 6, 1),
      subjectKeyIdentifier: Uint8Array.of(1, 2),
      authorityKeyIdentifier: Uint8Array.of(3, 4),
      extensions: [{ oid: '1.2.3.4', critical: true, value: Uint8Array.of(5) }],
    })
    const tree = lines(describeCertificate(readCertificate(leaf.certificate), nodeProvider.hashes.sha256))
    expect(tree.slice(0, -1)).toEqual([
      'certificate: CN=leaf',
      '  subject: CN=leaf',
      '  issuer: CN=CA',
      '  serial number: 1234',
      '  version: 3',
      '  validity',
      '    not before: 2021-01-01T00:00:00Z',
      '    not after: 2021-07-01T00:00:00Z',
      '  public key: ECDSA P-256',
      '  signature algorithm: ECDSA with SHA-256',
      '  extensions',
      '    basicConstraints (critical): not a CA',
      '    keyUsage (critical): digitalSignature',
      '    extKeyUsage: serverAuth',
      '    subjectAltName',
      '      DNS:a.example',
      '      DNS:b.example',
      '    subjectKeyIdentifier: 0102',
      '    authorityKeyIdentifier: 0304',
      '    1.2.3.4 (critical): 05',
    ])
    expect(tree.at(-1)).toMatch(/^ {2}fingerprint \(sha256\): [0-9a-f]{64}$/)
  })

  test('what a CA says', () => {
    const sub = issueCa(ca, {
      pathLength: 1,
      permitted: ['DNS:example.com', 'IP:192.0.2.0/255.255.255.0'],
      excluded: ['email:evil.example'],
      extensions: [
        {
          oid: '2.5.29.32',
          value: writeSequence(writeSequence(writeOid('2.5.29.32.0')), writeSequence(writeOid('1.2.3'))),
        },
        { oid: '2.5.29.33', value: writeSequence(writeSequence(writeOid('1.2.3'), writeOid('1.2.4'))) },
        { oid: '2.5.29.36', value: writeSequence(writeContextPrimitive(0, Uint8Array.of(0))) },
        { oid: '2.5.29.54', value: writeInteger(2) },
        {
          oid: '2.5.29.31',
          value: writeSequence(writeSequence(writeContext(0, writeContext(0, writeGeneralName('URI:http://a/'))))),
        },
        {
          oid: '1.3.6.1.5.5.7.1.1',
          value: writeSequence(writeSequence(writeOid('1.3.6.1.5.5.7.48.2'), writeGeneralName('URI:http://b/'))),
        },
        { oid: '1.3.6.1.5.5.7.1.24', value: writeSequence(writeInteger(5), writeInteger(17)) },
        { oid: '2.5.29.18', value: writeSequence(writeGeneralName('DNS:ca.example')) },
      ],
    })
    const tree = lines(describeCertificate(readCertificate(sub.certificate)))
    for (const line of [
      '    basicConstraints (critical): CA, at most 1 intermediate CA below',
      '    keyUsage (critical): keyCertSign, cRLSign',
      '      permitted: DNS:example.com',
      '      permitted: IP:192.0.2.0/24',
      '      excluded: email:evil.example',
      '      anyPolicy',
      '      1.2.3',
      '    policyMappings: 1.2.3 = 1.2.4',
      '      requireExplicitPolicy: 0',
      '    inhibitAnyPolicy: 2',
      '    cRLDistributionPoints: URI:http://a/',
      '      caIssuers: URI:http://b/',
      '    tlsFeature: status_request, 17',
      '    issuerAltName: DNS:ca.example',
    ]) {
      expect(tree).toContain(line)
    }
  })

  test('what cannot be read is said', () => {
    const odd = issue(ca, {
      subject: [],
      innerAlgorithm: writeSequence(writeOid('1.3.101.112'), writeInteger(1)),
      outerAlgorithm: writeSequence(writeOid('1.3.101.112'), writeInteger(1)),
      extensions: [{ oid: '2.5.29.37', value: writeSequence() }],
    })
    const tree = lines(describeCertificate(readCertificate(odd.certificate)))
    expect(tree).toContain('certificate: (no subject)')
    expect(tree).toContain('  signature algorithm: malformed: signatureAlgorithm.parameters: needs none, has 3 bytes')
    expect(tree.find((line) => line.includes('extKeyUsage'))).toMatch(
      /malformed: .*needs at least one purpose, has none$/,
    )
  })

  test('nothing in it moves a terminal', () => {
    const hostile = issue(ca, { subject: 'a\u001b[2J\u202e', otherNames: [writeGeneralName('DNS:\n\u0007')] })
    const tree = lines(describeCertificate(readCertificate(hostile.certificate)))
    expect(tree.join('')).toMatch(/^[\x20-\x7e]*$/)
    expect(tree).toContain('  subject: CN=a\\1B[2J\\E2\\80\\AE')
  })
})
