/** Raw public keys (RFC 7250): which types are taken and shown, and which key the peer proved. Our own are credentials. */

import { createHash } from 'node:crypto'

import type { CertificateType } from '../../../src/tls/index.ts'
import { expectSame, type Feature } from '../feature.ts'
import { base64, int, ints } from './flag.ts'

export interface RawKeyOptions {
  acceptedPeerCertTypes?: readonly number[]
  availableClientCertTypes?: readonly number[]
  expectPeerCertificateType?: number
  expectPeerRpkSha256?: Uint8Array
}

const TYPES: ReadonlyMap<number, CertificateType> = new Map([
  [0, 'X509'],
  [2, 'RawPublicKey'],
])

export const rawKeyFeature: Feature<RawKeyOptions> = {
  flags: {
    '-accepted-peer-cert-types': ints('acceptedPeerCertTypes'),
    '-available-client-cert-types': ints('availableClientCertTypes'),
    '-expect-peer-certificate-type': int('expectPeerCertificateType'),
    '-expect-peer-rpk-sha256': base64('expectPeerRpkSha256'),
  },

  configure(options, config, role) {
    const accepted = typesOf(options.acceptedPeerCertTypes)
    if (role === 'server') {
      if (accepted !== undefined) config.clientCertificateTypes = accepted
      return
    }
    if (accepted !== undefined) config.serverCertificateTypes = accepted
    const available = typesOf(options.availableClientCertTypes)
    if (available !== undefined) config.clientCertificateTypes = available
  },

  check(options, { connection }) {
    const { peerRawPublicKey: key } = connection
    const { expectPeerCertificateType: type, expectPeerRpkSha256: digest } = options
    if (type !== undefined)
      expectSame('a raw public key of the peer', TYPES.get(type) === 'RawPublicKey', key !== undefined)
    if (digest === undefined) return
    const found = createHash('sha256')
      .update(key ?? new Uint8Array(0))
      .digest('hex')
    expectSame("the peer's raw public key", Buffer.from(digest).toString('hex'), found)
  },
}

function typesOf(codes: readonly number[] | undefined): readonly CertificateType[] | undefined {
  return codes?.flatMap((code) => TYPES.get(code) ?? [])
}
