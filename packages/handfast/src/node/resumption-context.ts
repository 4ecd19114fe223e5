/**
 * What a session depends on, as a hash: whom we trust and how we judge, whom we ask, who we are. A session that began
 * under other circumstances is not resumed, since then its peer might be refused, or know someone else.
 *
 * What is data is hashed as it is, so that processes with the same options agree. A function or a list that hides its
 * content is itself alone: sessions that depend on one are resumed in this process only.
 */

import { createHash, randomBytes } from 'node:crypto'
import type { TrustStore } from '../x509/index.ts'
import type { Judges } from './decisions.ts'

/** Tells this process from all others. */
const PROCESS = randomBytes(16).toString('hex')
const seen = new WeakMap<object, string>()
let count = 0

/** @param more facts of the options, as text. */
export function resumptionContext(judges: Judges, more: readonly unknown[]): Uint8Array {
  const { trust, validation, identities, rejectUnauthorized, decisions } = judges
  const { policy, trustedKeys, intermediates: _, budgets: __, ...lists } = validation
  const facts = [
    trustText(trust),
    JSON.stringify(policy ?? null),
    trustedKeys === undefined ? '' : objectText(trustedKeys),
    Object.entries(lists).map(([name, list]) => `${name}:${listText(list)}`),
    decisions.verifyPeer === undefined ? '' : objectText(decisions.verifyPeer),
    rejectUnauthorized,
    identities.map(({ chain, rawPublicKey }) => hashOf(chain[0] ?? rawPublicKey ?? new Uint8Array(0))),
    more,
  ]
  return new Uint8Array(createHash('sha256').update(JSON.stringify(facts)).digest())
}

function trustText(trust: TrustStore): string {
  let text = seen.get(trust)
  if (text === undefined) {
    const hash = createHash('sha256')
    for (const root of trust.certificates) {
      hash.update(root.der)
      hash.update(JSON.stringify(trust.rulesOf(root)))
    }
    text = hash.digest('hex')
    seen.set(trust, text)
  }
  return text
}

/** Lists of encoded objects by their bytes, all others by themselves. */
function listText(list: unknown): string {
  if (!Array.isArray(list)) return typeof list === 'object' && list !== null ? objectText(list) : String(list)
  return list
    .map((one: unknown) =>
      hasBytes(one) ? hashOf(one.der) : typeof one === 'object' && one !== null ? objectText(one) : String(one),
    )
    .join()
}

function hasBytes(one: unknown): one is { readonly der: Uint8Array } {
  return typeof one === 'object' && one !== null && 'der' in one && one.der instanceof Uint8Array
}

function objectText(one: object): string {
  let text = seen.get(one)
  if (text === undefined) seen.set(one, (text = `${PROCESS}-${count++}`))
  return text
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
