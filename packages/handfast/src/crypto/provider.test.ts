/**
 * What every provider must do: hashes, AEADs and key exchange, by published vectors and against each
 * other. Signatures and keys are in signature.test.ts.
 */

import { generateKeyPairSync } from 'node:crypto'

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concatBytes, equalBytes, fromHex, toHex } from '../bytes/index.ts'
import { createNodeProvider, nodeProvider } from './node.ts'
import { createPortableProvider } from './portable.ts'
import {
  AEAD_TAG_LENGTH,
  InvalidShareError,
  KeyImportError,
  type Aead,
  type AeadName,
  type CryptoProvider,
  type EphemeralKey,
  type GroupName,
  type HashName,
  type KeyExchangeGroup,
  type StaticKey,
} from './provider.ts'

const portable = createPortableProvider()
const PROVIDERS: readonly (readonly [string, CryptoProvider])[] = [
  ['node', nodeProvider],
  ['node with noble', createNodeProvider({ postQuantum: 'noble' })],
  ['portable', portable],
]

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

function findGroup(provider: CryptoProvider, name: GroupName): KeyExchangeGroup {
  const group = provider.groups.find((candidate) => candidate.name === name)
  if (group === undefined) throw new Error(`${provider.name} has no ${name}`)
  return group
}

function findAead(provider: CryptoProvider, name: AeadName): Aead {
  const aead = provider.aeads.find((candidate) => candidate.name === name)
  if (aead === undefined) throw new Error(`${provider.name} has no ${name}`)
  return aead
}

/** A random source that gives out what is queued, and must be asked for exactly that. */
function scripted(...queue: readonly Uint8Array[]): (length: number) => Uint8Array {
  const rest = [...queue]
  return (length) => {
    const next = rest.shift()
    if (next?.length !== length) throw new Error(`asked for ${length} random bytes, has ${next?.length}`)
    return Uint8Array.from(next)
  }
}

/** An endless random source: SHA-256 of a seed and a counter. */
function seeded(seed: string): (length: number) => Uint8Array {
  let counter = 0
  return (length) => {
    const blocks: Uint8Array[] = []
    for (let have = 0; have < length; have += 32) {
      blocks.push(nodeProvider.hashes.sha256.digest(ascii(`${seed} ${counter++}`)))
    }
    return concatBytes(...blocks).slice(0, length)
  }
}

