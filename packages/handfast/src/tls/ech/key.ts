/** A server's ECH keys (RFC 9849 sections 4.1, 7.1): making one, and importing it for use. */

import { equalBytes } from '../../bytes/index.ts'
import { cipherOf, deriveKeyPair, type HpkeKem, kemOf } from '../../crypto/hpke.ts'
import type { CryptoProvider, StaticKey } from '../../crypto/provider.ts'
import { type EchCipherSuite, type EchConfig, isPublicName, readEchConfig, writeEchConfig } from './config.ts'

/** An ECHConfig with its private key, imported. Made once, used by all connections. */
export interface EchKey {
  readonly config: EchConfig
  /** Whether clients that used another are told to use this one. */
  readonly isRetry: boolean
  /** @internal */
  readonly kem: HpkeKem
  /** @internal */
  readonly key: StaticKey
}

export interface EchKeyOptions {
  /** False for a key that is only still accepted. Default true. */
  readonly isRetry?: boolean
}

/**
 * Imports an ECHConfig and its private key for a server.
 * @param config one ECHConfig.
 * @param privateKey as RFC 9180 section 7.1.2 writes it. Copied.
 * @throws {TypeError} for a key or configuration that cannot be used with this provider.
 * @throws {DecodeError} | {KeyImportError}
 */
export function createEchKey(
  provider: CryptoProvider,
  config: Uint8Array,
  privateKey: Uint8Array,
  options: EchKeyOptions = {},
): EchKey {
  const read = readEchConfig(config)
  const kem = kemOf(provider, read.kem)
  if (kem === undefined) throw new TypeError(`ech: needs a KEM that the provider has, has 0x${read.kem.toString(16)}`)
  if (!read.cipherSuites.some(({ kdf, aead }) => cipherOf(provider, kdf, aead) !== undefined)) {
    throw new TypeError('ech: needs a cipher suite that the provider has, has none')
  }
  checkPublicName(read.publicName)
  const key = kem.importKey(privateKey)
  if (!equalBytes(key.share, read.publicKey))
    throw new TypeError('ech: needs the private key of its configuration, has another')
  return { config: read, isRetry: options.isRetry ?? true, kem, key }
}

export interface EchKeyRequest {
  /** The name that is seen in place of the one that is meant. The server needs a certificate for it. */
  readonly publicName: string
  /** Names shorter than this look as long, 0 to 255. Default 64. */
  readonly maximumNameLength?: number
  /** HPKE's number of the KEM. Default 0x0020, DHKEM(X25519, HKDF-SHA256), which everybody has (section 9). */
  readonly kem?: number
  /** Identifiers that the server uses already: another is chosen, as long as there is one (section 4.1). */
  readonly usedConfigIds?: readonly number[]
}

/** HKDF-SHA256 with each AEAD, the one that everybody has first (section 9). */
const CIPHER_SUITES: readonly EchCipherSuite[] = [
  { kdf: 1, aead: 1 },
  { kdf: 1, aead: 2 },
  { kdf: 1, aead: 3 },
]

/**
 * Makes a key: an ECHConfig to be published, and the private key that belongs to it.
 * @throws {TypeError}
 */
export function generateEchKey(
  provider: CryptoProvider,
  { publicName, maximumNameLength = 64, kem: id = 0x0020, usedConfigIds = [] }: EchKeyRequest,
): { readonly config: Uint8Array; readonly privateKey: Uint8Array } {
  checkPublicName(publicName)
  if (!Number.isInteger(maximumNameLength) || maximumNameLength < 0 || maximumNameLength > 255) {
    throw new TypeError(`maximumNameLength: needs a whole number from 0 to 255, has ${maximumNameLength}`)
  }
  const kem = kemOf(provider, id)
  if (kem === undefined) throw new TypeError(`kem: needs one that the provider has, has 0x${id.toString(16)}`)
  const ikm = provider.random(kem.privateKeyLength)
  const { privateKey, publicKey } = deriveKeyPair(kem, ikm)
  ikm.fill(0)
  const config = writeEchConfig({
    configId: drawConfigId(provider, usedConfigIds),
    kem: id,
    publicKey,
    cipherSuites: CIPHER_SUITES.filter(({ kdf, aead }) => cipherOf(provider, kdf, aead) !== undefined),
    maximumNameLength,
    publicName,
  })
  return { config, privateKey }
}

function drawConfigId(provider: CryptoProvider, used: readonly number[]): number {
  const free = Array.from({ length: 256 }, (_, id) => id).filter((id) => !used.includes(id))
  if (free.length === 0) return provider.random(1)[0] as number
  // A bias that 16 bits leave says nothing about anything.
  const [high, low] = provider.random(2) as unknown as [number, number]
  return free[(high * 256 + low) % free.length] as number
}

function checkPublicName(name: string): void {
  if (!isPublicName(name)) throw new TypeError(`ech: needs a DNS name as public name, has '${name}'`)
}
