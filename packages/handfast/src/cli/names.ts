/** Lists of protocol names in options: separated by commas, in any case, each checked against what there is. */

import type { GroupName } from '../crypto/provider.ts'
import {
  CIPHER_SUITES,
  COMPRESSION_CODES,
  type CompressionName,
  GROUP_CODES,
  SIGNATURE_SCHEMES,
  type CipherSuiteName,
  type SignatureSchemeName,
} from '../tls/index.ts'
import { CommandError } from './command-error.ts'
import { EXIT } from './exit-codes.ts'

/** As the options give them. */
export interface NamesOptions {
  readonly alpn?: string
  readonly groups?: string
  readonly cipherSuites?: string
  readonly signatureSchemes?: string
  readonly certificateCompression?: string
  readonly recordSizeLimit?: number
  readonly minVersion?: '1.2' | '1.3'
  readonly maxVersion?: '1.2' | '1.3'
}

/** As `connect` and `createServer` take them. */
export interface Names {
  readonly ALPNProtocols?: readonly string[]
  readonly groups?: readonly GroupName[]
  readonly cipherSuites?: readonly CipherSuiteName[]
  readonly signatureSchemes?: readonly SignatureSchemeName[]
  readonly certificateCompression?: readonly CompressionName[]
  readonly recordSizeLimit?: number
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3'
}

/**
 * The lists that were given.
 * @throws {CommandError} for a name there is not, with those there are.
 */
export function readNames(options: NamesOptions): Names {
  const { alpn, groups, cipherSuites, signatureSchemes, minVersion, maxVersion } = options
  const { certificateCompression, recordSizeLimit } = options
  if (minVersion === '1.3' && maxVersion === '1.2') {
    throw new CommandError(EXIT.usage, '--max-version: needs at least --min-version 1.3, has 1.2')
  }
  return {
    ...(certificateCompression === undefined
      ? {}
      : {
          certificateCompression: choose(
            '--certificate-compression',
            certificateCompression,
            Object.keys(COMPRESSION_CODES) as CompressionName[],
          ),
        }),
    ...(recordSizeLimit === undefined ? {} : { recordSizeLimit }),
    ...(minVersion === undefined ? {} : { minVersion: `TLSv${minVersion}` as const }),
    ...(maxVersion === undefined ? {} : { maxVersion: `TLSv${maxVersion}` as const }),
    ...(alpn === undefined ? {} : { ALPNProtocols: split('--alpn', alpn) }),
    ...(groups === undefined ? {} : { groups: choose('--groups', groups, Object.keys(GROUP_CODES) as GroupName[]) }),
    ...(cipherSuites === undefined
      ? {}
      : {
          cipherSuites: choose(
            '--cipher-suites',
            cipherSuites,
            CIPHER_SUITES.map(({ name }) => name),
          ),
        }),
    ...(signatureSchemes === undefined
      ? {}
      : {
          signatureSchemes: choose(
            '--signature-schemes',
            signatureSchemes,
            SIGNATURE_SCHEMES.map(({ name }) => name),
          ),
        }),
  }
}

function split(option: string, text: string): string[] {
  const names = text.split(',').map((part) => part.trim())
  if (!names.includes('')) return names
  throw new CommandError(
    EXIT.usage,
    names.length === 1 ? `${option}: needs at least one name, has none` : `${option}: empty name between commas`,
  )
}

function choose<T extends string>(option: string, text: string, all: readonly T[]): T[] {
  return split(option, text).map((wanted) => {
    const name = all.find((candidate) => candidate.toLowerCase() === wanted.toLowerCase())
    if (name !== undefined) return name
    throw new CommandError(EXIT.usage, `${option}: there is no '${wanted}'`, `There is ${all.join(', ')}.`)
  })
}
