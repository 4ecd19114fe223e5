import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { algorithmFor, issue, makeCa, makeKey, TEST_KEY_TYPES, type TestKey, writeAlgorithm } from '../../test/pki.ts'
import { DerReader, readDer, writeContext, writeInteger, writeNull, writeOid, writeSequence } from '../asn1/index.ts'
import { nodeProvider } from '../crypto/node.ts'
import { createPortableProvider } from '../crypto/portable.ts'
import type { CryptoProvider, SignatureAlgorithm } from '../crypto/provider.ts'
import { readCertificate } from './certificate.ts'
import {
  checkSignedData,
  lacksParameters,
  readSignerKey,
  type SignatureRequest,
  type SignatureResult,
  signerWithParameters,
  verifySignature,
} from './signed-data.ts'

const portable = createPortableProvider()
const PROVIDERS: readonly CryptoProvider[] = [nodeProvider, portable]
const data = new TextEncoder().encode('what was signed')

function signed(key: TestKey, algorithm: SignatureAlgorithm = algorithmFor(key.keyType)): SignatureRequest {
  return {
    provider: nodeProvider,
    algorithm: writeAlgorithm(algorithm),
    subjectPublicKeyInfo: key.subjectPublicKeyInfo,
    data,
    signature: nodeProvider.sign(algorithm, nodeProvider.importPrivateKey(key.pkcs8), data),
  }
}

const RSA_KEY = makeKey('rsa-2048')
const EC_KEY = makeKey('ecdsa-p256')

/** The RSA key under another AlgorithmIdentifier. */
function rsaUnder(...algorithm: readonly Uint8Array[]): Uint8Array {
  const spki = readDer(RSA_KEY.subjectPublicKeyInfo, 'spki')
  spki.skip('algorithm')
  return writeSequence(writeSequence(...algorithm), spki.element('subjectPublicKey'))
}

const PSS = writeOid('1.2.840.113549.1.1.10')
function pssParameters(hash: string, saltLength: number): Uint8Array {
  const algorithm = writeSequence(writeOid(hash))
  return writeSequence(
    writeContext(0, algorithm),
    writeContext(1, writeSequence(writeOid('1.2.840.113549.1.1.8'), algorithm)),
    writeContext(2, writeInteger(saltLength)),
  )
}
const SHA256 = '2.16.840.1.101.3.4.2.1'
const SHA384 = '2.16.840.1.101.3.4.2.2'

