/**
 * RSA encodings that are nearly right. All are signed with a real key, so that only the check of the
 * encoding stands between them and acceptance; every provider must refuse each of them.
 */

import * as crypto from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { concatBytes, fromHex, toHex } from '../bytes/index.ts'
import { nodeProvider } from './node.ts'
import { createPortableProvider } from './portable.ts'
import type { CryptoProvider, SignatureAlgorithm } from './provider.ts'

const PROVIDERS: readonly (readonly [string, CryptoProvider])[] = [
  ['node', nodeProvider],
  ['portable', createPortableProvider()],
]

const PKCS1: SignatureAlgorithm = { kind: 'rsa-pkcs1', hash: 'sha256' }
const pss = (saltLength: number, hash: 'sha256' | 'sha512' = 'sha256'): SignatureAlgorithm => ({
  kind: 'rsa-pss',
  hash,
  mgfHash: hash,
  saltLength,
})

const data = new TextEncoder().encode('data')
const { sha256 } = nodeProvider.hashes
const digest = sha256.digest(data)

interface RsaPair {
  readonly privateKey: crypto.KeyObject
  readonly spki: Uint8Array
  /** Bytes of the modulus. */
  readonly length: number
}

function generate(modulusLength: number): RsaPair {
  const { privateKey, publicKey } = crypto.generateKeyPairSync('rsa', { modulusLength })
  const spki = Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }))
  return { privateKey, spki, length: Math.ceil(modulusLength / 8) }
}

let pair: RsaPair
/** 8n + 1 bits: here a PSS encoding is a byte shorter than the modulus. */
let oddPair: RsaPair
let smallPair: RsaPair

/** The bytes of the modulus behind which the exponent 65537 ends the key. */
function modulusOf({ spki, length }: RsaPair): Uint8Array {
  return spki.slice(spki.length - length - 5, spki.length - 5)
}

beforeAll(() => {
  // Some tests seek values a little below or above the modulus: at the ends of its range there are too few.
  do pair = generate(2048)
  while ((modulusOf(pair)[0] as number) < 0x90 || (modulusOf(pair)[0] as number) >= 0xf0)
  oddPair = generate(1025)
  smallPair = generate(1024)
})

/** The signature whose encoding is `encoded`: RSASP1 alone (RFC 8017 section 5.2.1). */
function signRaw({ privateKey, length }: RsaPair, encoded: Uint8Array): Uint8Array {
  if (encoded.length !== length) throw new Error(`needs ${length} bytes, has ${encoded.length}`)
  return Uint8Array.from(crypto.privateEncrypt({ key: privateKey, padding: crypto.constants.RSA_NO_PADDING }, encoded))
}

const DIGEST_INFO = fromHex('3031300d060960864801650304020105000420')

/** 00 `type` padding 00 `info`, as long as the modulus. */
function encodePkcs1(info: Uint8Array, { type = 1, fill = 0xff, tail = new Uint8Array(0) } = {}): Uint8Array {
  const padding = new Uint8Array(pair.length - 3 - info.length - tail.length).fill(fill)
  return concatBytes(Uint8Array.of(0, type), padding, Uint8Array.of(0), info, tail)
}

/** EMSA-PSS encoding (RFC 8017 section 9.1.1), open to mistakes. */
function encodePss(
  target: RsaPair,
  bits: number,
  salt: Uint8Array,
  { separator = 1, trailer = 0xbc, padding = 0, top = 0, mHash = digest, hash = 'sha256' as 'sha256' | 'sha512' } = {},
): Uint8Array {
  const { length: hashLength } = nodeProvider.hashes[hash]
  const emLength = Math.ceil((bits - 1) / 8)
  const h = nodeProvider.hashes[hash].digest(concatBytes(new Uint8Array(8), mHash, salt))
  const dbLength = emLength - hashLength - 1
  const db = concatBytes(new Uint8Array(dbLength - salt.length - 1).fill(padding), Uint8Array.of(separator), salt)
  let mask = new Uint8Array(0)
  for (let i = 0; mask.length < dbLength; i++) {
    mask = Uint8Array.from(
      concatBytes(mask, nodeProvider.hashes[hash].digest(concatBytes(h, Uint8Array.of(0, 0, 0, i)))),
    )
  }
  const masked = db.map((byte, i) => byte ^ (mask[i] as number))
  const unused = 8 * emLength - (bits - 1)
  masked[0] = ((masked[0] as number) & (0xff >> unused)) | top
  const encoded = concatBytes(masked, h, Uint8Array.of(trailer))
  return concatBytes(new Uint8Array(target.length - emLength), encoded)
}

