/** Which area a test of the runner belongs to: by its name, in one table. */

export interface Area {
  readonly name: string
  /** The first area whose pattern the name fits. */
  readonly pattern: RegExp
}

function area(name: string, pattern: RegExp): Area {
  return { name, pattern }
}

/** From what is special to what is general: the last one takes all that is left. */
export const AREAS: readonly Area[] = [
  area('DTLS', /DTLS/),
  area('QUIC', /QUIC/),
  area('encrypted client hello', /ECH(?!oed)|ClientHelloInner/),
  area('raw public keys', /CertificateType-|RPK|RawPublicKey/),
  area('external PSK', /PSK/),
  area('PAKE', /PAKE/),
  area('ALPS', /ALPS/),
  area('channel ID', /ChannelID/),
  area('NPN', /NPN/),
  area('renegotiation', /Renegotiat|HelloRequest/),
  area('delegated credentials', /DelegatedCredential/),
  area('trust anchors', /TrustAnchor/),
  area('compliance policies', /^Compliance/),
  area('server padding', /^ServerPadding/),
  area('early data', /EarlyData|0RTT/),
  area('OCSP and SCT', /OCSP|SCT|SignedCertificateTimestamp|CertificateStatus/),
  area('certificate compression', /CertCompression/),
  area('resumption', /Resum|Ticket|Session/),
  area('old versions and suites', /-TLS1(?:1)?(?:-|$)|SSL3|CBC|V2ClientHello/),
  area('certificate selection', /^CertificateSelection/),
  area('certificate verification', /^CertificateVerification|^VerifyFail|^Verify/),
  area('client authentication', /ClientAuth|ClientCert|RequireAny|RetainOnly/),
  area('signatures', /Sign|ECDSA|RSA|Ed25519|MLDSA|KeyUsage|PSS/),
  area('key exchange', /Curve|KeyShare|MLKEM|PostQuantum|ECDH|PointFormat|PQ/),
  area('ALPN', /ALPN/),
  area('versions', /Version|Downgrade|Fallback|Minimum/),
  area('cipher suites', /Cipher/),
  area('extended master secret', /ExtendedMasterSecret|EMS/),
  area('extensions', /Extension|ServerName|SNI|GREASE/),
  area('exporters', /Export|TLSUnique/),
  area('key updates', /KeyUpdate/),
  area('closing', /Shutdown|Alert|Unclean/),
  area('records', /Record|Fragment|Plaintext|Ciphertext|Empty|Padding|MaxSend|AppData|ChangeCipherSpec|BadPackets/),
  area('messages', /Message|Trailing|Extra|Skip|Unexpected|Partial|Garbage|Omit/),
  area('handshakes', /(?:)/),
]

export function areaOf(test: string): string {
  return AREAS.find(({ pattern }) => pattern.test(test))?.name ?? ''
}
