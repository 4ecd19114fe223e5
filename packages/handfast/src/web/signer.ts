/**
 * Signing with WebCrypto keys, which may be ones that cannot be exported: the private key stays where
 * the platform keeps it, and `sign` tasks are answered from there. WebCrypto gives ECDSA signatures as
 * r and s alone; TLS wants DER (RFC 9846 section 4.3.3).
 */

import { writeInteger, writeSequence } from '../asn1/index.ts'
import type { SignatureSchemeName, Task } from '../tls/index.ts'

/** What is used of a CryptoKey. */
export interface SigningKey {
  readonly type: string
  readonly usages: readonly string[]
  /** With `namedCurve` for elliptic curves, `hash` for RSA. */
  readonly algorithm: { readonly name: string }
}

type SignTask = Extract<Task, { kind: 'sign' }>
/** What WebCrypto's `sign` takes first. */
type SignParameters = { readonly name: string; readonly hash?: string; readonly saltLength?: number }

const CURVE_SCHEMES: Readonly<Record<string, SignatureSchemeName>> = {
  'P-256': 'ecdsa_secp256r1_sha256',
  'P-384': 'ecdsa_secp384r1_sha384',
  'P-521': 'ecdsa_secp521r1_sha512',
}
const RSA_SCHEMES: Readonly<Record<string, Readonly<Record<string, readonly SignatureSchemeName[]>>>> = {
  'RSA-PSS': {
    'SHA-256': ['rsa_pss_rsae_sha256', 'rsa_pss_pss_sha256'],
    'SHA-384': ['rsa_pss_rsae_sha384', 'rsa_pss_pss_sha384'],
    'SHA-512': ['rsa_pss_rsae_sha512', 'rsa_pss_pss_sha512'],
  },
  // TLS 1.3 has no such signatures in a handshake (RFC 9846 section 4.3.3): these sign in TLS 1.2 only.
  'RSASSA-PKCS1-v1_5': {
    'SHA-256': ['rsa_pkcs1_sha256'],
    'SHA-384': ['rsa_pkcs1_sha384'],
    'SHA-512': ['rsa_pkcs1_sha512'],
  },
}
const NAMED_SCHEMES: Readonly<Record<string, SignatureSchemeName>> = {
  Ed25519: 'ed25519',
  'ML-DSA-44': 'mldsa44',
  'ML-DSA-65': 'mldsa65',
  'ML-DSA-87': 'mldsa87',
}

/**
 * The schemes that a key can sign with: `signatureSchemes` of its identity. Needed for RSA, where
 * WebCrypto binds a key to one hash.
 * @throws {TypeError} if it cannot sign a handshake.
 */
export function webCryptoSchemes(key: SigningKey): readonly SignatureSchemeName[] {
  if (key?.type !== 'private' || !key.usages.includes('sign')) {
    throw new TypeError(`key: needs a private CryptoKey with the usage sign, has one of type ${String(key?.type)}`)
  }
  const { name, namedCurve, hash } = key.algorithm as {
    readonly name: string
    readonly namedCurve?: string
    readonly hash?: { readonly name: string }
  }
  const schemes =
    name === 'ECDSA'
      ? [CURVE_SCHEMES[namedCurve ?? '']]
      : name in RSA_SCHEMES
        ? (RSA_SCHEMES[name]?.[hash?.name ?? ''] ?? [])
        : [NAMED_SCHEMES[name]]
  const known = schemes.filter((scheme) => scheme !== undefined)
  if (known.length > 0) return known
  throw new TypeError(
    `key: needs ECDSA, Ed25519, ML-DSA or RSA, with which handshakes are signed, has ${[name, namedCurve, hash?.name].filter(Boolean).join(' ')}`,
  )
}

/**
 * A `sign` function for `connect` and `createServer`, or for an engine's `sign` task, by a key of
 * WebCrypto. Give the identity the certificates, no key, and `webCryptoSchemes(key)`.
 * @throws {TypeError} if the key cannot sign a handshake.
 */
export function webCryptoSigner(key: SigningKey): (task: SignTask) => Promise<Uint8Array> {
  const schemes = webCryptoSchemes(key)
  return async (task) => {
    if (!schemes.includes(task.scheme)) {
      throw new TypeError(`sign: needs a scheme of the key (${schemes.join(', ')}), has ${task.scheme}`)
    }
    const parameters = parametersOf(key, task)
    const { subtle } = crypto
    const signature = new Uint8Array(
      await subtle.sign(parameters, key as Parameters<typeof subtle.sign>[1], Uint8Array.from(task.input)),
    )
    return parameters.name === 'ECDSA' ? derSignature(signature) : signature
  }
}

function parametersOf(key: SigningKey, { algorithm }: SignTask): SignParameters {
  const { name } = key.algorithm
  if (algorithm.kind === 'ecdsa') return { name, hash: `SHA-${algorithm.hash.slice(3)}` }
  return algorithm.kind === 'rsa-pss' ? { name, saltLength: algorithm.saltLength } : { name }
}

/** Ecdsa-Sig-Value (RFC 3279 section 2.2.3) of r and s, equally long, one behind the other. */
function derSignature(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2
  return writeSequence(writeInteger(raw.subarray(0, half)), writeInteger(raw.subarray(half)))
}
