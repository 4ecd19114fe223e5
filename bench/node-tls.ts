/**
 * node:tls as a subject: TLSSocket over an in-memory pipe, SecureContexts made once, no session ever
 * resumed. The server end is a bare TLSSocket rather than a tls.Server, which would add some 6 %, and
 * its sessions are not encrypted into tickets; the client's is a plain `tls.connect`, which checks
 * the chain and the server's name.
 */

import { constants } from 'node:crypto'
import { connect, createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls'
import { type Credentials, SERVER_NAME } from './credentials.ts'
import type { FloorCase } from './floor.ts'
import { createPipe } from './pipe.ts'
import { microseconds, type Sampler } from './rounds.ts'

/** A TLSSocket as far as its types do not tell: the verdict on the peer, null if it is good. */
interface Judged {
  readonly _handle: { verifyError(): Error | null }
}

/** A case that may be one of TLS 1.2. */
export interface VersionCase extends FloorCase {
  readonly isTls12?: boolean
}

/** Prepares what lasts for many handshakes; the sampler makes one and tells its microseconds. */
export function prepareNodeTls(credentials: Credentials, { isMutual, isHybrid, isTls12 }: VersionCase): Sampler {
  const shared: SecureContextOptions = {
    ca: credentials.rootPem,
    ...(isTls12 === true
      ? ({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256', ecdhCurve: 'X25519:P-256' } as const)
      : ({
          minVersion: 'TLSv1.3',
          ciphers: 'TLS_AES_128_GCM_SHA256',
          ecdhCurve: isHybrid ? 'X25519MLKEM768' : 'X25519',
        } as const)),
    sigalgs: 'ecdsa_secp256r1_sha256',
  }
  const { server, client } = credentials
  const serverContext = createSecureContext({
    ...shared,
    cert: server.certPem,
    key: server.keyPem,
    secureOptions: constants.SSL_OP_NO_TICKET,
  })
  const clientContext = createSecureContext({
    ...shared,
    ...(isMutual ? { cert: client.certPem, key: client.keyPem } : {}),
  })

  return () =>
    new Promise((resolve, reject) => {
      const began = microseconds()
      const [near, far] = createPipe()
      const atServer = new TLSSocket(far, {
        isServer: true,
        secureContext: serverContext,
        requestCert: isMutual,
        rejectUnauthorized: isMutual,
      })
      const atClient = connect({ socket: near, secureContext: clientContext, servername: SERVER_NAME })
      let open = 2
      const completed = (): void => {
        if (--open > 0) return
        resolve(microseconds() - began)
        atClient.destroy()
        atServer.destroy()
      }
      atServer.once('secure', () => {
        // What a tls.Server does on this event.
        const error = isMutual ? (atServer as unknown as Judged)._handle.verifyError() : null
        if (error === null || error === undefined) completed()
        else reject(error)
      })
      atClient.once('secureConnect', () => {
        if (atClient.authorized) completed()
        else reject(atClient.authorizationError)
      })
      atServer.once('error', reject)
      atClient.once('error', reject)
    })
}
