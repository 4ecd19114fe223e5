import { describe, expect, test } from 'vitest'
import { nodeProvider } from '../crypto/node.ts'
import { SIGNATURE_SCHEMES, type SignatureSchemeName, type Task } from '../tls/index.ts'
import { webCryptoSchemes, webCryptoSigner } from './signer.ts'

const { subtle } = crypto
interface Pair {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}
const INPUT = new TextEncoder().encode('to be signed')

function taskFor(name: SignatureSchemeName): Extract<Task, { kind: 'sign' }> {
  const scheme = SIGNATURE_SCHEMES.find((candidate) => candidate.name === name)
  if (scheme === undefined) throw new Error(`no scheme ${name}`)
  return { kind: 'sign', id: 1, identity: { chain: [] }, scheme: name, algorithm: scheme.algorithm, input: INPUT }
}

const RSA = { name: 'RSA-PSS', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) }

describe('a key that cannot be exported', () => {
  test.each([
    [{ name: 'ECDSA', namedCurve: 'P-256' }, ['ecdsa_secp256r1_sha256']],
    [{ name: 'ECDSA', namedCurve: 'P-384' }, ['ecdsa_secp384r1_sha384']],
    [{ name: 'ECDSA', namedCurve: 'P-521' }, ['ecdsa_secp521r1_sha512']],
    [{ name: 'Ed25519' }, ['ed25519']],
    [{ ...RSA, hash: 'SHA-256' }, ['rsa_pss_rsae_sha256', 'rsa_pss_pss_sha256']],
    [{ ...RSA, hash: 'SHA-384' }, ['rsa_pss_rsae_sha384', 'rsa_pss_pss_sha384']],
    [{ ...RSA, name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, ['rsa_pkcs1_sha256']],
  ] as const)('%o signs what the provider verifies', async (algorithm, schemes) => {
    const { privateKey, publicKey } = (await subtle.generateKey(algorithm, false, ['sign', 'verify'])) as Pair
    expect(webCryptoSchemes(privateKey)).toEqual(schemes)
    const task = taskFor(schemes[0])
    const sign = webCryptoSigner(privateKey)
    const key = nodeProvider.importPublicKey(new Uint8Array(await subtle.exportKey('spki', publicKey)))
    // Often enough that r or s is short now and then, or has its highest bit set.
    for (let i = 0; i < (algorithm.name === 'ECDSA' ? 40 : 1); i++) {
      expect(nodeProvider.verify(task.algorithm, key, INPUT, await sign(task))).toBe(true)
    }
  })

  test('a scheme that is not the key’s is refused by name', async () => {
    const { privateKey } = await subtle.generateKey({ ...RSA, hash: 'SHA-256' }, false, ['sign', 'verify'])
    await expect(webCryptoSigner(privateKey)(taskFor('rsa_pss_rsae_sha512'))).rejects.toThrow(
      /needs a scheme of the key \(rsa_pss_rsae_sha256, rsa_pss_pss_sha256\), has rsa_pss_rsae_sha512/,
    )
  })
})

describe('keys that cannot sign a handshake', () => {
  test('a public key', async () => {
    const { publicKey } = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
    expect(() => webCryptoSigner(publicKey)).toThrow(
      /key: needs a private CryptoKey with the usage sign, has one of type public/,
    )
  })

  test('one of SHA-1', async () => {
    const algorithm = { ...RSA, hash: 'SHA-1' }
    const { privateKey } = (await subtle.generateKey(algorithm, false, ['sign', 'verify'])) as Pair
    expect(() => webCryptoSchemes(privateKey)).toThrow(/with which handshakes are signed, has RSA-PSS SHA-1/)
  })

  test('nothing at all', () => {
    expect(() => webCryptoSigner(undefined as never)).toThrow(TypeError)
  })
})