describe.each(PROVIDERS)('provider %s', (_, provider) => {
  const verify = (algorithm: SignatureAlgorithm, { spki }: RsaPair, signature: Uint8Array): boolean =>
    provider.verify(algorithm, provider.importPublicKey(spki), data, signature)

  test('PKCS #1 v1.5: the one right encoding, and none of the nearly right ones', () => {
    const info = concatBytes(DIGEST_INFO, digest)
    const sign = (encoded: Uint8Array): boolean => verify(PKCS1, pair, signRaw(pair, encoded))
    expect(sign(encodePkcs1(info))).toBe(true)

    const withoutNull = concatBytes(fromHex('302f300b0609608648016503040201'), fromHex('0420'), digest)
    const longLength = concatBytes(fromHex('308131300d060960864801650304020105000420'), digest)
    const nullWithContent = concatBytes(fromHex('3032300e06096086480165030402010501000420'), digest)
    const otherHash = concatBytes(fromHex('3031300d060960864801650304020205000420'), digest)
    const trailing = concatBytes(fromHex('3033300d060960864801650304020105000420'), digest, fromHex('0500'))
    for (const [what, encoded] of Object.entries({
      withoutNull: encodePkcs1(withoutNull),
      longLength: encodePkcs1(longLength),
      nullWithContent: encodePkcs1(nullWithContent),
      otherHash: encodePkcs1(otherHash),
      trailingInside: encodePkcs1(trailing),
      // The classic forgery: little padding, the rest of the room behind the digest.
      trailingOutside: encodePkcs1(info, { tail: new Uint8Array(100).fill(0x5a) }),
      bareDigest: encodePkcs1(digest),
      blockType0: encodePkcs1(info, { type: 0 }),
      blockType2: encodePkcs1(info, { type: 2 }),
      paddingOfZeros: encodePkcs1(info, { fill: 0 }),
      paddingOfOthers: encodePkcs1(info, { fill: 0xfe }),
    })) {
      expect(sign(encoded), what).toBe(false)
    }
  })

  test('PSS: the right encoding, and none of the nearly right ones', () => {
    const salt = new Uint8Array(32).fill(7)
    const sign = (encoded: Uint8Array): boolean => verify(pss(32), pair, signRaw(pair, encoded))
    expect(sign(encodePss(pair, 2048, salt))).toBe(true)
    for (const [what, encoded] of Object.entries({
      shorterSalt: encodePss(pair, 2048, salt.subarray(1)),
      longerSalt: encodePss(pair, 2048, concatBytes(salt, salt)),
      separator: encodePss(pair, 2048, salt, { separator: 2 }),
      trailer: encodePss(pair, 2048, salt, { trailer: 0xcc }),
      padding: encodePss(pair, 2048, salt, { padding: 1 }),
      digest: encodePss(pair, 2048, salt, { mHash: sha256.digest(digest) }),
    })) {
      expect(sign(encoded), what).toBe(false)
    }
    // 0x80 is beyond the 2047 bits of the encoding. A salt is sought that keeps it below the modulus.
    let fill = 0
    const candidate = (): Uint8Array => encodePss(pair, 2048, salt.fill(fill))
    while ((candidate()[0] as number) >= 0x10) fill++
    const raised = candidate()
    expect(sign(raised)).toBe(true)
    raised[0] = (raised[0] as number) | 0x80
    expect(sign(raised)).toBe(false)
  })

  test('PSS with a modulus of 8n + 1 bits: the byte before the encoding must be zero', () => {
    const salt = new Uint8Array(20).fill(9)
    const encoded = encodePss(oddPair, 1025, salt)
    expect([oddPair.length, encoded[0]]).toEqual([129, 0])
    expect(verify(pss(20), oddPair, signRaw(oddPair, encoded))).toBe(true)
    const salted = crypto.sign('sha256', data, {
      key: oddPair.privateKey,
      padding: crypto.constants.RSA_PKCS1_PSS_PADDING,
      saltLength: 20,
    })
    expect(verify(pss(20), oddPair, Uint8Array.from(salted))).toBe(true)
    // The modulus has its top bit in the first byte: 1 there fits if the rest is small enough.
    const raised = encoded.slice()
    raised[0] = 1
    raised[1] = 0
    expect(verify(pss(20), oddPair, signRaw(oddPair, raised))).toBe(false)
  })

  test('PSS in a small key: the largest salt that fits, and one more', () => {
    const mHash = nodeProvider.hashes.sha512.digest(data)
    const encoded = encodePss(smallPair, 1024, new Uint8Array(62).fill(1), { mHash, hash: 'sha512' })
    const signature = signRaw(smallPair, encoded)
    expect(verify(pss(62, 'sha512'), smallPair, signature)).toBe(true)
    expect(verify(pss(63, 'sha512'), smallPair, signature)).toBe(false)
    expect(verify(pss(64, 'sha512'), smallPair, signature)).toBe(false)
  })

  test('a signature that does not fit a small key is not made', () => {
    if (provider.name !== 'node') return
    const pkcs8 = smallPair.privateKey.export({ format: 'der', type: 'pkcs8' })
    const key = provider.importPrivateKey(Uint8Array.from(pkcs8))
    expect(provider.sign(pss(62, 'sha512'), key, data).length).toBe(128)
    expect(() => provider.sign(pss(63, 'sha512'), key, data)).toThrow(/cannot be made/)
  })

  test.each([
    ['PKCS #1 v1.5', PKCS1, { padding: crypto.constants.RSA_PKCS1_PADDING }],
    ['PSS', pss(32), { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }],
  ])('%s: a signature that begins with zero is refused without it', (_name, algorithm, options) => {
    const key = provider.importPublicKey(smallPair.spki)
    // One of 256 does; the small key is quick to sign with.
    for (let i = 0; ; i++) {
      const message = Uint8Array.of(i >>> 8, i)
      const signature = crypto.sign('sha256', message, { key: smallPair.privateKey, ...options })
      if (signature[0] !== 0) continue
      expect(provider.verify(algorithm, key, message, signature)).toBe(true)
      expect(provider.verify(algorithm, key, message, signature.subarray(1))).toBe(false)
      return
    }
  })

  test('a signature is as long as the modulus, and below it', () => {
    const good = signRaw(pair, encodePkcs1(concatBytes(DIGEST_INFO, digest)))
    const modulus = modulusOf(pair)
    // The same residue, one modulus higher: sought among messages until it still fits the length.
    const key = provider.importPublicKey(pair.spki)
    for (let i = 0, found = false; !found; i++) {
      const message = Uint8Array.of(i)
      const signature = crypto.sign('sha256', message, pair.privateKey)
      const plus = (BigInt(`0x${toHex(signature)}`) + BigInt(`0x${toHex(modulus)}`)).toString(16).padStart(512, '0')
      found = plus.length === 512
      expect(provider.verify(PKCS1, key, message, signature)).toBe(true)
      if (found) expect(provider.verify(PKCS1, key, message, fromHex(plus))).toBe(false)
    }
    expect(verify(PKCS1, pair, modulus)).toBe(false)
    expect(verify(PKCS1, pair, new Uint8Array(256))).toBe(false)
    expect(verify(PKCS1, pair, new Uint8Array(256).fill(0xff))).toBe(false)
    expect(verify(PKCS1, pair, concatBytes(Uint8Array.of(0), good))).toBe(false)
    expect(verify(PKCS1, pair, good)).toBe(true)
  })
})
