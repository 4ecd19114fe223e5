/** Encrypted Client Hello (RFC 9849). */

import { nodeProvider } from '../../../src/crypto/node.ts'
import { createEchKey, readEchConfigList } from '../../../src/tls/index.ts'
import { chooseEchConfig } from '../../../src/tls/ech/config.ts'
import { expectSame, type Feature, Mismatch } from '../feature.ts'
import { base64, base64s, ints, on, text } from './flag.ts'

export interface EchOptions {
  hostName?: string
  echConfigList?: Uint8Array
  rejectUnusableEchConfig?: boolean
  enableEchGrease?: boolean
  echServerConfigs?: readonly Uint8Array[]
  echServerKeys?: readonly Uint8Array[]
  echIsRetryConfig?: readonly number[]
  expectEchAccept?: boolean
  expectEchNameOverride?: string
  expectNoEchNameOverride?: boolean
  expectEchRetryConfigs?: Uint8Array
  expectNoEchRetryConfigs?: boolean
}

export const echFeature: Feature<EchOptions> = {
  flags: {
    '-ech-config-list': base64('echConfigList'),
    '-reject-unusable-ech-config': on('rejectUnusableEchConfig'),
    '-enable-ech-grease': on('enableEchGrease'),
    '-ech-server-config': base64s('echServerConfigs'),
    '-ech-server-key': base64s('echServerKeys'),
    '-ech-is-retry-config': ints('echIsRetryConfig'),
    '-expect-ech-accept': on('expectEchAccept'),
    '-expect-ech-name-override': text('expectEchNameOverride'),
    '-expect-no-ech-name-override': on('expectNoEchNameOverride'),
    '-expect-ech-retry-configs': base64('expectEchRetryConfigs'),
    '-expect-no-ech-retry-configs': on('expectNoEchRetryConfigs'),
  },

  configure(options, config, role) {
    if (role === 'server') {
      const { echServerConfigs = [], echServerKeys = [], echIsRetryConfig = [] } = options
      config.ech = echServerConfigs.map((each, i) =>
        createEchKey(nodeProvider, each, echServerKeys[i] as Uint8Array, { isRetry: echIsRetryConfig[i] === 1 }),
      )
      return
    }
    if (options.enableEchGrease === true) config.grease = true
    const list = options.echConfigList
    if (list === undefined) return
    // Unless it is told otherwise, the tests' host goes on without ECH where no configuration can be used.
    if (options.rejectUnusableEchConfig === true || !isUnusable(list)) config.ech = list
  },

  answer(options, _, task) {
    if (task.kind !== 'verify-peer' || task.peer !== 'server') return false
    if (options.expectEchNameOverride !== undefined) {
      expectSame('name to be proved', options.expectEchNameOverride, task.serverName)
    }
    if (options.expectNoEchNameOverride === true) expectSame('name to be proved', options.hostName, task.serverName)
    return false
  },

  check(options, { connection }) {
    const status = connection.report().encryptedClientHello?.status
    expectSame('acceptance of ECH', options.expectEchAccept === true, status === 'accepted')
  },

  checkFailure({ expectEchRetryConfigs, expectNoEchRetryConfigs }, { echRejection }) {
    if (expectEchRetryConfigs === undefined && expectNoEchRetryConfigs !== true) return
    if (echRejection === undefined) throw new Mismatch('rejection of ECH: needs one, has none')
    expectSame('configurations to retry with', hex(expectEchRetryConfigs), hex(echRejection.retryConfigs))
    if (expectNoEchRetryConfigs === true) expectSame('configurations to retry with', '', hex(echRejection.retryConfigs))
  },
}

/** Whether a list is right and yet of no use. */
function isUnusable(list: Uint8Array): boolean {
  try {
    return chooseEchConfig(nodeProvider, readEchConfigList(list)) === undefined
  } catch {
    return false
  }
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex')
}
