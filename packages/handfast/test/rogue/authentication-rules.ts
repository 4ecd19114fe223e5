/**
 * Certificate, CertificateVerify and Finished (RFC 9846 section 4.5): what neither a server may do to
 * a client of ours nor a client to a server of ours.
 */

import { concatBytes } from '../../src/bytes/index.ts'
import { issue, type IssueOptions } from '../pki.ts'
import { type CertificateParts, EXTENSION, extension, handshake, writeCertificateVerify } from './messages.ts'
import { CA } from '../pair/pair.ts'
import type { RoguePeer, VerifyParts } from './peer.ts'
import type { Rule } from './rule.ts'

/** What both rogues can do once it is their turn to show who they are. */
export interface Authenticating extends RoguePeer {
  certificate(change?: (own: CertificateParts) => CertificateParts): this
  finished(change?: (verifyData: Uint8Array) => Uint8Array): this
}

/** Played when everything before Certificate was right. */
export type AuthenticationRule = Rule<Authenticating, undefined>

function showing(options: IssueOptions): (peer: Authenticating) => Authenticating {
  return (peer) => {
    peer.shownCertificate = issue(CA, { dnsNames: ['server.example'], usage: 'server-and-client', ...options })
    return peer.certificate()
  }
}

function verifying(change: (own: VerifyParts) => VerifyParts): (peer: Authenticating) => unknown {
  return (peer) => peer.certificate().certificateVerify(change)
}

const noBytes = new Uint8Array(0)

export const CERTIFICATE: readonly AuthenticationRule[] = [
  {
    name: 'a context',
    alert: 'illegal_parameter',
    path: 'certificate.certificate_request_context',
    play: (p) => p.certificate((own) => ({ ...own, context: Uint8Array.of(1) })),
  },
  {
    name: 'an empty certificate',
    alert: 'decode_error',
    path: 'certificate.certificate_list.cert_data',
    play: (p) => p.certificate((own) => ({ ...own, entries: [{ data: noBytes }] })),
  },
  {
    name: 'garbage',
    alert: 'bad_certificate',
    path: 'certificate.certificate_list[0]',
    play: (p) => p.certificate((own) => ({ ...own, entries: [{ data: new Uint8Array(300).fill(0x30) }] })),
  },
  {
    name: 'a certificate with a byte left over',
    alert: 'bad_certificate',
    path: 'certificate.certificate_list[0]',
    play: (p) =>
      p.certificate((own) => ({
        ...own,
        entries: own.entries.map(({ data }) => ({ data: concatBytes(data, Uint8Array.of(0)) })),
      })),
  },
  {
    name: 'a key that nobody knows',
    alert: 'unsupported_certificate',
    path: 'certificate.certificate_list[0].subjectPublicKeyInfo',
    // An algorithm 1.2.3.4 without parameters.
    play: showing({
      subjectPublicKeyInfo: Uint8Array.of(0x30, 0x0b, 0x30, 0x05, 0x06, 0x03, 0x2a, 0x03, 0x04, 0x03, 0x02, 0x00, 0x01),
    }),
  },
  {
    name: 'an extension that has no place there',
    alert: 'illegal_parameter',
    path: 'certificate.certificate_list.key_share',
    play: (p) =>
      p.certificate((own) => ({
        ...own,
        entries: own.entries.map((entry) => ({ ...entry, extensions: [extension(EXTENSION.key_share)] })),
      })),
  },
  {
    name: 'an extension that was not asked for',
    alert: 'unsupported_extension',
    path: `certificate.certificate_list.${EXTENSION.unknown}`,
    play: (p) =>
      p.certificate((own) => ({
        ...own,
        entries: own.entries.map((entry) => ({ ...entry, extensions: [extension(EXTENSION.unknown)] })),
      })),
  },
  {
    name: 'a list that is longer than the message',
    alert: 'decode_error',
    path: 'certificate.certificate_list',
    play: (p) => p.message(handshake(11, Uint8Array.of(0, 0, 1, 0, 1))),
  },
]

