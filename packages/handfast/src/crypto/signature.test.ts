/**
 * What every provider must do with keys and signatures: published vectors, each provider against the
 * others, and what must be refused.
 */

import * as crypto from 'node:crypto'
import * as fc from 'fast-check'
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { concatBytes, fromHex, toHex } from '../bytes/index.ts'
import { createNodeProvider, nodeProvider } from './node.ts'
import { createPortableProvider } from './portable.ts'
import {
  KeyImportError,
  type CryptoProvider,
  type KeyType,
  type MlDsaName,
  type SecpCurveName,
  type SignatureAlgorithm,
} from './provider.ts'

const portable = createPortableProvider()
const PROVIDERS: readonly (readonly [string, CryptoProvider])[] = [
  ['node', nodeProvider],
  ['node with noble', createNodeProvider({ postQuantum: 'noble' })],
  ['portable', portable],
]

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Test-side DER: one element. */
function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...contents)
  const { length } = content
  const prefix = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return concatBytes(Uint8Array.of(tag, ...prefix), content)
}

const pkcs8 = (algorithm: Uint8Array, key: Uint8Array): Uint8Array =>
  der(0x30, Uint8Array.of(2, 1, 0), algorithm, der(4, key))

const EC_ALGORITHMS: Readonly<Record<SecpCurveName, Uint8Array>> = {
  secp256r1: fromHex('301306072a8648ce3d020106082a8648ce3d030107'),
  secp384r1: fromHex('301006072a8648ce3d020106052b81040022'),
  secp521r1: fromHex('301006072a8648ce3d020106052b81040023'),
}
const ED25519 = fromHex('300506032b6570')
const ED448 = fromHex('300506032b6571')
const ML_DSA: Readonly<Record<MlDsaName, Uint8Array>> = {
  'ml-dsa-44': fromHex('300b0609608648016503040311'),
  'ml-dsa-65': fromHex('300b0609608648016503040312'),
  'ml-dsa-87': fromHex('300b0609608648016503040313'),
}

const ecPrivateKey = (scalar: Uint8Array, ...rest: readonly Uint8Array[]): Uint8Array =>
  der(0x30, Uint8Array.of(2, 1, 1), der(4, scalar), ...rest)

/** RFC 6979 sections A.2.5 to A.2.7: key, and the signature of "sample" with the hash as long as the curve. */
const ECDSA_VECTORS: readonly (readonly [SecpCurveName, 'sha256' | 'sha384' | 'sha512', string, string, string])[] = [
  [
    'secp256r1',
    'sha256',
    'c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721',
    'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716',
    'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
  ],
  [
    'secp384r1',
    'sha384',
    '6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5',
    '94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46',
    '99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8',
  ],
  [
    'secp521r1',
    'sha512',
    '00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d16fcc1466f6d8fbec67db89ec0c08b0e996b83538',
    'c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377fa',
    '617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67a',
  ],
]

/** RFC 6979 section A.2.1: the key of 1024 bits, and the signatures of "sample". */
const DSA_KEY = {
  p:
    '86f5ca03dcfeb225063ff830a0c769b9dd9d6153ad91d7ce27f787c43278b447e6533b86b18bed6e8a48b784a14c252c' +
    '5be0dbf60b86d6385bd2f12fb763ed8873abfd3f5ba2e0a8c0a59082eac056935e529daf7c610467899c77adedfc846c' +
    '881870b7b19b2b58f9be0521a17002e3bdd6b86685ee90b3d9a1b02b782b1779',
  q: '996f967f6c8e388d9e28d01e205fba957a5698b1',
  g:
    '07b0f92546150b62514bb771e2a0c0ce387f03bda6c56b505209ff25fd3c133d89bbcd97e904e09114d9a7defdeadfc9' +
    '078ea544d2e401aeecc40bb9fbbf78fd87995a10a1c27cb7789b594ba7efb5c4326a9fe59a070e136db77175464adca4' +
    '17be5dce2f40d10a46a3a3943f26ab7fd9c0398ff8c76ee0a56826a8a88f1dbd',
  y:
    '5df5e01ded31d0297e274e1691c192fe5868fef9e19a84776454b100cf16f65392195a38b90523e2542ee61871c0440c' +
    'b87c322fc4b4d2ec5e1e7ec766e1be8d4ce935437dc11c3c8fd426338933ebfe739cb3465f4d3668c5e473508253b1e6' +
    '82f65cbdc4fae93c2ea212390e54905a86e2223170b44eaa7da5dd9ffcfb7f3b',
}
const DSA_VECTORS: readonly (readonly ['sha1' | 'sha224' | 'sha256', string, string])[] = [
  ['sha1', '2e1a0c2562b2912caaf89186fb0f42001585da55', '29efb6b0aff2d7a68eb70ca313022253b9a88df5'],
  ['sha224', '4bc3b686aea70145856814a6f1bb53346f02101e', '410697b92295d994d21edd2f4ada85566f6f94c1'],
  ['sha256', '81f2f5850be5bc123c43f71a3033e9384611c545', '4cdd914b65eb6c66a8aaad27299bee6b035f5e89'],
]

