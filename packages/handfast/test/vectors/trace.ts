/**
 * The published traces of TLS 1.3 handshakes (the scenarios of RFC 8448), as data, and a provider that
 * draws what a trace drew.
 */

import { existsSync, readFileSync } from 'node:fs'
import { fromHex } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import type { CryptoProvider } from '../../src/crypto/provider.ts'
import { fixedGroup } from '../pair/fixed-group.ts'

export interface Step {
  readonly side: 'client' | 'server'
  readonly action: string
  readonly values: readonly { readonly label: string; readonly hex: string }[]
}

export interface Section {
  readonly section: number
  readonly title: string
  readonly steps: readonly Step[]
}

const ROOT = new URL('../../../../', import.meta.url)
const FILE = new URL('tls13-traces.json', folder(process.env.HANDFAST_DATA ?? '../shared/data'))

function folder(path: string): URL {
  return new URL(path.endsWith('/') ? path : `${path}/`, ROOT)
}

export const hasTraces: boolean = existsSync(FILE)
export const NO_TRACES = 'no tls13-traces.json in HANDFAST_DATA or ../shared/data'

/** Empty without the data. */
export const sections: readonly Section[] = hasTraces
  ? (JSON.parse(readFileSync(FILE, 'utf8')) as { sections: Section[] }).sections
  : []

/** A section without 0-RTT, by its number. */
export function sectionOf(number: number): Trace {
  const section = sections.find((one) => one.section === number)
  if (section === undefined) throw new Error(NO_TRACES)
  return new Trace(section)
}

export class Trace {
  readonly section: Section

  constructor(section: Section) {
    this.section = section
  }

  /** Steps of one side whose action begins so. */
  steps(side: 'client' | 'server', action: string): readonly Step[] {
    return this.section.steps.filter((step) => step.side === side && step.action.startsWith(action))
  }

  /** Every value with this label that belongs to such steps. */
  values(side: 'client' | 'server', action: string, label: string): Uint8Array[] {
    return this.steps(side, action).flatMap(({ values }) =>
      values.filter((value) => value.label === label).map(({ hex }) => fromHex(hex)),
    )
  }

  /** A handshake message that one side built, as often as it did. */
  messages(side: 'client' | 'server', name: string): Uint8Array[] {
    return this.values(side, `construct a ${name} `, name)
  }

  message(side: 'client' | 'server', name: string): Uint8Array {
    const message = this.messages(side, name).at(-1)
    if (message === undefined) throw new Error(`section ${this.section.section} has no ${name} of the ${side}`)
    return message
  }

  /** The signature in a CertificateVerify. */
  signature(side: 'client' | 'server'): Uint8Array {
    return this.message(side, 'CertificateVerify').slice(8)
  }

  /** The certificate in a Certificate with one entry. */
  certificate(side: 'client' | 'server'): Uint8Array {
    const message = this.message(side, 'Certificate')
    return message.slice(4 + 1 + 3 + 3, -2)
  }

  /** Everything one side put on the wire, record by record, with what was in it. */
  records(side: 'client' | 'server'): { action: string; payload: Uint8Array; record: Uint8Array }[] {
    return this.section.steps
      .filter((step) => step.side === side && step.action.startsWith('send '))
      .map(({ action, values }) => {
        const [payload, record] = ['payload', 'complete record'].map((label) =>
          fromHex(values.find((value) => value.label === label)?.hex ?? ''),
        ) as [Uint8Array, Uint8Array]
        return { action, payload, record }
      })
  }

  /** A secret by its label. */
  secret(label: string): Uint8Array {
    const [value] = [
      ...this.values('server', `derive secret "tls13 ${label}"`, 'expanded'),
      ...this.values('client', `derive secret "tls13 ${label}"`, 'expanded'),
      ...this.values('server', `extract secret "${label}"`, 'secret'),
    ]
    if (value === undefined) throw new Error(`section ${this.section.section} has no secret '${label}'`)
    return value
  }
}

/** Draws these random bytes one after the other, and has these ephemeral keys. */
export function traceProvider(trace: Trace, side: 'client' | 'server', random: readonly Uint8Array[]): CryptoProvider {
  const waiting = [...random]
  return {
    ...nodeProvider,
    random: () => {
      const next = waiting.shift()
      if (next === undefined) throw new Error('more random bytes were drawn than in the trace')
      return next.slice()
    },
    groups: trace
      .steps(side, 'create an ephemeral')
      .map(({ action, values }) =>
        fixedGroup(action.includes('x25519') ? 'x25519' : 'secp256r1', fromHex(values[0]?.hex ?? '')),
      ),
  }
}
