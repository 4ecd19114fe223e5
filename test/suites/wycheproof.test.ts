import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../packages/handfast/src/bytes/index.ts'
import { nodeProvider } from '../../packages/handfast/src/crypto/node.ts'
import { createPortableProvider } from '../../packages/handfast/src/crypto/portable.ts'
import { count, createTally, type Tally } from './wycheproof-tally.ts'
import { type Expected, hasSignatures, readVectors } from './wycheproof-vectors.ts'

const message = Buffer.from('message')
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const spki = ec.publicKey.export({ format: 'der', type: 'spki' }).toString('hex')
const good = sign('sha256', message, ec.privateKey).toString('hex')

interface Sample {
  readonly tcId: number
  readonly result: Expected
  readonly sig: string
  readonly ctx?: string
}

function fileOf(group: object, tests: readonly Sample[], algorithm = 'ECDSA'): string {
  const all = tests.map((one) => ({ comment: '', msg: message.toString('hex'), ...one }))
  return JSON.stringify({ algorithm, testGroups: [{ publicKeyDer: spki, ...group, tests: all }] })
}

function tallyOf(text: string, provider = nodeProvider): Tally {
  const tally = createTally()
  for (const vector of readVectors('sample', text)) count(tally, vector, provider)
  return tally
}

const P256 = { type: 'EcdsaVerify', sha: 'SHA-256', publicKey: { curve: 'secp256r1' } }

describe('the tally', () => {
  test('agrees, disagrees, and leaves open what Wycheproof leaves open', () => {
    const text = fileOf(P256, [
      { tcId: 1, result: 'valid', sig: good },
      { tcId: 2, result: 'invalid', sig: `${good}00` },
      { tcId: 3, result: 'valid', sig: '00' },
      { tcId: 4, result: 'invalid', sig: good },
      { tcId: 5, result: 'acceptable', sig: good },
      { tcId: 6, result: 'acceptable', sig: '' },
    ])
    for (const provider of [nodeProvider, createPortableProvider()]) {
      const tally = tallyOf(text, provider)
      expect([tally.valid, tally.invalid, tally.unsupported]).toEqual([1, 1, {}])
      expect(tally.disagreements.map(({ id, answer }) => [id, answer.split(':')[0]])).toEqual([
        ['sample#3', 'invalid'],
        ['sample#4', 'valid'],
      ])
      expect(tally.acceptable.accepted.map(({ id }) => id)).toEqual(['sample#5'])
      expect(tally.acceptable.refused.map(({ id }) => id)).toEqual(['sample#6'])
    }
  })

  test.each([
    ['another format', { ...P256, type: 'EcdsaP1363Verify' }, /IEEE P1363/],
    ['a hash without identifier', { ...P256, sha: 'SHA-999' }, /ECDSA with SHA-999, which has no identifier/],
    [
      'an algorithm that is not supported',
      { ...P256, sha: 'SHAKE128' },
      /needs one that is supported, is id-ecdsa-with/,
    ],
  ])('%s is unsupported, whatever is expected', (_, group, reason) => {
    const tally = tallyOf(
      fileOf(group, [
        { tcId: 1, result: 'valid', sig: good },
        { tcId: 2, result: 'invalid', sig: '00' },
      ]),
    )
    expect([tally.valid, tally.invalid, tally.disagreements]).toEqual([0, 0, []])
    expect(Object.keys(tally.unsupported)).toEqual([expect.stringMatching(reason)])
    expect(Object.values(tally.unsupported)).toEqual([2])
  })

  test('a context is what X.509 does not have', () => {
    const vectors = readVectors(
      'sample',
      fileOf({ type: 'MlDsaVerify' }, [{ tcId: 1, result: 'valid', sig: '', ctx: '01' }], 'ML-DSA-44'),
    )
    expect(vectors[0]?.algorithm).toEqual({ unsupported: 'a context, which X.509 leaves empty' })
  })
})

test('PSS parameters that are defaults are left out', () => {
  const group = { type: 'RsassaPssVerify', sha: 'SHA-1', mgf: 'MGF1', mgfSha: 'SHA-1', sLen: 20 }
  const algorithm = (change: object): string => {
    const text = fileOf({ ...group, ...change }, [{ tcId: 1, result: 'valid', sig: '' }], 'RSASSA-PSS')
    return toHex(readVectors('sample', text)[0]?.algorithm as Uint8Array)
  }
  expect(algorithm({})).toBe('300d06092a864886f70d01010a3000')
  expect(algorithm({ sLen: 32 })).toBe('301206092a864886f70d01010a3005a203020120')
  expect(algorithm({ sha: 'SHAKE256', mgf: 'SHAKE256' })).toBe('300a06082b0601050507061f')
})

test('other files are passed over', () => {
  expect(hasSignatures(fileOf(P256, []))).toBe(true)
  expect(hasSignatures(fileOf({ type: 'RsaesOaepDecrypt' }, []))).toBe(false)
  expect(readVectors('sample', fileOf({ type: 'MlDsaSign' }, [{ tcId: 1, result: 'valid', sig: '' }]))).toEqual([])
})
