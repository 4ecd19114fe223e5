/**
 * Wycheproof's test files on signatures as requests to `verifySignature`: the AlgorithmIdentifier that X.509 has for
 * what a group of tests is about, its public key, and message and signature of each test. What X.509 has no form for
 * is given with the reason.
 */

import {
  writeContext,
  writeInteger,
  writeNull,
  writeOid,
  writeSequence,
} from '../../packages/handfast/src/asn1/index.ts'

/** A file as Wycheproof publishes it, as far as it is read here. */
interface VectorFile {
  readonly algorithm: string
  readonly testGroups: readonly TestGroup[]
}

interface TestGroup {
  readonly type: string
  readonly sha?: string
  readonly mgf?: string
  readonly mgfSha?: string
  readonly sLen?: number
  readonly keySize?: number
  readonly keyDer?: string
  readonly publicKeyDer?: string
  readonly publicKey?: string | { readonly curve?: string; readonly keySize?: number }
  readonly tests: readonly TestVector[]
}

interface TestVector {
  readonly tcId: number
  readonly comment: string
  readonly msg: string
  readonly sig: string
  readonly ctx?: string
  readonly result: Expected
}

export type Expected = 'valid' | 'invalid' | 'acceptable'

/** One test, ready to be verified. */
export interface Vector {
  readonly id: string
  readonly comment: string
  /** What its results are counted under: `ECDSA secp256r1`, `RSASSA-PSS`, `ML-DSA-65`. */
  readonly algorithmName: string
  readonly expected: Expected
  /** AlgorithmIdentifier in DER; or why X.509 has none for this. */
  readonly algorithm: Uint8Array | { readonly unsupported: string }
  readonly subjectPublicKeyInfo: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
}

/** True for the types of test groups that hold signatures to be verified. */
export function hasSignatures(text: string): boolean {
  return TYPES.some((type) => text.includes(`"${type}"`))
}

const TYPES = [
  'EcdsaVerify',
  'EcdsaP1363Verify',
  'EcdsaBitcoinVerify',
  'EddsaVerify',
  'DsaVerify',
  'DsaP1363Verify',
  'RsassaPkcs1Verify',
  // Made with the private key in the file; here its public half has to accept them.
  'RsassaPkcs1Generate',
  'RsassaPssVerify',
  'RsassaPssWithParametersVerify',
  'MlDsaVerify',
]

/**
 * The tests of one file.
 * @param name of the file, for the ids of its tests.
 */
export function readVectors(name: string, text: string): Vector[] {
  const file = JSON.parse(text) as VectorFile
  return file.testGroups
    .filter(({ type }) => TYPES.includes(type))
    .flatMap((group) => {
      const algorithm = algorithmOf(group, file.algorithm)
      const subjectPublicKeyInfo = bytes(group.publicKeyDer ?? group.keyDer ?? '')
      const algorithmName = nameOf(group, file.algorithm)
      return group.tests.map((test): Vector => ({
        id: `${name}#${test.tcId}`,
        comment: test.comment,
        algorithmName,
        expected: test.result,
        algorithm: (test.ctx ?? '') === '' ? algorithm : { unsupported: 'a context, which X.509 leaves empty' },
        subjectPublicKeyInfo,
        message: bytes(test.msg),
        signature: bytes(test.sig),
      }))
    })
}

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

function nameOf(group: TestGroup, algorithm: string): string {
  const key = typeof group.publicKey === 'object' ? group.publicKey : {}
  switch (algorithm) {
    case 'ECDSA':
      return `ECDSA ${key.curve}`
    case 'EDDSA':
      return key.curve === 'edwards448' ? 'Ed448' : 'Ed25519'
    default:
      return algorithm
  }
}

const HASHES: Readonly<Record<string, string>> = {
  'SHA-1': '1.3.14.3.2.26',
  'SHA-224': '2.16.840.1.101.3.4.2.4',
  'SHA-256': '2.16.840.1.101.3.4.2.1',
  'SHA-384': '2.16.840.1.101.3.4.2.2',
  'SHA-512': '2.16.840.1.101.3.4.2.3',
  'SHA-512/224': '2.16.840.1.101.3.4.2.5',
  'SHA-512/256': '2.16.840.1.101.3.4.2.6',
}