/** FIPS 180-4: the examples "abc" and the empty message (NIST, Example Values with Intermediate Results; CAVP ShortMsg). */
const DIGESTS: readonly (readonly [HashName, string, string])[] = [
  ['sha1', 'abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  ['sha1', '', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
  ['sha256', 'abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['sha256', '', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['sha384', 'abc', 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7'],
  [
    'sha512',
    'abc',
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  ],
  ['sha224', 'abc', '23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7'],
  ['sha512-224', 'abc', '4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa'],
  ['sha512-256', 'abc', '53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23'],
  ['sha3-224', 'abc', 'e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf'],
  ['sha3-256', 'abc', '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532'],
  [
    'sha3-384',
    'abc',
    'ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25',
  ],
  [
    'sha3-512',
    'abc',
    'b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0',
  ],
]

const HI_THERE = { key: new Uint8Array(20).fill(0x0b), data: ascii('Hi There') }
const LARGE_KEY = {
  key: new Uint8Array(131).fill(0xaa),
  data: ascii('Test Using Larger Than Block-Size Key - Hash Key First'),
}

/** RFC 2202 section 3 (SHA-1), RFC 4231 sections 4.2 and 4.7. */
const MACS: readonly (readonly [HashName, typeof HI_THERE, string])[] = [
  ['sha1', HI_THERE, 'b617318655057264e28bc0b6fb378c8ef146be00'],
  ['sha224', HI_THERE, '896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22'],
  ['sha256', HI_THERE, 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  ['sha256', LARGE_KEY, '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54'],
  [
    'sha384',
    HI_THERE,
    'afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6',
  ],
  [
    'sha384',
    LARGE_KEY,
    '4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952',
  ],
  [
    'sha512',
    HI_THERE,
    '87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854',
  ],
  [
    'sha512',
    LARGE_KEY,
    '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598',
  ],
]

/**
 * McGrew and Viega, The Galois/Counter Mode of Operation, test cases 4 and 16; RFC 8439 section 2.8.2.
 */
const GCM_PLAINTEXT =
  'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39'
const AEAD_VECTORS: readonly {
  readonly name: AeadName
  readonly key: string
  readonly nonce: string
  readonly additionalData: string
  readonly plaintext: Uint8Array
  readonly sealed: string
}[] = [
  {
    name: 'aes-128-gcm',
    key: 'feffe9928665731c6d6a8f9467308308',
    nonce: 'cafebabefacedbaddecaf888',
    additionalData: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    plaintext: fromHex(GCM_PLAINTEXT),
    sealed:
      '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091' +
      '5bc94fbc3221a5db94fae95ae7121a47',
  },
  {
    name: 'aes-256-gcm',
    key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
    nonce: 'cafebabefacedbaddecaf888',
    additionalData: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    plaintext: fromHex(GCM_PLAINTEXT),
    sealed:
      '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662' +
      '76fc6ece0f4e1768cddf8853bb2d551b',
  },
  {
    name: 'chacha20-poly1305',
    key: '808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f',
    nonce: '070000004041424344454647',
    additionalData: '50515253c0c1c2c3c4c5c6c7',
    plaintext: ascii(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    ),
    sealed:
      'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b6' +
      '7ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116' +
      '1ae10b594f09e26a7e902ecbd0600691',
  },
]

const SHARE_LENGTHS: Readonly<Record<GroupName, readonly [client: number, server: number, secret: number]>> = {
  X25519MLKEM768: [1216, 1120, 64],
  x25519: [32, 32, 32],
  secp256r1: [65, 65, 32],
  secp384r1: [97, 97, 48],
  secp521r1: [133, 133, 66],
  SecP256r1MLKEM768: [1249, 1153, 64],
  SecP384r1MLKEM1024: [1665, 1665, 80],
}
const GROUP_NAMES = Object.keys(SHARE_LENGTHS) as GroupName[]

describe.each(PROVIDERS)('provider %s', (_, provider) => {
  test('lists its algorithms in order of preference', () => {
    expect(provider.groups.map((group) => group.name)).toEqual(GROUP_NAMES)
    const first = provider === portable ? 'chacha20-poly1305' : 'aes-128-gcm'
    expect(provider.aeads[0]?.name).toBe(first)
    expect(provider.aeads.map((aead) => aead.name).toSorted()).toEqual([
      'aes-128-gcm',
      'aes-256-gcm',
      'chacha20-poly1305',
    ])
  })

  test('random bytes are as many as asked for, and not the same twice', () => {
    for (const length of [0, 1, 32, 70_000]) expect(provider.random(length).length).toBe(length)
    expect(provider.random(32)).not.toEqual(provider.random(32))
    const long = provider.random(70_000)
    expect(long.subarray(0, 32)).not.toEqual(long.subarray(65_536, 65_568))
  })

  describe('hashes', () => {
    test.each(DIGESTS)('%s of "%s" (FIPS 180-4, FIPS 202)', (name, text, expected) => {
      const hash = provider.hashes[name]
      expect(hash.name).toBe(name)
      expect(hash.length).toBe(expected.length / 2)
      expect(toHex(hash.digest(ascii(text)))).toBe(expected)
    })

    test.each(MACS)('HMAC with %s (RFC 2202, RFC 4231)', (name, { key, data }, expected) => {
      expect(toHex(provider.hashes[name].hmac(key, data))).toBe(expected)
    })

    test('a running hash gives digests on the way and goes on', () => {
      for (const hash of Object.values(provider.hashes)) {
        const running = hash.start()
        expect(running.digest()).toEqual(hash.digest(ascii('')))
        running.update(ascii('client '))
        const first = running.digest()
        expect(first).toEqual(hash.digest(ascii('client ')))
        expect(running.digest()).toEqual(first)
        running.update(ascii('hello'))
        expect(running.digest()).toEqual(hash.digest(ascii('client hello')))
        expect(first).toEqual(hash.digest(ascii('client ')))
      }
    })

    test('a copy of a running hash goes its own way', () => {
      for (const hash of Object.values(provider.hashes)) {
        const running = hash.start()
        running.update(ascii('client '))
        const copy = running.copy()
        running.update(ascii('hello'))
        copy.update(ascii('finished'))
        expect(running.digest()).toEqual(hash.digest(ascii('client hello')))
        expect(copy.digest()).toEqual(hash.digest(ascii('client finished')))
      }
    })

    test('results are plain arrays: slice copies, as it would not in a Buffer', () => {
      const digest = provider.hashes.sha256.digest(ascii('abc'))
      digest.slice().fill(0)
      expect(toHex(digest).startsWith('ba7816bf')).toBe(true)
      expect(Object.getPrototypeOf(digest)).toBe(Uint8Array.prototype)
    })
  })

  describe.each(AEAD_VECTORS)('AEAD $name', ({ name, key, nonce, additionalData, plaintext, sealed }) => {
    const aead = findAead(provider, name)
    const iv = fromHex(nonce)
    const aad = fromHex(additionalData)

    test('seals and opens the published vector, at an odd offset too', () => {
      const aeadKey = aead.key(fromHex(key))
      for (const offset of [0, 5]) {
        const out = new Uint8Array(offset + plaintext.length + AEAD_TAG_LENGTH + 3).fill(0xee)
        aeadKey.seal(iv, aad, plaintext, out, offset)
        expect(toHex(out.subarray(offset, out.length - 3))).toBe(sealed)
        expect(toHex(out.subarray(0, offset))).toBe('ee'.repeat(offset))
        expect(toHex(out.subarray(out.length - 3))).toBe('eeeeee')
        expect(aeadKey.open(iv, aad, out.subarray(offset, out.length - 3))).toEqual(plaintext)
      }
    })

    test('opens nothing that was changed, shortened or bound to other data', () => {
      const aeadKey = aead.key(fromHex(key))
      const good = fromHex(sealed)
      for (const at of [0, plaintext.length - 1, plaintext.length, good.length - 1]) {
        const bad = good.slice()
        bad[at] = (bad[at] as number) ^ 1
        expect(aeadKey.open(iv, aad, bad)).toBeNull()
      }
      expect(aeadKey.open(iv, aad.subarray(1), good)).toBeNull()
      expect(aeadKey.open(iv.toReversed(), aad, good)).toBeNull()
      expect(aeadKey.open(iv, aad, good.subarray(0, good.length - 1))).toBeNull()
      for (const length of [0, 15, 16]) expect(aeadKey.open(iv, aad, good.subarray(0, length))).toBeNull()
      expect(aeadKey.open(iv, aad, good)).toEqual(plaintext)
    })

    test('the key is copied, and gone once disposed of', () => {
      const bytes = fromHex(key)
      const aeadKey = aead.key(bytes)
      bytes.fill(0)
      expect(aeadKey.open(iv, aad, fromHex(sealed))).toEqual(plaintext)
      aeadKey[Symbol.dispose]()
      aeadKey[Symbol.dispose]()
      expect(() => aeadKey.open(iv, aad, fromHex(sealed))).toThrow(TypeError)
      expect(() => aeadKey.seal(iv, aad, plaintext, new Uint8Array(500), 0)).toThrow(TypeError)
    })

    test("a caller's mistakes are told at once", () => {
      expect(() => aead.key(new Uint8Array(aead.keyLength - 1))).toThrow(/key: needs/)
      expect(() => aead.key(new Uint8Array(aead.keyLength + 1))).toThrow(TypeError)
      const aeadKey = aead.key(fromHex(key))
      expect(() => aeadKey.open(iv.subarray(1), aad, fromHex(sealed))).toThrow(/nonce: needs 12 bytes, has 11/)
      expect(() => aeadKey.seal(new Uint8Array(16), aad, plaintext, new Uint8Array(500), 0)).toThrow(TypeError)
      const small = new Uint8Array(plaintext.length + AEAD_TAG_LENGTH)
      expect(() => aeadKey.seal(iv, aad, plaintext, small, 1)).toThrow(/needs room/)
      expect(() => aeadKey.seal(iv, aad, plaintext, small, -1)).toThrow(TypeError)
    })
  })

  describe.each(GROUP_NAMES)('group %s', (name) => {
    const group = findGroup(provider, name)
    const [client, server, secretLength] = SHARE_LENGTHS[name]

    test('has the lengths of its specification', () => {
      expect([group.clientShareLength, group.serverShareLength]).toEqual([client, server])
    })

    test.each(PROVIDERS)('agrees with a server on %s', (_name, other) => {
      using key = group.generate()
      expect(key.group).toBe(name)
      expect(key.share.length).toBe(client)
      const answer = findGroup(other, name).respond(key.share)
      expect(answer.share.length).toBe(server)
      expect(answer.secret.length).toBe(secretLength)
      expect(toHex(key.agree(answer.share))).toBe(toHex(answer.secret))
    })

    test('makes a fresh key each time', () => {
      using one = group.generate()
      using two = group.generate()
      expect(equalBytes(one.share, two.share)).toBe(false)
      expect(equalBytes(group.respond(one.share).share, group.respond(one.share).share)).toBe(false)
    })

    test('refuses shares of the wrong length, on both sides', () => {
      using key = group.generate()
      const answer = group.respond(key.share)
      for (const share of [new Uint8Array(0), key.share.subarray(1), concatBytes(key.share, Uint8Array.of(0))]) {
        expect(() => group.respond(share)).toThrow(InvalidShareError)
      }
      expect(() => key.agree(answer.share.subarray(1))).toThrow(new RegExp(`needs ${server} bytes, has ${server - 1}`))
    })

    test('a key agrees once, even if the share was bad', () => {
      const used = group.generate()
      const answer = group.respond(used.share)
      used.agree(answer.share)
      expect(() => used.agree(answer.share)).toThrow(TypeError)

      const misused = group.generate()
      expect(() => misused.agree(new Uint8Array(0))).toThrow(InvalidShareError)
      expect(() => misused.agree(group.respond(misused.share).share)).toThrow(TypeError)

      const disposed = group.generate()
      disposed[Symbol.dispose]()
      disposed[Symbol.dispose]()
      expect(() => disposed.agree(answer.share)).toThrow(TypeError)
    })
  })

  describe.each(['x25519', 'secp256r1', 'secp384r1', 'secp521r1'] as const)('static key of %s', (name) => {
    const importKey = (own: CryptoProvider, bytes: Uint8Array): StaticKey => {
      const group = findGroup(own, name)
      if (group.importKey === undefined) throw new Error(`${own.name} imports no key of ${name}`)
      return group.importKey(bytes)
    }
    const length = { x25519: 32, secp256r1: 32, secp384r1: 48, secp521r1: 66 }[name]
    // Below the order of every curve, that of P-521 too.
    const bytes = provider.random(length).fill(0, 0, 1)

    test('agrees as often as wanted, with either half of an exchange', () => {
      using key = importKey(provider, bytes)
      expect(key.group).toBe(name)
      const group = findGroup(provider, name)
      for (let i = 0; i < 2; i++) {
        const answer = group.respond(key.share)
        expect(toHex(key.agree(answer.share))).toBe(toHex(answer.secret))
      }
    })

    test.each(PROVIDERS)('is the same key with provider %s', (_name, other) => {
      const [one, two] = [importKey(provider, bytes), importKey(other, bytes)]
      expect(toHex(one.share)).toBe(toHex(two.share))
      expect(toHex(one.agree(two.share))).toBe(toHex(two.agree(one.share)))
    })

    test('the bytes are copied, and the key is gone once disposed of', () => {
      const own = Uint8Array.from(bytes)
      const key = importKey(provider, own)
      const { share, secret } = findGroup(provider, name).respond(key.share)
      own.fill(0)
      expect(toHex(key.agree(share))).toBe(toHex(secret))
      key[Symbol.dispose]()
      key[Symbol.dispose]()
      expect(() => key.agree(share)).toThrow(TypeError)
    })

    test('refuses keys and shares that are none', () => {
      for (const bad of [bytes.subarray(1), concatBytes(bytes, Uint8Array.of(0)), new Uint8Array(0)]) {
        expect(() => importKey(provider, bad)).toThrow(KeyImportError)
      }
      if (name !== 'x25519') {
        expect(() => importKey(provider, new Uint8Array(length))).toThrow(KeyImportError)
        expect(() => importKey(provider, new Uint8Array(length).fill(255))).toThrow(KeyImportError)
      }
      using key = importKey(provider, bytes)
      expect(() => key.agree(key.share.subarray(1))).toThrow(InvalidShareError)
      expect(() => key.agree(new Uint8Array(key.share.length))).toThrow(InvalidShareError)
    })
  })

  test('hybrids have no static keys', () => {
    for (const { name, importKey } of provider.groups) expect(importKey === undefined).toBe(name.includes('MLKEM'))
  })

  test('x25519 refuses every point of small order (RFC 7748 section 6.1)', () => {
    const group = findGroup(provider, 'x25519')
    // 0, 1, the two of order 8, p - 1, p and p + 1, with and without the bit that is to be ignored.
    const points = [
      '00'.repeat(32),
      `01${'00'.repeat(31)}`,
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
      '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
      `ec${'ff'.repeat(30)}7f`,
      `ed${'ff'.repeat(30)}7f`,
      `ee${'ff'.repeat(30)}7f`,
    ].map(fromHex)
    for (const point of points) {
      for (const top of [0, 0x80]) {
        const share = point.slice()
        share[31] = (share[31] as number) | top
        expect(() => group.respond(share), toHex(share)).toThrow(InvalidShareError)
        expect(() => group.generate().agree(share), toHex(share)).toThrow(InvalidShareError)
      }
    }
  })

  test.each(['secp256r1', 'secp384r1', 'secp521r1'] as const)(
    '%s refuses points off the curve, compressed, hybrid, out of range, and infinity',
    (name) => {
      const group = findGroup(provider, name)
      const good = group.generate().share
      const half = (good.length - 1) / 2
      const withForm = (form: number): Uint8Array => concatBytes(Uint8Array.of(form), good.subarray(1))
      const offCurve = good.slice()
      offCurve[good.length - 1] = (offCurve[good.length - 1] as number) ^ 1
      const bad: Record<string, Uint8Array> = {
        offCurve,
        otherForms: withForm(0),
        compressedForm: withForm(2),
        hybridForm: withForm(6 + ((good.at(-1) as number) & 1)),
        origin: concatBytes(Uint8Array.of(4), new Uint8Array(2 * half)),
        outOfRange: concatBytes(Uint8Array.of(4), new Uint8Array(2 * half).fill(0xff)),
        compressed: concatBytes(Uint8Array.of(2 + ((good.at(-1) as number) & 1)), good.subarray(1, 1 + half)),
        infinity: Uint8Array.of(0),
      }
      for (const [what, share] of Object.entries(bad)) {
        expect(() => group.respond(share), what).toThrow(InvalidShareError)
        expect(() => group.generate().agree(share), what).toThrow(InvalidShareError)
      }
    },
  )

  test.each([
    ['X25519MLKEM768', 0],
    ['SecP256r1MLKEM768', 65],
    ['SecP384r1MLKEM1024', 97],
  ] as const)('%s refuses an encapsulation key with a coefficient of q or more (FIPS 203 section 7.2)', (name, at) => {
    const group = findGroup(provider, name)
    const share = group.generate().share.slice()
    // The first coefficient, twelve bits: 3328 is the last that is one, 3329 is q.
    share[at + 1] = ((share[at + 1] as number) & 0xf0) | 0x0d
    share[at] = 0x00
    expect(group.respond(share).secret.length).toBeGreaterThan(0)
    share[at] = 0x01
    expect(() => group.respond(share)).toThrow(/encapsulation key/)
    expect(() => group.respond(share)).toThrow(InvalidShareError)
  })

  test('a refused encapsulation key does no harm to the keys imported after it', () => {
    const group = findGroup(provider, 'X25519MLKEM768')
    const share = group.generate().share.slice().fill(0xff, 0, 1184)
    const { privateKey } = generateKeyPairSync('ed25519')
    const pkcs8 = new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))
    expect(() => group.respond(share)).toThrow(InvalidShareError)
    expect(provider.importPrivateKey(pkcs8).keyType.type).toBe('ed25519')
  })

  test.each([
    ['X25519MLKEM768', 'x25519'],
    ['SecP256r1MLKEM768', 'secp256r1'],
    ['SecP384r1MLKEM1024', 'secp384r1'],
  ] as const)('%s lends its classical key to a second share', (hybrid, name) => {
    const offer = (): { key: EphemeralKey; second: EphemeralKey } => {
      const key = findGroup(provider, hybrid).generate()
      if (key.classical === undefined) throw new Error('no classical component')
      return { key, second: key.classical }
    }
    const { key, second } = offer()
    expect(second.group).toBe(name)
    const part = hybrid === 'X25519MLKEM768' ? key.share.subarray(-32) : key.share.subarray(0, second.share.length)
    expect(toHex(second.share)).toBe(toHex(part))
    const answer = findGroup(provider, name).respond(second.share)
    expect(toHex(second.agree(answer.share))).toBe(toHex(answer.secret))
    expect(() => key.agree(findGroup(provider, hybrid).respond(key.share).share)).toThrow(TypeError)

    const disposed = offer()
    disposed.key[Symbol.dispose]()
    expect(() => disposed.second.agree(answer.share)).toThrow(TypeError)
  })

  test('a bad classical half and a bad ciphertext are noticed in hybrids', () => {
    const group = findGroup(provider, 'X25519MLKEM768')
    const key = group.generate()
    const share = key.share.slice()
    share.fill(0, 1184)
    expect(() => group.respond(share)).toThrow(/x25519/)
    const answer = group.respond(key.share)
    const zeroed = answer.share.slice()
    zeroed.fill(0, 1088)
    expect(() => key.agree(zeroed)).toThrow(InvalidShareError)

    // FIPS 203 section 6.3: a changed ciphertext gives another secret, not an error.
    const victim = group.generate()
    const changed = group.respond(victim.share)
    changed.share[0] = (changed.share[0] as number) ^ 1
    const secret = victim.agree(changed.share)
    expect(equalBytes(secret.subarray(0, 32), changed.secret.subarray(0, 32))).toBe(false)
    expect(equalBytes(secret.subarray(32), changed.secret.subarray(32))).toBe(true)
  })
})

