/**
 * `handfast verify`: judges a chain from files, without a handshake, and explains the verdict. It
 * fetches nothing unless it is told to. The verdict decides the exit code.
 */

import { existsSync } from 'node:fs'
import { nodeProvider } from '../crypto/node.ts'
import type { Fetcher } from '../node/index.ts'
import { createVerificationReport, type FetchedReport } from '../report/index.ts'
import {
  type ProfileName,
  type Purpose,
  PURPOSES,
  readIdentity,
  type ReferenceIdentity,
  type Verdict,
  verifyChain,
  verifyFetching,
  type VerifyRequest,
} from '../x509/index.ts'
import { CommandError } from './command-error.ts'
import { EXIT, EXIT_OF_REASON, type ExitCode } from './exit-codes.ts'
import { unwrapCertificates, readFile, readStream } from './files.ts'
import { renderVerification } from './render/verification.ts'
import { readRoots } from './roots.ts'
import { printJson, type Streams } from './streams.ts'
import { readFetching, readResponses, readValidation, type ValidationOptions } from './validation-options.ts'

export interface VerifyOptions extends ValidationOptions {
  readonly name?: readonly string[]
  readonly roots?: readonly string[]
  /** Milliseconds since the epoch. */
  readonly at?: number
  readonly purpose?: string
  readonly intermediates?: readonly string[]
  readonly stapled?: readonly string[]
  readonly timestamps?: string
  readonly json?: boolean
}

/** `verify FILE...`. */
export async function runVerify(files: readonly string[], options: VerifyOptions, streams: Streams): Promise<ExitCode> {
  const chain = await readChain(files, streams)
  const intermediates = readFiles(options.intermediates ?? [])
  const request = requestOf(options, chain.certificates, intermediates.certificates)
  const fetch = readFetching(options)
  const judged = fetch === undefined ? judge(request) : await judgeFetching(request, fetch)
  const profile = (options.profile ?? 'tls') as ProfileName
  const report = createVerificationReport(judged.request, judged.verdict, {
    sources: [...chain.sources, ...intermediates.sources, ...fetchedSources(judged, intermediates.sources.length)],
    fetched: judged.fetched,
    profile,
  })
  if (options.json === true) printJson(streams, report)
  else streams.stdout.write(renderVerification(report, streams.out))
  return exitCodeOf(judged.verdict)
}

interface Judged {
  /** With what was fetched. */
  readonly request: VerifyRequest
  readonly verdict: Verdict
  readonly fetched: readonly FetchedReport[]
  /** What issuers were fetched, by address. */
  readonly issuers: readonly (readonly [url: string, bytes: Uint8Array])[]
}

function judge(request: VerifyRequest): Judged {
  return { request, verdict: verifyChain(request), fetched: [], issuers: [] }
}

async function judgeFetching(asked: VerifyRequest, fetch: Fetcher): Promise<Judged> {
  const fetched: FetchedReport[] = []
  const issuers: [string, Uint8Array][] = []
  const { request, ...verdict } = await verifyFetching(asked, async (wanted, limits) => {
    const { kind, url } = wanted
    try {
      const bytes = await fetch(wanted, limits)
      fetched.push({ kind, url, size: bytes.length, error: null })
      if (kind === 'aia') issuers.push([url, bytes])
      return bytes
    } catch (error) {
      fetched.push({ kind, url, size: null, error: error instanceof Error ? error.message : String(error) })
      throw error
    }
  })
  return { request, verdict, fetched, issuers }
}

/** Where each certificate that was fetched is from: they stand behind all that were given. */
function fetchedSources({ request, issuers }: Judged, given: number): string[] {
  return (request.intermediates ?? []).slice(given).map((certificate) => {
    const der = certificate instanceof Uint8Array ? certificate : certificate.der
    // In a bundle it stands as it is, but for those in PEM.
    const from =
      issuers.find(([, bytes]) => Buffer.from(bytes).includes(der)) ?? (issuers.length === 1 ? issuers[0] : undefined)
    return from === undefined ? 'fetched' : `fetched from ${from[0]}`
  })
}

