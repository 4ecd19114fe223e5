/** The options of `verify` and `connect` that say how a certificate is judged, read from what was given. */

import { nodeProvider } from '../crypto/node.ts'
import { createFetcher, type Fetcher, openKnownKeys } from '../node/index.ts'
import type { Validation } from '../tls/index.ts'
import {
  CertificateError,
  createKeySet,
  type KeyMemory,
  type KeySet,
  knownInterceptionRoots,
  type OcspResponse,
  readBlocklist,
  readCertificateList,
  readKeySet,
  readLogList,
  readOcspResponse,
} from '../x509/index.ts'
import { CommandError } from './command-error.ts'
import { EXIT } from './exit-codes.ts'
import { type ObjectKind, OCSP_RESPONSES, readFile, unwrapObjects, REVOCATION_LISTS } from './files.ts'
import { type PolicyOptions, readPolicy } from './policy-file.ts'

export interface ValidationOptions extends PolicyOptions {
  readonly crl?: readonly string[]
  readonly ocsp?: readonly string[]
  readonly pin?: readonly string[]
  readonly blocklist?: string
  readonly weakKeys?: string
  readonly interceptionRoots?: string
  readonly knownKeys?: string
  readonly logs?: string
  readonly fetch?: boolean
  readonly fetchAny?: boolean
}

/**
 * Policy and lists, read.
 * @throws {CommandError} naming the option or the file that is at fault.
 */
export function readValidation(options: ValidationOptions): Validation {
  const { crl, ocsp, pin, blocklist, weakKeys, interceptionRoots, knownKeys, logs } = options
  return {
    policy: readPolicy(options),
    ...(crl === undefined ? {} : { crls: readLists(crl, REVOCATION_LISTS, readCertificateList) }),
    ...(ocsp === undefined ? {} : { ocspResponses: readResponses(ocsp) }),
    ...(pin === undefined ? {} : { pins: readKeyHashes('--pin', pin) }),
    ...(blocklist === undefined
      ? {}
      : { blocklist: readText(blocklist, (text) => readBlocklist(text, { name: blocklist })) }),
    ...(weakKeys === undefined ? {} : { weakKeys: readKeySetFile(weakKeys) }),
    ...(interceptionRoots === undefined ? {} : { interceptionRoots: readInterceptionRoots(interceptionRoots) }),
    ...(knownKeys === undefined ? {} : { knownKeys: openMemory(knownKeys) }),
    ...(logs === undefined ? {} : { logs: readText(logs, (text) => readLogList(text, nodeProvider)) }),
  }
}

/** What gets the rest, if it may. */
export function readFetching({ fetch, fetchAny }: ValidationOptions): Fetcher | undefined {
  if (fetchAny === true) return createFetcher({ addresses: 'any', ports: 'any' })
  return fetch === true ? createFetcher() : undefined
}

/** The OCSP responses in files. @throws {CommandError} for a file that holds none, or one that is malformed. */
export function readResponses(files: readonly string[]): OcspResponse[] {
  return readLists(files, OCSP_RESPONSES, readOcspResponse)
}

/** The objects of all the files, each read by `read`. */
function readLists<T>(files: readonly string[], kind: ObjectKind, read: (der: Uint8Array) => T): T[] {
  return files.flatMap((file) =>
    unwrapObjects(readFile(file), file, kind).map((der, index) => reading(file, index, kind, () => read(der))),
  )
}

function reading<T>(file: string, index: number, { noun }: ObjectKind, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error
    const which = index === 0 ? '' : `, number ${index + 1} of them`
    throw new CommandError(EXIT.file, `'${file}' holds ${noun} that is malformed${which}: ${error.message}`)
  }
}

/** SHA-256 hashes of keys, as an option gives them. @throws {CommandError} naming the option. */
export function readKeyHashes(option: string, hashes: readonly string[]): KeySet {
  try {
    return createKeySet({ name: option, hashes })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new CommandError(EXIT.usage, `${option}: ${error.message.replace(/^hashes\[\d+\]: /, '')}`)
  }
}

/** `known`: those that handfast knows. */
function readInterceptionRoots(source: string): KeySet {
  return source === 'known' ? knownInterceptionRoots() : readKeySetFile(source)
}

function openMemory(file: string): KeyMemory {
  try {
    return openKnownKeys(file)
  } catch (error) {
    // What the file system says has a code.
    if (!(error instanceof TypeError) && !(error instanceof Error && 'code' in error)) throw error
    throw new CommandError(EXIT.file, `the known keys cannot be used: ${error.message}`)
  }
}

function readKeySetFile(file: string): KeySet {
  return readText(file, (text) => readKeySet(text, { name: file }))
}

/** What `read` makes of a text file; what it finds malformed is told with the file's name. */
function readText<T>(file: string, read: (text: string) => T): T {
  const text = new TextDecoder().decode(readFile(file))
  try {
    return read(text)
  } catch (error) {
    if (!(error instanceof CertificateError) && !(error instanceof TypeError)) throw error
    throw new CommandError(EXIT.file, `'${file}' cannot be used: ${error.message}`)
  }
}
