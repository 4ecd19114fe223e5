/** The peer's certificate: whether it is asked for, how it is judged, and what was seen of it. */

import { readFileSync } from 'node:fs'

import { equalBytes } from '../../../src/bytes/index.ts'
import { nodeProvider } from '../../../src/crypto/node.ts'
import { readCertificates } from '../../../src/node/identity.ts'
import { judgePeer, type PeerJudgement, SIGNATURE_SCHEMES, type Task } from '../../../src/tls/index.ts'
import { createTrustStore, readCertificate } from '../../../src/x509/index.ts'
import { expectSame, type Feature, Mismatch, Refusal } from '../feature.ts'
import { schemeName } from './credentials.ts'
import { int, ints, noted, on, text, Unimplemented } from './flag.ts'

export interface AuthenticationOptions {
  isServer?: boolean
  verifyPrefs?: readonly number[]
  verifyPeer?: boolean
  requireAnyClientCertificate?: boolean
  verifyFail?: boolean
  useCustomVerifyCallback?: boolean
  maxCertList?: number
  trustCert?: string
  expectPeerSignatureAlgorithm?: number
  expectPeerCertFile?: string
  expectNoPeerCert?: boolean
}

export const authenticationFeature: Feature<AuthenticationOptions> = {
  flags: {
    '-verify-prefs': ints('verifyPrefs'),
    '-verify-peer': on('verifyPeer'),
    '-require-any-client-certificate': on('requireAnyClientCertificate'),
    '-verify-fail': on('verifyFail'),
    '-use-custom-verify-callback': on('useCustomVerifyCallback'),
    '-max-cert-list': int('maxCertList'),
    '-expect-peer-signature-algorithm': int('expectPeerSignatureAlgorithm'),
    '-expect-peer-cert-file': text('expectPeerCertFile'),
    '-expect-no-peer-cert': on('expectNoPeerCert'),
    '-trust-cert': text('trustCert'),
    '-expect-verify-result': noted(false),
  },

  configure(options, config, role) {
    if (options.verifyPrefs !== undefined) {
      const names = options.verifyPrefs.flatMap(schemeName)
      if (names.length === 0) throw new Unimplemented(`signature schemes ${options.verifyPrefs.join()}`)
      config.signatureSchemes = names
    }
    if (role === 'server') {
      if (options.requireAnyClientCertificate === true) config.clientAuthentication = 'required'
      if (options.verifyPeer === true) config.clientAuthentication = 'optional'
    }
    if (options.maxCertList !== undefined) config.limits = { certificate: Math.max(1024, options.maxCertList) }
  },

  answer(options, connection, task) {
    if (task.kind !== 'verify-peer') return false
    if (options.verifyFail !== true || isUnasked(options, task))
      connection.resume<'verify-peer'>(task.id, { ...verdictOn(options, task), accepted: true })
    else if (options.useCustomVerifyCallback === true) connection.resume<'verify-peer'>(task.id, { accepted: false })
    else connection.refuse(task.id, new Refusal('CERTIFICATE_VERIFY_FAILED'), 'handshake_failure')
    return true
  },

  check(options, { negotiated, connection, role }) {
    const { peerSignatureScheme } = negotiated
    const code = SIGNATURE_SCHEMES.find(({ name }) => name === peerSignatureScheme)?.code
    // A resumed session has no signature of its own.
    if (!negotiated.resumed) expectSame('signature scheme', options.expectPeerSignatureAlgorithm, code)
    const chain = connection.peerCertificates
    if (options.expectNoPeerCert === true || negotiated.externalPsk !== undefined)
      expectSame('certificates of the peer', 0, chain.length)
    else if (
      (role === 'client' || options.requireAnyClientCertificate === true) &&
      chain.length === 0 &&
      connection.peerRawPublicKey === undefined
    ) {
      throw new Mismatch('certificates of the peer: needs some, has none')
    }
    if (options.expectPeerCertFile !== undefined) {
      const expected = readCertificates('-expect-peer-cert-file', readFileSync(options.expectPeerCertFile))
      const isSame =
        expected.length === chain.length && expected.every((der, i) => equalBytes(der, chain[i] as Uint8Array))
      if (!isSame) throw new Mismatch('certificates of the peer: needs those of the file, has others')
    }
  },
}

/** Whether a verdict counts for nothing, which only BoringSSL's own callback can tell. */
function isUnasked({ isServer, ...options }: AuthenticationOptions, task: VerifyPeerTask): boolean {
  if (task.rawPublicKey !== undefined) return false
  return isServer !== true && options.verifyPeer !== true && options.useCustomVerifyCallback !== true
}

/**
 * The tests' host accepts whom it is told to, whoever signed the chain. Only to say that a server proved its name, as
 * after a rejection of ECH, a verdict is needed.
 */
function verdictOn({ trustCert }: AuthenticationOptions, task: VerifyPeerTask): Pick<PeerJudgement, 'verdict'> {
  if (trustCert === undefined || task.serverName === undefined) return {}
  const trust = createTrustStore(
    readCertificates('-trust-cert', readFileSync(trustCert)).map((der) => readCertificate(der)),
  )
  return judgePeer(task, { provider: nodeProvider, time: () => Date.now() }, trust)
}

type VerifyPeerTask = Extract<Task, { kind: 'verify-peer' }>