function exitCodeOf({ trusted, reasons }: Verdict): ExitCode {
  if (trusted) return EXIT.success
  const [first] = reasons
  return first === undefined ? EXIT.certificate : EXIT_OF_REASON[first.reason]
}

/** Certificates, DER, and the file that each came from. */
interface SourcedCertificates {
  readonly certificates: readonly Uint8Array[]
  readonly sources: readonly string[]
}

/** All certificates of the files in their order; the first is the leaf. What is malformed is for the verdict to say. */
async function readChain(files: readonly string[], streams: Streams): Promise<SourcedCertificates> {
  if (files.filter((file) => file === '-').length > 1) {
    throw new CommandError(EXIT.usage, 'standard input can be read only once: - is there twice')
  }
  const certificates: Uint8Array[] = []
  const sources: string[] = []
  for (const file of files) {
    const bytes = file === '-' ? await readStream(streams.stdin) : readFile(file)
    for (const der of unwrapCertificates(bytes, file)) {
      certificates.push(der)
      sources.push(file)
    }
  }
  return { certificates, sources }
}

function readFiles(files: readonly string[]): SourcedCertificates {
  const read = files.map((file) => unwrapCertificates(readFile(file), file))
  return { certificates: read.flat(), sources: read.flatMap((found, i) => found.map(() => files[i] as string)) }
}

function requestOf(
  options: VerifyOptions,
  chain: readonly Uint8Array[],
  intermediates: readonly Uint8Array[],
): VerifyRequest {
  const { name = [], stapled, timestamps, knownKeys } = options
  if (name.length > 1) {
    throw new CommandError(EXIT.usage, '--name: one name can be asked for at a time', 'Run verify once for each.')
  }
  const identity = name[0] === undefined ? undefined : readName(name[0])
  // Others make the file when they meet the first key. Who only judges by it has misspelled its name.
  if (knownKeys !== undefined && !existsSync(knownKeys)) {
    throw new CommandError(EXIT.file, `cannot read '${knownKeys}': no such file`, NO_KNOWN_KEYS)
  }
  return {
    ...readValidation(options),
    chain,
    intermediates,
    trust: readRoots(options.roots ?? ['system']),
    time: options.at ?? Date.now(),
    purpose: readPurpose(options.purpose, identity),
    provider: nodeProvider,
    ...(identity === undefined ? {} : { identity }),
    ...(stapled === undefined ? {} : { stapled: readResponses(stapled).map(({ der }) => der) }),
    ...(timestamps === undefined ? {} : { timestampList: readFile(timestamps) }),
  }
}

const NO_KNOWN_KEYS = 'verify only reads known keys: connect --known-keys makes the file and adds to it.'

/** A host, an address, a URI, a mailbox or a service, by its form or with its kind before it (`uri:sip:example.com`). */
function readName(text: string): ReferenceIdentity {
  const kind = text.includes('://') ? 'uri:' : /^[^:]+@/.test(text) ? 'email:' : text.startsWith('_') ? 'srv:' : ''
  try {
    return readIdentity(kind + text)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new CommandError(
      EXIT.usage,
      `--name: ${error.message}`,
      'Give a host or an address without port, a URI, a mailbox, or one of them with its kind: dns:, ip:, uri:, srv:, email:',
    )
  }
}

/** By default the one that goes with the name. */
function readPurpose(text: string | undefined, identity: ReferenceIdentity | undefined): Purpose {
  if (text === undefined) return identity?.kind === 'email' ? 'email' : 'server'
  const known = PURPOSES.find((purpose) => purpose === text)
  if (known !== undefined) return known
  if (/^[0-2](\.(0|[1-9]\d*))+$/.test(text)) return text as Purpose
  throw new CommandError(
    EXIT.usage,
    `--purpose: there is no '${text}'`,
    `There is ${PURPOSES.join(', ')}, and any key purpose as dotted OID.`,
  )
}
