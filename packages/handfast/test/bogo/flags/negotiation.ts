/** Version, cipher suite, group, server name, application protocol, and what else the hellos agree on. */

import { CIPHER_SUITES, GROUP_CODES, type TlsVersion } from '../../../src/tls/index.ts'
import type { GroupName } from '../../../src/crypto/provider.ts'
import { Reader } from '../../../src/bytes/index.ts'
import { expectSame, type Feature, Mismatch, Refusal } from '../feature.ts'
import { int, ints, noted, on, text, Unimplemented } from './flag.ts'

export interface NegotiationOptions {
  minVersion?: number
  maxVersion?: number
  noTls13?: boolean
  noTls12?: boolean
  cipher?: string
  curves?: readonly number[]
  keyShares?: readonly number[]
  noKeyShares?: boolean
  hostName?: string
  advertiseAlpn?: string
  selectAlpn?: string
  declineAlpn?: boolean
  rejectAlpn?: boolean
  enableGrease?: boolean
  failEarlyCallback?: boolean
  failDdosCallback?: boolean
  expectVersion?: number
  expectCipher?: number
  expectCurveId?: number
  expectHrr?: boolean
  expectNoHrr?: boolean
  expectServerName?: string
  expectNoServerName?: boolean
  expectAlpn?: string
  expectAdvertisedAlpn?: string
  expectExtendedMasterSecret?: boolean
}

const VERSIONS: readonly (readonly [TlsVersion, number])[] = [
  ['TLS 1.3', 0x0304],
  ['TLS 1.2', 0x0303],
]

export const negotiationFeature: Feature<NegotiationOptions> = {
  flags: {
    '-min-version': int('minVersion'),
    '-max-version': int('maxVersion'),
    '-no-tls13': on('noTls13'),
    '-no-tls12': on('noTls12'),
    // There are no older versions to leave out.
    '-no-tls11': noted(false),
    '-no-tls1': noted(false),
    '-cipher': text('cipher'),
    '-curves': ints('curves'),
    '-key-shares': ints('keyShares'),
    '-no-key-shares': on('noKeyShares'),
    '-host-name': text('hostName'),
    '-advertise-alpn': text('advertiseAlpn'),
    '-select-alpn': text('selectAlpn'),
    '-decline-alpn': on('declineAlpn'),
    '-reject-alpn': on('rejectAlpn'),
    '-enable-grease': on('enableGrease'),
    '-fail-early-callback': on('failEarlyCallback'),
    '-fail-ddos-callback': on('failDdosCallback'),
    '-install-ddos-callback': noted(false),
    '-expect-version': int('expectVersion'),
    '-expect-cipher': int('expectCipher'),
    // Whether this machine has instructions for AES makes no difference here: the server's order is its own.
    '-expect-cipher-aes': int('expectCipher'),
    '-expect-cipher-no-aes': noted(true),
    '-expect-curve-id': int('expectCurveId'),
    '-expect-hrr': on('expectHrr'),
    '-expect-no-hrr': on('expectNoHrr'),
    '-expect-server-name': text('expectServerName'),
    '-expect-no-server-name': on('expectNoServerName'),
    '-expect-alpn': text('expectAlpn'),
    '-expect-advertised-alpn': text('expectAdvertisedAlpn'),
    '-expect-extended-master-secret': on('expectExtendedMasterSecret'),
  },

  configure(options, config, role) {
    const versions = versionsOf(options)
    config.versions = versions
    if (options.cipher !== undefined) config.cipherSuites = suitesOf(options.cipher)
    if (options.curves !== undefined) config.groups = options.curves.map(groupOf)
    if (options.enableGrease === true) config.grease = true
    if (role === 'client') {
      if (options.keyShares !== undefined) config.keyShares = options.keyShares.map(groupOf)
      if (options.noKeyShares === true) config.keyShares = []
      if (options.hostName !== undefined) config.serverName = options.hostName
      if (options.advertiseAlpn !== undefined) config.alpnProtocols = protocolsOf(options.advertiseAlpn)
    } else {
      config.chooseConfig = true
      if (options.selectAlpn !== undefined && options.selectAlpn !== '') config.alpnProtocols = [options.selectAlpn]
      // No client offers this one.
      if (options.rejectAlpn === true) config.alpnProtocols = ['\0']
    }
  },

  answer(options, connection, task) {
    if (task.kind !== 'choose-config') return false
    if (options.failEarlyCallback === true || options.failDdosCallback === true) {
      const alert = options.failDdosCallback === true ? 'internal_error' : 'handshake_failure'
      connection.refuse(task.id, new Refusal('CONNECTION_REJECTED'), alert)
      return true
    }
    const { serverName, alpnProtocols } = task.clientHello
    expectSame('server_name', options.expectServerName, serverName)
    if (options.expectNoServerName === true && serverName !== undefined) throw new Mismatch('server_name: needs none')
    if (options.expectAdvertisedAlpn !== undefined) {
      expectSame('protocols', protocolsOf(options.expectAdvertisedAlpn).join(), alpnProtocols.join())
    }
    connection.resume<'choose-config'>(task.id, undefined)
    return true
  },

  check(options, completed) {
    const { negotiated, connection, role } = completed
    const { version, cipherSuite, group, helloRetryRequest, alpnProtocol } = negotiated
    const code = VERSIONS.find(([name]) => name === version)?.[1]
    expectSame('version', options.expectVersion, code)
    expectSame('cipher suite', options.expectCipher, CIPHER_SUITES.find(({ name }) => name === cipherSuite)?.code)
    expectSame('group', options.expectCurveId, group === undefined ? undefined : GROUP_CODES[group])
    if (options.expectHrr === true) expectSame('HelloRetryRequest', true, helloRetryRequest)
    if (options.expectNoHrr === true) expectSame('HelloRetryRequest', false, helloRetryRequest)
    // A server says what it chose, a client what the test expects; no protocol where neither says one.
    const protocol = role === 'server' ? options.selectAlpn : options.expectAlpn
    expectSame('protocol', protocol ?? '', alpnProtocol ?? '')
    if (options.expectExtendedMasterSecret === true) connection.exportKeyingMaterial('test', undefined, 1)
  },
}