describe('verifySignature', () => {
  test.each(TEST_KEY_TYPES)('%s', (keyType) => {
    const request = signed(makeKey(keyType))
    for (const provider of PROVIDERS) {
      expect(verifySignature({ ...request, provider })).toEqual({ status: 'valid' })
      const other = verifySignature({ ...request, provider, data: new Uint8Array(3) })
      expect(other).toMatchObject({ status: 'invalid', at: 'signature' })
      const cut = verifySignature({ ...request, provider, signature: request.signature.subarray(1) })
      expect(cut).toMatchObject({ status: 'invalid', at: 'signature' })
    }
  })

  test('says what does not verify', () => {
    const result = verifySignature({ ...signed(EC_KEY), data: new Uint8Array(3) })
    expect(result).toEqual({
      status: 'invalid',
      at: 'signature',
      message: 'needs a valid one of ECDSA with SHA-256 by the key (ECDSA P-256), does not verify',
    })
  })

  test('SHA-1, SHA-224 and small keys are not judged here', () => {
    const small = makeKey('rsa-1024')
    for (const hash of ['sha1', 'sha224', 'sha3-256'] as const) {
      for (const algorithm of [
        { kind: 'rsa-pkcs1', hash },
        { kind: 'rsa-pss', hash, mgfHash: hash, saltLength: 20 },
      ] as const) {
        for (const provider of PROVIDERS) {
          expect(verifySignature({ ...signed(small, algorithm), provider })).toEqual({ status: 'valid' })
        }
      }
    }
  })

  test.each<[string, Partial<SignatureRequest>, SignatureResult]>([
    [
      'an algorithm for another kind of key',
      { subjectPublicKeyInfo: EC_KEY.subjectPublicKeyInfo },
      {
        status: 'invalid',
        at: 'algorithm',
        message: "needs one that its signer's key (ECDSA P-256) makes, is RSA with SHA-256",
      },
    ],
    [
      'PKCS #1 v1.5 by an id-RSASSA-PSS key',
      { subjectPublicKeyInfo: rsaUnder(PSS) },
      {
        status: 'invalid',
        at: 'algorithm',
        message: "needs one that its signer's key (RSA-PSS 2048) makes, is RSA with SHA-256",
      },
    ],
    [
      'an algorithm that is not supported',
      { algorithm: writeSequence(writeOid('1.2.840.113549.1.1.4'), writeNull()) },
      { status: 'unsupported', at: 'algorithm', message: 'needs one that is supported, is RSA with MD5' },
    ],
    [
      'a key for key agreement',
      { subjectPublicKeyInfo: rsaUnder(writeOid('1.3.132.1.12'), writeOid('1.2.840.10045.3.1.7')) },
      { status: 'unsupported', at: 'key', message: 'needs a kind of key that is supported, is id-ecDH' },
    ],
    [
      'a key without the parameters it must have',
      { subjectPublicKeyInfo: rsaUnder(writeOid('1.2.840.113549.1.1.1')) },
      {
        status: 'malformed',
        at: 'key',
        message: 'subjectPublicKeyInfo.algorithm.parameters: needs NULL, has nothing at byte 17',
      },
    ],
    [
      'bytes that are no algorithm',
      { algorithm: new Uint8Array(2) },
      { status: 'malformed', at: 'algorithm', message: 'algorithm: needs SEQUENCE, has tag 0x00 at byte 0' },
    ],
    [
      'bytes that are no key',
      { subjectPublicKeyInfo: new Uint8Array(0) },
      { status: 'malformed', at: 'key', message: 'subjectPublicKeyInfo: needs SEQUENCE, has nothing at byte 0' },
    ],
    ['an empty signature', { signature: new Uint8Array(0) }, RSA_DOES_NOT_VERIFY()],
    ['a signature of another key', { signature: signed(makeKey('rsa-2048')).signature }, RSA_DOES_NOT_VERIFY()],
  ])('%s', (_, change, expected) => {
    for (const provider of PROVIDERS) {
      expect(verifySignature({ ...signed(RSA_KEY), ...change, provider })).toEqual(expected)
    }
  })

  function RSA_DOES_NOT_VERIFY(): SignatureResult {
    const message = 'needs a valid one of RSA with SHA-256 by the key (RSA 2048), does not verify'
    return { status: 'invalid', at: 'signature', message }
  }

  test('id-RSASSA-PSS keys: with what their parameters allow (RFC 4055 section 3.3), or not at all', () => {
    const pss = (saltLength: number): SignatureRequest =>
      signed(RSA_KEY, { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength })
    const restricted = rsaUnder(PSS, pssParameters(SHA256, 32))
    for (const provider of PROVIDERS) {
      const verify = (saltLength: number, spki: Uint8Array, pssKeys?: boolean): SignatureResult =>
        verifySignature({
          ...pss(saltLength),
          provider,
          subjectPublicKeyInfo: spki,
          ...(pssKeys !== undefined && { pssKeys }),
        })
      expect(verify(20, rsaUnder(PSS)).status).toBe('valid')
      expect(verify(32, restricted).status).toBe('valid')
      expect(verify(40, restricted).status).toBe('valid')
      expect(verify(31, restricted)).toEqual({
        status: 'invalid',
        at: 'algorithm',
        message:
          'needs RSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes or more, as the key demands, ' +
          'is RSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 31 bytes',
      })
      expect(verify(48, rsaUnder(PSS, pssParameters(SHA384, 32)))).toMatchObject({ status: 'invalid', at: 'algorithm' })
      for (const spki of [rsaUnder(PSS), restricted]) {
        expect(verify(32, spki, true).status).toBe('valid')
        expect(verify(32, spki, false)).toEqual({
          status: 'unsupported',
          at: 'key',
          message: 'needs the algorithm rsaEncryption, is id-RSASSA-PSS',
        })
      }
      // Signatures are another thing than keys.
      expect(verify(32, RSA_KEY.subjectPublicKeyInfo, false).status).toBe('valid')
    }
  })

  test('a point off its curve', () => {
    const spki = EC_KEY.subjectPublicKeyInfo.slice()
    spki[spki.length - 1] = (spki.at(-1) as number) ^ 1
    for (const provider of PROVIDERS) {
      expect(verifySignature({ ...signed(EC_KEY), provider, subjectPublicKeyInfo: spki })).toEqual({
        status: 'malformed',
        at: 'key',
        message: 'secp256r1 public key: not a point on the curve',
      })
    }
  })

  test('what the provider does not have', () => {
    const provider: CryptoProvider = {
      ...nodeProvider,
      name: 'small',
      signatureAlgorithms: [{ kind: 'ecdsa', hash: 'sha384' }],
      verify: () => false,
    }
    expect(verifySignature({ ...signed(EC_KEY), provider })).toEqual({
      status: 'unsupported',
      at: 'algorithm',
      message: 'needs one that the provider small has, is ECDSA with SHA-256',
    })
    const sha384 = signed(EC_KEY, { kind: 'ecdsa', hash: 'sha384' })
    expect(verifySignature({ ...sha384, provider }).status).toBe('invalid')
  })

  test('never throws for bytes', () => {
    const requests = [signed(EC_KEY), signed(RSA_KEY), signed(makeKey('ed25519')), dsaRequest()]
    const field = fc.constantFrom('algorithm', 'subjectPublicKeyInfo', 'signature')
    fc.assert(
      fc.property(fc.constantFrom(...requests), field, fc.nat(400), fc.nat(255), (request, name, at, value) => {
        const bytes = request[name as 'algorithm'].slice()
        const index = at % bytes.length
        const changed = bytes[index] !== value
        bytes[index] = value
        for (const provider of PROVIDERS) {
          const { status } = verifySignature({ ...request, provider, [name]: bytes })
          if (changed) expect(status).not.toBe('valid')
        }
      }),
      { numRuns: 300 },
    )
  })
})

