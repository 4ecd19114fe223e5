/**
 * What a ClientHello looks like, where that is not left to us (RFC 9846 section 4.2.2): lists as they are to stand on the
 * wire, with values that are only advertised and with GREASE (RFC 8701); the order of the extensions; extensions as
 * bytes; padding (RFC 7685). A shape changes what is said. What is done follows from it: of a list only what is
 * carried out here can be agreed on, and an answer to anything else ends the handshake.
 *
 * Not here: which groups have a key share (`keyShares`), and anything of the shape of records.
 */

import type { CryptoProvider, GroupName } from '../crypto/provider.ts'
import { type ClientHelloParts, NULL_COMPRESSION } from './message/client-hello.ts'
import {
  type ClientHelloExtensions,
  extensionCode,
  type ExtensionName,
  rawExtensions,
  type RawExtension,
} from './message/extension.ts'
import {
  type CipherSuiteName,
  cipherSuitesOf,
  GROUP_CODES,
  isGrease,
  type SignatureSchemeName,
  signatureSchemesOf,
  TLS_VERSIONS,
  type TlsVersion,
  VERSION_CODES,
} from './registry.ts'

/** A value as its number, or one that means nothing and is drawn anew for every connection (RFC 8701). */
export type HelloValue = number | 'GREASE'

/** An extension as bytes. Where the configuration has a value for it, that is sent in its place. */
export interface HelloExtension {
  readonly code: HelloValue
  readonly data: Uint8Array
}

export interface HelloShape {
  /** In place of `cipherSuites`: those of them that are carried out here can be chosen, in this order of preference. */
  readonly cipherSuites?: readonly HelloValue[]
  /** In place of `groups`, likewise. With GREASE among them there is a key share for it too, before the others. */
  readonly supportedGroups?: readonly HelloValue[]
  /** In place of `signatureSchemes`, likewise. */
  readonly signatureAlgorithms?: readonly HelloValue[]
  /** In place of `versions`, likewise; sent only with TLS 1.3 among them. */
  readonly supportedVersions?: readonly HelloValue[]
  /**
   * Where extensions stand. Names are places, left out where there is nothing to say: the value comes from the
   * configuration. `encrypted_client_hello` without `ech` is one that means nothing (RFC 9849 section 6.2). What is not
   * named comes behind (its option leaves it out), and pre_shared_key is always the last (RFC 9846 section 4.3.11).
   */
  readonly extensions?: readonly (ExtensionName | HelloExtension)[]
  /** Up to 32 bytes. Default: as `middleboxCompatibility` has it. */
  readonly legacySessionId?: Uint8Array
  /** Bytes of the whole message that a shorter one is padded to, up to 16,384 (RFC 7685). */
  readonly paddedLength?: number
}

type ListName = 'cipherSuites' | 'supportedGroups' | 'signatureAlgorithms' | 'supportedVersions'

/** The options that the lists of a shape stand for: what of them is carried out here. */
interface ShapedOptions {
  readonly cipherSuites?: readonly CipherSuiteName[]
  readonly groups?: readonly GroupName[]
  readonly signatureSchemes?: readonly SignatureSchemeName[]
  readonly versions?: readonly TlsVersion[]
}

/** What a shape is about in a configuration. */
interface Shapeable extends ShapedOptions {
  readonly provider: CryptoProvider
  readonly helloShape?: HelloShape
  readonly grease?: boolean
}

/**
 * The same configuration with the options that its shape stands for: what is said is what is done.
 * @throws {TypeError} for a shape that no ClientHello can have, or that offers nothing which can be carried out; for an
 * option beside it that says the same.
 */
export function withShapedOptions<C extends Shapeable>(config: C): C {
  if (config.helloShape === undefined) return config
  const options = optionsOfShape(config.helloShape, config.provider)
  const names = [...Object.keys(options), 'grease'] as (keyof Shapeable)[]
  const given = names.find((name) => config[name] !== undefined)
  if (given !== undefined) throw new TypeError(`${given}: needs to be left out beside helloShape, which says it`)
  return { ...config, ...options }
}

/** @throws {TypeError} if a version is offered that has been left out for want of a suite or a group. */
export function checkShapedVersions(shape: HelloShape | undefined, versions: readonly TlsVersion[]): void {
  const { supportedVersions = [] } = shape ?? {}
  const missing = TLS_VERSIONS.find((one) => supportedVersions.includes(VERSION_CODES[one]) && !versions.includes(one))
  if (missing === undefined) return
  throw new TypeError(`helloShape.supportedVersions: needs a cipher suite and a group for ${missing}, has none`)
}