function versionsOf(options: NegotiationOptions): readonly TlsVersion[] {
  const { minVersion = 0, maxVersion = 0xffff, noTls13, noTls12 } = options
  const versions = VERSIONS.filter(
    ([name, code]) =>
      code >= minVersion && code <= maxVersion && !(name === 'TLS 1.3' ? noTls13 === true : noTls12 === true),
  ).map(([name]) => name)
  if (versions.length === 0) throw new Unimplemented('versions before TLS 1.2')
  return versions
}

function groupOf(code: number): GroupName {
  const found = Object.entries(GROUP_CODES).find(([, own]) => own === code)
  if (found === undefined) throw new Unimplemented(`group ${code}`)
  return found[0] as GroupName
}

/** OpenSSL's way to write suites, as far as it names them one by one. */
function suitesOf(list: string): EngineSuites {
  const names = list.split(':')
  const suites = names.map((name) => CIPHER_SUITES.find((suite) => suite.name === name))
  if (suites.includes(undefined)) throw new Unimplemented(`cipher suites ${list}`)
  return suites.flatMap((suite) => suite?.name ?? [])
}

type EngineSuites = readonly (typeof CIPHER_SUITES)[number]['name'][]

/** The list as `protocol_name_list` has it on the wire. */
function protocolsOf(wire: string): readonly string[] {
  const r = new Reader(Buffer.from(wire, 'latin1'), 'protocols')
  const names: string[] = []
  while (r.remaining > 0) names.push(Buffer.from(r.vector(1, 'protocol_name')).toString('latin1'))
  return names
}
