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
import { concatBytes, toHex } from '../src/bytes/index.ts'
import { nodeProvider } from '../src/crypto/node.ts'
import { createBlocklist } from '../src/x509/blocklist.ts'
import type { Certificate } from '../src/x509/certificate.ts'
import { createKeySet } from '../src/x509/key-set.ts'
import { createKeyMemory } from '../src/x509/known-keys.ts'
import type { RuleName } from '../src/x509/rules/rule.ts'
import { ACCESS, bothAlgorithms, type Breach, CA, type ChainChange, CLIENT, LEAF, SERVER } from './breached-chain.ts'
import { type IssueOptions, makeCa, makeKey, type TestExtension, writeAlgorithm, writeGeneralName } from './pki.ts'

const ANY_POLICY = '2.5.29.32.0'
const X25519_KEY = writeSequence(writeSequence(writeOid('1.3.101.110')), writeElement(0x03, new Uint8Array(33)))
const BRAINPOOL_KEY = new Uint8Array(
  generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }).publicKey.export({ type: 'spki', format: 'der' }),
)
const SHARED_KEY = makeKey('ecdsa-p256')
const EXAMPLE_COM = writeSequence(writeGeneralName('DNS:example.com'))
const APPLICATION_POLICIES: TestExtension = {
  oid: '1.3.6.1.4.1.311.21.10',
  critical: true,
  value: writeSequence(writeSequence(writeOid(SERVER))),
}
const MD5_WITH_RSA = writeSequence(writeOid('1.2.840.113549.1.1.4'), writeNull())
const CRITICAL_NAMES: TestExtension = { oid: '2.5.29.17', critical: true, value: EXAMPLE_COM }
/** requireExplicitPolicy, and inhibitPolicyMapping. */
const REQUIRING: TestExtension = {
  oid: '2.5.29.36',
  critical: true,
  value: writeSequence(writeContextPrimitive(0, Uint8Array.of(3))),
}
const INHIBITING: TestExtension = {
  oid: '2.5.29.36',
  critical: true,
  value: writeSequence(writeContextPrimitive(1, Uint8Array.of(0))),
}
const applicationPolicies = (...purposes: string[]): TestExtension => ({
  ...APPLICATION_POLICIES,
  value: writeSequence(...purposes.map((purpose) => writeSequence(writeOid(purpose)))),
})
const tlsFeatures = (...features: number[]): TestExtension => ({
  oid: '1.3.6.1.5.5.7.1.24',
  critical: true,
  value: writeSequence(...features.map((feature) => writeInteger(feature))),
})
/** A name of one organizationName, by the tag of its string type, a byte for each character. */
const nameOf = (tag: number, text: string): Uint8Array =>
  writeSequence(
    writeElement(
      0x31,
      writeSequence(
        writeOid('2.5.4.10'),
        writeElement(
          tag,
          Uint8Array.from(text, (character) => character.charCodeAt(0)),
        ),
      ),
    ),
  )
/** RSASSA-PSS with SHA-2 of so many bytes, as the Baseline Requirements write it. */
function pssWithNull(bytes: number): Uint8Array {
  const hash = writeSequence(writeOid(`2.16.840.1.101.3.4.2.${bytes / 16 - 1}`), writeNull())
  const mask = writeSequence(writeOid('1.2.840.113549.1.1.8'), hash)
  const parameters = [writeContext(0, hash), writeContext(1, mask), writeContext(2, writeInteger(bytes))]
  return writeSequence(writeOid('1.2.840.113549.1.1.10'), writeSequence(...parameters))
}

const KEY_IDENTIFIER = Uint8Array.from({ length: 20 }, (_, index) => index)

/** `CA`'s or `LEAF`'s extensions with one more or another. */
function withExtension(base: IssueOptions, ...more: TestExtension[]): IssueOptions {
  const kept = (base.extensions ?? []).filter(({ oid }) => !more.some((extension) => extension.oid === oid))
  return { extensions: [...kept, ...more] }
}

function rsaKey(modulusLength: number, publicExponent: number, type: 'rsa' | 'rsa-pss' = 'rsa'): Uint8Array {
  const { publicKey } = generateKeyPairSync(type as 'rsa', { modulusLength, publicExponent })
  return new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
}

function keyHash(certificate: Certificate): string {
  return toHex(nodeProvider.hashes.sha256.digest(certificate.subjectPublicKeyInfo))
}