function optionsOfShape(shape: HelloShape, provider: CryptoProvider): ShapedOptions {
  checkExtensions(shape)
  const { legacySessionId, paddedLength = 0 } = shape
  if (legacySessionId !== undefined && legacySessionId.length > 32) {
    throw new TypeError(`helloShape.legacySessionId: needs at most 32 bytes, has ${legacySessionId.length}`)
  }
  if (!Number.isInteger(paddedLength) || paddedLength < 0 || paddedLength > MOST_BYTES) {
    throw new TypeError(`helloShape.paddedLength: needs a whole number up to ${MOST_BYTES}, has ${paddedLength}`)
  }
  const groups = provider.groups.map(({ name }) => ({ name, code: GROUP_CODES[name] }))
  const versions = TLS_VERSIONS.map((name) => ({ name, code: VERSION_CODES[name] }))
  const lists: { readonly [K in keyof ShapedOptions]: ShapedOptions[K] | undefined } = {
    cipherSuites: carriedOut('cipherSuites', shape, cipherSuitesOf(provider)),
    groups: carriedOut('supportedGroups', shape, groups),
    signatureSchemes: carriedOut('signatureAlgorithms', shape, signatureSchemesOf(provider)),
    versions: carriedOut('supportedVersions', shape, versions),
  }
  return Object.fromEntries(Object.entries(lists).filter(([, names]) => names !== undefined)) as ShapedOptions
}

const MOST_BYTES = 0x4000
/** Of the list in supported_versions, whose length is a byte. */
const MOST_VERSIONS = 127

function carriedOut<N extends string>(
  list: ListName,
  shape: HelloShape,
  available: readonly { readonly name: N; readonly code: number }[],
): readonly N[] | undefined {
  const values = shape[list]
  if (values === undefined) return undefined
  checkList(list, values)
  const names = values.flatMap((value) => available.filter(({ code }) => code === value).map(({ name }) => name))
  if (names.length === 0) throw new TypeError(`helloShape.${list}: needs one that is carried out here, has none`)
  return names
}

function checkList(list: ListName, values: readonly HelloValue[]): void {
  const most = list === 'supportedVersions' ? MOST_VERSIONS : MOST_BYTES / 2
  if (values.length > most) throw new TypeError(`helloShape.${list}: needs at most ${most}, has ${values.length}`)
  checkValues(list, values)
}

/** Each once, and at most as many times GREASE as there are such values. */
function checkValues(list: ListName | 'extensions', values: readonly HelloValue[]): void {
  const numbers = values.filter((value) => value !== 'GREASE')
  for (const value of numbers) {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff) {
      throw new TypeError(`helloShape.${list}: needs numbers of 16 bits or 'GREASE', has ${value}`)
    }
    if (isGrease(value)) {
      throw new TypeError(`helloShape.${list}: needs 'GREASE' in place of a number for it, has ${value}`)
    }
  }
  if (new Set(numbers).size !== numbers.length) {
    throw new TypeError(`helloShape.${list}: needs each number once, has ${numbers.join(', ')}`)
  }
  const times = values.length - numbers.length
  if (times > GREASE_VALUES) {
    throw new TypeError(`helloShape.${list}: needs 'GREASE' at most ${GREASE_VALUES} times, has it ${times} times`)
  }
}

const GREASE_VALUES = 16

/** They promise what bytes alone do not keep: each has an option, or a field of the shape, of its own. */
const NOT_AS_BYTES: ReadonlySet<number> = new Set(
  (
    [
      'padding',
      'pre_shared_key',
      'early_data',
      'cookie',
      'supported_versions',
      'key_share',
      'encrypted_client_hello',
      'ech_outer_extensions',
    ] as const
  ).map(extensionCode),
)
const PRE_SHARED_KEY = extensionCode('pre_shared_key')
const PADDING = extensionCode('padding')

function checkExtensions({ extensions = [] }: HelloShape): void {
  const values = extensions.map((one) => (typeof one === 'string' ? codeOf(one) : one.code))
  checkValues('extensions', values)
  const psk = values.indexOf(PRE_SHARED_KEY)
  if (psk !== -1 && psk !== values.length - 1) {
    throw new TypeError('helloShape.extensions: needs pre_shared_key as its last, has others behind it')
  }
  const raw = extensions.filter((one) => typeof one !== 'string')
  for (const { code } of raw) {
    if (code === 'GREASE' || !NOT_AS_BYTES.has(code)) continue
    throw new TypeError(`helloShape.extensions: needs extension ${code} by its name, has bytes for it`)
  }
  const length = raw.reduce((sum, { data }) => sum + 4 + data.length, 0)
  if (length > MOST_BYTES) {
    throw new TypeError(`helloShape.extensions: needs at most ${MOST_BYTES} bytes in all, has ${length}`)
  }
}