const ECDSA: Readonly<Record<string, string>> = {
  'SHA-224': '1.2.840.10045.4.3.1',
  'SHA-256': '1.2.840.10045.4.3.2',
  'SHA-384': '1.2.840.10045.4.3.3',
  'SHA-512': '1.2.840.10045.4.3.4',
  'SHA3-224': '2.16.840.1.101.3.4.3.9',
  'SHA3-256': '2.16.840.1.101.3.4.3.10',
  'SHA3-384': '2.16.840.1.101.3.4.3.11',
  'SHA3-512': '2.16.840.1.101.3.4.3.12',
  SHAKE128: '1.3.6.1.5.5.7.6.32',
  SHAKE256: '1.3.6.1.5.5.7.6.33',
}

const RSA: Readonly<Record<string, string>> = {
  'SHA-1': '1.2.840.113549.1.1.5',
  'SHA-224': '1.2.840.113549.1.1.14',
  'SHA-256': '1.2.840.113549.1.1.11',
  'SHA-384': '1.2.840.113549.1.1.12',
  'SHA-512': '1.2.840.113549.1.1.13',
  'SHA-512/224': '1.2.840.113549.1.1.15',
  'SHA-512/256': '1.2.840.113549.1.1.16',
  'SHA3-224': '2.16.840.1.101.3.4.3.13',
  'SHA3-256': '2.16.840.1.101.3.4.3.14',
  'SHA3-384': '2.16.840.1.101.3.4.3.15',
  'SHA3-512': '2.16.840.1.101.3.4.3.16',
}

const PSS_SHAKE: Readonly<Record<string, string>> = { SHAKE128: '1.3.6.1.5.5.7.6.30', SHAKE256: '1.3.6.1.5.5.7.6.31' }

const DSA: Readonly<Record<string, string>> = {
  'SHA-1': '1.2.840.10040.4.3',
  'SHA-224': '2.16.840.1.101.3.4.3.1',
  'SHA-256': '2.16.840.1.101.3.4.3.2',
}

const ML_DSA: Readonly<Record<string, string>> = {
  'ML-DSA-44': '2.16.840.1.101.3.4.3.17',
  'ML-DSA-65': '2.16.840.1.101.3.4.3.18',
  'ML-DSA-87': '2.16.840.1.101.3.4.3.19',
}

function algorithmOf(group: TestGroup, algorithm: string): Vector['algorithm'] {
  const { type, sha = '' } = group
  if (type.includes('P1363')) return { unsupported: 'signatures in the format of IEEE P1363, which X.509 has not' }
  if (type.includes('Bitcoin')) return { unsupported: 'ECDSA by the rules of Bitcoin, which X.509 has not' }
  switch (algorithm) {
    case 'ECDSA':
      return plain(ECDSA[sha], `ECDSA with ${sha}`)
    case 'DSA':
      return plain(DSA[sha], `DSA with ${sha}`)
    case 'EDDSA':
      return plain(nameOf(group, algorithm) === 'Ed448' ? '1.3.101.113' : '1.3.101.112', algorithm)
    case 'RSASSA-PKCS1-v1_5':
      return RSA[sha] === undefined ? none(`RSA with ${sha}`) : writeSequence(writeOid(RSA[sha]), writeNull())
    case 'RSASSA-PSS':
      return pss(group)
    default:
      return plain(ML_DSA[algorithm], algorithm)
  }
}

function none(name: string): { readonly unsupported: string } {
  return { unsupported: `${name}, which has no identifier` }
}

function plain(oid: string | undefined, name: string): Vector['algorithm'] {
  return oid === undefined ? none(name) : writeSequence(writeOid(oid))
}

/** RSASSA-PSS-params (RFC 4055 section 3.1), each default left out, as DER demands. */
function pss({ sha = '', mgf, mgfSha = '', sLen = 20 }: TestGroup): Vector['algorithm'] {
  const shake = PSS_SHAKE[sha]
  if (shake !== undefined) return writeSequence(writeOid(shake))
  const [hash, mgfHash] = [HASHES[sha], HASHES[mgfSha]]
  if (hash === undefined || mgfHash === undefined || mgf !== 'MGF1') {
    return none(`RSASSA-PSS with ${sha} and ${mgf} with ${mgfSha}`)
  }
  const fields: Uint8Array[] = []
  if (sha !== 'SHA-1') fields.push(writeContext(0, writeSequence(writeOid(hash), writeNull())))
  if (mgfSha !== 'SHA-1') {
    const mask = writeSequence(writeOid('1.2.840.113549.1.1.8'), writeSequence(writeOid(mgfHash), writeNull()))
    fields.push(writeContext(1, mask))
  }
  if (sLen !== 20) fields.push(writeContext(2, writeInteger(sLen)))
  return writeSequence(writeOid('1.2.840.113549.1.1.10'), writeSequence(...fields))
}
