/** HPKE by published vectors, with both providers, and between them. */

import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../bytes/index.ts'
import { HPKE_INFO, HPKE_PLAINTEXT, HPKE_VECTORS, type HpkeVector } from '../../test/vectors/hpke-vectors.ts'
import {
  cipherOf,
  deriveKeyPair,
  type HpkeCipher,
  type HpkeContext,
  type HpkeKem,
  kemOf,
  setupBaseR,
  setupBaseS,
} from './hpke.ts'
import { createNodeProvider, nodeProvider } from './node.ts'
import { createPortableProvider } from './portable.ts'
import { type CryptoProvider, InvalidShareError } from './provider.ts'

const PROVIDERS: readonly (readonly [string, CryptoProvider])[] = [
  ['node', nodeProvider],
  ['node with noble', createNodeProvider({ postQuantum: 'noble' })],
  ['portable', createPortableProvider()],
]
const KEMS = [0x10, 0x11, 0x12, 0x20]
const nothing = new Uint8Array(0)

function find(
  provider: CryptoProvider,
  [kem, kdf, aead]: readonly [number, number, number],
): { kem: HpkeKem; cipher: HpkeCipher } {
  const [foundKem, cipher] = [kemOf(provider, kem), cipherOf(provider, kdf, aead)]
  if (foundKem === undefined || cipher === undefined) throw new Error(`${provider.name} lacks ${kem}, ${kdf}, ${aead}`)
  return { kem: foundKem, cipher }
}

/** The KEM whose ephemeral key is the vector's. */
function withEphemeral(kem: HpkeKem, { ikmE = '', skEm }: HpkeVector): HpkeKem {
  const ephemeral = kem.importKey(skEm === undefined ? deriveKeyPair(kem, fromHex(ikmE)).privateKey : fromHex(skEm))
  const respond = (share: Uint8Array): { share: Uint8Array; secret: Uint8Array } => ({
    share: ephemeral.share,
    secret: ephemeral.agree(share),
  })
  return { ...kem, group: { ...kem.group, respond } }
}

