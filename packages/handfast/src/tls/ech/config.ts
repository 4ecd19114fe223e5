/**
 * ECHConfig and ECHConfigList (RFC 9849 section 4): the public key under which a server's name is hidden, and
 * what belongs to it.
 *
 * Not here: the private key (`key.ts`), and how a list is found in DNS (RFC 9848).
 */

import { concatBytes, DecodeError, Reader, Writer } from '../../bytes/index.ts'
import { cipherOf, type HpkeCipher, type HpkeKem, kemOf } from '../../crypto/hpke.ts'
import type { CryptoProvider } from '../../crypto/provider.ts'
import { endsInNumber, isDnsName } from '../../x509/dns-name.ts'

/** The one version there is; also the code of the extension. */
export const ECH_VERSION = 0xfe0d

/** HpkeSymmetricCipherSuite. */
export interface EchCipherSuite {
  readonly kdf: number
  readonly aead: number
}

/** An ECHConfig of our version. */
export interface EchConfig {
  /** The whole structure as it came, version included: it is authenticated by every encryption. */
  readonly raw: Uint8Array
  readonly configId: number
  readonly kem: number
  readonly publicKey: Uint8Array
  readonly cipherSuites: readonly EchCipherSuite[]
  readonly maximumNameLength: number
  /** The name that is seen, and that a server proves if it cannot decrypt. As sent: it may be no DNS name. */
  readonly publicName: string
  /** Whether there is an extension that must be understood, and is not: none is known here. */
  readonly hasUnknownMandatory: boolean
}

/**
 * Reads an ECHConfigList. Configurations of other versions are skipped; the result may be empty.
 * @throws {DecodeError}
 */
export function readEchConfigList(list: Uint8Array, path = 'ECHConfigList'): readonly EchConfig[] {
  const r = new Reader(list, path)
  const configs = r.list(2, 'configs', (inner) => readNext(inner, list), 4)
  r.end()
  return configs.flatMap((config) => config ?? [])
}

/**
 * Reads one ECHConfig of our version.
 * @throws {DecodeError}
 */
export function readEchConfig(raw: Uint8Array): EchConfig {
  const r = new Reader(raw, 'ECHConfig')
  const config = readNext(r, raw)
  r.end()
  if (config === undefined) throw new DecodeError('ECHConfig.version', '0xfe0d', 'another')
  return config
}

/** ECHConfigs in one list, in order of preference. */
export function writeEchConfigList(configs: readonly Uint8Array[]): Uint8Array {
  return new Writer().vector(2, concatBytes(...configs)).finish()
}

function readNext(r: Reader, bytes: Uint8Array): EchConfig | undefined {
  const start = r.offset
  if (r.u16('version') !== ECH_VERSION) {
    r.vector(2, 'contents')
    return undefined
  }
  return r.block(2, 'contents', (contents) => {
    const configId = contents.u8('config_id')
    const kem = contents.u16('kem_id')
    const publicKey = contents.vector(2, 'public_key', 1)
    const cipherSuites = contents.list(
      2,
      'cipher_suites',
      (inner) => ({ kdf: inner.u16('kdf_id'), aead: inner.u16('aead_id') }),
      4,
    )
    const maximumNameLength = contents.u8('maximum_name_length')
    const publicName = String.fromCharCode(...contents.vector(1, 'public_name', 1))
    const hasUnknownMandatory = readConfigExtensions(contents)
    const raw = bytes.slice(start, contents.offset)
    return { raw, configId, kem, publicKey, cipherSuites, maximumNameLength, publicName, hasUnknownMandatory }
  })
}

/** Section 4.2: each type once. True if one of them must be understood. */
function readConfigExtensions(r: Reader): boolean {
  const types = r.list(2, 'extensions', (inner) => {
    const type = inner.u16('type')
    inner.vector(2, 'data')
    return type
  })
  if (new Set(types).size !== types.length) throw r.error('extensions', 'one extension of a type', 'two')
  return types.some((type) => type >= 0x8000)
}

/** What a new ECHConfig says. */
export interface EchConfigFields {
  readonly configId: number
  readonly kem: number
  readonly publicKey: Uint8Array
  readonly cipherSuites: readonly EchCipherSuite[]
  readonly maximumNameLength: number
  readonly publicName: string
}

/** Writes an ECHConfig without extensions. */
export function writeEchConfig(fields: EchConfigFields): Uint8Array {
  const w = new Writer()
  w.u16(ECH_VERSION).block(2, () => {
    w.u8(fields.configId).u16(fields.kem).vector(2, fields.publicKey)
    w.block(2, () => {
      for (const { kdf, aead } of fields.cipherSuites) w.u16(kdf).u16(aead)
    })
    w.u8(fields.maximumNameLength)
    w.vector(1, new TextEncoder().encode(fields.publicName))
    w.u16(0)
  })
  return w.finish().slice()
}

/**
 * Whether clients may use this as a public name (section 6.1.7): LDH labels, and nothing that would be taken for
 * an IPv4 address.
 */
export function isPublicName(name: string): boolean {
  return isDnsName(name) && !name.includes('_') && !endsInNumber(name)
}

/** A configuration with the provider's means to use it. */
export interface UsableEchConfig {
  readonly config: EchConfig
  readonly kem: HpkeKem
  readonly cipher: HpkeCipher
}

/** The first configuration that can be used, with the first of its cipher suites that can (section 6.1). */
export function chooseEchConfig(provider: CryptoProvider, configs: readonly EchConfig[]): UsableEchConfig | undefined {
  for (const config of configs) {
    const kem = kemOf(provider, config.kem)
    if (kem === undefined || config.publicKey.length !== kem.publicKeyLength) continue
    if (config.hasUnknownMandatory || !isPublicName(config.publicName)) continue
    for (const suite of config.cipherSuites) {
      const cipher = cipherOf(provider, suite.kdf, suite.aead)
      if (cipher !== undefined) return { config, kem, cipher }
    }
  }
  return undefined
}

/** The `info` of every HPKE context (sections 6.1, 7.1). */
export function echInfo(config: EchConfig): Uint8Array {
  return concatBytes(TLS_ECH, config.raw)
}

/** `tls ech` and a zero byte. */
const TLS_ECH = Uint8Array.of(0x74, 0x6c, 0x73, 0x20, 0x65, 0x63, 0x68, 0)
