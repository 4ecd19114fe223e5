/** Who takes part in the demonstration: an authority, a server and a client it vouches for, and somebody who is neither. */

import {
  createAuthority,
  issueClientCertificate,
  issueServerCertificate,
  type Authority,
  type IssuedCertificate,
} from '../../node/issue.ts'

export interface Parties {
  readonly root: Authority
  readonly server: IssuedCertificate
  readonly client: IssuedCertificate
  /** A server certificate for the same name, from an authority nobody trusts. */
  readonly impostor: IssuedCertificate
}

export const SERVER_NAME = 'server.example'

/** Makes them all, in memory. */
export async function createParties(): Promise<Parties> {
  const [root, other] = await Promise.all([
    createAuthority({ name: 'Demo root', days: 2 }),
    createAuthority({ name: 'Demo root', days: 2 }),
  ])
  const [server, client, impostor] = await Promise.all([
    issueServerCertificate(root, { names: [SERVER_NAME, 'localhost', '127.0.0.1'], days: 1 }),
    issueClientCertificate(root, { name: 'alice@example.com', keyType: 'ed25519', days: 1 }),
    issueServerCertificate(other, { names: [SERVER_NAME], days: 1 }),
  ])
  return { root, server, client, impostor }
}