const integer = (hex: string): Uint8Array => {
  const value = fromHex(hex)
  return der(2, (value[0] as number) >= 0x80 ? Uint8Array.of(0) : new Uint8Array(0), value)
}

/** RFC 8032 sections 7.1 (tests 1 and 3) and 7.4 (blank): secret, public, message, signature. */
const EDDSA_VECTORS: readonly (readonly ['ed25519' | 'ed448', string, string, string, string])[] = [
  [
    'ed25519',
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    'ed25519',
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
  [
    'ed448',
    '6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b',
    '5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180',
    '',
    '533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e652600',
  ],
]

/**
 * Wycheproof, mldsa_*_sign_seed, test 1: seed 32 times 0x2a, message "Hello world", deterministic.
 * SHA-256 of the public key and of the signature published there.
 */
const ML_DSA_VECTORS: readonly (readonly [MlDsaName, string, string])[] = [
  [
    'ml-dsa-44',
    'd87f8ca136ac1aa55e2d6c4521680efb3a378cbb9bc0bfb446e9c60893931ea3',
    '8cd6fc03daa72e87210a4e721523e84c14f27733789075e65736744d4787fdd5',
  ],
  [
    'ml-dsa-65',
    'b7acce2ddb11f8cc1aa46e2bafac6eacfa2b732ef192bd636ad8d3a56d649c66',
    '39fbbb0d97a52c79844213b325af823a7f16a174e00a5b3daeb3e6e6d1c89681',
  ],
  [
    'ml-dsa-87',
    'd43128fa8a8c785c1d44c9e7db538dbf9dd88fe6c8ad911a344bcec1017c6d54',
    '1ad45bd0419e694375bd38ec11d8e0c228ab9ffac2fce4adbe6218d9c949e293',
  ],
]

/** Wycheproof's RSA key of 2048 bits: the content of the BIT STRING, and two AlgorithmIdentifiers for it. */
const RSA_KEY = fromHex(
  '3082010a0282010100a2b451a07d0aa5f96e455671513550514a8a5b462ebef717094fa1fee82224e637f9746d3f7cafd318' +
    '78d80325b6ef5a1700f65903b469429e89d6eac8845097b5ab393189db92512ed8a7711a1253facd20f79c15e8247f3d3e42' +
    'e46e48c98e254a2fe9765313a03eff8f17e1a029397a1fa26a8dce26f490ed81299615d9814c22da610428e09c7d96585942' +
    '66f5c021d0fceca08d945a12be82de4d1ece6b4c03145b5d3495d4ed5411eb878daf05fd7afc3e09ada0f1126422f590975a' +
    '1969816f48698bcbba1b4d9cae79d460d8f9f85e7975005d9bc22c4e5ac0f7c1a45d12569a62807d3b9a02e5a530e773066f' +
    '453d1f5b4c2e9cf7820283f742b9d50203010001',
)
const RSA = fromHex('300d06092a864886f70d0101010500')
/** id-RSASSA-PSS, restricted to SHA-256, MGF1 with SHA-256, and a salt of at least 0 bytes. */
const RSA_PSS_RESTRICTED = fromHex(
  '304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06' +
    '096086480165030402010500a203020100',
)
const RSA_PSS_AT_LEAST_40 = concatBytes(RSA_PSS_RESTRICTED.subarray(0, -1), Uint8Array.of(40))
const RSA_PSS = fromHex('300b06092a864886f70d01010a')
const spki = (algorithm: Uint8Array, key: Uint8Array): Uint8Array => der(0x30, algorithm, der(3, Uint8Array.of(0), key))

const pss = (saltLength: number, mgfHash: 'sha1' | 'sha256' = 'sha256'): SignatureAlgorithm => ({
  kind: 'rsa-pss',
  hash: 'sha256',
  mgfHash,
  saltLength,
})

/** Wycheproof, test 4 of the files named: "123400" signed with SHA-256. */
const RSA_VECTORS: readonly (readonly [string, Uint8Array, SignatureAlgorithm, Uint8Array])[] = [
  [
    'rsa_signature_2048_sha256',
    RSA,
    { kind: 'rsa-pkcs1', hash: 'sha256' },
    fromHex(
      '1758eb94588e6fc4f50c1be1afcaa41027869f304cad513b1fb12c2f446d63cdc05c4830a7e3e630da7b2da4f7867cc173bf' +
        '6420f9732277282596de41ded32e21d0cc31441174da8765f57419c7764ea758f55bc17646eb100c435d1ac0eed6fc7ba6de' +
        '5f832094ee2f479979765e05ac9976788db3c241a9e32a0da864f0019a87646ba623d63f4411af5dee1be9ec488c7e3e1b23' +
        '1479de70b9ac5f78a17b1f4120aece45f26c07e7bb345fdfeb05e14bcaacc614672a465fc523624cb19f66f9c6c3f642b832' +
        'ca44cb25176d679f0e05606c3fed022cac24c2bf960a406d48818e3eb7ed53b0446032469047dfed95fc18088c92d91d9372' +
        '2c47f88163a8',
    ),
  ],
  [
    'rsa_pss_2048_sha256_mgf1_32',
    RSA,
    pss(32),
    fromHex(
      '68caf07e71ee654ffabf07d342fc4059deb4f7e5970746c423b1e8f668d5332275cc35eb61270aebd27855b1e80d59def47f' +
        'e8882867fd33c2308c91976baa0b1df952caa78db4828ab81e79949bf145cbdfd1c4987ed036f81e8442081016f20fa4b587' +
        '574884ca6f6045959ce3501ae7c02b1902ec1d241ef28dee356c0d30d28a950f1fbc683ee7d9aad26b048c13426fe3975d56' +
        '38afeb5b9c1a99d162d3a5810e8b074d7a2eae2be52b577151f76e1f734b0a956ef4f22be64dc20a81ad1316e4f79dff5fc4' +
        '1fc08a20bc612283a88415d41595bfea66d59de7ac12e230f72244ad9905aef0ead3fa41ed70bf4218863d5f041292f2d14c' +
        'e0a7271c6d36',
    ),
  ],
  [
    'rsa_pss_2048_sha256_mgf1sha1_20',
    RSA,
    pss(20, 'sha1'),
    fromHex(
      '6f1fa7ab77e1e621793b8cb358c6257ecde883a3f9f9b92321b306ba50e852569e299045289b08cb6aa39e3950bfe81fe12b' +
        '91286d48cc12241b371ceab346743db84b4a73b78b94515cdb423965a4c39616d6cea28d0d62cebf98d6fc65d1369fb19dab' +
        '598824dcdc66bcdb9b3794613961da4c02b4281294c8ee51cc447357e43ac88b264d4ef691b8349e1d8f6eb9350074fb16d6' +
        '25c7430c8fb4a1f1b53368f8fa7f606c1482b78e0830e61a7510ed252738b08c9ff0382f89fc959aff72390029a2134ada19' +
        '28c754d3d0daf40b531ecc0fe7ba0858ecd30a5d008c67a3240fa74aceb8732e4db81cafaa4c7c75e7bd755abfc0d9516b98' +
        '9a249b9bdb8a',
    ),
  ],
  [
    'rsa_pss_2048_sha256_mgf1_0_params',
    RSA_PSS_RESTRICTED,
    pss(0),
    fromHex(
      '5e91b5dcbf02d6f19621d41a83dc8f15ea83c0edb83765ef029b0acac2e1ec8918b1d2afe1fadf11c48d27594cb9c01fed79' +
        'd90e5d5a8085c438450111aa7d9fa39c2345b14fc3c2cb34128f86db5eb00bdf8dfe38d61f29a41fe31342e7aaefcb4b122e' +
        'b5d63c2f5c263c8df8450e9428ffef974d535818d51dc03a7d60c8b2d16c999ae46d73ab40515fe601d9b89b1d09c6d60cd5' +
        '1639a97c1d211e097609ba5e8c319c6fbd21b34a634ec8fb8971c5aae21c70b847a4539cc10dc314ddd8a9629e8a0e51c66c' +
        '0cb61fd1f7228c01c6769190abe9bac9a3897800050014358594e0fb20dbb458b12aa1346826cc9f7e9c5352b073d62853da' +
        'fe77c848cb1f',
    ),
  ],
]

/** Keys of every kind, made for this run. */
interface Pair {
  readonly algorithm: SignatureAlgorithm
  readonly keyType: KeyType
  readonly spki: Uint8Array
  readonly pkcs8: Uint8Array
}

const pairs = new Map<string, Pair>()

function addPair(
  name: string,
  algorithm: SignatureAlgorithm,
  keyType: KeyType,
  { publicKey, privateKey }: { readonly publicKey: crypto.KeyObject; readonly privateKey: crypto.KeyObject },
): void {
  pairs.set(name, {
    algorithm,
    keyType,
    spki: Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' })),
    pkcs8: Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' })),
  })
}

const PAIR_NAMES = [
  'secp256r1',
  'secp384r1',
  'secp521r1',
  'ed25519',
  'ed448',
  'ml-dsa-44',
  'ml-dsa-65',
  'ml-dsa-87',
  'rsa',
  'rsa-pss',
  'rsa-pss restricted',
] as const

const isRsa = (name: string): boolean => name.startsWith('rsa')

function pair(name: (typeof PAIR_NAMES)[number]): Pair {
  const found = pairs.get(name)
  if (found === undefined) throw new Error(`no pair ${name}`)
  return found
}

beforeAll(() => {
  for (const [curve, hash] of [
    ['secp256r1', 'sha256'],
    ['secp384r1', 'sha384'],
    ['secp521r1', 'sha512'],
  ] as const) {
    const namedCurve = curve === 'secp256r1' ? 'prime256v1' : curve
    const key = crypto.generateKeyPairSync('ec', { namedCurve })
    addPair(curve, { kind: 'ecdsa', hash }, { type: 'ec', curve }, key)
  }
  addPair('ed25519', { kind: 'ed25519' }, { type: 'ed25519' }, crypto.generateKeyPairSync('ed25519'))
  addPair('ed448', { kind: 'ed448' }, { type: 'ed448' }, crypto.generateKeyPairSync('ed448'))
  for (const [name, dsa] of [
    ['ml-dsa-44', ml_dsa44],
    ['ml-dsa-65', ml_dsa65],
    ['ml-dsa-87', ml_dsa87],
  ] as const) {
    // From a seed, since the node:crypto of Node 22 could not make them.
    const seed = Uint8Array.from(crypto.randomBytes(32))
    pairs.set(name, {
      algorithm: { kind: name },
      keyType: { type: name },
      spki: spki(ML_DSA[name], dsa.keygen(seed).publicKey),
      pkcs8: pkcs8(ML_DSA[name], der(0x80, seed)),
    })
  }
  const bits = 2048
  addPair(
    'rsa',
    { kind: 'rsa-pkcs1', hash: 'sha256' },
    { type: 'rsa', bits },
    crypto.generateKeyPairSync('rsa', { modulusLength: bits }),
  )
  const { spki: rsaPublic, pkcs8: rsaPrivate } = pair('rsa')
  const withAlgorithm = (algorithm: Uint8Array): Pick<Pair, 'spki' | 'pkcs8'> => ({
    spki: der(0x30, algorithm, rsaPublic.subarray(4 + RSA.length)),
    pkcs8: der(0x30, Uint8Array.of(2, 1, 0), algorithm, rsaPrivate.subarray(7 + RSA.length)),
  })
  pairs.set('rsa-pss', { algorithm: pss(32), keyType: { type: 'rsa-pss', bits }, ...withAlgorithm(RSA_PSS) })
  pairs.set('rsa-pss restricted', {
    algorithm: pss(48),
    keyType: { type: 'rsa-pss', bits, restriction: { hash: 'sha256', mgfHash: 'sha256', saltLength: 40 } },
    ...withAlgorithm(RSA_PSS_AT_LEAST_40),
  })
})

const importError = (run: () => unknown): KeyImportError => {
  try {
    run()
  } catch (error) {
    if (error instanceof KeyImportError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe.each(PROVIDERS)('provider %s', (providerName, provider) => {
  test.each(ECDSA_VECTORS)('ECDSA %s with %s (RFC 6979)', (curve, hash, secret, r, s) => {
    const key = provider.importPrivateKey(pkcs8(EC_ALGORITHMS[curve], ecPrivateKey(fromHex(secret))))
    expect(key.keyType).toEqual({ type: 'ec', curve })
    const publicKey = provider.importPublicKey(key.subjectPublicKeyInfo)
    const signature = der(0x30, integer(r), integer(s))
    expect(provider.verify({ kind: 'ecdsa', hash }, publicKey, ascii('sample'), signature)).toBe(true)
    expect(provider.verify({ kind: 'ecdsa', hash }, publicKey, ascii('Sample'), signature)).toBe(false)
    const swapped = der(0x30, integer(s), integer(r))
    expect(provider.verify({ kind: 'ecdsa', hash }, publicKey, ascii('sample'), swapped)).toBe(false)
  })

  test.each(EDDSA_VECTORS)('%s (RFC 8032)', (kind, secret, expectedPublic, message, signature) => {
    const algorithm = kind === 'ed25519' ? ED25519 : ED448
    const key = provider.importPrivateKey(pkcs8(algorithm, der(4, fromHex(secret))))
    expect(toHex(key.subjectPublicKeyInfo)).toBe(toHex(spki(algorithm, fromHex(expectedPublic))))
    expect(toHex(provider.sign({ kind }, key, fromHex(message)))).toBe(signature)
    const publicKey = provider.importPublicKey(key.subjectPublicKeyInfo)
    expect(provider.verify({ kind }, publicKey, fromHex(message), fromHex(signature))).toBe(true)
    expect(provider.verify({ kind }, publicKey, fromHex(`${message}00`), fromHex(signature))).toBe(false)
  })

  test.each(ML_DSA_VECTORS)('%s (Wycheproof)', (kind, publicHash, signatureHash) => {
    const seed = new Uint8Array(32).fill(0x2a)
    const { sha256 } = nodeProvider.hashes
    const file = pkcs8(ML_DSA[kind], der(0x80, seed))
    const key = provider.importPrivateKey(file)
    const bits = key.subjectPublicKeyInfo.length - { 'ml-dsa-44': 1312, 'ml-dsa-65': 1952, 'ml-dsa-87': 2592 }[kind]
    expect(toHex(sha256.digest(key.subjectPublicKeyInfo.subarray(bits)))).toBe(publicHash)
    // Deterministic is hedged with zeros (FIPS 204 section 5.2): what the published signature was made with.
    const deterministic = createPortableProvider({ random: (length) => new Uint8Array(length) })
    const signature = deterministic.sign({ kind }, deterministic.importPrivateKey(file), ascii('Hello world'))
    expect(toHex(sha256.digest(signature))).toBe(signatureHash)
    const publicKey = provider.importPublicKey(key.subjectPublicKeyInfo)
    expect(provider.verify({ kind }, publicKey, ascii('Hello world'), signature)).toBe(true)
    expect(provider.verify({ kind }, publicKey, ascii('Hello World'), signature)).toBe(false)
  })

  test.each(RSA_VECTORS)('RSA %s (Wycheproof)', (_, keyAlgorithm, algorithm, signature) => {
    const key = provider.importPublicKey(spki(keyAlgorithm, RSA_KEY))
    const message = ascii('123400')
    expect(provider.verify(algorithm, key, message, signature)).toBe(true)
    expect(provider.verify(algorithm, key, ascii('123401'), signature)).toBe(false)
    if (algorithm.kind !== 'rsa-pss') return
    for (const saltLength of [algorithm.saltLength + 1, Math.abs(algorithm.saltLength - 1), -1, -2, 0.5, 1e9]) {
      expect(provider.verify({ ...algorithm, saltLength }, key, message, signature), `salt ${saltLength}`).toBe(false)
    }
    for (const { name: hash } of Object.values(provider.hashes)) {
      if (hash !== algorithm.hash) expect(provider.verify({ ...algorithm, hash }, key, message, signature)).toBe(false)
      if (hash === algorithm.mgfHash) continue
      expect(provider.verify({ ...algorithm, mgfHash: hash }, key, message, signature)).toBe(false)
    }
  })

  test.each(DSA_VECTORS)('DSA with %s (RFC 6979)', (hash, r, s) => {
    const { p, q, g, y } = DSA_KEY
    const parameters = der(0x30, integer(p), integer(q), integer(g))
    const publicDer = spki(der(0x30, fromHex('06072a8648ce380401'), parameters), integer(y))
    if (providerName === 'portable') {
      expect(importError(() => provider.importPublicKey(publicDer))).toMatchObject({ reason: 'unsupported' })
      expect(provider.signatureAlgorithms.some(({ kind }) => kind === 'dsa')).toBe(false)
      return
    }
    expect(provider.signatureAlgorithms).toContainEqual({ kind: 'dsa', hash })
    const key = provider.importPublicKey(publicDer)
    expect(key.keyType).toEqual({ type: 'dsa', bits: 1024, subgroupBits: 160 })
    const algorithm: SignatureAlgorithm = { kind: 'dsa', hash }
    const verify = (signature: Uint8Array, message = 'sample'): boolean =>
      provider.verify(algorithm, key, ascii(message), signature)
    const good = der(0x30, integer(r), integer(s))
    expect(verify(good)).toBe(true)
    expect(verify(good, 'Sample')).toBe(false)
    for (const other of ['sha1', 'sha224', 'sha256'] as const) {
      if (other !== hash) expect(provider.verify({ kind: 'dsa', hash: other }, key, ascii('sample'), good)).toBe(false)
    }
    const plus = (number: string): string => (BigInt(`0x${number}`) + BigInt(`0x${q}`)).toString(16).padStart(42, '0')
    for (const [what, signature] of Object.entries({
      swapped: der(0x30, integer(s), integer(r)),
      'r of 0': der(0x30, integer('00'), integer(s)),
      's of 0': der(0x30, integer(r), integer('00')),
      'r and q': der(0x30, integer(plus(r)), integer(s)),
      's and q': der(0x30, integer(r), integer(plus(s))),
      'something behind': concatBytes(good, fromHex('0500')),
      'something inside': der(0x30, integer(r), integer(s), fromHex('0500')),
      'a long length': concatBytes(fromHex('3081'), good.subarray(1)),
      'no DER': fromHex(r + s),
    })) {
      expect(verify(signature), what).toBe(false)
    }
    expect(provider.verify({ kind: 'ecdsa', hash }, key, ascii('sample'), good)).toBe(false)
  })

  test.each([
    ['brainpoolP256r1', 'sha256'],
    ['brainpoolP384r1', 'sha384'],
    ['brainpoolP512r1', 'sha512'],
  ] as const)('%s: verifies, and does not sign', (curve, hash) => {
    const { publicKey, privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: curve })
    const publicDer = Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' }))
    const key = provider.importPublicKey(publicDer)
    expect(key.keyType).toEqual({ type: 'ec', curve })
    const signature = Uint8Array.from(crypto.sign(hash, ascii('data'), privateKey))
    expect(provider.verify({ kind: 'ecdsa', hash }, key, ascii('data'), signature)).toBe(true)
    expect(provider.verify({ kind: 'ecdsa', hash }, key, ascii('Data'), signature)).toBe(false)
    const off = publicDer.slice()
    off[off.length - 1] = (off.at(-1) as number) ^ 1
    const message = `${curve} public key: not a point on the curve`
    expect(importError(() => provider.importPublicKey(off))).toMatchObject({ reason: 'malformed', message })
    const file = Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' }))
    expect(importError(() => provider.importPrivateKey(file)).message).toBe(`not supported: private key on ${curve}`)
  })

  test('DSA private keys are not for us', () => {
    const { privateKey } = crypto.generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 })
    const file = Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' }))
    const error = importError(() => provider.importPrivateKey(file))
    expect([error.reason, error.message]).toEqual(['unsupported', 'not supported: DSA private key'])
  })

  test('every hash, with RSA keys of 512 to 1024 bits and with ECDSA', () => {
    const ec = crypto.createPrivateKey({ key: Buffer.from(pair('secp256r1').pkcs8), format: 'der', type: 'pkcs8' })
    const ecKey = provider.importPublicKey(pair('secp256r1').spki)
    for (const bits of [512, 777, 1024]) {
      const { privateKey, publicKey } = crypto.generateKeyPairSync('rsa', { modulusLength: bits })
      const key = provider.importPublicKey(Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' })))
      expect(key.keyType).toEqual({ type: 'rsa', bits })
      for (const { name: hash, length } of Object.values(provider.hashes)) {
        const data = ascii(`signed with ${hash}`)
        // DigestInfo and eleven bytes more: with 512 bits there is no room for the longest.
        if (length + 19 + 11 <= bits / 8) {
          const signature = Uint8Array.from(crypto.sign(hash, data, privateKey))
          expect(provider.verify({ kind: 'rsa-pkcs1', hash }, key, data, signature), `${bits}, ${hash}`).toBe(true)
          signature[5] = (signature[5] as number) ^ 1
          expect(provider.verify({ kind: 'rsa-pkcs1', hash }, key, data, signature)).toBe(false)
        }
        if (bits < 1024) continue
        const signature = Uint8Array.from(crypto.sign(hash, data, ec))
        expect(provider.verify({ kind: 'ecdsa', hash }, ecKey, data, signature), hash).toBe(true)
        expect(provider.verify({ kind: 'ecdsa', hash }, ecKey, ascii('other'), signature)).toBe(false)
      }
    }
  })

  test.each(PAIR_NAMES)('%s: signs what every provider verifies, and nothing else', (name) => {
    const { algorithm, keyType, spki: publicDer, pkcs8: privateDer } = pair(name)
    if (isRsa(name) && providerName === 'portable') {
      expect(importError(() => provider.importPrivateKey(privateDer)).reason).toBe('unsupported')
      return
    }
    const key = provider.importPrivateKey(privateDer)
    expect(key.keyType).toEqual(keyType)
    expect(toHex(key.subjectPublicKeyInfo)).toBe(toHex(publicDer))
    const data = ascii('what was said')
    const signature = provider.sign(algorithm, key, data)
    expect(Object.getPrototypeOf(signature)).toBe(Uint8Array.prototype)
    for (const [otherName, other] of PROVIDERS) {
      const publicKey = other.importPublicKey(publicDer)
      expect(publicKey.keyType).toEqual(keyType)
      const verify = (bytes: Uint8Array, message = data): boolean => other.verify(algorithm, publicKey, message, bytes)
      expect(verify(signature), otherName).toBe(true)
      expect(verify(signature, ascii('what was not'))).toBe(false)
      expect(verify(new Uint8Array(0))).toBe(false)
      expect(verify(new Uint8Array(signature.length))).toBe(false)
      expect(verify(signature.subarray(1))).toBe(false)
      expect(verify(signature.subarray(0, -1))).toBe(false)
      expect(verify(concatBytes(signature, Uint8Array.of(0)))).toBe(false)
      for (const at of [0, signature.length >> 1, signature.length - 1]) {
        const bad = signature.slice()
        bad[at] = (bad[at] as number) ^ 0x40
        expect(verify(bad), `byte ${at}`).toBe(false)
      }
    }
  })

  test('an algorithm that does not fit the key verifies nothing and signs nothing', () => {
    const algorithms: readonly SignatureAlgorithm[] = [...provider.signatureAlgorithms, pss(40), pss(48)]
    for (const name of PAIR_NAMES) {
      const { algorithm: own, spki: publicDer, pkcs8: privateDer } = pair(name)
      const publicKey = provider.importPublicKey(publicDer)
      const canSign = !(isRsa(name) && providerName === 'portable')
      const privateKey = canSign ? provider.importPrivateKey(privateDer) : undefined
      const signature = nodeProvider.sign(own, nodeProvider.importPrivateKey(privateDer), ascii('data'))
      for (const algorithm of algorithms) {
        if (JSON.stringify(algorithm) === JSON.stringify(own)) continue
        const label = `${name}, ${JSON.stringify(algorithm)}`
        expect(provider.verify(algorithm, publicKey, ascii('data'), signature), label).toBe(false)
        const sameFamily =
          algorithm.kind === own.kind &&
          !(name === 'rsa-pss restricted' && JSON.stringify(algorithm) !== JSON.stringify(pss(40)))
        const fits = sameFamily || (name === 'rsa' && algorithm.kind === 'rsa-pss')
        if (privateKey !== undefined && !fits) {
          expect(() => provider.sign(algorithm, privateKey, ascii('data')), label).toThrow(TypeError)
        }
      }
    }
  })

  test('a restricted RSA-PSS key takes its own hashes and at least its salt (RFC 4055 section 3.3)', () => {
    const restricted = provider.importPublicKey(pair('rsa-pss restricted').spki)
    const free = provider.importPublicKey(pair('rsa-pss').spki)
    // The three RSA pairs are one pair of numbers: each signature is good but for the restriction.
    const signer = nodeProvider.importPrivateKey(pair('rsa').pkcs8)
    const data = ascii('data')
    for (const [algorithm, allowed] of [
      [pss(39), false],
      [pss(40), true],
      [pss(64), true],
      [{ kind: 'rsa-pss', hash: 'sha384', mgfHash: 'sha384', saltLength: 48 }, false],
    ] as const) {
      const signature = nodeProvider.sign(algorithm, signer, data)
      expect(provider.verify(algorithm, free, data, signature)).toBe(true)
      expect(provider.verify(algorithm, restricted, data, signature), JSON.stringify(algorithm)).toBe(allowed)
    }
  })

  test('keys of another provider are refused', () => {
    for (const [, other] of PROVIDERS) {
      if (other.name === provider.name) continue
      const { algorithm, spki: publicDer, pkcs8: privateDer } = pair('ed25519')
      const publicKey = other.importPublicKey(publicDer)
      const privateKey = other.importPrivateKey(privateDer)
      expect(() => provider.verify(algorithm, publicKey, new Uint8Array(0), new Uint8Array(64))).toThrow(TypeError)
      expect(() => provider.sign(algorithm, privateKey, new Uint8Array(0))).toThrow(TypeError)
    }
  })

  test('private keys show nothing of themselves', () => {
    const { pkcs8: privateDer } = pair('ed25519')
    const key = provider.importPrivateKey(privateDer)
    expect(JSON.parse(JSON.stringify(key))).not.toHaveProperty('seed')
    expect(Object.keys(key).toSorted()).toEqual(['keyType', 'subjectPublicKeyInfo'])
  })

  test('a key outlives the bytes it was read from', () => {
    for (const name of ['secp256r1', 'ed25519', 'ml-dsa-44', 'rsa'] as const) {
      const { algorithm, spki: publicDer, pkcs8: privateDer } = pair(name)
      const signer = name === 'rsa' ? nodeProvider : provider
      const [publicCopy, privateCopy] = [publicDer.slice(), privateDer.slice()]
      const publicKey = provider.importPublicKey(publicCopy)
      const privateKey = signer.importPrivateKey(privateCopy)
      publicCopy.fill(0)
      privateCopy.fill(0)
      const signature = signer.sign(algorithm, privateKey, ascii('data'))
      expect(provider.verify(algorithm, publicKey, ascii('data'), signature), name).toBe(true)
    }
  })

  describe('import of private keys', () => {
    test('ML-DSA by seed, by expanded key and by both, which must agree (RFC 9881 section 6)', () => {
      const algorithm: SignatureAlgorithm = { kind: 'ml-dsa-65' }
      const seed = new Uint8Array(32).fill(9)
      const { publicKey, secretKey } = ml_dsa65.keygen(seed)
      const publicDer = spki(ML_DSA['ml-dsa-65'], publicKey)
      const expanded = der(4, secretKey)
      const both = der(0x30, der(4, seed), expanded)
      for (const choice of [der(0x80, seed), expanded, both]) {
        const key = provider.importPrivateKey(pkcs8(ML_DSA['ml-dsa-65'], choice))
        expect(toHex(key.subjectPublicKeyInfo)).toBe(toHex(publicDer))
        const signature = provider.sign(algorithm, key, ascii('data'))
        expect(provider.verify(algorithm, provider.importPublicKey(publicDer), ascii('data'), signature)).toBe(true)
      }
      const otherSeed = both.slice()
      otherSeed[10] = (otherSeed[10] as number) ^ 1
      expect(importError(() => provider.importPrivateKey(pkcs8(ML_DSA['ml-dsa-65'], otherSeed))).reason).toBe(
        'malformed',
      )
      // Coefficients of s1 beyond eta: the refusal must not quote them.
      const outOfRange = expanded.slice()
      outOfRange.fill(0xff, 4 + 128, 4 + 128 + 16)
      const error = importError(() => provider.importPrivateKey(pkcs8(ML_DSA['ml-dsa-65'], outOfRange)))
      expect(error.reason).toBe('malformed')
      expect(error.message).not.toMatch(/-?\d{1,4} outside|coefficients? -?\d/)
    })

    test('a public key inside must be the one of the private key', () => {
      const scalar = new Uint8Array(32).fill(7)
      const plainFile = pkcs8(EC_ALGORITHMS.secp256r1, ecPrivateKey(scalar))
      const own = provider.importPrivateKey(plainFile).subjectPublicKeyInfo.slice(-65)
      const other = nodeProvider.groups[2]?.generate().share as Uint8Array
      const withPoint = (point: Uint8Array): Uint8Array =>
        pkcs8(EC_ALGORITHMS.secp256r1, ecPrivateKey(scalar, der(0xa1, der(3, Uint8Array.of(0), point))))
      expect(provider.importPrivateKey(withPoint(own)).subjectPublicKeyInfo.slice(-65)).toEqual(own)
      expect(importError(() => provider.importPrivateKey(withPoint(other))).message).toMatch(/does not belong/)

      const { pkcs8: ed } = pair('ed25519')
      const edPublic = pair('ed25519').spki.slice(-32)
      const version2 = (point: Uint8Array): Uint8Array =>
        der(0x30, Uint8Array.of(2, 1, 1), ED25519, ed.subarray(-36), der(0x81, Uint8Array.of(0), point))
      expect(provider.importPrivateKey(version2(edPublic)).subjectPublicKeyInfo.slice(-32)).toEqual(edPublic)
      expect(importError(() => provider.importPrivateKey(version2(edPublic.toReversed()))).message).toMatch(
        /does not belong/,
      )
    })

    test('scalars of zero, of the order and above are refused', () => {
      const order = fromHex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
      for (const scalar of [new Uint8Array(32), order, new Uint8Array(32).fill(0xff)]) {
        const error = importError(() => provider.importPrivateKey(pkcs8(EC_ALGORITHMS.secp256r1, ecPrivateKey(scalar))))
        expect(error.reason).toBe('malformed')
        expect(error.message).not.toContain(toHex(scalar.subarray(0, 4)))
      }
    })

    test('an RSA-PSS key restricted to two different hashes cannot sign', () => {
      const sha1 = fromHex('300906052b0e03021a0500')
      const params = [
        der(0xa0, fromHex('300d06096086480165030402010500')),
        der(0xa1, der(0x30, fromHex('06092a864886f70d010108'), sha1)),
        der(0xa2, Uint8Array.of(2, 1, 32)),
      ]
      const twoHashes = der(0x30, fromHex('06092a864886f70d01010a'), der(0x30, ...params))
      const file = pair('rsa').pkcs8
      const restricted = der(0x30, Uint8Array.of(2, 1, 0), twoHashes, file.subarray(7 + RSA.length))
      expect(importError(() => provider.importPrivateKey(restricted)).reason).toBe('unsupported')
    })

    test('an RSA key whose numbers disagree is refused', () => {
      if (providerName === 'portable') return
      const bad = pair('rsa').pkcs8.slice()
      bad[bad.length - 200] = (bad[bad.length - 200] as number) ^ 1
      bad[500] = (bad[500] as number) ^ 1
      expect(importError(() => provider.importPrivateKey(bad)).reason).toBe('malformed')
    })
  })

  describe('import of public keys', () => {
    test('points off the curve are refused', () => {
      for (const name of ['secp256r1', 'secp384r1', 'secp521r1'] as const) {
        const bad = pair(name).spki.slice()
        bad[bad.length - 1] = (bad[bad.length - 1] as number) ^ 1
        expect(importError(() => provider.importPublicKey(bad)).reason, name).toBe('malformed')
      }
    })

    test('whatever bytes come in, the outcome is a key or a KeyImportError', () => {
      const mutated = fc.tuple(fc.constantFrom(...PAIR_NAMES), fc.nat(40), fc.nat(255)).map(([name, at, value]) => {
        const bytes = pair(name).spki.slice()
        bytes[at] = value
        return bytes
      })
      const truncated = fc
        .tuple(fc.constantFrom(...PAIR_NAMES), fc.nat(300))
        .map(([name, n]) => pair(name).spki.slice(0, n))
      fc.assert(
        fc.property(fc.oneof(mutated, truncated, fc.uint8Array({ maxLength: 100 })), (bytes) => {
          try {
            provider.importPublicKey(bytes)
          } catch (error) {
            expect(error).toBeInstanceOf(KeyImportError)
          }
        }),
        { numRuns: 200 },
      )
    })

    test('whatever signature comes in, verify answers', () => {
      const kinds = fc.constantFrom(...provider.signatureAlgorithms)
      const keys = PAIR_NAMES.filter((name) => name !== 'secp521r1').map((name) =>
        provider.importPublicKey(pair(name).spki),
      )
      fc.assert(
        fc.property(kinds, fc.constantFrom(...keys), fc.uint8Array({ maxLength: 300 }), (algorithm, key, signature) => {
          expect(provider.verify(algorithm, key, new Uint8Array(3), signature)).toBe(false)
        }),
        { numRuns: 200 },
      )
    })
  })
})

test('providers refuse the same public keys for the same reasons', () => {
  fc.assert(
    fc.property(fc.constantFrom(...PAIR_NAMES), fc.nat(60), fc.nat(255), (name, at, value) => {
      const bytes = pair(name).spki.slice()
      bytes[at] = value
      const outcomes = PROVIDERS.map(([, provider]) => {
        try {
          return JSON.stringify(provider.importPublicKey(bytes).keyType)
        } catch (error) {
          return (error as KeyImportError).reason
        }
      })
      expect(new Set(outcomes).size).toBe(1)
    }),
    { numRuns: 150 },
  )
})

test('hedged signatures take their randomness from the provider', () => {
  const asked: number[] = []
  const provider = createPortableProvider({
    random: (length) => {
      asked.push(length)
      return new Uint8Array(length).fill(asked.length)
    },
  })
  const key = provider.importPrivateKey(pair('secp256r1').pkcs8)
  asked.length = 0
  const algorithm: SignatureAlgorithm = { kind: 'ecdsa', hash: 'sha256' }
  const one = provider.sign(algorithm, key, ascii('data'))
  const two = provider.sign(algorithm, key, ascii('data'))
  expect(asked).toEqual([32, 32])
  expect(toHex(one)).not.toBe(toHex(two))
  asked.length = 0
  expect(toHex(provider.sign(algorithm, key, ascii('data')))).toBe(toHex(one))
})
