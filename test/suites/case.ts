/**
 * The cases of certificate suites, one JSON object a line: chains, CRLs, OCSP responses, signatures. What a
 * line is, its fields say, not the name of its file. Fields that are not named here are passed over.
 */

export type SuiteCase = ChainCase | CrlCase | OcspCase | SignatureCase

/** A certificate that is to be trusted, or not. */
export interface ChainCase {
  readonly type: 'chain'
  readonly id: string
  readonly expected: 'SUCCESS' | 'FAILURE'
  /** Anchors, DER. */
  readonly trusted: readonly Uint8Array[]
  /** How an anchor is to be treated, in BoringSSL's words; null if the suite has no such notion. */
  readonly trust: string | null
  readonly intermediates: readonly Uint8Array[]
  readonly leaf: Uint8Array
  readonly crls: readonly Uint8Array[]
  /** Milliseconds since the epoch; null for now. */
  readonly time: number | null
  /** Each must be proven. */
  readonly names: readonly CaseName[]
  /** What the leaf is to be used for, in the suite's words. */
  readonly kind: string
  /** Key usages and key purposes that the leaf must be fit for, by RFC 5280's names or OID. */
  readonly keyUsages: readonly string[]
  readonly keyPurposes: readonly string[]
  /** Most intermediates between leaf and anchor. */
  readonly maxDepth: number | null
  /** Signature algorithms that may be used, in the suite's words; empty for any. */
  readonly signatureAlgorithms: readonly string[]
  /** `STRONG` refuses SHA-1; null if the suite does not say. */
  readonly digestPolicy: string | null
  /** The inputs of RFC 5280 section 6.1.1; null for the usual ones. */
  readonly policy: CasePolicy | null
  /** What the case is about, if it says so. */
  readonly about: string
}

export interface CaseName {
  readonly kind: string
  readonly value: string
}

export interface CasePolicy {
  /** Dotted OIDs. */
  readonly set: readonly string[]
  readonly explicit: boolean
  readonly inhibitMap: boolean
  readonly inhibitAny: boolean
}

/** What a CRL says of a certificate. */
export interface CrlCase {
  readonly type: 'crl'
  readonly id: string
  readonly expected: Status
  readonly crl: Uint8Array
  readonly certificate: Uint8Array
  /** Certificates of the authority that issued it. */
  readonly issuers: readonly Uint8Array[]
}

/** What an OCSP response says of a certificate. */
export interface OcspCase {
  readonly type: 'ocsp'
  readonly id: string
  readonly expected: Status
  /** What became of the response, in BoringSSL's words. */
  readonly verifyResult: string
  readonly response: Uint8Array
  /** What would have been asked; null if the case does not say. */
  readonly request: Uint8Array | null
  readonly certificate: Uint8Array
  readonly issuer: Uint8Array
}

export type Status = 'GOOD' | 'REVOKED' | 'UNKNOWN'

/** A signature that is to be found valid, or not. */
export interface SignatureCase {
  readonly type: 'signature'
  readonly id: string
  readonly expected: 'SUCCESS' | 'FAILURE'
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
  /** AlgorithmIdentifier, DER. */
  readonly algorithm: Uint8Array
  readonly data: Uint8Array
  /** BIT STRING, DER. */
  readonly signature: Uint8Array
}

/** A line that is no case: its message names the field, what is needed and what was found. */
export class MalformedCaseError extends Error {
  override readonly name = 'MalformedCaseError'
}

/** @throws {MalformedCaseError} */
export function readCase(line: string): SuiteCase {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw new MalformedCaseError(`needs JSON: ${(error as Error).message}`, { cause: error })
  }
  const fields = new Fields(value)
  if (fields.has('leaf')) return readChainCase(fields)
  if (!fields.has('blocks')) throw new MalformedCaseError("needs 'leaf' or 'blocks', has neither")
  const blocks = new Blocks(fields)
  if (blocks.has('OCSP RESPONSE')) return readOcspCase(fields, blocks)
  if (blocks.has('CRL')) return readCrlCase(fields, blocks)
  if (blocks.has('SIGNATURE')) return readSignatureCase(fields, blocks)
  throw new MalformedCaseError(`blocks: needs OCSP RESPONSE, CRL or SIGNATURE, has ${blocks.types}`)
}

function readChainCase(fields: Fields): ChainCase {
  const name = fields.optional('name', readName)
  return {
    type: 'chain',
    id: fields.text('id'),
    expected: fields.oneOf('expected', ['SUCCESS', 'FAILURE']),
    trusted: fields.list('trusted', readBytes),
    trust: fields.optional('trust', readText),
    intermediates: fields.list('inter', readBytes),
    leaf: fields.required('leaf', readBytes),
    crls: fields.list('crls', readBytes),
    time: fields.optional('time', readTime),
    names: [...(name === null ? [] : [name]), ...fields.list('names', readName)],
    kind: fields.text('kind'),
    keyUsages: fields.list('ku', readText),
    keyPurposes: fields.list('eku', readText),
    maxDepth: fields.optional('maxDepth', readCount),
    signatureAlgorithms: fields.list('sigalgs', readText),
    digestPolicy: fields.optional('digestPolicy', readText),
    policy: fields.optional('policy', readPolicy),
    about: fields.optional('description', readText) ?? fields.optional('title', readText) ?? '',
  }
}

