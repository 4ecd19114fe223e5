/** HandshakeReports made by hand, as the engine would make them: for tests of whatever shows reports. */

import type {
  CertificateReport,
  HandshakeReport,
  MessageReport,
  PeerReport,
  Stage,
} from '../src/report/handshake-report.ts'

export const NOTHING_SHOWN: PeerReport = { chain: [], signatureScheme: null, verdict: null }

/** A leaf of a server. */
export function certificate(changes: Partial<CertificateReport> = {}): CertificateReport {
  return {
    subject: 'CN=server.example',
    issuer: 'CN=Example issuing CA',
    serialNumber: '5f0e61c2a3b4d5e6f708192a3b4c5d6e',
    notBefore: '2026-11-23T07:00:00Z',
    notAfter: '2027-02-21T06:59:59Z',
    publicKey: 'ECDSA P-256',
    signatureAlgorithm: 'ecdsa-with-SHA256',
    subjectAltNames: ['DNS:server.example', 'IP:127.0.0.1'],
    isCa: false,
    fingerprint: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    der: 'MAA=',
    ...changes,
  }
}

const ISSUING = certificate({
  subject: 'CN=Example issuing CA',
  issuer: 'CN=Example root',
  isCa: true,
  subjectAltNames: [],
  notAfter: '2031-11-23T06:59:59Z',
})

function message(
  name: string,
  direction: 'sent' | 'received',
  at: number,
  size: number,
  stages: Stage[],
  isProtected = true,
): MessageReport {
  return { name, direction, at, size, protected: isProtected, stages }
}

/** A mutual TLS 1.3 handshake as its client saw it. */
export function mutual(): HandshakeReport {
  return {
    version: '1.1',
    role: 'client',
    startedAt: '2026-11-23T08:36:22.120Z',
    duration: 2410,
    outcome: 'complete',
    transport: {
      kind: 'tcp',
      local: { address: '127.0.0.1', port: 51234 },
      remote: { address: '127.0.0.1', port: 40123 },
      connectedAt: 180,
    },
    stages: [
      { stage: 'establish', state: 'done', startedAt: 0, endedAt: 1020, messages: ['client_hello', 'server_hello'] },
      { stage: 'certificates', state: 'done', startedAt: 1040, endedAt: 2010, messages: ['certificate'] },
      { stage: 'key-exchange', state: 'done', startedAt: 250, endedAt: 960, messages: ['client_hello'] },
      { stage: 'verify', state: 'done', startedAt: 1110, endedAt: 2410, messages: ['certificate_verify', 'finished'] },
    ],
    offered: {
      versions: ['TLS 1.3', 'TLS 1.2'],
      cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
      groups: ['X25519MLKEM768', 'x25519', 'secp256r1', 'secp384r1', 'secp521r1'],
      keyShares: ['X25519MLKEM768', 'x25519'],
      signatureSchemes: ['ecdsa_secp256r1_sha256', 'ed25519', 'mldsa65', 'rsa_pss_rsae_sha256'],
      alpnProtocols: ['h2', 'http/1.1'],
      serverName: 'server.example',
      extensions: ['server_name', 'supported_groups', 'key_share'],
    },
    negotiated: {
      version: 'TLS 1.3',
      cipherSuite: 'TLS_AES_128_GCM_SHA256',
      group: 'X25519MLKEM768',
      alpnProtocol: 'h2',
      compression: 'none',
      helloRetryRequest: false,
      clientCertificateRequested: true,
      resumed: false,
    },
    messages: [
      message('client_hello', 'sent', 250, 1514, ['establish', 'key-exchange'], false),
      message('server_hello', 'received', 960, 1178, ['establish', 'key-exchange'], false),
      message('encrypted_extensions', 'received', 1020, 14, ['establish']),
      message('certificate_request', 'received', 1040, 42, ['certificates']),
      message('certificate', 'received', 1080, 1036, ['certificates']),
      message('certificate_verify', 'received', 1110, 78, ['verify']),
      message('finished', 'received', 1130, 36, ['verify']),
      message('certificate', 'sent', 2010, 1024, ['certificates']),
      message('certificate_verify', 'sent', 2300, 79, ['verify']),
      message('finished', 'sent', 2410, 36, ['verify']),
    ],
    alerts: [],
    client: {
      chain: [certificate({ subject: 'CN=alice', subjectAltNames: [], publicKey: 'ML-DSA-65' }), ISSUING],
      signatureScheme: 'mldsa65',
      verdict: null,
    },
    server: {
      chain: [certificate(), ISSUING],
      signatureScheme: 'ecdsa_secp256r1_sha256',
      verdict: {
        trusted: true,
        state: 'accepted',
        reasons: [],
        warnings: [],
        path: ['CN=server.example', 'CN=Example issuing CA', 'CN=Example root'],
        policy: 'tls',
        revocation: [
          {
            certificate: 'CN=server.example',
            status: 'good',
            source: 'ocsp',
            thisUpdate: '2026-11-23T05:36:22Z',
            nextUpdate: '2026-11-27T05:36:22Z',
            revokedAt: null,
            reason: null,
            message: 'the responder says good',
          },
        ],
        timestamps: 2,
        tried: [],
        triedBeyond: 0,
      },
    },
    failure: null,
    provider: 'node',
  }
}

/** The same client, refusing a server whose chain ends nowhere. */
export function refused(): HandshakeReport {
  const report = mutual()
  return {
    ...report,
    outcome: 'failed',
    duration: 1290,
    stages: report.stages.map((stage) =>
      stage.stage === 'verify'
        ? { ...stage, state: 'failed', endedAt: 1290 }
        : { ...stage, endedAt: stage.endedAt! > 1290 ? 1100 : stage.endedAt },
    ),
    messages: [
      ...report.messages.slice(0, 7),
      { name: 'alert', direction: 'sent', at: 1285, size: 2, protected: true, stages: ['verify'] },
    ],
    alerts: [{ description: 'unknown_ca', level: 'fatal', direction: 'sent', at: 1285 }],
    client: NOTHING_SHOWN,
    server: {
      ...report.server,
      verdict: {
        trusted: false,
        state: 'refused',
        reasons: [
          {
            reason: 'unknown-issuer',
            certificate: 1,
            message: 'the issuer CN=Example root is neither in the chain nor among the trusted roots',
          },
        ],
        warnings: [{ reason: 'weak-key', certificate: 0, message: 'the key is smaller than it should be' }],
        path: [],
      },
    },
    failure: {
      stage: 'verify',
      fault: 'host',
      alert: 'unknown_ca',
      direction: 'sent',
      message: 'the issuer CN=Example root is neither in the chain nor among the trusted roots',
    },
  }
}

/** A connection that ended before anything was said. */
export function silent(): HandshakeReport {
  const report = mutual()
  return {
    ...report,
    outcome: 'failed',
    duration: 900_000,
    transport: null,
    stages: report.stages.map((stage, i) =>
      i === 0
        ? { ...stage, state: 'failed', endedAt: 900_000, messages: [] }
        : { stage: stage.stage, state: 'skipped', startedAt: null, endedAt: null, messages: [] },
    ),
    offered: null,
    negotiated: {
      ...report.negotiated,
      version: null,
      cipherSuite: null,
      group: null,
      alpnProtocol: null,
      clientCertificateRequested: false,
    },
    messages: [],
    client: NOTHING_SHOWN,
    server: NOTHING_SHOWN,
    failure: { stage: 'establish', fault: 'transport', alert: null, direction: null, message: 'the stream ended' },
  }
}
