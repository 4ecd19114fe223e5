/** For every rule of `x509/rules` what breaks it and no other: the table. */

import { generateKeyPairSync } from 'node:crypto'
import {
  contextConstructed,
  readDer,
  writeBoolean,
  writeContext,
  writeContextPrimitive,
  writeElement,
  writeInteger,
  writeNamedBits,
  writeNull,
  writeOid,
  writeSequence,
} from '../src/asn1/index.ts'
import { toHex } from '../src/bytes/index.ts'
import { nodeProvider } from '../src/crypto/node.ts'
import { createBlocklist } from '../src/x509/blocklist.ts'
import type { Certificate } from '../src/x509/certificate.ts'
import { createKeySet } from '../src/x509/key-set.ts'
import { createKeyMemory } from '../src/x509/known-keys.ts'
import type { RuleName } from '../src/x509/rules/rule.ts'
import { ACCESS, bothAlgorithms, type Breach, CA, CLIENT, LEAF, SERVER } from './breached-chain.ts'
import { type IssueOptions, type TestExtension, writeAlgorithm, writeGeneralName } from './pki.ts'

const ANY_POLICY = '2.5.29.32.0'
const KEY_IDENTIFIER = Uint8Array.from({ length: 20 }, (_, index) => index)

/** `CA`'s or `LEAF`'s extensions with one more or another. */
function withExtension(base: IssueOptions, ...more: TestExtension[]): IssueOptions {
  const kept = (base.extensions ?? []).filter(({ oid }) => !more.some((extension) => extension.oid === oid))
  return { extensions: [...kept, ...more] }
}

function rsaKey(modulusLength: number, publicExponent: number): Uint8Array {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent })
  return new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
}

function keyHash(certificate: Certificate): string {
  return toHex(nodeProvider.hashes.sha256.digest(certificate.subjectPublicKeyInfo))
}

const constraints = (...names: string[]): Uint8Array =>
  writeSequence(writeContext(0, ...names.map((name) => writeSequence(writeGeneralName(name)))))

/** Puts an element in front of the extensions. */
function insertBeforeExtensions(element: Uint8Array): (tbs: Uint8Array) => Uint8Array {
  return (tbs) => {
    const fields: Uint8Array[] = []
    const reader = readDer(tbs, 'tbsCertificate')
    while (reader.remaining > 0) {
      if (reader.peek() === contextConstructed(3)) fields.push(element)
      fields.push(reader.element(`${fields.length}`))
    }
    return writeSequence(...fields)
  }
}

/**
 * For every rule its severity in rfc5280, webpki and tls (r, w, i), and what breaks it and nothing else.
 */
