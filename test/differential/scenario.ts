/** The handshakes that are spoilt, and who is who in them. */

import { nodeProvider } from '../../packages/handfast/src/crypto/node.ts'
import { CA, CLIENT, SERVER } from '../../packages/handfast/test/pair/pair.ts'
import { issue, type TestCertificate } from '../../packages/handfast/test/pki.ts'

export type Role = 'client' | 'server'

/** Both implementations are configured alike by it. */
export interface Scenario {
  readonly name: string
  /** Whether the server asks for a certificate, and refuses a client without. */
  readonly isMutual: boolean
  /** Whether the server sends the client back for another share. */
  readonly isRetried: boolean
  /** Whether both speak `h2`. */
  readonly hasAlpn: boolean
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'plain', isMutual: false, isRetried: false, hasAlpn: false },
  { name: 'mutual', isMutual: true, isRetried: false, hasAlpn: true },
  { name: 'retry', isMutual: false, isRetried: true, hasAlpn: false },
]

export const SERVER_NAME = 'server.example'
export const ALPN = 'h2'
export const CIPHER_SUITE = 'TLS_AES_128_GCM_SHA256'

/** Whom everybody trusts. */
export const AUTHORITY: TestCertificate = CA

/** Of the implementations under test. */
export const OWN: Readonly<Record<Role, TestCertificate>> = { client: CLIENT, server: SERVER }

/** Of the mutants: signatures of Ed25519 are all of one length, so a plan means the same each time. */
export const MUTANTS: Readonly<Record<Role, TestCertificate>> = {
  client: issue(CA, { subject: 'alice', usage: 'client', keyType: 'ed25519', provider: nodeProvider }),
  server: issue(CA, { dnsNames: [SERVER_NAME], keyType: 'ed25519', provider: nodeProvider }),
}
