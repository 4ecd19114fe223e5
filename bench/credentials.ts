/** One authority and two identities for all subjects: ECDSA P-256, leaves issued by the root itself. */

import {
  createAuthority,
  issueClientCertificate,
  type IssuedCertificate,
  issueServerCertificate,
  writeChainPem,
  writeKeyPem,
} from '../packages/handfast/src/node/issue.ts'

export const SERVER_NAME = 'server.example'

export interface Credential {
  /** DER, the leaf alone: its issuer is the root. */
  readonly chain: readonly Uint8Array[]
  /** PKCS#8, DER. */
  readonly privateKey: Uint8Array
  readonly certPem: string
  readonly keyPem: string
}

export interface Credentials {
  /** DER. */
  readonly root: Uint8Array
  readonly rootPem: string
  readonly server: Credential
  readonly client: Credential
}

export async function createCredentials(): Promise<Credentials> {
  const root = await createAuthority({ name: 'Bench Root' })
  return {
    root: root.certificate,
    rootPem: writeChainPem([root.certificate]),
    server: credential(await issueServerCertificate(root, { names: [SERVER_NAME] })),
    client: credential(await issueClientCertificate(root, { name: 'Bench Client' })),
  }
}

function credential({ chain, privateKey }: IssuedCertificate): Credential {
  return { chain, privateKey, certPem: writeChainPem(chain), keyPem: writeKeyPem(privateKey) }
}
