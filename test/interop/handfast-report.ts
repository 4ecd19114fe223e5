/** A HandshakeReport in the words of the matrix. */
import type { HandshakeReport } from '../../packages/handfast/src/report/handshake-report.ts'
import type { Account } from './peer.ts'

/** What the report of a handshake says, in the words of the matrix. */
export function accountOf({ negotiated, server, client, encryptedClientHello }: HandshakeReport): Account {
  return {
    version: String(negotiated.version).replace('TLS ', 'TLSv'),
    group: String(negotiated.group),
    suite: String(negotiated.cipherSuite),
    serverScheme: String(server.signatureScheme),
    clientScheme: client.signatureScheme,
    alpn: negotiated.alpnProtocol,
    clientCertificate: client.chain.length > 0 || client.rawPublicKey !== undefined,
    rawKeys: server.rawPublicKey !== undefined,
    helloRetryRequest: negotiated.helloRetryRequest,
    stapled: (server.stapled?.length ?? 0) > 0,
    compression: server.certificateCompression ?? null,
    recordSizes: negotiated.recordSizeLimit !== undefined,
    echAccepted: encryptedClientHello?.status === 'accepted',
  }
}