export const CERTIFICATE_VERIFY: readonly AuthenticationRule[] = [
  {
    name: 'a scheme that nobody knows',
    alert: 'illegal_parameter',
    path: 'certificate_verify.algorithm',
    play: verifying((own) => ({ ...own, scheme: 0xfe01 })),
  },
  {
    name: 'rsa_pkcs1_sha256, which signs certificates only',
    alert: 'illegal_parameter',
    path: 'certificate_verify.algorithm',
    play: verifying((own) => ({ ...own, scheme: 'rsa_pkcs1_sha256' })),
  },
  {
    name: 'rsa_pkcs1_sha256 by an RSA key, and right',
    alert: 'illegal_parameter',
    path: 'certificate_verify.algorithm',
    play: (p) => {
      showing({ keyType: 'rsa-2048' })(p)
      p.message(writeCertificateVerify(0x0401, p.signature(p.role, p.digest(), { kind: 'rsa-pkcs1', hash: 'sha256' })))
    },
  },
  {
    name: 'ecdsa_sha1',
    alert: 'illegal_parameter',
    path: 'certificate_verify.algorithm',
    play: verifying((own) => ({ ...own, scheme: 0x0203 })),
  },
  {
    name: 'a scheme for another kind of key',
    alert: 'illegal_parameter',
    path: 'certificate_verify.algorithm',
    play: verifying((own) => ({ ...own, scheme: 'ed25519' })),
  },
  {
    name: 'a scheme for another curve',
    alert: 'illegal_parameter',
    path: 'certificate_verify.algorithm',
    play: verifying((own) => ({ ...own, scheme: 'ecdsa_secp384r1_sha384' })),
  },
  {
    name: 'rsa_pss_pss for an rsaEncryption key',
    alert: 'illegal_parameter',
    path: 'certificate_verify.algorithm',
    play: (p) => showing({ keyType: 'rsa-2048' })(p).message(writeCertificateVerify(0x0809, new Uint8Array(256))),
  },
  {
    name: 'a signature with a flipped bit',
    alert: 'decrypt_error',
    path: 'certificate_verify.signature',
    play: verifying((own) => ({ ...own, signature: own.signature.map((byte, i) => (i === 20 ? byte ^ 1 : byte)) })),
  },
  {
    name: 'no signature',
    alert: 'decrypt_error',
    path: 'certificate_verify.signature',
    play: verifying((own) => ({ ...own, signature: noBytes })),
  },
  {
    name: "the other side's context string",
    alert: 'decrypt_error',
    path: 'certificate_verify.signature',
    play: (p) => verifying((own) => ({ ...own, signature: p.signature(p.role === 'server' ? 'client' : 'server') }))(p),
  },
  {
    name: 'a signature over another transcript',
    alert: 'decrypt_error',
    path: 'certificate_verify.signature',
    play: (p) => verifying((own) => ({ ...own, signature: p.signature(p.role, new Uint8Array(32)) }))(p),
  },
  {
    name: 'a signature by another key',
    alert: 'decrypt_error',
    path: 'certificate_verify.signature',
    play: (p) => {
      p.certificate()
      p.shownCertificate = issue(CA, { dnsNames: ['server.example'] })
      p.certificateVerify()
    },
  },
  {
    name: 'a key that may not sign',
    alert: 'unsupported_certificate',
    path: 'certificate.certificate_list[0].keyUsage',
    play: (p) => showing({ keyUsage: ['keyAgreement'] })(p).certificateVerify(),
  },
  {
    name: 'a length beyond the message',
    alert: 'decode_error',
    path: 'certificate_verify.signature',
    play: (p) => p.certificate().message(handshake(15, Uint8Array.of(4, 3, 0, 9, 1))),
  },
  {
    name: 'a byte left over',
    alert: 'decode_error',
    path: 'certificate_verify',
    play: (p) => p.certificate().message(handshake(15, Uint8Array.of(4, 3, 0, 1, 1, 1))),
  },
]

export const FINISHED: readonly AuthenticationRule[] = [
  {
    name: 'another MAC',
    alert: 'decrypt_error',
    path: 'finished.verify_data',
    play: (p) =>
      p
        .certificate()
        .certificateVerify()
        .finished((own) => own.map((byte, i) => (i === 0 ? byte ^ 1 : byte))),
  },
  {
    name: 'zeros',
    alert: 'decrypt_error',
    path: 'finished.verify_data',
    play: (p) =>
      p
        .certificate()
        .certificateVerify()
        .finished((own) => new Uint8Array(own.length)),
  },
  {
    name: 'a MAC that is one byte short',
    alert: 'decode_error',
    path: 'finished.verify_data',
    play: (p) =>
      p
        .certificate()
        .certificateVerify()
        .finished((own) => own.slice(0, -1)),
  },
  {
    name: 'a MAC that is one byte long',
    alert: 'decode_error',
    path: 'finished',
    play: (p) =>
      p
        .certificate()
        .certificateVerify()
        .finished((own) => concatBytes(own, Uint8Array.of(0))),
  },
  {
    name: 'no MAC',
    alert: 'decode_error',
    path: 'finished.verify_data',
    play: (p) =>
      p
        .certificate()
        .certificateVerify()
        .finished(() => noBytes),
  },
  {
    name: 'CertificateVerify is skipped',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (p) => p.certificate().finished(),
  },
  {
    name: 'Certificate and CertificateVerify are skipped',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (p) => p.finished(),
  },
  {
    name: 'Certificate is skipped',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (p) => p.certificateVerify(),
  },
]