describe('known answers of key exchange, by scripted randomness', () => {
  test('X25519 (RFC 7748 sections 5.2 and 6.1)', () => {
    const scalar = fromHex('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4')
    const point = fromHex('e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c')
    const answer = findGroup(createPortableProvider({ random: scripted(scalar) }), 'x25519').respond(point)
    expect(toHex(answer.secret)).toBe('c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552')

    const alice = fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a')
    const bob = fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb')
    const group = findGroup(createPortableProvider({ random: scripted(alice, bob) }), 'x25519')
    const key = group.generate()
    expect(toHex(key.share)).toBe('8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a')
    const { share, secret } = group.respond(key.share)
    expect(toHex(share)).toBe('de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f')
    expect(toHex(secret)).toBe('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742')
    expect(toHex(key.agree(share))).toBe('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742')
  })

  // RFC 5903 sections 8.1 to 8.3: i, r and girx. A scalar d is drawn from a longer string s as
  // d = (s mod (n - 1)) + 1 (FIPS 186-5 appendix A.2.1), so that s = d - 1.
  test.each([
    [
      'secp256r1',
      48,
      'c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433',
      'c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53',
      'd6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de',
    ],
    [
      'secp384r1',
      72,
      '099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655e35b538041e649ee3faef896783ab194',
      '41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942e0308312916b8ed2960e4bd55a7448fc',
      '11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4d603135569b9e9d09cf5d4a270f59746',
    ],
    [
      'secp521r1',
      99,
      '0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a095aa85a30fe1c2952c6771d937ba9777f5957b2639bab072462f68c27a57382d4a52',
      '0145ba99a847af43793fdd0e872e7cdfa16be30fdc780f97bccc3f078380201e9c677d600b343757a3bdbf2a3163e4c2f869cca7458aa4a4effc311f5cb151685eb9',
      '01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04d1427e73ca4baa240a34786859810c06b3c715a3a8cc3151f2bee417996d19f3ddea',
    ],
  ] as const)('ECDH %s (RFC 5903)', (name, seedLength, i, r, expected) => {
    const seed = (scalar: string): Uint8Array =>
      fromHex((BigInt(`0x${scalar}`) - 1n).toString(16).padStart(2 * seedLength, '0'))
    const group = findGroup(createPortableProvider({ random: scripted(seed(i), seed(r)) }), name)
    const key = group.generate()
    const answer = group.respond(key.share)
    expect(toHex(answer.secret)).toBe(expected)
    expect(toHex(key.agree(answer.share))).toBe(expected)
  })

  // NIST's known answers for ML-KEM, number 0 (d, z, msg, ss); SHA-256 of the encapsulation key as in
  // Wycheproof, mlkem_768_keygen_seed and mlkem_1024_keygen_seed (their z differs; ek depends on d only).
  test.each([
    [
      'X25519MLKEM768',
      32,
      '86adbca81f4fee893e2fb58fb98aa2fe188f501fed268d7f4056f8c05c4e53c4',
      'ac865f839fef1bf3d528dd7504bed2f64b5502b0fa81d1c32763658e4aac5037',
    ],
    [
      'SecP384r1MLKEM1024',
      72,
      '61b95ec8c32ae85ad7a17ae5b9c2dfb083e05f767da3ba9a0a8092ea6b4cbf7a',
      'ea636ce31b73f40229572146b97e590f1605fdadd1c3781861530effcf2b1e18',
    ],
  ] as const)('ML-KEM in %s (NIST)', (name, classicalSeed, encapsulationKeyHash, expected) => {
    const d = fromHex('7c9935a0b07694aa0c6d10e4db6b1add2fd81a25ccb148032dcd739936737f2d')
    const z = fromHex('b505d7cfad1b497499323c8686325e4792f267aafa3f87ca60d01cb54f29202a')
    const message = fromHex('eb4a7c66ef4eba2ddb38c88d8bc706b1d639002198172a7b1942eca8f6c001ba')
    const random = scripted(
      new Uint8Array(classicalSeed).fill(3),
      concatBytes(d, z),
      new Uint8Array(classicalSeed).fill(5),
      message,
    )
    const group = findGroup(createPortableProvider({ random }), name)
    const kemFirst = name === 'X25519MLKEM768'
    const key = group.generate()
    const encapsulationKey = kemFirst ? key.share.subarray(0, 1184) : key.share.subarray(97)
    expect(toHex(nodeProvider.hashes.sha256.digest(encapsulationKey))).toBe(encapsulationKeyHash)
    const answer = group.respond(key.share)
    const secret = kemFirst ? answer.secret.subarray(0, 32) : answer.secret.subarray(48)
    expect(toHex(secret)).toBe(expected)
    expect(toHex(key.agree(answer.share))).toBe(toHex(answer.secret))
  })
})

