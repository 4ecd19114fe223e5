/**
 * Real certificates for the x509 bench: chains of public servers from the suites that others made
 * (HANDFAST_DATA, by default ../shared/data from the root; ids that begin `online::`), where they are,
 * and the roots of this machine.
 */

import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { readSystemRoots } from '../packages/handfast/src/node/roots.ts'
import { readPem } from '../packages/handfast/src/asn1/index.ts'

/** What a server presented, and the root it led to. DER. */
export interface RealChain {
  readonly name: string
  /** Leaf first. */
  readonly presented: readonly Uint8Array[]
  readonly root: Uint8Array
  /** A time at which all of it was valid, milliseconds since the epoch. */
  readonly time: number
}

const ROOT = resolve(import.meta.dirname, '..')
const FILE = join(resolve(ROOT, process.env['HANDFAST_DATA'] ?? '../shared/data'), 'x509', 'limbo.ndjson')

/** None if the suite is not there. */
export function readRealChains(): RealChain[] {
  if (!existsSync(FILE)) return []
  const lines = readFileSync(FILE, 'utf8').split('\n')
  return lines.flatMap((line) => {
    if (line.trim() === '') return []
    const test = JSON.parse(line) as OnlineCase
    if (!test.id.startsWith('online::') || test.time === null) return []
    return [
      {
        name: test.name.value,
        presented: [test.leaf, ...test.inter].map(bytesOf),
        root: bytesOf(test.trusted[0] as string),
        time: Date.parse(test.time),
      },
    ]
  })
}

interface OnlineCase {
  readonly id: string
  readonly leaf: string
  readonly inter: readonly string[]
  readonly trusted: readonly string[]
  readonly time: string | null
  readonly name: { readonly value: string }
}

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}

/** The operating system's roots, DER, each once. */
export function readMachineRoots(): Uint8Array[] {
  const roots = readSystemRoots().flatMap((text) => readPem(text).map(({ bytes }) => bytes))
  return [...new Map(roots.map((der) => [Buffer.from(der).toString('latin1'), der])).values()]
}
