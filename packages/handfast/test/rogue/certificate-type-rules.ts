/** What neither side may do with certificate types and raw public keys (RFC 7250; RFC 9846 section 4.5.1). */

import { fromHex } from '../../src/bytes/index.ts'
import type { ClientConfig, ServerConfig } from '../../src/tls/index.ts'
import { CA, CLIENT, rawIdentityOf, SERVER } from '../pair/pair.ts'
import { issue, type TestCertificate } from '../pki.ts'
import type { Authenticating } from './authentication-rules.ts'
import type { RogueClient } from './client.ts'
import { adding, EXTENSION, extension, type RawExtension, vector } from './messages.ts'
import type { Rule } from './rule.ts'
import type { RogueServer } from './server.ts'

export const RAW_PUBLIC_KEY = 2
const X509 = 0
/** OpenPGP (RFC 6091), which TLS 1.3 does not have. */
const OPENPGP = 1

export type TypeExtension = 'client_certificate_type' | 'server_certificate_type'

/** As a client has it: a list. */
export function typeList(name: TypeExtension, ...types: readonly number[]): RawExtension {
  return extension(EXTENSION[name], vector(1, Uint8Array.from(types)))
}

/** As a server answers: one type. */
export function typeAnswer(name: TypeExtension, ...types: readonly number[]): RawExtension {
  return extension(EXTENSION[name], types)
}

export function keyOf(certificate: TestCertificate): Uint8Array {
  return certificate.key.subjectPublicKeyInfo
}

/** An algorithm 1.2.3.4 without parameters. */
export const UNKNOWN_KEY: Uint8Array = fromHex('300b300506032a030403020001')

const BOTH: Partial<ClientConfig> = { serverCertificateTypes: ['RawPublicKey', 'X509'] }
const RAW_ONLY: Partial<ClientConfig> = { serverCertificateTypes: ['RawPublicKey'] }
const CLIENT_HAS_RAW: Partial<ClientConfig> = { identities: [rawIdentityOf(CLIENT)] }

/** What a client refuses in the answers; the rules of TLS 1.2 are the same. */
export const TYPE_ANSWERS: readonly {
  readonly name: string
  readonly alert: 'unsupported_certificate' | 'unsupported_extension' | 'decode_error'
  /** Behind the name of the message. */
  readonly path: string
  readonly config: Partial<ClientConfig>
  readonly answers: readonly RawExtension[]
}[] = [
  {
    name: 'a raw public key, where none was offered',
    alert: 'unsupported_extension',
    path: 'server_certificate_type',
    config: {},
    answers: [typeAnswer('server_certificate_type', RAW_PUBLIC_KEY)],
  },
  {
    name: 'X.509, where nothing was offered',
    alert: 'unsupported_extension',
    path: 'server_certificate_type',
    config: {},
    answers: [typeAnswer('server_certificate_type', X509)],
  },
  {
    name: 'a type of the client, where none was offered',
    alert: 'unsupported_extension',
    path: 'client_certificate_type',
    config: BOTH,
    answers: [typeAnswer('client_certificate_type', RAW_PUBLIC_KEY)],
  },
  {
    name: 'a type that nobody offered',
    alert: 'unsupported_certificate',
    path: 'server_certificate_type',
    config: BOTH,
    answers: [typeAnswer('server_certificate_type', OPENPGP)],
  },
  {
    name: 'X.509, where raw public keys alone were offered',
    alert: 'unsupported_certificate',
    path: 'server_certificate_type',
    config: RAW_ONLY,
    answers: [typeAnswer('server_certificate_type', X509)],
  },
  {
    name: 'nothing, where raw public keys alone were offered',
    alert: 'unsupported_certificate',
    path: 'server_certificate_type',
    config: RAW_ONLY,
    answers: [],
  },
  {
    name: 'X.509 of a client that has offered raw public keys alone',
    alert: 'unsupported_certificate',
    path: 'client_certificate_type',
    config: CLIENT_HAS_RAW,
    answers: [typeAnswer('client_certificate_type', X509)],
  },
  {
    name: 'two types',
    alert: 'decode_error',
    path: 'extensions.server_certificate_type',
    config: BOTH,
    answers: [typeAnswer('server_certificate_type', RAW_PUBLIC_KEY, X509)],
  },
  {
    name: 'no type',
    alert: 'decode_error',
    path: 'extensions.server_certificate_type.certificate_type',
    config: BOTH,
    answers: [typeAnswer('server_certificate_type')],
  },
]

export const SERVER_TYPES: readonly Rule<RogueServer, Partial<ClientConfig>>[] = [
  ...TYPE_ANSWERS.map(({ name, alert, path, config, answers }): Rule<RogueServer, Partial<ClientConfig>> => ({
    name,
    alert,
    path: `encrypted_extensions.${path}`,
    config,
    play: (s) => s.upTo('encrypted_extensions').encryptedExtensions(...answers),
  })),
  {
    name: 'a request for a certificate, of a client that has offered raw public keys alone',
    alert: 'unsupported_certificate',
    path: 'certificate_request',
    config: CLIENT_HAS_RAW,
    play: (s) => s.through('encrypted_extensions').certificateRequest(),
  },
  {
    name: 'no key at all',
    alert: 'decode_error',
    path: 'certificate.certificate_list',
    config: BOTH,
    play: (s) => {
      s.upTo('encrypted_extensions').encryptedExtensions(typeAnswer('server_certificate_type', RAW_PUBLIC_KEY))
      s.certificate((own) => ({ ...own, entries: [] }))
    },
  },
  {
    name: 'a key, where X.509 is agreed on',
    alert: 'bad_certificate',
    path: 'certificate.certificate_list[0]',
    config: BOTH,
    play: (s) => {
      s.upTo('encrypted_extensions').encryptedExtensions(typeAnswer('server_certificate_type', X509))
      s.certificate((own) => ({ ...own, entries: [{ data: keyOf(SERVER) }] }))
    },
  },
]