function codeOf(name: ExtensionName): number {
  try {
    return extensionCode(name)
  } catch (error) {
    throw new TypeError(`helloShape.extensions: needs names of extensions, has '${String(name)}'`, { cause: error })
  }
}

/** Gives a ClientHello its shape; the same values that mean nothing each time (RFC 9846 section 4.2.2). */
export class HelloShaper {
  readonly #shape: HelloShape
  readonly #cipherSuites: readonly number[] | undefined
  /** By their codes, as they are on the wire. */
  readonly #lists: ReadonlyMap<number, RawExtension>
  readonly #places: readonly (number | RawExtension)[]
  /** To have a key share. */
  readonly greaseGroup: number | undefined

  constructor(shape: HelloShape, provider: CryptoProvider) {
    const [suite, group, scheme, version, extension] = provider.random(5) as unknown as DrawnValues
    this.#shape = shape
    this.#cipherSuites = withValues(shape.cipherSuites, suite)
    const supportedGroups = withValues(shape.supportedGroups, group)
    this.greaseGroup = supportedGroups?.find(isGrease)
    const lists: ClientHelloExtensions = {}
    if (supportedGroups !== undefined) lists.supported_groups = supportedGroups
    const signatureAlgorithms = withValues(shape.signatureAlgorithms, scheme)
    if (signatureAlgorithms !== undefined) lists.signature_algorithms = signatureAlgorithms
    const supportedVersions = withValues(shape.supportedVersions, version)
    if (supportedVersions !== undefined) lists.supported_versions = supportedVersions
    this.#lists = new Map(rawExtensions('client_hello', lists).map((one) => [one.code, one]))
    const { extensions = [] } = shape
    const codes = withValues(
      extensions.map((one) => (typeof one === 'string' ? extensionCode(one) : one.code)),
      extension,
    ) as readonly number[]
    this.#places = extensions.map((one, i) => {
      const code = codes[i] as number
      return typeof one === 'string' ? code : { code, data: one.data }
    })
  }

  /**
   * The same hello in this shape. Of one that has the shape already only the length of the padding changes, so what is
   * added in between finds its place.
   */
  shaped(hello: ClientHelloParts): ClientHelloParts {
    const own = new Map(hello.extensions.map((one) => [one.code, this.#lists.get(one.code) ?? one]))
    own.delete(PADDING)
    const take = (code: number): RawExtension | undefined => {
      const one = own.get(code)
      own.delete(code)
      return one
    }
    const last = take(PRE_SHARED_KEY)
    const padding = { code: PADDING, data: new Uint8Array(0) }
    const placed: RawExtension[] = []
    for (const place of this.#places) {
      const one = typeof place === 'number' ? (place === PADDING ? padding : take(place)) : (take(place.code) ?? place)
      if (one !== undefined) placed.push(one)
    }
    placed.push(...own.values())
    if (!placed.includes(padding)) placed.push(padding)
    if (last !== undefined) placed.push(last)
    const unpadded = {
      ...hello,
      cipherSuites: this.#cipherSuites ?? hello.cipherSuites,
      extensions: placed.filter((one) => one !== padding),
    }
    const { paddedLength = 0 } = this.#shape
    const missing = paddedLength - lengthOf(unpadded)
    if (missing <= 0) return unpadded
    // Never empty, for servers that fail on an empty extension at the end: so it may be a few bytes longer than asked.
    const data = new Uint8Array(Math.max(1, missing - 4))
    return { ...unpadded, extensions: placed.map((one) => (one === padding ? { code: PADDING, data } : one)) }
  }
}

type DrawnValues = readonly [number, number, number, number, number]

/** The list with values in place of GREASE: each another, from a random one on. */
function withValues(values: readonly HelloValue[] | undefined, random: number): readonly number[] | undefined {
  let next = random
  return values?.map((value) => (value === 'GREASE' ? 0x0a0a + (next++ & 0x0f) * 0x1010 : value))
}

function lengthOf({ extensions, cipherSuites, legacySessionId }: ClientHelloParts): number {
  const fixed = 4 + 2 + 32 + 1 + 2 + 1 + NULL_COMPRESSION.length + 2
  const variable = legacySessionId.length + 2 * cipherSuites.length
  return extensions.reduce((sum, { data }) => sum + 4 + data.length, fixed + variable)
}
