/** What neither side may do with certificate types and raw public keys in TLS 1.2 (RFC 7250 sections 3 and 4). */

import type { ClientConfig, ServerConfig } from '../../src/tls/index.ts'
import { CA, CLIENT, SERVER } from '../pair/pair.ts'
import { issue } from '../pki.ts'
import {
  keyOf,
  RAW_PUBLIC_KEY,
  TYPE_ANSWERS,
  TYPE_LISTS,
  typeAnswer,
  typeList,
  UNKNOWN_KEY,
} from '../rogue/certificate-type-rules.ts'
import { adding, handshake, vector } from '../rogue/messages.ts'
import type { Rule } from '../rogue/rule.ts'
import type { RogueClient12 } from './client.ts'
import type { RogueServer12 } from './server.ts'

const RAW: Partial<ClientConfig> = { serverCertificateTypes: ['RawPublicKey', 'X509'] }

/** The whole Certificate message is one key. */
export function rawCertificate(key: Uint8Array): Uint8Array {
  return handshake(11, vector(3, key))
}

/** A server that says it shows a raw public key. */
export function agreeing(server: RogueServer12): RogueServer12 {
  return server.answering(adding(typeAnswer('server_certificate_type', RAW_PUBLIC_KEY)))
}

export const SERVER_TYPES_12: readonly Rule<RogueServer12, Partial<ClientConfig>>[] = [
  ...TYPE_ANSWERS.map(({ name, alert, path, config, answers }): Rule<RogueServer12, Partial<ClientConfig>> => ({
    name,
    alert,
    path: `server_hello.${path}`,
    config,
    play: (s) => s.answering(adding(...answers)),
  })),
  {
    name: 'no key',
    alert: 'decode_error',
    path: 'certificate.certificate_list',
    config: RAW,
    play: (s) => agreeing(s).message(rawCertificate(new Uint8Array(0))),
  },
  {
    name: 'certificates',
    alert: 'bad_certificate',
    path: 'certificate.certificate_list[0].subjectPublicKeyInfo',
    config: RAW,
    play: (s) => agreeing(s).certificate().serverKeyExchange(),
  },
  {
    name: 'a key that nobody knows',
    alert: 'unsupported_certificate',
    path: 'certificate.certificate_list[0].subjectPublicKeyInfo',
    config: RAW,
    play: (s) => agreeing(s).message(rawCertificate(UNKNOWN_KEY)).serverKeyExchange(),
  },
  {
    name: 'a key, where certificates are agreed on',
    alert: 'decode_error',
    path: 'certificate.certificate_list.certificate',
    config: RAW,
    play: (s) => s.serverHello().message(rawCertificate(keyOf(SERVER))),
  },
  {
    name: 'a byte behind the key',
    alert: 'decode_error',
    path: 'certificate',
    config: RAW,
    play: (s) => agreeing(s).message(handshake(11, Uint8Array.of(...vector(3, keyOf(SERVER)), 0))),
  },
  {
    name: 'the key of another',
    alert: 'decrypt_error',
    path: 'server_key_exchange.signature',
    config: RAW,
    play: (s) =>
      agreeing(s)
        .message(rawCertificate(keyOf(issue(CA))))
        .serverKeyExchange(),
  },
]

const ASKING: Partial<ServerConfig> = { clientAuthentication: 'required', clientCertificateTypes: ['RawPublicKey'] }
const offering = (client: RogueClient12): RogueClient12 =>
  client.offering(adding(typeList('client_certificate_type', RAW_PUBLIC_KEY)))

export const CLIENT_TYPES_12: readonly Rule<RogueClient12, Partial<ServerConfig>>[] = [
  ...TYPE_LISTS.map(({ name, alert, path, config, lists }): Rule<RogueClient12, Partial<ServerConfig>> => ({
    name,
    alert,
    path,
    ...(config === undefined ? {} : { config }),
    play: (c) => c.offering(adding(...lists)),
  })),
  {
    name: 'no key, where one is required',
    alert: 'handshake_failure',
    path: 'certificate.certificate_list',
    config: ASKING,
    play: (c) => offering(c).message(rawCertificate(new Uint8Array(0))),
  },
  {
    name: 'certificates in place of a key',
    alert: 'bad_certificate',
    path: 'certificate.certificate_list[0].subjectPublicKeyInfo',
    config: ASKING,
    play: (c) => offering(c).certificate().clientKeyExchange(),
  },
  {
    name: 'the key of another',
    alert: 'decrypt_error',
    path: 'certificate_verify.signature',
    config: ASKING,
    play: (c) =>
      offering(c)
        .message(rawCertificate(keyOf(issue(CA))))
        .clientKeyExchange()
        .certificateVerify(),
  },
  {
    name: 'a key, and no proof that it is its own',
    alert: 'unexpected_message',
    path: 'change_cipher_spec',
    config: ASKING,
    play: (c) =>
      offering(c)
        .message(rawCertificate(keyOf(CLIENT)))
        .clientKeyExchange()
        .changeCipherSpec(),
  },
]