describe('across providers', () => {
  test('hashes, MACs and AEADs give the same bytes for any input', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (data, key, secret) => {
          for (const one of Object.values(nodeProvider.hashes)) {
            const other = portable.hashes[one.name]
            expect(toHex(one.digest(data))).toBe(toHex(other.digest(data)))
            expect(toHex(one.hmac(key, data))).toBe(toHex(other.hmac(key, data)))
          }
          for (const { name, keyLength } of nodeProvider.aeads) {
            const nonce = secret.subarray(0, 12)
            const sealed = new Uint8Array(data.length + AEAD_TAG_LENGTH)
            using sealer = findAead(portable, name).key(secret.subarray(0, keyLength))
            using opener = findAead(nodeProvider, name).key(secret.subarray(0, keyLength))
            sealer.seal(nonce, key, data, sealed, 0)
            expect(opener.open(nonce, key, sealed)).toEqual(data)
            const again = new Uint8Array(sealed.length)
            opener.seal(nonce, key, data, again, 0)
            expect(toHex(again)).toBe(toHex(sealed))
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  test('any share of the right length is answered or refused by both alike', () => {
    for (const name of ['x25519', 'secp256r1'] as const) {
      const [one, other] = [findGroup(nodeProvider, name), findGroup(portable, name)]
      const accepts = (group: KeyExchangeGroup, share: Uint8Array): boolean => {
        try {
          group.respond(share)
          return true
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidShareError)
          return false
        }
      }
      const length = one.clientShareLength
      const valid = fc.constant(null).map(() => one.generate().share.slice())
      const nearlyValid = fc.tuple(valid, fc.nat(length - 1), fc.nat(255)).map(([share, at, value]) => {
        share[at] = value
        return share
      })
      const any = fc.uint8Array({ minLength: length, maxLength: length })
      fc.assert(
        fc.property(fc.oneof(nearlyValid, any), (share) => {
          expect(accepts(one, share)).toBe(accepts(other, share))
        }),
        { numRuns: 60 },
      )
    }
  })

  test('the same seed replays the same exchange; another does not', () => {
    const run = (seed: string): string => {
      const provider = createPortableProvider({ random: seeded(seed) })
      return provider.groups
        .map((group) => {
          const key = group.generate()
          const answer = group.respond(key.share)
          return toHex(provider.hashes.sha256.digest(concatBytes(key.share, answer.share, answer.secret)))
        })
        .join()
    }
    expect(run('one')).toBe(run('one'))
    expect(run('one')).not.toBe(run('two'))
  })
})