describe.each(PROVIDERS)('HPKE with provider %s', (_, provider) => {
  describe.each(HPKE_VECTORS)('suite $suite', (vector) => {
    const { kem, cipher } = find(provider, vector.suite)

    test('the sender encapsulates, seals and exports as published', () => {
      const { enc, context } = setupBaseS(withEphemeral(kem, vector), cipher, fromHex(vector.pkRm), HPKE_INFO)
      expect(toHex(enc)).toBe(vector.enc)
      const sealed = new Map<number, string>()
      for (let i = 0; i <= 256; i++) sealed.set(i, toHex(context.seal(additionalData(i), HPKE_PLAINTEXT)))
      for (const [sequence, aad, ciphertext] of vector.ciphertexts) {
        expect(toHex(additionalData(sequence))).toBe(aad)
        expect(sealed.get(sequence)).toBe(ciphertext)
      }
      for (const [exporterContext, value] of vector.exports) {
        expect(toHex(context.export(fromHex(exporterContext), 32))).toBe(value)
      }
    })

    test('the recipient opens and exports the same', () => {
      const key = kem.importKey(fromHex(vector.skRm))
      expect(toHex(key.share)).toBe(vector.pkRm)
      const context = setupBaseR(kem, cipher, fromHex(vector.enc), key, HPKE_INFO)
      for (const [sequence, aad, ciphertext] of vector.ciphertexts) {
        if (sequence > 2) continue
        expect(context.open(fromHex(aad), fromHex(ciphertext))).toEqual(HPKE_PLAINTEXT)
      }
      for (const [exporterContext, value] of vector.exports) {
        expect(toHex(context.export(fromHex(exporterContext), 32))).toBe(value)
      }
    })

    test('keys are derived as published', () => {
      const recipient = deriveKeyPair(kem, fromHex(vector.ikmR))
      expect(toHex(recipient.privateKey)).toBe(vector.skRm)
      expect(toHex(recipient.publicKey)).toBe(vector.pkRm)
      if (vector.ikmE === undefined) return
      const ephemeral = deriveKeyPair(kem, fromHex(vector.ikmE))
      if (vector.skEm !== undefined) expect(toHex(ephemeral.privateKey)).toBe(vector.skEm)
      expect(toHex(ephemeral.publicKey)).toBe(vector.enc)
    })
  })

  test.each(KEMS)('KEM %s: what one side seals the other opens, with each KDF and AEAD', (id) => {
    for (const kdf of [1, 2, 3]) {
      for (const aead of [1, 2, 3]) {
        const { sender, recipient } = pair(provider, [id, kdf, aead])
        for (const text of ['one', 'two']) {
          const plaintext = new TextEncoder().encode(text)
          expect(recipient.open(nothing, sender.seal(nothing, plaintext))).toEqual(plaintext)
        }
        expect(recipient.export(nothing, 100)).toEqual(sender.export(nothing, 100))
      }
    }
  })

  test('what was altered does not open, and the message in its place still does', () => {
    const { sender, recipient } = pair(provider, [0x20, 1, 1])
    const sealed = sender.seal(nothing, HPKE_PLAINTEXT)
    const altered = Uint8Array.from(sealed, (byte, i) => (i === 3 ? byte ^ 1 : byte))
    expect(recipient.open(nothing, altered)).toBeNull()
    expect(recipient.open(Uint8Array.of(1), sealed)).toBeNull()
    expect(recipient.open(nothing, nothing)).toBeNull()
    expect(recipient.open(nothing, sealed)).toEqual(HPKE_PLAINTEXT)
  })

  test('another info is another context', () => {
    const { kem, cipher } = find(provider, [0x10, 1, 1])
    const { privateKey, publicKey } = deriveKeyPair(kem, provider.random(32))
    const { enc, context } = setupBaseS(kem, cipher, publicKey, HPKE_INFO)
    const recipient = setupBaseR(kem, cipher, enc, kem.importKey(privateKey), nothing)
    expect(recipient.open(nothing, context.seal(nothing, HPKE_PLAINTEXT))).toBeNull()
  })

  test.each(KEMS)('KEM %s refuses keys that are none (RFC 9180 section 7.1.4)', (id) => {
    const { kem, cipher } = find(provider, [id, 1, 1])
    const key = kem.importKey(deriveKeyPair(kem, provider.random(66)).privateKey)
    const bad = new Uint8Array(kem.publicKeyLength)
    // All zero: of small order for X25519, no point for the others.
    for (const share of [bad, bad.subarray(1), nothing]) {
      expect(() => setupBaseS(kem, cipher, share, HPKE_INFO)).toThrow(InvalidShareError)
      expect(() => setupBaseR(kem, cipher, share, key, HPKE_INFO)).toThrow(InvalidShareError)
    }
  })

  test('algorithms it does not know are not found', () => {
    expect(kemOf(provider, 0x21)).toBeUndefined()
    expect(cipherOf(provider, 4, 1)).toBeUndefined()
    expect(cipherOf(provider, 1, 0xffff)).toBeUndefined()
    expect(kemOf({ ...provider, groups: [] }, 0x20)).toBeUndefined()
    expect(cipherOf({ ...provider, aeads: [] }, 1, 1)).toBeUndefined()
  })

  test('a context disposed of seals nothing more', () => {
    const { sender } = pair(provider, [0x20, 1, 3])
    sender[Symbol.dispose]()
    expect(() => sender.seal(nothing, HPKE_PLAINTEXT)).toThrow(TypeError)
  })
})

function additionalData(sequence: number): Uint8Array {
  return new TextEncoder().encode(`Count-${sequence}`)
}

function pair(
  provider: CryptoProvider,
  suite: readonly [number, number, number],
): { sender: HpkeContext; recipient: HpkeContext } {
  const { kem, cipher } = find(provider, suite)
  const { privateKey, publicKey } = deriveKeyPair(kem, provider.random(kem.privateKeyLength))
  const { enc, context } = setupBaseS(kem, cipher, publicKey, HPKE_INFO)
  return { sender: context, recipient: setupBaseR(kem, cipher, enc, kem.importKey(privateKey), HPKE_INFO) }
}
