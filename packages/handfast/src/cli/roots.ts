/** The roots to trust: read from where the options say, and `handfast roots`, which shows them. */

import { nodeProvider } from '../crypto/node.ts'
import { readRoots as readKnownRoots, readRootsAt, type Roots } from '../node/index.ts'
import { type ExaminedCertificateReport, examinedCertificateReport } from '../report/index.ts'
import { createTrustStore, timeText, type TrustStore } from '../x509/index.ts'
import { CommandError, usageOf } from './command-error.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { renderRoots } from './render/roots.ts'
import { printJson, type Streams } from './streams.ts'

/** Roots of one source, as `handfast roots --json` prints them. */
export interface RootsReport {
  /** Where they are from. */
  readonly source: string
  /** RFC 3339: of the newest file; null if that is not known. */
  readonly date: string | null
  readonly count: number
  readonly roots: readonly ExaminedCertificateReport[]
  /** What was left out, and why: it anchors nothing. */
  readonly skipped: readonly { readonly place: string; readonly message: string }[]
}

/**
 * The roots of all the sources: `system`, `bundled`, or files and folders in PEM or DER.
 * @throws {CommandError} for a file that cannot be read or holds no certificate that can.
 */
export function readRoots(sources: readonly string[]): TrustStore {
  const stores = sources.map((source) => readSource(source).store)
  const [only] = stores
  if (stores.length === 1 && only !== undefined) return only
  return createTrustStore(
    stores.flatMap(({ certificates }) => certificates),
    { name: stores.map(({ name }) => name).join(', ') },
  )
}

/** `roots [SOURCE...]`. */
export async function runRoots(
  sources: readonly string[],
  options: { readonly json?: boolean },
  streams: Streams,
): Promise<ExitCode> {
  const reports = (sources.length === 0 ? ['system'] : sources).map((source) => reportOf(readSource(source)))
  if (options.json === true) printJson(streams, reports)
  else streams.stdout.write(renderRoots(reports, new Date().toISOString(), streams.out))
  return EXIT.success
}

function reportOf({ store, source, date, skipped }: Roots): RootsReport {
  const hash = nodeProvider.hashes.sha256
  const roots = store.certificates.map((certificate) => examinedCertificateReport(certificate, null, 'anchor', hash))
  return {
    source,
    date: date === null ? null : timeText(date),
    count: roots.length,
    roots,
    skipped: skipped.map(({ place, message }) => ({ place, message })),
  }
}

function readSource(source: string): Roots {
  if (source === 'system' || source === 'bundled') {
    try {
      return readKnownRoots(source)
    } catch (error) {
      throw usageOf(error)
    }
  }
  try {
    return readRootsAt(source, 'roots')
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new CommandError(EXIT.file, error.message, 'Check the path, and that it holds certificates.')
  }
}