interface DsaPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}
const DSA_PAIR: DsaPair = generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 })
const DSA_SPKI = Uint8Array.from(DSA_PAIR.publicKey.export({ format: 'der', type: 'spki' }))

function dsaRequest(hash: 'sha1' | 'sha224' | 'sha256' = 'sha1'): SignatureRequest {
  return {
    provider: nodeProvider,
    algorithm: writeAlgorithm({ kind: 'dsa', hash }),
    subjectPublicKeyInfo: DSA_SPKI,
    data,
    signature: Uint8Array.from(sign(hash, data, DSA_PAIR.privateKey)),
  }
}

describe('DSA', () => {
  const withoutParameters = (): Uint8Array => {
    const spki = readDer(DSA_SPKI, 'spki')
    spki.skip('algorithm')
    return writeSequence(writeSequence(writeOid('1.2.840.10040.4.1')), spki.element('subjectPublicKey'))
  }

  test.each(['sha1', 'sha224', 'sha256'] as const)('with %s', (hash) => {
    expect(verifySignature(dsaRequest(hash))).toEqual({ status: 'valid' })
    expect(verifySignature({ ...dsaRequest(hash), data: new Uint8Array(1) }).status).toBe('invalid')
    expect(verifySignature({ ...dsaRequest(hash), provider: portable })).toEqual({
      status: 'unsupported',
      at: 'key',
      message: 'not supported: DSA in the portable provider',
    })
  })

  test('with parameters of its issuer', () => {
    const request = { ...dsaRequest(), subjectPublicKeyInfo: withoutParameters() }
    expect(verifySignature(request)).toEqual({
      status: 'unsupported',
      at: 'key',
      message: "not supported: DSA key without parameters, which are its issuer's",
    })
    const [signer, issuer] = [readSignerKey(request.subjectPublicKeyInfo), readSignerKey(DSA_SPKI)]
    expect([lacksParameters(signer), lacksParameters(issuer)]).toEqual([true, false])
    expect(signerWithParameters(issuer, signer)).toBe(issuer)
    expect(signerWithParameters(signer, signer)).toBeNull()
    const completed = signerWithParameters(signer, issuer)
    expect(completed?.subjectPublicKeyInfo).toEqual(DSA_SPKI)
    expect(
      verifySignature({ ...request, subjectPublicKeyInfo: completed?.subjectPublicKeyInfo as Uint8Array }),
    ).toEqual({ status: 'valid' })
    expect(lacksParameters(readSignerKey(new Uint8Array(3)))).toBe(false)
  })
})