export const BREACHES: Readonly<Partial<Record<RuleName, readonly [severities: string, breach: Breach]>>> = {
  encoding: [
    'rrr',
    { leaf: withExtension(LEAF, { oid: '2.5.29.18', value: writeNull() }), says: /issuerAltName: needs/ },
  ],
  dates: ['rrr', { time: Date.UTC(2026, 6, 1, 0, 0, 1), says: /notAfter: needs a time from 2026-07-01T00:00:01Z on/ }],
  identity: ['rrr', { identity: { kind: 'dns', name: 'other.example' }, says: /needs other.example, has DNS:example/ }],
  'critical-extensions': [
    'rrr',
    {
      leaf: withExtension(LEAF, { oid: '1.2.3.4', critical: true, value: writeNull() }),
      says: /unknown \(1\.2\.3\.4\)/,
    },
  ],
  'public-key': [
    'rrr',
    {
      leaf: {
        subjectPublicKeyInfo: writeSequence(
          writeSequence(writeOid('1.3.101.110')),
          writeElement(0x03, new Uint8Array(33)),
        ),
      },
      says: /subjectPublicKeyInfo: needs a kind of key that is supported, is X25519/,
    },
  ],
  'weak-key': ['rrr', { leaf: { keyType: 'rsa-1024' }, says: /1024 bits and must have at least 2048/ }],
  'signature-algorithm': [
    'rrr',
    { leaf: bothAlgorithms(writeSequence(writeOid('1.2.3.4'))), isUnsigned: true, says: /supported, is 1\.2\.3\.4/ },
  ],
  'weak-signature-algorithm': [
    'rrr',
    {
      leaf: bothAlgorithms(writeAlgorithm({ kind: 'rsa-pkcs1', hash: 'sha1' })),
      isUnsigned: true,
      says: /stronger than SHA-1, is RSA with SHA-1/,
    },
  ],
  'issuer-name': [
    'rrr',
    { leaf: { issuerName: writeSequence() }, isUnsigned: true, says: /issuer: needs a name, is empty/ },
  ],
  'basic-constraints': ['rrr', { ca: { isCa: null, keyUsage: null }, says: /cA: needs TRUE .* there is none/ }],
  'key-usage': ['rrr', { ca: { keyUsage: ['cRLSign'] }, says: /needs keyCertSign/ }],
  'extended-key-usage': ['rrr', { ca: { extKeyUsage: [CLIENT] }, says: /needs serverAuth, has clientAuth/ }],
  'path-length': ['rrr', { ca: { pathLength: 0 }, lower: {}, says: /needs at least 1, is 0/ }],
  'name-constraints': ['rrr', { ca: { excluded: ['DNS:example.com'] }, says: /exclude DNS:example.com/ }],
  'name-constraints-place': [
    'rrr',
    { leaf: { permitted: ['DNS:example.com'] }, says: /nameConstraints: needs cA TRUE in basicConstraints/ },
  ],
  policies: [
    'rrr',
    {
      policy: { certificatePolicies: { requireExplicitPolicy: true, initialPolicySet: ['1.2.3'] } },
      says: /polic/,
    },
  ],
  'policy-mappings': [
    'rrr',
    {
      ca: withExtension(CA, {
        oid: '2.5.29.33',
        value: writeSequence(writeSequence(writeOid('1.2.3'), writeOid(ANY_POLICY))),
      }),
      says: /other policies than anyPolicy/,
    },
  ],
  'policy-qualifiers': [
    'rrr',
    {
      leaf: withExtension(LEAF, {
        oid: '2.5.29.32',
        critical: true,
        value: writeSequence(
          writeSequence(writeOid('1.2.3'), writeSequence(writeSequence(writeOid('1.2.4'), writeNull()))),
        ),
      }),
      says: /qualifiers that are known, as it is critical, has 1\.2\.4/,
    },
  ],
  blocklist: [
    'rrr',
    {
      lists: (path) => ({
        blocklist: createBlocklist({
          name: 'blocked.txt',
          entries: [{ kind: 'key', hash: keyHash(path[1] as Certificate) }],
        }),
      }),
      says: /blocked\.txt/,
    },
  ],
  pins: ['rrr', { lists: () => ({ pins: createKeySet({ name: 'pins', hashes: ['00'.repeat(32)] }) }), says: /pin/ }],
  'known-keys': [
    'rrr',
    { lists: () => ({ knownKeys: createKeyMemory([['example.com', '00'.repeat(32)]]) }), says: /example\.com/ },
  ],
  interception: [
    'rrr',
    {
      lists: (path) => ({
        interceptionRoots: createKeySet({ name: 'interceptors', hashes: [keyHash(path.at(-1) as Certificate)] }),
      }),
      says: /interceptors/,
    },
  ],
  version: [
    'irw',
    {
      leaf: { version: 1, extensions: [] },
      identity: null,
      // Version 1 has no extensions at all.
      also: [
        'authority-key-identifier',
        'leaf-extended-key-usage',
        'subject-alt-name',
        'certificate-policies',
        'authority-info-access',
      ],
      says: /version: needs 3, is 1/,
    },
  ],
  'serial-number': ['rrw', { leaf: { serialNumber: 2n ** 160n }, says: /positive number of at most 20 bytes, has 21/ }],
  'unique-identifiers': [
    'wrw',
    {
      leaf: { alterTbs: insertBeforeExtensions(writeContextPrimitive(2, Uint8Array.of(0, 1))) },
      says: /subjectUniqueID: need to be left out/,
    },
  ],
  'authority-key-identifier': [
    'rrw',
    { leaf: { authorityKeyIdentifier: null }, says: /keyIdentifier: needs to be there, is missing/ },
  ],
  'subject-key-identifier': ['rrw', { ca: { subjectKeyIdentifier: null }, says: /subjectKeyIdentifier: needs to be/ }],
  'noncritical-extensions': [
    'rrr',
    { leaf: withExtension(LEAF, { ...ACCESS, critical: true }), says: /authorityInfoAccess: needs not to be critical/ },
  ],
  'basic-constraints-critical': [
    'wrw',
    {
      ca: withExtension(CA, { oid: '2.5.29.19', value: writeSequence(writeBoolean(true)) }),
      says: /basicConstraints: needs to be critical/,
    },
  ],
  'anchor-basic-constraints-critical': [
    'rrw',
    {
      root: { extensions: [{ oid: '2.5.29.19', value: writeSequence(writeBoolean(true)) }] },
      says: /basicConstraints: needs to be critical/,
    },
  ],
  'path-length-place': [
    'wrw',
    { leaf: { pathLength: 0 }, says: /pathLenConstraint: needs to be left out, as cA is FALSE, is 0/ },
  ],
  'name-constraints-critical': [
    'www',
    {
      ca: withExtension(CA, { oid: '2.5.29.30', value: constraints('DNS:example.com') }),
      says: /nameConstraints: needs to be critical/,
    },
  ],
  'anchor-name-constraints-critical': [
    'rww',
    {
      root: { extensions: [{ oid: '2.5.29.30', value: constraints('DNS:example.com') }] },
      says: /nameConstraints: needs to be critical/,
    },
  ],
  'name-constraints-syntax': [
    'rrw',
    { ca: { excluded: ['email:a@b@c'] }, says: /excludedSubtrees\[0\]: needs a mailbox, .* has 'email:a@b@c'/ },
  ],
  'policy-constraints': [
    'rrw',
    {
      ca: withExtension(
        CA,
        { oid: '2.5.29.36', critical: true, value: writeSequence(writeContextPrimitive(0, Uint8Array.of(3))) },
        { oid: '2.5.29.32', value: null },
      ),
      says: /certificatePolicies: needs a policy, as policyConstraints require/,
    },
  ],
  'policy-constraints-critical': [
    'www',
    {
      ca: withExtension(CA, { oid: '2.5.29.36', value: writeSequence(writeContextPrimitive(1, Uint8Array.of(0))) }),
      says: /policyConstraints: needs to be critical/,
    },
  ],
  'inhibit-any-policy-critical': [
    'rrw',
    {
      ca: withExtension(CA, { oid: '2.5.29.54', value: writeInteger(1) }),
      says: /inhibitAnyPolicy: needs to be critical/,
    },
  ],
  'ca-extensions': [
    'wrw',
    {
      leaf: withExtension(LEAF, { oid: '2.5.29.54', critical: true, value: writeInteger(1) }),
      says: /inhibitAnyPolicy: needs to be in the certificate of a CA/,
    },
  ],
  'ca-key-usage': ['wrw', { ca: { keyUsage: null }, says: /keyUsage: needs to be there/ }],
  'key-usage-contradiction': [
    'rrw',
    {
      leaf: { keyUsage: ['digitalSignature', 'keyCertSign'] },
      says: /keyCertSign: needs to be left out, as cA is FALSE/,
    },
  ],
  'key-cert-sign-alone': [
    'wrw',
    {
      leaf: { keyUsage: ['digitalSignature', 'keyCertSign'], isCa: null },
      says: /basicConstraints: needs to be there with cA TRUE/,
    },
  ],
  subject: [
    'rrw',
    {
      leaf: {
        subject: [],
        ...withExtension(LEAF, { oid: '2.5.29.17', value: writeSequence(writeGeneralName('DNS:example.com')) }),
      },
      says: /subjectAltName: needs to be critical, as the subject is empty/,
    },
  ],
  'dns-names': [
    'rrw',
    { leaf: { dnsNames: ['example.com', 'my_host.example.com'] }, says: /letters, digits and hyphens, has 'my_host/ },
  ],
  'a-labels': [
    'wrw',
    { leaf: { dnsNames: ['example.com', 'xn--99999999.example.com'] }, says: /A-labels that decode, has 'xn--9999/ },
  ],
  'email-addresses': ['wiw', { ca: { emails: ['nobody'] }, says: /local-part@host, has 'nobody'/ }],
  uris: ['wiw', { ca: { uris: ['/relative'] }, says: /URIs with a scheme and more, has '\/relative'/ }],
  'validity-period': [
    'iri',
    {
      leaf: { notAfter: Date.UTC(2026, 9, 18) },
      says: /at most 200 days in certificates issued from 2026-03-15 on, has 201/,
    },
  ],
  'serial-number-length': ['iwi', { leaf: { serialNumber: 0x12345678 }, says: /at least 8 bytes, has 4/ }],
  'key-type': ['iri', { leaf: { keyType: 'ed25519' }, says: /needs one of rsa, secp256r1, .* is Ed25519/ }],
  'rsa-modulus-size': [
    'iri',
    { leaf: { subjectPublicKeyInfo: rsaKey(2052, 65537) }, says: /multiple of 8, is RSA 2052/ },
  ],
  'rsa-exponent': ['iwi', { leaf: { subjectPublicKeyInfo: rsaKey(2048, 3) }, says: /at least 65537, is 3/ }],
  'signature-type': [
    'iri',
    {
      leaf: bothAlgorithms(writeAlgorithm({ kind: 'ed25519' })),
      isUnsigned: true,
      says: /needs one of rsa-pkcs1, rsa-pss, ecdsa, is Ed25519/,
    },
  ],
  'signature-hash': [
    'iwi',
    {
      leaf: { signatureAlgorithm: { kind: 'ecdsa', hash: 'sha384' } },
      says: /needs ECDSA with SHA-256, as .* P-256, is/,
    },
  ],
  'key-usage-critical': [
    'iwi',
    {
      leaf: withExtension(LEAF, { oid: '2.5.29.15', value: writeNamedBits([0]) }),
      says: /keyUsage: needs to be critical/,
    },
  ],
  'leaf-ca': ['iri', { leaf: { isCa: true, keyUsage: ['digitalSignature'] }, says: /cA: needs FALSE/ }],
  'leaf-extended-key-usage': ['iri', { leaf: { extKeyUsage: null }, says: /needs serverAuth, is missing/ }],
  'any-extended-key-usage': [
    'iri',
    { leaf: { extKeyUsage: [SERVER, '2.5.29.37.0'] }, says: /certain purposes and no other, has anyExtendedKeyUsage/ },
  ],
  'issuer-extended-key-usage': ['iwi', { ca: { extKeyUsage: null }, says: /needs what the CA issues for/ }],
  'anchor-extended-key-usage': ['iri', { root: { extKeyUsage: [SERVER] }, says: /left out in a root/ }],
  'extended-key-usage-critical': [
    'iri',
    {
      leaf: withExtension(LEAF, { oid: '2.5.29.37', critical: true, value: writeSequence(writeOid(SERVER)) }),
      says: /extKeyUsage: needs not to be critical/,
    },
  ],
  'subject-alt-name': ['iri', { leaf: { dnsNames: [] }, identity: null, says: /subjectAltName: needs to be there/ }],
  'subject-alt-name-kinds': [
    'iri',
    { leaf: { emails: ['a@example.com'] }, says: /IP addresses only, has 'email:a@example.com'/ },
  ],
  'subject-alt-name-noncritical': [
    'iri',
    {
      leaf: withExtension(LEAF, {
        oid: '2.5.29.17',
        critical: true,
        value: writeSequence(writeGeneralName('DNS:example.com')),
      }),
      says: /needs not to be critical, as there is a subject/,
    },
  ],
  'common-name': [
    'iri',
    { leaf: { subject: 'Example.com' }, says: /one of the names in subjectAltName, is 'Example.com'/ },
  ],
  'common-name-exact': [
    'iwi',
    { leaf: { subject: 'example.com', dnsNames: ['*.example.com'] }, identity: null, says: /a copy of a name/ },
  ],
  wildcards: [
    'iri',
    { leaf: { dnsNames: ['example.com', '*.co.uk'] }, says: /not below a public suffix, has '\*.co.uk'/ },
  ],
  'internal-names': [
    'iwi',
    { leaf: { dnsNames: ['example.com', 'mail.local'] }, says: /public DNS, has 'mail.local'/ },
  ],
  'authority-key-identifier-form': [
    'iri',
    {
      ca: { subjectKeyIdentifier: KEY_IDENTIFIER },
      leaf: withExtension(LEAF, {
        oid: '2.5.29.35',
        value: writeSequence(
          writeContextPrimitive(0, KEY_IDENTIFIER),
          writeContext(1, writeGeneralName('DirName:root')),
          writeContextPrimitive(2, Uint8Array.of(1)),
        ),
      }),
      says: /keyIdentifier and nothing else, has authorityCertIssuer/,
    },
  ],
  'key-identifier-match': [
    'iri',
    { leaf: { authorityKeyIdentifier: new Uint8Array(20) }, says: /needs its issuer's subjectKeyIdentifier/ },
  ],
  'certificate-policies': [
    'iwi',
    { leaf: withExtension(LEAF, { oid: '2.5.29.32', value: null }), says: /certificatePolicies: needs a policy/ },
  ],
  'authority-info-access': [
    'iwi',
    { leaf: withExtension(LEAF, { oid: ACCESS.oid, value: null }), says: /authorityInfoAccess: needs to be there/ },
  ],
}

/** Applied by who looks at evidence, and tested there. */
export const ELSEWHERE: readonly RuleName[] = ['revocation', 'must-staple', 'transparency']
