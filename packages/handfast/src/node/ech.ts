/** ECH keys and configurations as Node users have them: PEM files (RFC 9934 section 3), base64 as in DNS, bytes. */

import { createPrivateKey, type KeyObject, type webcrypto } from 'node:crypto'
import { readBase64, readPem, writePem } from '../asn1/index.ts'
import { DecodeError } from '../bytes/index.ts'
import { type CryptoProvider, KeyImportError } from '../crypto/provider.ts'
import {
  createEchKey,
  type EchConfig,
  type EchKey,
  generateEchKey,
  type EchKeyRequest,
  readEchConfig,
  readEchConfigList,
  writeEchConfigList,
} from '../tls/index.ts'

/** An ECHConfigList: its bytes, base64 as an HTTPS record has it, or PEM with a block ECHCONFIG. */
export type EchConfigInput = string | Uint8Array

/** A key with its configurations: PEM with the blocks PRIVATE KEY and ECHCONFIG, or one that was imported before. */
export type EchKeyInput = string | Uint8Array | EchKey

const CONFIG_LABEL = 'ECHCONFIG'

/**
 * The bytes of an ECHConfigList.
 * @throws {TypeError} naming the option `ech`.
 */
export function readEchConfigs(input: EchConfigInput): Uint8Array {
  return asTypeError(() => {
    if (typeof input !== 'string') return input
    return input.includes('-----BEGIN') ? configBlock(input) : readBase64(input, 'base64')
  })
}

/**
 * Keys for a server.
 * @throws {TypeError} naming the option `ech`; its message holds nothing of a key.
 */
export function readEchKeys(provider: CryptoProvider, input: EchKeyInput | readonly EchKeyInput[]): readonly EchKey[] {
  const inputs = (Array.isArray(input) ? input : [input]) as readonly EchKeyInput[]
  return inputs.flatMap((one) =>
    typeof one === 'string' || one instanceof Uint8Array ? asTypeError(() => readKeyFile(provider, one)) : [one],
  )
}

/** A new key in one PEM file, with its ECHConfigList. Whoever has it can read what is encrypted for it. */
export function createEchKeyFile(
  provider: CryptoProvider,
  request: EchKeyRequest,
): { pem: string; configs: Uint8Array } {
  const { config, privateKey } = generateEchKey(provider, request)
  const key = createPrivateKey({ format: 'jwk', key: jwkOf(readEchConfig(config), privateKey) })
  privateKey.fill(0)
  const configs = writeEchConfigList([config])
  return { pem: `${key.export({ type: 'pkcs8', format: 'pem' })}${writePem(CONFIG_LABEL, configs)}`, configs }
}

function readKeyFile(provider: CryptoProvider, input: string | Uint8Array): readonly EchKey[] {
  const text = typeof input === 'string' ? input : Buffer.from(input).toString('latin1')
  const configs = readEchConfigList(configBlock(text))
  const block = readPem(text).find(({ label }) => label === 'PRIVATE KEY')
  if (block === undefined) throw new TypeError('ech: needs a block PRIVATE KEY, has none')
  const privateKey = rawKey(block.bytes)
  const keys = configs.flatMap((config) => keyOf(provider, config, privateKey) ?? [])
  privateKey.fill(0)
  if (keys.length === 0) throw new TypeError('ech: needs a configuration of its private key, has none')
  return keys
}

/** Undefined for a configuration of another key. */
function keyOf(provider: CryptoProvider, { raw }: EchConfig, privateKey: Uint8Array): EchKey | undefined {
  try {
    return createEchKey(provider, raw, privateKey)
  } catch (error) {
    if (error instanceof KeyImportError || error instanceof TypeError) return undefined
    throw error
  }
}

function configBlock(text: string): Uint8Array {
  const block = readPem(text).find(({ label }) => label === CONFIG_LABEL)
  if (block === undefined) throw new TypeError(`ech: needs a block ${CONFIG_LABEL}, has none`)
  return block.bytes
}

/** A private key as HPKE writes it, from PKCS#8. */
function rawKey(pkcs8: Uint8Array): Uint8Array {
  let key: KeyObject
  try {
    key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
  } catch {
    // OpenSSL's own words say less than this, and could quote input.
    throw new TypeError('ech: needs a private key in PKCS#8, has what is none')
  }
  const type = key.asymmetricKeyType ?? 'unknown'
  if (type !== 'x25519' && type !== 'ec')
    throw new TypeError(`ech: needs a key of X25519 or of a NIST curve, has ${type}`)
  return new Uint8Array(Buffer.from(key.export({ format: 'jwk' }).d as string, 'base64url'))
}

const CURVES: ReadonlyMap<number, string> = new Map([
  [0x10, 'P-256'],
  [0x11, 'P-384'],
  [0x12, 'P-521'],
])

function jwkOf({ kem, publicKey }: EchConfig, privateKey: Uint8Array): webcrypto.JsonWebKey {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
  const crv = CURVES.get(kem)
  if (crv === undefined) return { kty: 'OKP', crv: 'X25519', x: text(publicKey), d: text(privateKey) }
  const middle = (publicKey.length + 1) / 2
  const [x, y] = [text(publicKey.subarray(1, middle)), text(publicKey.subarray(middle))]
  return { kty: 'EC', crv, x, y, d: text(privateKey) }
}

function asTypeError<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof DecodeError) throw new TypeError(`ech: ${error.message}`, { cause: error })
    throw error
  }
}