test('certificates: who signed whom', () => {
  const ca = makeCa()
  const [issuer, leaf] = [readCertificate(ca.certificate), readCertificate(issue(ca).certificate)]
  const signedLeaf = {
    signatureAlgorithm: leaf.signatureAlgorithm,
    data: leaf.tbsCertificate,
    signature: leaf.signature,
  }
  expect(checkSignedData(signedLeaf, issuer, nodeProvider)).toEqual({ status: 'valid' })
  expect(checkSignedData(signedLeaf, leaf, nodeProvider)).toMatchObject({ status: 'invalid', at: 'signature' })
})

describe('the suite of BoringSSL', () => {
  const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
  const FILE = resolve(ROOT, process.env['HANDFAST_DATA'] ?? '../shared/data', 'x509/signatures.ndjson')
  const cases = existsSync(FILE) ? readFileSync(FILE, 'utf8').trim().split('\n').map(readCase) : []

  interface Case {
    readonly id: string
    readonly blocks: Readonly<Record<string, Uint8Array>>
    readonly isValid: boolean
  }

  function readCase(line: string): Case {
    const { id, blocks, expected } = JSON.parse(line) as {
      id: string
      blocks: readonly { type: string; b64: string }[]
      expected: string
    }
    const bytes = blocks.map(({ type, b64 }) => [type, Uint8Array.from(Buffer.from(b64, 'base64'))])
    return { id, blocks: Object.fromEntries(bytes), isValid: expected === 'SUCCESS' }
  }

  /** As the suite has it, a BIT STRING around the signature. */
  function isValid({ blocks }: Case, provider: CryptoProvider): boolean {
    let signature: Uint8Array
    try {
      signature = new DerReader(blocks['SIGNATURE'] as Uint8Array, 'signature').bitStringBytes('')
    } catch {
      return false
    }
    const request = {
      provider,
      algorithm: blocks['ALGORITHM'] as Uint8Array,
      subjectPublicKeyInfo: blocks['PUBLIC KEY'] as Uint8Array,
      data: blocks['DATA'] as Uint8Array,
      signature,
      // The suite is of a validator for the Web PKI, where there are no id-RSASSA-PSS keys.
      pssKeys: false,
    }
    return verifySignature(request).status === 'valid'
  }

  test('says the same', ({ skip }) => {
    skip(cases.length === 0, 'no x509/signatures.ndjson in HANDFAST_DATA or ../shared/data')
    for (const one of cases) {
      for (const provider of PROVIDERS) expect(isValid(one, provider), `${one.id}, ${provider.name}`).toBe(one.isValid)
    }
  })
})
