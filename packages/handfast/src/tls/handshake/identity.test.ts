import { describe, expect, test } from 'vitest'
import { issue, issueCa, makeCa, type TestCertificate } from '../../../test/pki.ts'
import { nodeProvider } from '../../crypto/node.ts'
import type { Identity } from '../config.ts'
import type { SignatureSchemeName } from '../registry.ts'
import { chooseIdentity } from './identity.ts'

const root = makeCa({ keyType: 'rsa-2048' })
const byRsa = issueCa(root, { subject: 'RSA', keyType: 'rsa-2048' })
const byEcdsa = issueCa(makeCa({ subject: 'ECDSA root' }), { subject: 'ECDSA' })
const RSA = identity(issue(byRsa, { dnsNames: ['a.example'], keyType: 'ecdsa-p256' }))
const ECDSA = identity(issue(byEcdsa, { dnsNames: ['a.example'] }))
/** Its own signature proves nothing, so none is needed for it. */
const WITH_ROOT: Identity = { ...ECDSA, chain: [...ECDSA.chain, makeCa({ keyType: 'rsa-2048' }).certificate] }

function identity({ chain, privateKey }: TestCertificate): Identity {
  return { chain, key: privateKey }
}

function choose(
  identities: readonly Identity[],
  signatureSchemesCert: readonly SignatureSchemeName[],
  serverName = 'a.example',
  certificateAuthorities: readonly Uint8Array[] = [],
): Identity | undefined {
  return chooseIdentity(nodeProvider, identities, {
    kind: 'choose-identity',
    version: 'TLS 1.3',
    role: 'server',
    serverName,
    signatureSchemes: ['ecdsa_secp256r1_sha256'],
    signatureSchemesCert,
    certificateAuthorities,
    certificateTypes: ['X509'],
  })
}

describe('a chain that is signed by schemes in signature_algorithms_cert (RFC 9846 section 4.5.1.2)', () => {
  test.each<[readonly SignatureSchemeName[], Identity]>([
    [['ecdsa_secp256r1_sha256'], ECDSA],
    [['rsa_pkcs1_sha256'], RSA],
    [['rsa_pss_rsae_sha256', 'rsa_pkcs1_sha256'], RSA],
  ])('%j', (schemes, expected) => {
    expect(choose([RSA, ECDSA], schemes)).toBe(expected)
    expect(choose([ECDSA, RSA], schemes)).toBe(expected)
  })

  test('all of it counts: a leaf signed by ECDSA below an authority signed by RSA', () => {
    const mixed = identity(
      issue(issueCa(root, { subject: 'Mixed', keyType: 'ecdsa-p256' }), { dnsNames: ['a.example'] }),
    )
    expect(choose([mixed, ECDSA], ['ecdsa_secp256r1_sha256'])).toBe(ECDSA)
    expect(choose([mixed, ECDSA], ['ecdsa_secp256r1_sha256', 'rsa_pkcs1_sha256'])).toBe(mixed)
  })

  test('but for the root, if it is sent', () => {
    expect(choose([WITH_ROOT, ECDSA], ['ecdsa_secp256r1_sha256'])).toBe(WITH_ROOT)
  })

  test('is shown before one of an authority that was named, and after one for the name', () => {
    expect(choose([RSA, ECDSA], ['ecdsa_secp256r1_sha256'], 'a.example', [byRsa.name])).toBe(ECDSA)
    const named = identity(issue(byRsa, { dnsNames: ['b.example'], keyType: 'ecdsa-p256' }))
    expect(choose([ECDSA, named], ['ecdsa_secp256r1_sha256'], 'b.example')).toBe(named)
  })

  test('if there is none, another is shown all the same', () => {
    expect(choose([RSA], ['ed25519'])).toBe(RSA)
    expect(choose([RSA, ECDSA], ['ed25519'])).toBe(RSA)
  })
})
