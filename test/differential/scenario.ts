/** The handshakes that are spoilt, and who is who in them. */

import { createPrivateKey, createPublicKey } from 'node:crypto'
import { writePem } from '../../packages/handfast/src/asn1/index.ts'
import { concatBytes, fromHex } from '../../packages/handfast/src/bytes/index.ts'
import type { TlsVersion } from '../../packages/handfast/src/tls/index.ts'
import { seededRandom } from '../../packages/handfast/test/pair/wire.ts'
import { issue, type IssueOptions, makeCa, type TestCertificate } from '../../packages/handfast/test/pki.ts'

export type Role = 'client' | 'server'

/** Both implementations are configured alike by it. */
export interface Scenario {
  readonly name: string
  readonly version: TlsVersion
  /** Whether the server asks for a certificate, and refuses a client without. */
  readonly isMutual: boolean
  /** Whether the server sends the client back for another share. TLS 1.3 only. */
  readonly isRetried: boolean
  /** Whether both speak `h2`. */
  readonly hasAlpn: boolean
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'plain', version: 'TLS 1.3', isMutual: false, isRetried: false, hasAlpn: false },
  { name: 'mutual', version: 'TLS 1.3', isMutual: true, isRetried: false, hasAlpn: true },
  { name: 'retry', version: 'TLS 1.3', isMutual: false, isRetried: true, hasAlpn: false },
  { name: 'plain, TLS 1.2', version: 'TLS 1.2', isMutual: false, isRetried: false, hasAlpn: false },
  { name: 'mutual, TLS 1.2', version: 'TLS 1.2', isMutual: true, isRetried: false, hasAlpn: true },
]

export const SERVER_NAME = 'server.example'
export const ALPN = 'h2'
export const CIPHER_SUITES: {
  readonly 'TLS 1.3': 'TLS_AES_128_GCM_SHA256'
  readonly 'TLS 1.2': 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'
} = {
  'TLS 1.3': 'TLS_AES_128_GCM_SHA256',
  'TLS 1.2': 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
} as const
/** The same in OpenSSL's own words. */
export const OPENSSL_CIPHER_12 = 'ECDHE-ECDSA-AES128-GCM-SHA256'

/** A key and a serial number that are the same in every run, with signatures of one length: a seed is a case for good. */
function fixed(number: number): Pick<IssueOptions, 'key' | 'serialNumber'> {
  // PrivateKeyInfo of Ed25519 up to the key itself (RFC 8410 section 7).
  const pkcs8 = concatBytes(fromHex('302e020100300506032b657004220420'), seededRandom(number)(32))
  const key = createPublicKey(createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' }))
  const subjectPublicKeyInfo = new Uint8Array(key.export({ type: 'spki', format: 'der' }))
  return {
    key: { keyType: 'ed25519', pkcs8, pem: writePem('PRIVATE KEY', pkcs8), subjectPublicKeyInfo },
    serialNumber: number,
  }
}

/** Whom everybody trusts. */
export const AUTHORITY: TestCertificate = makeCa({ subject: 'Differential CA', ...fixed(1) })

/** Of the mutants. */
export const MUTANTS: Readonly<Record<Role, TestCertificate>> = {
  client: issue(AUTHORITY, { subject: 'alice', usage: 'client', ...fixed(2) }),
  server: issue(AUTHORITY, { dnsNames: [SERVER_NAME], ...fixed(3) }),
}

/** Of the implementations under test. */
export const OWN: Readonly<Record<Role, TestCertificate>> = {
  client: issue(AUTHORITY, { subject: 'alice', usage: 'client', keyType: 'ecdsa-p256' }),
  server: issue(AUTHORITY, { dnsNames: [SERVER_NAME], keyType: 'ecdsa-p256' }),
}