const constraints = (...names: string[]): Uint8Array =>
  writeSequence(writeContext(0, ...names.map((name) => writeSequence(writeGeneralName(name)))))

/** An authorityKeyIdentifier with a keyIdentifier and one or both of the others. */
function identifierOf(...others: ('name' | 'serial')[]): Uint8Array {
  return writeSequence(
    writeContextPrimitive(0, KEY_IDENTIFIER),
    ...(others.includes('name') ? [writeContext(1, writeGeneralName('DirName:root'))] : []),
    ...(others.includes('serial') ? [writeContextPrimitive(2, Uint8Array.of(1))] : []),
  )
}

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
 * For every rule its severity in rfc5280, webpki and tls (r, w, i), and what breaks it and nothing else: at least one for every way of breaking it.
 */
export const BREACHES: Readonly<Partial<Record<RuleName, readonly [severities: string, ...breaches: Breach[]]>>> = {
  encoding: [
    'rrr',
    { leaf: withExtension(LEAF, { oid: '2.5.29.18', value: writeNull() }), says: /issuerAltName: needs/ },
  ],
  dates: [
    'rrr',
    { time: Date.UTC(2026, 6, 1, 0, 0, 1), says: /notAfter: needs a time from 2026-07-01T00:00:01Z on/ },
    { time: Date.UTC(2026, 3, 1) - 1, says: /notBefore: needs a time up to 2026-03-31T23:59:59Z/ },
  ],
  identity: ['rrr', { identity: { kind: 'dns', name: 'other.example' }, says: /needs other.example, has DNS:example/ }],
  'critical-extensions': [
    'rrr',
    {
      leaf: withExtension(LEAF, { oid: '1.2.3.4', critical: true, value: writeNull() }),
      says: /unknown \(1\.2\.3\.4\)/,
    },
    {
      leaf: { extKeyUsage: null, ...withExtension(LEAF, { ...APPLICATION_POLICIES, value: writeNull() }) },
      also: ['leaf-extended-key-usage'],
      says: /1\.3\.6\.1\.4\.1\.311\.21\.10/,
    },
    {
      leaf: { dnsNames: [], subject: [], otherNames: [writeContextPrimitive(8, Uint8Array.of(0x2a, 3))] },
      identity: null,
      also: ['subject-alt-name-kinds'],
      says: /subjectAltName: needs a name of a form that is known, as it is critical, has none/,
    },
    {
      leaf: withExtension(LEAF, tlsFeatures(17)),
      says: /tlsFeature: needs features that are applied \(5\), as it is critical, has (17|51)/,
    },
    {
      leaf: withExtension(LEAF, tlsFeatures(5, 17)),
      says: /tlsFeature: needs features that are applied \(5\), as it is critical, has (17|51)/,
    },
    {
      ca: withExtension(CA, tlsFeatures(51)),
      says: /tlsFeature: needs features that are applied \(5\), as it is critical, has (17|51)/,
    },
  ],
  'application-policies': [
    'rrr',
    {
      leaf: withExtension(LEAF, applicationPolicies(CLIENT)),
      says: /needs serverAuth, as it is critical, has clientAuth/,
    },
    { ca: withExtension(CA, applicationPolicies(CLIENT)), says: /needs serverAuth, as it is critical, has clientAuth/ },
    {
      leaf: { extKeyUsage: null, ...withExtension(LEAF, applicationPolicies(CLIENT)) },
      also: ['leaf-extended-key-usage'],
      says: /needs serverAuth, as it is critical, has clientAuth/,
    },
  ],
  'application-policies-syntax': [
    'wrr',
    {
      leaf: withExtension(LEAF, { ...APPLICATION_POLICIES, value: writeNull() }),
      says: /a list of purposes without qualifiers/,
    },
    {
      leaf: withExtension(LEAF, {
        ...APPLICATION_POLICIES,
        value: concatBytes(writeSequence(writeSequence(writeOid(SERVER))), writeNull()),
      }),
      says: /a list of purposes without qualifiers/,
    },
    {
      leaf: withExtension(LEAF, {
        ...APPLICATION_POLICIES,
        value: writeSequence(
          writeSequence(writeOid(SERVER), writeSequence(writeSequence(writeOid('1.2.4'), writeNull()))),
        ),
      }),
      says: /a list of purposes without qualifiers/,
    },
  ],
  'public-key': [
    'rrr',
    {
      leaf: {
        subjectPublicKeyInfo: X25519_KEY,
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
    {
      leaf: { notBefore: Date.UTC(2013, 0, 1), ...bothAlgorithms(MD5_WITH_RSA) },
      policy: { limits: { sha1: { before: '2014-01-01', withoutPurpose: true }, validity: [] } },
      isUnsigned: true,
      also: ['signature-algorithm'],
      says: /stronger than MD5, is /,
    },
  ],
  'issuer-name': [
    'rrr',
    { leaf: { issuerName: writeSequence() }, isUnsigned: true, says: /issuer: needs a name, is empty/ },
    {
      leaf: {
        subject: [],
        isCa: true,
        keyUsage: ['digitalSignature'],
        ...withExtension(LEAF, { oid: '2.5.29.17', critical: true, value: EXAMPLE_COM }),
      },
      also: ['leaf-ca'],
      says: /subject: needs a name in the certificate of a CA, is empty/,
    },
    {
      ca: { subject: [] },
      isUnsigned: true,
      says: /subject: needs a name in a certificate that issued another, is empty/,
    },
  ],
  'basic-constraints': [
    'rrr',
    { ca: { isCa: null, keyUsage: null }, says: /cA: needs TRUE .* there is none/ },
    { ca: { isCa: false, keyUsage: null }, says: /cA: needs TRUE .* it is FALSE/ },
    { root: { isCa: null, keyUsage: null }, says: /cA: needs TRUE .* there is none/ },
    { root: { isCa: false, keyUsage: null }, says: /cA: needs TRUE .* it is FALSE/ },
  ],
  'key-usage': [
    'rrr',
    { ca: { keyUsage: ['cRLSign'] }, says: /needs keyCertSign/ },
    { root: { keyUsage: ['cRLSign'] }, says: /needs keyCertSign/ },
  ],
  'leaf-key-usage': [
    'iwr',
    { leaf: { keyType: 'rsa-2048', keyUsage: ['keyEncipherment'] }, says: /keyUsage: needs digitalSignature/ },
  ],
  'extended-key-usage': ['rrr', { ca: { extKeyUsage: [CLIENT] }, says: /needs serverAuth, has clientAuth/ }],
  'path-length': ['rrr', { ca: { pathLength: 0 }, lower: {}, says: /needs at least 1, is 0/ }],
  'name-constraints': [
    'rrr',
    { ca: { excluded: ['DNS:example.com'] }, says: /exclude DNS:example.com/ },
    { ca: { subject: [['2.5.4.10', 'Example']], excluded: ['DNS:example.com'] }, says: /exclude DNS:example.com/ },
    { root: { excluded: ['DNS:example.com'] }, lower: {}, says: /exclude DNS:example.com/ },
    {
      root: { excluded: ['DNS:lower.example'] },
      lower: { dnsNames: ['lower.example'] },
      says: /exclude DNS:lower.example/,
    },
  ],
  'name-constraints-place': [
    'rrr',
    { leaf: { permitted: ['DNS:example.com'] }, says: /nameConstraints: needs cA TRUE in basicConstraints/ },
    {
      root: { isCa: null, keyUsage: null, permitted: ['DNS:example.com'] },
      also: ['basic-constraints'],
      says: /needs cA TRUE/,
    },
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
    {
      ca: withExtension(CA, {
        oid: '2.5.29.33',
        value: writeSequence(writeSequence(writeOid(ANY_POLICY), writeOid('1.2.3'))),
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
  'serial-number': [
    'rrw',
    { leaf: { serialNumber: 2n ** 160n }, says: /positive number of at most 20 bytes, has 21/ },
    { leaf: { serialNumber: new Uint8Array(9).fill(0x81) }, says: /is negative/ },
    { leaf: { serialNumber: new Uint8Array(9).fill(0x80) }, says: /is negative/ },
    { leaf: { serialNumber: Uint8Array.of(0) }, also: ['serial-number-length'], says: /, is 0$/ },
    { ca: { serialNumber: 2n ** 160n }, says: /has 21/ },
    { anchor: 'leaf', leaf: { serialNumber: 2n ** 160n }, says: /has 21/ },
  ],
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
    {
      leaf: withExtension(LEAF, { oid: '2.5.29.35', value: identifierOf('name') }),
      also: ['key-identifier-match', 'authority-key-identifier-form'],
      says: /authorityCertSerialNumber: needs to be there, as its counterpart is/,
    },
    {
      leaf: withExtension(LEAF, { oid: '2.5.29.35', value: identifierOf('serial') }),
      also: ['key-identifier-match', 'authority-key-identifier-form'],
      says: /authorityCertIssuer: needs to be there, as its counterpart is/,
    },
    {
      ca: { subject: 'handfast test CA', authorityKeyIdentifier: null },
      says: /keyIdentifier: needs to be there, is missing/,
    },
    {
      anchor: 'ca',
      ca: { authorityKeyIdentifier: null, extKeyUsage: null },
      says: /keyIdentifier: needs to be there, is missing/,
    },
    {
      root: { key: SHARED_KEY },
      ca: { key: SHARED_KEY, authorityKeyIdentifier: null },
      says: /keyIdentifier: needs to be there, is missing/,
    },
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
    {
      leaf: { isCa: true, pathLength: 0, keyUsage: ['digitalSignature'] },
      also: ['leaf-ca'],
      says: /as keyCertSign is missing in keyUsage, is 0/,
    },
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
      ca: withExtension(CA, REQUIRING, { oid: '2.5.29.32', value: null }),
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
    {
      leaf: withExtension(LEAF, {
        oid: '2.5.29.33',
        critical: true,
        value: writeSequence(writeSequence(writeOid('1.2.3'), writeOid('1.2.4'))),
      }),
      says: /policyMappings: needs to be in the certificate of a CA/,
    },
    {
      leaf: withExtension(LEAF, {
        oid: '2.5.29.36',
        critical: true,
        value: writeSequence(writeContextPrimitive(1, Uint8Array.of(0))),
      }),
      says: /policyConstraints: needs to be in the certificate of a CA/,
    },
  ],
  'ca-key-usage': ['wrw', { ca: { keyUsage: null }, says: /keyUsage: needs to be there/ }],
  'key-usage-contradiction': [
    'rrw',
    {
      leaf: { keyUsage: ['digitalSignature', 'keyCertSign'] },
      also: ['leaf-key-usage-kinds'],
      says: /keyCertSign: needs to be left out, as cA is FALSE/,
    },
  ],
  'key-cert-sign-alone': [
    'wrw',
    {
      leaf: { keyUsage: ['digitalSignature', 'keyCertSign'], isCa: null },
      also: ['leaf-key-usage-kinds'],
      says: /basicConstraints: needs to be there with cA TRUE/,
    },
  ],
  subject: [
    'rrw',
    {
      leaf: {
        subject: [],
        ...withExtension(LEAF, { oid: '2.5.29.17', value: EXAMPLE_COM }),
      },
      says: /subjectAltName: needs to be critical, as the subject is empty/,
    },
    {
      leaf: { subject: [], dnsNames: [] },
      identity: null,
      also: ['subject-alt-name'],
      says: /needs to be there, as the subject is empty/,
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
  uris: [
    'wiw',
    { ca: { uris: ['/relative'] }, says: /URIs with a scheme and more, has '\/relative'/ },
    { leaf: { uris: ['mailto:'] }, also: ['subject-alt-name-kinds'], says: /has 'mailto:'/ },
  ],
  'string-characters': [
    'wrw',
    {
      leaf: { subject: nameOf(0x13, 'a@b') },
      says: /subject.organizationName: needs letters, digits.* PrintableString/,
    },
    { ca: { subject: nameOf(0x13, 'a*') }, says: /needs letters, digits.* PrintableString/ },
    { leaf: { subject: nameOf(0x16, '\u00e4') }, says: /needs ASCII alone in an IA5String/ },
    { leaf: { subject: nameOf(0x12, '1a') }, says: /needs digits and spaces alone in a NumericString/ },
    { root: { issuerName: nameOf(0x13, 'a_b') }, says: /issuer.organizationName: needs letters/ },
  ],
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
    {
      leaf: { subjectPublicKeyInfo: rsaKey(2052, 65537, 'rsa-pss') },
      also: ['key-type'],
      says: /multiple of 8, is RSA-PSS 2052/,
    },
  ],
  'rsa-exponent': [
    'iwi',
    { leaf: { subjectPublicKeyInfo: rsaKey(2048, 3) }, says: /at least 65537, is 3/ },
    { leaf: { subjectPublicKeyInfo: rsaKey(2048, 65535) }, says: /at least 65537, is 65535/ },
  ],
  'signature-type': [
    'iri',
    {
      leaf: bothAlgorithms(writeAlgorithm({ kind: 'ed25519' })),
      isUnsigned: true,
      says: /needs one of rsa-pkcs1, rsa-pss, ecdsa, is Ed25519/,
    },
  ],
  'signature-encoding': [
    'iri',
    {
      ca: { keyType: 'rsa-2048' },
      leaf: bothAlgorithms(writeSequence(writeOid('1.2.840.113549.1.1.11'))),
      says: /needs an encoding that the policy lists, is RSA with SHA-256 as '300b/,
    },
    {
      ca: { keyType: 'rsa-2048' },
      leaf: { signatureAlgorithm: { kind: 'rsa-pkcs1', hash: 'sha224' } },
      says: /is RSA with SHA-224/,
    },
    {
      ca: { keyType: 'rsa-2048' },
      leaf: { signatureAlgorithm: { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 20 } },
      says: /is RSA-PSS with SHA-256/,
    },
    {
      // Hashes without NULL.
      ca: { keyType: 'rsa-2048' },
      leaf: { signatureAlgorithm: { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 32 } },
      says: /is RSA-PSS with SHA-256/,
    },
  ],
  'signature-hash': [
    'iri',
    {
      leaf: { signatureAlgorithm: { kind: 'ecdsa', hash: 'sha384' } },
      says: /needs ECDSA with SHA-256, as .* P-256, is/,
    },
    {
      root: { keyType: 'ecdsa-p384' },
      ca: { keyType: 'ecdsa-p256', signatureAlgorithm: { kind: 'ecdsa', hash: 'sha256' } },
      says: /needs ECDSA with SHA-384, as .* P-384, is/,
    },
  ],
  'key-usage-critical': [
    'iwi',
    {
      leaf: withExtension(LEAF, { oid: '2.5.29.15', value: writeNamedBits([0]) }),
      says: /keyUsage: needs to be critical/,
    },
  ],
  'leaf-key-usage-kinds': [
    'iri',
    {
      leaf: { keyUsage: ['digitalSignature', 'cRLSign'] },
      says: /needs none but digitalSignature, keyAgreement, .*cRLSign/,
    },
    {
      leaf: { keyType: 'rsa-2048', keyUsage: ['digitalSignature', 'nonRepudiation'] },
      says: /needs none but digitalSignature, keyEncipherment, .* has nonRepudiation/,
    },
    {
      leaf: { keyUsage: ['keyAgreement'] },
      also: ['leaf-key-usage'],
      says: /needs digitalSignature, as the key is ECDSA/,
    },
  ],
  'leaf-ca': ['iri', { leaf: { isCa: true, keyUsage: ['digitalSignature'] }, says: /cA: needs FALSE/ }],
  'leaf-extended-key-usage': ['iri', { leaf: { extKeyUsage: null }, says: /needs serverAuth, is missing/ }],
  'any-extended-key-usage': [
    'iri',
    { leaf: { extKeyUsage: [SERVER, '2.5.29.37.0'] }, says: /certain purposes and no other, has anyExtendedKeyUsage/ },
  ],
  'issuer-extended-key-usage': ['iwi', { ca: { extKeyUsage: null }, says: /needs what the CA issues for/ }],
  'leaf-extended-key-usage-kinds': [
    'iri',
    ...['3', '4', '8', '9'].map((last) => ({
      leaf: { extKeyUsage: [SERVER, `1.3.6.1.5.5.7.3.${last}`] },
      says: /no purpose that is kept apart from TLS, has (codeSigning|emailProtection|timeStamping|OCSPSigning)$/,
    })),
    { leaf: { extKeyUsage: [SERVER, '1.3.6.1.4.1.11129.2.4.4'] }, says: /kept apart from TLS, has / },
    { leaf: { extKeyUsage: [SERVER, SERVER] }, says: /each once, .* has serverAuth twice/ },
  ],
  'issuer-extended-key-usage-kinds': [
    'iri',
    { ca: { extKeyUsage: [SERVER, '1.3.6.1.5.5.7.3.3'] }, says: /kept apart from TLS, has codeSigning/ },
    { ca: { extKeyUsage: [SERVER, '2.5.29.37.0'] }, says: /anyExtendedKeyUsage alone or not at all/ },
  ],
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
        value: EXAMPLE_COM,
      }),
      says: /needs not to be critical, as there is a subject/,
    },
  ],
  'common-name': [
    'iri',
    { leaf: { subject: 'Example.com' }, says: /one of the names in subjectAltName, is 'Example.com'/ },
    { leaf: { subject: 'a:b', dnsNames: [], ips: ['9.9.9.9'] }, identity: null, says: /is 'a:b'/ },
    { leaf: { subject: '9.9.9.8', dnsNames: [], ips: ['9.9.9.9'] }, identity: null, says: /is '9.9.9.8'/ },
    { leaf: { subject: 'x.0x7f.', dnsNames: [], ips: ['9.9.9.9'] }, identity: null, says: /is 'x.0x7f.'/ },
    {
      leaf: {
        subject: [
          ['2.5.4.3', 'example.com'],
          ['2.5.4.3', 'other.example'],
        ],
      },
      says: /is 'other.example'/,
    },
  ],
  'common-name-exact': [
    'iwi',
    { leaf: { subject: 'example.com', dnsNames: ['*.example.com'] }, identity: null, says: /a copy of a name/ },
    {
      leaf: {
        subject: [
          ['2.5.4.3', 'example.com'],
          ['2.5.4.3', 'example.com'],
        ],
      },
      says: /needs to be there once, is 2 times/,
    },
    {
      leaf: { subject: 'Example', dnsNames: [], ips: ['9.9.9.9'] },
      identity: null,
      says: /a copy of a name in subjectAltName, is 'Example'/,
    },
  ],
  wildcards: [
    'iri',
    { leaf: { dnsNames: ['example.com', '*.co.uk'] }, says: /not below a public suffix, has '\*.co.uk'/ },
    {
      leaf: { dnsNames: ['example.com', '*'] },
      also: ['dns-names', 'internal-names'],
      says: /within the domain of one owner, has '\*'/,
    },
  ],
  'internal-names': [
    'iri',
    { leaf: { dnsNames: ['example.com', 'mail.local'] }, says: /public DNS, has 'mail.local'/ },
    { leaf: { dnsNames: ['example.com', '*.local'] }, also: ['wildcards'], says: /public DNS, has '\*.local'/ },
  ],
  'reserved-addresses': [
    'iwi',
    { leaf: { ips: ['10.0.0.1'] }, says: /addresses of the public Internet, has '10.0.0.1'/ },
  ],
  'authority-key-identifier-form': [
    'iri',
    {
      ca: { subjectKeyIdentifier: KEY_IDENTIFIER },
      leaf: withExtension(LEAF, {
        oid: '2.5.29.35',
        value: identifierOf('name', 'serial'),
      }),
      says: /keyIdentifier and nothing else, has authorityCertIssuer/,
    },
    {
      leaf: withExtension(LEAF, { oid: '2.5.29.35', value: identifierOf('serial') }),
      also: ['key-identifier-match', 'authority-key-identifier'],
      says: /and nothing else, has authorityCertSerialNumber/,
    },
    {
      leaf: withExtension(LEAF, { oid: '2.5.29.35', value: writeSequence() }),
      also: ['authority-key-identifier'],
      says: /and nothing else, is empty/,
    },
  ],
  'key-identifier-match': [
    'iri',
    { leaf: { authorityKeyIdentifier: new Uint8Array(20) }, says: /needs its issuer's subjectKeyIdentifier/ },
    { root: { authorityKeyIdentifier: KEY_IDENTIFIER }, says: /needs its issuer's subjectKeyIdentifier/ },
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

/** What looks like a breach of a rule and is none. */
export const NO_BREACHES: readonly (readonly [rule: RuleName, what: string, change: ChainChange])[] = [
  [
    'critical-extensions',
    'application policies beside extKeyUsage',
    { leaf: withExtension(LEAF, APPLICATION_POLICIES) },
  ],
  ['critical-extensions', 'the TLS feature status_request', { leaf: withExtension(LEAF, tlsFeatures(5)) }],
  [
    'critical-extensions',
    'application policies alone that can be read',
    { leaf: { extKeyUsage: null, ...withExtension(LEAF, applicationPolicies(SERVER)) } },
  ],
  ...[SERVER, '2.5.29.37.0', '1.3.6.1.4.1.311.10.12.1'].map(
    (purpose) =>
      [
        'application-policies',
        purpose,
        { leaf: withExtension(LEAF, applicationPolicies(CLIENT, purpose)) },
      ] as const satisfies (typeof NO_BREACHES)[number],
  ),
  [
    'application-policies',
    'one that is not critical',
    { leaf: withExtension(LEAF, { ...applicationPolicies(CLIENT), critical: false }) },
  ],
  ['leaf-key-usage', 'a leaf without keyUsage', { leaf: { keyUsage: null } }],
  ['leaf-key-usage-kinds', 'key encipherment by RSA', { leaf: { keyType: 'rsa-2048', keyUsage: ['keyEncipherment'] } }],
  ['issuer-extended-key-usage-kinds', 'any purpose alone', { ca: { extKeyUsage: ['2.5.29.37.0'] } }],
  ['string-characters', 'all of a PrintableString', { leaf: { subject: nameOf(0x13, "Az09 '()+,-./:=?") } }],
  ...[32, 48, 64].map(
    (bytes) =>
      [
        'signature-encoding',
        `PSS with a hash of ${bytes} bytes`,
        { ca: { keyType: 'rsa-2048' }, leaf: bothAlgorithms(pssWithNull(bytes)) },
      ] as const satisfies (typeof NO_BREACHES)[number],
  ),
  ['issuer-name', 'a leaf without a name', { leaf: { subject: [] } }],
  ['issuer-name', 'an anchor whose issuer has no name', { root: { issuerName: writeSequence() } }],
  ['basic-constraints', 'an anchor of version 1', { root: { version: 1, isCa: null, keyUsage: null } }],
  [
    'basic-constraints',
    'an anchor that need not say it is a CA',
    { root: { isCa: null, keyUsage: null }, anchors: { basicConstraints: false } },
  ],
  ['path-length', 'the leaf is not counted', { ca: { pathLength: 0 } }],
  [
    'path-length',
    'an intermediate of the same name is not counted',
    { ca: { pathLength: 0 }, lower: { subject: 'handfast test intermediate' } },
  ],
  [
    'name-constraints',
    'an intermediate of the same name is not bound',
    {
      ca: { excluded: ['DNS:lower.example'] },
      lower: { subject: 'handfast test intermediate', dnsNames: ['lower.example'] },
    },
  ],
  [
    'name-constraints',
    'the CA itself is not bound',
    { ca: { excluded: ['DNS:ca.example'], dnsNames: ['ca.example'] } },
  ],
  ['name-constraints-place', 'a leaf that is a CA', { leaf: { isCa: true, permitted: ['DNS:example.com'] } }],
  [
    'name-constraints-place',
    'an anchor of which name and key count',
    {
      root: { isCa: null, keyUsage: null, permitted: ['DNS:other.example'] },
      anchors: { constraints: false, basicConstraints: false },
    },
  ],
  ['version', 'an anchor', { root: { version: 1, isCa: null, keyUsage: null } }],
  ['serial-number', '20 bytes, the first of them 7f', { leaf: { serialNumber: 2n ** 159n - 1n } }],
  ['serial-number', 'an anchor', { root: { serialNumber: 0 } }],
  ['serial-number-length', '8 bytes', { leaf: { serialNumber: 2n ** 63n - 1n } }],
  [
    'authority-key-identifier',
    'all three of it',
    { leaf: withExtension(LEAF, { oid: '2.5.29.35', value: identifierOf('name', 'serial') }) },
  ],
  [
    'authority-key-identifier',
    'a leaf that bears its own name as issuer',
    { ca: { subject: [['2.5.4.10', 'Example']] }, leaf: { authorityKeyIdentifier: null } },
  ],
  [
    'authority-key-identifier',
    'an anchor that signed itself in the name of another',
    { root: { issuerName: makeCa({ subject: 'another' }).name, authorityKeyIdentifier: null } },
  ],
  [
    'authority-key-identifier',
    'an anchor that bears its own name as issuer, and was signed with another key',
    { anchor: 'ca', ca: { subject: 'handfast test CA', authorityKeyIdentifier: null } },
  ],
  ['subject-key-identifier', 'a leaf', { leaf: { subjectKeyIdentifier: null } }],
  ['path-length-place', 'a CA without keyUsage', { ca: { pathLength: 0, keyUsage: null } }],
  [
    'policy-qualifiers',
    'one that is not known, of policies that are not critical',
    {
      leaf: withExtension(LEAF, {
        oid: '2.5.29.32',
        value: writeSequence(
          writeSequence(writeOid('1.2.3'), writeSequence(writeSequence(writeOid('1.2.4'), writeNull()))),
        ),
      }),
    },
  ],
  [
    'policy-constraints',
    'an anchor',
    { anchor: 'ca', ca: withExtension(CA, REQUIRING, { oid: '2.5.29.32', value: null }) },
  ],
  ['policy-constraints', 'mapping inhibited', { ca: withExtension(CA, INHIBITING, { oid: '2.5.29.32', value: null }) }],
  ['ca-key-usage', 'an anchor', { root: { keyUsage: null } }],
  ['key-usage-contradiction', 'a leaf that is a CA', { leaf: { isCa: true, keyUsage: ['keyCertSign'] } }],
  [
    'key-cert-sign-alone',
    'an anchor that need not say it is a CA',
    { root: { isCa: null, keyUsage: ['keyCertSign'] }, anchors: { basicConstraints: false } },
  ],
  ['subject', 'critical names', { leaf: { subject: [], ...withExtension(LEAF, CRITICAL_NAMES) } }],
  ['subject-alt-name-noncritical', 'no subject', { leaf: { subject: [], ...withExtension(LEAF, CRITICAL_NAMES) } }],
  ['subject-alt-name-kinds', 'addresses', { leaf: { ips: ['9.9.9.9'] } }],
  ['signature-type', 'an anchor', { root: bothAlgorithms(writeAlgorithm({ kind: 'ed25519' })) }],
  ['weak-signature-algorithm', 'an anchor', { root: bothAlgorithms(MD5_WITH_RSA) }],
  ['signature-hash', 'a key on no curve', { ca: { keyType: 'ed25519' } }],
  ['signature-hash', 'a curve that is none of the three', { ca: { subjectPublicKeyInfo: BRAINPOOL_KEY } }],
  ['signature-hash', 'a key that is not known', { ca: { subjectPublicKeyInfo: X25519_KEY } }],
  ['rsa-exponent', '65537', { leaf: { keyType: 'rsa-2048' } }],
  ['extended-key-usage', 'any purpose', { ca: { extKeyUsage: ['2.5.29.37.0'] } }],
  ['extended-key-usage', 'asked for no purpose', { ca: { extKeyUsage: [CLIENT] }, purpose: 'any' }],
  [
    'basic-constraints-critical',
    'a leaf that is no CA',
    { leaf: withExtension(LEAF, { oid: '2.5.29.19', value: writeSequence() }) },
  ],
  [
    'anchor-basic-constraints-critical',
    'a trusted leaf that is no CA',
    { anchor: 'leaf', leaf: withExtension(LEAF, { oid: '2.5.29.19', value: writeSequence() }) },
  ],
  ['anchor-extended-key-usage', 'an anchor that is no root', { anchor: 'ca' }],
  [
    'anchor-extended-key-usage',
    'a leaf that is trusted itself',
    { anchor: 'leaf', leaf: { subject: 'handfast test intermediate' } },
  ],
  ['common-name', 'no DNS names', { leaf: { subject: 'Example', dnsNames: [], ips: ['9.9.9.9'] }, identity: null }],
  ['common-name', 'an address', { leaf: { subject: '9.9.9.9', ips: ['9.9.9.9'] } }],
  ['common-name', 'the domain of a wildcard', { leaf: { subject: 'example.com', dnsNames: ['*.example.com'] } }],
  ['common-name-exact', 'told by common-name', { leaf: { subject: 'other.example' } }],
  ['common-name-exact', 'an address', { leaf: { subject: '9.9.9.9', ips: ['9.9.9.9'] } }],
  ['wildcards', 'a domain of one owner', { leaf: { dnsNames: ['*.example.com'] } }],
  ['internal-names', 'a public address', { leaf: { ips: ['9.9.9.9'] } }],
  ['key-identifier-match', 'an anchor that another issued', { anchor: 'ca' }],
  ['key-identifier-match', 'a self-issued intermediate', { ca: { subject: 'handfast test CA' } }],
  [
    'key-identifier-match',
    'an issuer without an identifier',
    { ca: { subjectKeyIdentifier: null }, leaf: { authorityKeyIdentifier: KEY_IDENTIFIER } },
  ],
]