/** What a server refuses in the lists of a client; the rules of TLS 1.2 are the same. */
export const TYPE_LISTS: readonly {
  readonly name: string
  readonly alert: 'unsupported_certificate' | 'illegal_parameter' | 'decode_error'
  readonly path: string
  readonly config?: Partial<ServerConfig>
  readonly lists: readonly RawExtension[]
}[] = [
  ...(['client_certificate_type', 'server_certificate_type'] as const).flatMap((name) => [
    {
      name: `an empty ${name}`,
      alert: 'decode_error' as const,
      path: `client_hello.extensions.${name}.certificate_types`,
      lists: [typeList(name)],
    },
    {
      name: `X.509 alone in ${name}`,
      alert: 'illegal_parameter' as const,
      path: `client_hello.extensions.${name}.certificate_types`,
      lists: [typeList(name, X509)],
    },
    {
      name: `a byte left over in ${name}`,
      alert: 'decode_error' as const,
      path: `client_hello.extensions.${name}`,
      lists: [extension(EXTENSION[name], [1, RAW_PUBLIC_KEY, 0])],
    },
  ]),
  {
    name: 'raw public keys alone, of a server that has certificates',
    alert: 'unsupported_certificate',
    path: 'client_hello.server_certificate_type',
    lists: [typeList('server_certificate_type', RAW_PUBLIC_KEY)],
  },
  {
    name: 'types that nobody knows alone',
    alert: 'unsupported_certificate',
    path: 'client_hello.server_certificate_type',
    lists: [typeList('server_certificate_type', OPENPGP, 5)],
  },
  {
    name: 'raw public keys of its own alone, to a server that takes certificates',
    alert: 'unsupported_certificate',
    path: 'client_hello.client_certificate_type',
    config: { clientAuthentication: 'optional' },
    lists: [typeList('client_certificate_type', RAW_PUBLIC_KEY)],
  },
  {
    name: 'types of its own that nobody knows alone',
    alert: 'unsupported_certificate',
    path: 'client_hello.client_certificate_type',
    config: { clientAuthentication: 'optional', clientCertificateTypes: ['RawPublicKey', 'X509'] },
    lists: [typeList('client_certificate_type', OPENPGP, 5)],
  },
  {
    name: 'nothing, to a server that takes raw public keys alone',
    alert: 'unsupported_certificate',
    path: 'client_hello.client_certificate_type',
    config: { clientAuthentication: 'optional', clientCertificateTypes: ['RawPublicKey'] },
    lists: [],
  },
]

export const CLIENT_TYPES: readonly Rule<RogueClient, Partial<ServerConfig>>[] = TYPE_LISTS.map(
  ({ name, alert, path, config, lists }) => ({
    name,
    alert,
    path,
    ...(config === undefined ? {} : { config }),
    play: (c) => c.offering(adding(...lists)),
  }),
)

/** Of either, once raw public keys are agreed on and it is the peer's turn to show one. */
export const RAW_KEYS: readonly Rule<Authenticating, undefined>[] = [
  {
    name: 'a certificate',
    alert: 'bad_certificate',
    path: 'certificate.certificate_list[0].subjectPublicKeyInfo',
    play: (p) => p.certificate(),
  },
  {
    name: 'two keys',
    alert: 'illegal_parameter',
    path: 'certificate.certificate_list',
    play: (p) => p.certificate((own) => ({ ...own, entries: [{ data: keyOf(SERVER) }, { data: keyOf(CLIENT) }] })),
  },
  {
    name: 'an empty key',
    alert: 'decode_error',
    path: 'certificate.certificate_list.cert_data',
    play: (p) => p.certificate((own) => ({ ...own, entries: [{ data: new Uint8Array(0) }] })),
  },
  {
    name: 'garbage',
    alert: 'bad_certificate',
    path: 'certificate.certificate_list[0].subjectPublicKeyInfo',
    play: (p) => p.certificate((own) => ({ ...own, entries: [{ data: new Uint8Array(91).fill(0x30) }] })),
  },
  {
    name: 'a key with a byte left over',
    alert: 'bad_certificate',
    path: 'certificate.certificate_list[0].subjectPublicKeyInfo',
    play: (p) => p.certificate((own) => ({ ...own, entries: [{ data: Uint8Array.of(...keyOf(SERVER), 0) }] })),
  },
  {
    name: 'a key that nobody knows',
    alert: 'unsupported_certificate',
    path: 'certificate.certificate_list[0].subjectPublicKeyInfo',
    play: (p) => p.certificate((own) => ({ ...own, entries: [{ data: UNKNOWN_KEY }] })),
  },
  {
    name: 'an extension that was not asked for',
    alert: 'unsupported_extension',
    path: `certificate.certificate_list.${EXTENSION.unknown}`,
    play: (p) =>
      p.certificate((own) => ({
        ...own,
        entries: [{ data: keyOf(SERVER), extensions: [extension(EXTENSION.unknown)] }],
      })),
  },
  {
    name: 'a key, and no proof that it is its own',
    alert: 'unexpected_message',
    path: 'handshake',
    play: (p) => p.certificate((own) => ({ ...own, entries: [{ data: keyOf(SERVER) }] })).finished(),
  },
  {
    name: 'the key of another',
    alert: 'decrypt_error',
    path: 'certificate_verify.signature',
    play: (p) => {
      p.certificate((own) => ({ ...own, entries: [{ data: keyOf(issue(CA)) }] })).certificateVerify()
    },
  },
]
