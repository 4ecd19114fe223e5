/** Shapes of well-known clients, told by numbers that are public: what they send and in which order. */

import type { ClientConfig, HelloExtension, HelloShape } from '../src/tls/index.ts'

export interface KnownClient {
  readonly config: Pick<ClientConfig, 'alpnProtocols' | 'keyShares' | 'requestTimestamps' | 'recordSizeLimit'> & {
    readonly helloShape: HelloShape
  }
  /** The MD5 of its JA3 string, where it does not shuffle its extensions. */
  readonly ja3?: string
  readonly ja4: string
}

function bytes(code: HelloExtension['code'], ...data: readonly number[]): HelloExtension {
  return { code, data: Uint8Array.from(data) }
}

const CHROME = {
  supportedVersions: ['GREASE', 0x0304, 0x0303],
  cipherSuites: [
    'GREASE',
    0x1301,
    0x1302,
    0x1303,
    0xc02b,
    0xc02f,
    0xc02c,
    0xc030,
    0xcca9,
    0xcca8,
    0xc013,
    0xc014,
    0x009c,
    0x009d,
    0x002f,
    0x0035,
  ],
  signatureAlgorithms: [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601],
} as const satisfies HelloShape

const SESSION_TICKET = bytes(35)
const PSK_MODES = bytes(45, 1, 1)
const ALPS = [0, 3, 2, 0x68, 0x32] as const

/** Chrome 98. */
export const OLDER_CHROME: KnownClient = {
  config: {
    alpnProtocols: ['h2', 'http/1.1'],
    keyShares: ['x25519'],
    requestTimestamps: true,
    recordSizeLimit: false,
    helloShape: {
      ...CHROME,
      supportedGroups: ['GREASE', 29, 23, 24],
      extensions: [
        bytes('GREASE'),
        'server_name',
        'extended_master_secret',
        'renegotiation_info',
        'supported_groups',
        'ec_point_formats',
        SESSION_TICKET,
        'application_layer_protocol_negotiation',
        'status_request',
        'signature_algorithms',
        'signed_certificate_timestamp',
        'key_share',
        PSK_MODES,
        'supported_versions',
        bytes(27, 2, 0, 2),
        bytes(17513, ...ALPS),
        bytes('GREASE', 0),
        'padding',
      ],
      paddedLength: 512,
    },
  },
  ja3: 'cd08e31494f9531f560d64c695473da9',
  ja4: 't13d1516h2_8daaf6152771_e5627efa2ab1',
}

/** Chrome 133, in one of the orders that it shuffles its extensions into. */
export const NEWER_CHROME: KnownClient = {
  config: {
    alpnProtocols: ['h2', 'http/1.1'],
    keyShares: ['X25519MLKEM768', 'x25519'],
    requestTimestamps: true,
    recordSizeLimit: false,
    helloShape: {
      ...CHROME,
      supportedGroups: ['GREASE', 0x11ec, 29, 23, 24],
      extensions: [
        bytes('GREASE'),
        'encrypted_client_hello',
        'key_share',
        'server_name',
        'supported_versions',
        'signed_certificate_timestamp',
        'renegotiation_info',
        PSK_MODES,
        'extended_master_secret',
        bytes(27, 2, 0, 2),
        'application_layer_protocol_negotiation',
        'status_request',
        'signature_algorithms',
        SESSION_TICKET,
        'ec_point_formats',
        bytes(17613, ...ALPS),
        'supported_groups',
        bytes('GREASE', 0),
      ],
    },
  },
  ja4: 't13d1516h2_8daaf6152771_d8a2da3f94cd',
}

/** Firefox 102. */
export const FIREFOX: KnownClient = {
  config: {
    alpnProtocols: ['h2', 'http/1.1'],
    keyShares: ['x25519', 'secp256r1'],
    helloShape: {
      supportedVersions: [0x0304, 0x0303],
      cipherSuites: [
        0x1301, 0x1303, 0x1302, 0xc02b, 0xc02f, 0xcca9, 0xcca8, 0xc02c, 0xc030, 0xc00a, 0xc009, 0xc013, 0xc014, 0x009c,
        0x009d, 0x002f, 0x0035,
      ],
      supportedGroups: [29, 23, 24, 25, 256, 257],
      signatureAlgorithms: [0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201],
      extensions: [
        'server_name',
        'extended_master_secret',
        'renegotiation_info',
        'supported_groups',
        'ec_point_formats',
        SESSION_TICKET,
        'application_layer_protocol_negotiation',
        'status_request',
        bytes(34, 0, 8, 4, 3, 5, 3, 6, 3, 2, 3),
        'key_share',
        'supported_versions',
        'signature_algorithms',
        PSK_MODES,
        'record_size_limit',
        'padding',
      ],
      paddedLength: 517 - 5,
    },
  },
  ja3: '579ccef312d18482fc42e2b822ca2430',
  ja4: 't13d1715h2_5b57614c22b0_3d5424432f57',
}
