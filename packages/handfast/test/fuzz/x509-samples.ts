/**
 * What certificates, CRLs, OCSP responses and lists of timestamps are spoilt: those of the suites that
 * others made, where they are (HANDFAST_DATA, by default ../shared/data from the root), and our own.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { CertificateError, type Purpose, readCertificate, type ReferenceIdentity } from '../../src/x509/index.ts'
import { issue, issueCa, makeCa, TEST_KEY_TYPES } from '../pki.ts'

/** A question to the judge of chains. */
export interface ChainSample {
  readonly chain: readonly Uint8Array[]
  readonly trusted: readonly Uint8Array[]
  readonly crls: readonly Uint8Array[]
  readonly ocspResponses: readonly Uint8Array[]
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly purpose: Purpose
  readonly identity: ReferenceIdentity | undefined
}

export interface Samples {
  readonly certificates: readonly Uint8Array[]
  readonly crls: readonly Uint8Array[]
  readonly ocspResponses: readonly Uint8Array[]
  /** SignedCertificateTimestampLists. */
  readonly timestampLists: readonly Uint8Array[]
  readonly chains: readonly ChainSample[]
}

const ROOT = resolve(import.meta.dirname, '..', '..', '..', '..')
const FOLDER = join(resolve(ROOT, process.env['HANDFAST_DATA'] ?? '../shared/data'), 'x509')

/** Whether the suites are there: without them there are no CRLs, OCSP responses and timestamps. */
export const hasSuites: boolean = existsSync(FOLDER)

/** Why what needs them is skipped. */
export const NO_SUITES = 'no x509/*.ndjson in HANDFAST_DATA or ../shared/data'

export function readSamples(): Samples {
  const chains = [...ownChains(), ...(hasSuites ? suiteChains() : [])]
  const certificates = distinct([
    ...chains.flatMap(({ chain, trusted }) => [...chain, ...trusted]),
    ...TEST_KEY_TYPES.map((keyType) => makeCa({ keyType }).certificate),
  ])
  return {
    certificates,
    crls: distinct(chains.flatMap(({ crls }) => crls)),
    ocspResponses: distinct(chains.flatMap(({ ocspResponses }) => ocspResponses)),
    timestampLists: distinct(certificates.flatMap(timestampsOf)),
    chains,
  }
}

function ownChains(): ChainSample[] {
  const root = makeCa({ subject: 'Root' })
  const sub = issueCa(root, {
    subject: 'Sub',
    pathLength: 0,
    permitted: ['DNS:example.com', 'email:example.com', 'URI:example.com'],
    excluded: ['IP:192.0.2.0/255.255.255.0'],
  })
  const leaf = issue(sub, {
    dnsNames: ['example.com', '*.example.com'],
    emails: ['a@example.com'],
    uris: ['https://example.com/'],
  })
  return [
    {
      chain: [leaf.certificate, sub.certificate],
      trusted: [root.certificate],
      crls: [],
      ocspResponses: [],
      time: Date.UTC(2026, 0, 1),
      purpose: 'server',
      identity: { kind: 'dns', name: 'example.com' },
    },
  ]
}

/** Any line of a suite, as far as it concerns us. */
interface SuiteLine {
  readonly leaf?: string
  readonly inter?: readonly string[]
  readonly trusted?: readonly string[]
  readonly crls?: readonly string[]
  readonly time?: string | null
  readonly name?: { readonly kind: string; readonly value: string } | null
  readonly kind?: string
  readonly blocks?: readonly { readonly type: string; readonly b64: string }[]
}

function suiteChains(): ChainSample[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.ndjson'))
  const lines = files.flatMap((name) => readFileSync(join(FOLDER, name), 'utf8').split('\n'))
  return lines.flatMap((line) => (line.trim() === '' ? [] : chainsOf(JSON.parse(line) as SuiteLine)))
}

function chainsOf(line: SuiteLine): ChainSample[] {
  if (line.leaf !== undefined) {
    return [
      {
        chain: [line.leaf, ...(line.inter ?? [])].map(bytesOf),
        trusted: (line.trusted ?? []).map(bytesOf),
        crls: (line.crls ?? []).map(bytesOf),
        ocspResponses: [],
        time: Date.parse(line.time ?? '2026-06-01T00:00:00Z'),
        purpose: line.kind === 'CLIENT' ? 'client' : line.kind === 'SERVER' ? 'server' : 'any',
        identity: line.name?.kind === 'DNS' ? { kind: 'dns', name: line.name.value } : undefined,
      },
    ]
  }
  const blocks = (line.blocks ?? []).map(({ type, b64 }) => [type, bytesOf(b64)] as const)
  const named = (type: string): Uint8Array[] => blocks.filter(([name]) => name === type).map(([, bytes]) => bytes)
  const [leaf] = named('CERTIFICATE')
  if (leaf === undefined) return []
  return [
    {
      chain: [leaf],
      trusted: [...named('CA CERTIFICATE'), ...named('CA CERTIFICATE 2')],
      crls: named('CRL'),
      ocspResponses: named('OCSP RESPONSE'),
      // Both kinds were made for these days.
      time: Date.UTC(2017, 2, 5),
      purpose: 'any',
      identity: undefined,
    },
  ]
}

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}

function timestampsOf(der: Uint8Array): Uint8Array[] {
  try {
    const list = readCertificate(der).extensions.timestampList
    return list === undefined ? [] : [list]
  } catch (error) {
    if (error instanceof CertificateError) return []
    throw error
  }
}

function distinct(list: readonly Uint8Array[]): Uint8Array[] {
  return [...new Map(list.map((bytes) => [Buffer.from(bytes).toString('latin1'), bytes])).values()]
}