function readCrlCase(fields: Fields, blocks: Blocks): CrlCase {
  return {
    type: 'crl',
    id: fields.text('id'),
    expected: fields.oneOf('expected', STATUSES),
    crl: blocks.get('CRL'),
    certificate: blocks.get('CERTIFICATE'),
    issuers: [
      blocks.get('CA CERTIFICATE'),
      ...(blocks.has('CA CERTIFICATE 2') ? [blocks.get('CA CERTIFICATE 2')] : []),
    ],
  }
}

function readOcspCase(fields: Fields, blocks: Blocks): OcspCase {
  return {
    type: 'ocsp',
    id: fields.text('id'),
    expected: fields.oneOf('status', STATUSES),
    verifyResult: fields.text('verifyResult'),
    response: blocks.get('OCSP RESPONSE'),
    request: blocks.has('OCSP REQUEST') ? blocks.get('OCSP REQUEST') : null,
    certificate: blocks.get('CERTIFICATE'),
    issuer: blocks.get('CA CERTIFICATE'),
  }
}

function readSignatureCase(fields: Fields, blocks: Blocks): SignatureCase {
  return {
    type: 'signature',
    id: fields.text('id'),
    expected: fields.oneOf('expected', ['SUCCESS', 'FAILURE']),
    publicKey: blocks.get('PUBLIC KEY'),
    algorithm: blocks.get('ALGORITHM'),
    data: blocks.get('DATA'),
    signature: blocks.get('SIGNATURE'),
  }
}

const STATUSES = ['GOOD', 'REVOKED', 'UNKNOWN'] as const

/** Reads a value; throws MalformedCaseError with `path` for what it is not. */
type Read<T> = (value: unknown, path: string) => T

/** The fields of a JSON object. One that is null counts as absent. */
class Fields {
  readonly #path: string
  readonly #values: Readonly<Record<string, unknown>>

  constructor(value: unknown, path = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw wrong(path === '' ? 'the line' : path, 'an object', value)
    }
    this.#path = path === '' ? '' : `${path}.`
    this.#values = value as Record<string, unknown>
  }

  has(name: string): boolean {
    return (this.#values[name] ?? null) !== null
  }

  required<T>(name: string, read: Read<T>): T {
    return read(this.#values[name], this.#path + name)
  }

  optional<T>(name: string, read: Read<T>): T | null {
    return this.has(name) ? this.required(name, read) : null
  }

  text(name: string): string {
    return this.required(name, readText)
  }

  oneOf<const T extends string>(name: string, choices: readonly T[]): T {
    const choice = choices.find((one) => one === this.#values[name])
    if (choice === undefined) throw wrong(this.#path + name, choices.join(' or '), this.#values[name])
    return choice
  }

  /** Empty if it is absent. */
  list<T>(name: string, read: Read<T>): readonly T[] {
    return this.has(name) ? this.required(name, listOf(read)) : []
  }
}

/** The named blocks of a case. */
class Blocks {
  readonly #blocks = new Map<string, Uint8Array>()

  constructor(fields: Fields) {
    const blocks = fields.list('blocks', (value, path) => {
      const block = new Fields(value, path)
      return [block.text('type'), block.required('b64', readBytes)] as const
    })
    for (const [type, bytes] of blocks) this.#blocks.set(type, bytes)
  }

  get types(): string {
    return [...this.#blocks.keys()].join(', ') || 'none'
  }

  has(type: string): boolean {
    return this.#blocks.has(type)
  }

  get(type: string): Uint8Array {
    const bytes = this.#blocks.get(type)
    if (bytes === undefined) throw new MalformedCaseError(`blocks: needs ${type}, has ${this.types}`)
    return bytes
  }
}

function listOf<T>(read: Read<T>): Read<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw wrong(path, 'a list', value)
    return value.map((item, index) => read(item, `${path}[${index}]`))
  }
}

function readText(value: unknown, path: string): string {
  if (typeof value !== 'string') throw wrong(path, 'a text', value)
  return value
}

function readFlag(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw wrong(path, 'true or false', value)
  return value
}

function readCount(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw wrong(path, 'a whole number', value)
  return value
}

function readBytes(value: unknown, path: string): Uint8Array {
  const text = readText(value, path)
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw wrong(path, 'base64', text)
  return new Uint8Array(Buffer.from(text, 'base64'))
}

function readTime(value: unknown, path: string): number {
  const time = Date.parse(readText(value, path))
  if (Number.isNaN(time)) throw wrong(path, 'a time like 2024-03-01T00:00:00.000Z', value)
  return time
}

function readName(value: unknown, path: string): CaseName {
  const fields = new Fields(value, path)
  return { kind: fields.text('kind'), value: fields.text('value') }
}

function readPolicy(value: unknown, path: string): CasePolicy {
  const fields = new Fields(value, path)
  return {
    set: fields.required('set', listOf(readText)),
    explicit: fields.required('explicit', readFlag),
    inhibitMap: fields.required('inhibitMap', readFlag),
    inhibitAny: fields.required('inhibitAny', readFlag),
  }
}

function wrong(path: string, needs: string, has: unknown): MalformedCaseError {
  const text = has === undefined ? 'nothing' : JSON.stringify(has)
  return new MalformedCaseError(`${path}: needs ${needs}, has ${text.length > 60 ? `${text.slice(0, 60)}...` : text}`)
}
