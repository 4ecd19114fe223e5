/** What a client is told where ECH was rejected. */

import { describe, expect, test } from 'vitest'
import { nodeProvider } from '../../crypto/node.ts'
import { EchOffer } from '../ech/client-offer.ts'
import { chooseEchConfig, readEchConfig, type UsableEchConfig, writeEchConfigList } from '../ech/config.ts'
import { generateEchKey } from '../ech/key.ts'
import type { AuthenticatedPeer } from './authenticate.ts'
import { echRequired } from './ech-required.ts'

const { config } = generateEchKey(nodeProvider, { publicName: 'public.example' })
const OFFER = new EchOffer(nodeProvider, chooseEchConfig(nodeProvider, [readEchConfig(config)]) as UsableEchConfig)
/** Of a version that nobody knows. */
const OTHER = Uint8Array.of(0xfe, 0x0c, 0, 2, 1, 2)

function judged(verdict: { readonly trusted: boolean } | undefined): AuthenticatedPeer {
  return { judgement: { accepted: true, verdict } } as unknown as AuthenticatedPeer
}

describe('a server that proved its public name (section 6.1.6)', () => {
  test.each([
    ['none', undefined, undefined, /a server without ECH$/],
    ['other versions alone, which are as good as none', [OTHER], undefined, /a server without ECH$/],
    ['one of our version', [config], [config], /other keys/],
    ['one of our version among others', [OTHER, config], [OTHER, config], /other keys/],
  ])('gives %s', (_, given, kept, message) => {
    const error = echRequired(OFFER, judged({ trusted: true }), given && writeEchConfigList(given))
    expect(error.message).toMatch(message)
    expect(error.echRejection).toEqual({
      publicName: 'public.example',
      retryConfigs: kept && writeEchConfigList(kept),
    })
  })
})

test.each([
  ['no verdict', undefined],
  ['a verdict that says no', { trusted: false }],
])('with %s, nothing that the server said is handed on', (_, verdict) => {
  const error = echRequired(OFFER, judged(verdict), writeEchConfigList([config]))
  expect(error).toMatchObject({ alert: 'ech_required', fault: 'host' })
  expect(error.echRejection).toBeUndefined()
})
