/**
 * Which signature algorithms go with which keys: the rules all providers share.
 *
 * Covers RFC 4055 section 3.3 (keys restricted to PSS parameters). Not here: which curve TLS wants
 * with which hash, and which algorithms are good enough; those are for the layers above.
 */

import type { KeyType, SignatureAlgorithm } from './provider.ts'

/** All signature algorithms that every provider has, in order of preference: the stronger and the cheaper first, SHA-1 last. */
export const SIGNATURE_ALGORITHMS: readonly SignatureAlgorithm[] = [
  { kind: 'ecdsa', hash: 'sha256' },
  { kind: 'ed25519' },
  { kind: 'ml-dsa-65' },
  { kind: 'ml-dsa-87' },
  { kind: 'ml-dsa-44' },
  { kind: 'ecdsa', hash: 'sha384' },
  { kind: 'ecdsa', hash: 'sha512' },
  { kind: 'ed448' },
  { kind: 'rsa-pss', hash: 'sha256', mgfHash: 'sha256', saltLength: 32 },
  { kind: 'rsa-pss', hash: 'sha384', mgfHash: 'sha384', saltLength: 48 },
  { kind: 'rsa-pss', hash: 'sha512', mgfHash: 'sha512', saltLength: 64 },
  { kind: 'rsa-pkcs1', hash: 'sha256' },
  { kind: 'rsa-pkcs1', hash: 'sha384' },
  { kind: 'rsa-pkcs1', hash: 'sha512' },
  { kind: 'ecdsa', hash: 'sha3-256' },
  { kind: 'ecdsa', hash: 'sha3-384' },
  { kind: 'ecdsa', hash: 'sha3-512' },
  { kind: 'ecdsa', hash: 'sha3-224' },
  { kind: 'ecdsa', hash: 'sha224' },
  { kind: 'rsa-pkcs1', hash: 'sha3-256' },
  { kind: 'rsa-pkcs1', hash: 'sha3-384' },
  { kind: 'rsa-pkcs1', hash: 'sha3-512' },
  { kind: 'rsa-pkcs1', hash: 'sha512-256' },
  { kind: 'rsa-pkcs1', hash: 'sha3-224' },
  { kind: 'rsa-pkcs1', hash: 'sha512-224' },
  { kind: 'rsa-pkcs1', hash: 'sha224' },
  { kind: 'ecdsa', hash: 'sha1' },
  { kind: 'rsa-pkcs1', hash: 'sha1' },
]

/** What only the provider on node:crypto verifies besides: found in old certificates, by none made today. */
export const DSA_ALGORITHMS: readonly SignatureAlgorithm[] = [
  { kind: 'dsa', hash: 'sha256' },
  { kind: 'dsa', hash: 'sha224' },
  { kind: 'dsa', hash: 'sha1' },
]

/** True if a key of `keyType` can be used with `algorithm`. */
export function isAlgorithmForKey(algorithm: SignatureAlgorithm, keyType: KeyType): boolean {
  switch (algorithm.kind) {
    case 'ecdsa':
      return keyType.type === 'ec'
    case 'rsa-pkcs1':
      return keyType.type === 'rsa'
    case 'rsa-pss': {
      if (!Number.isInteger(algorithm.saltLength) || algorithm.saltLength < 0) return false
      if (keyType.type === 'rsa') return true
      if (keyType.type !== 'rsa-pss') return false
      const { restriction } = keyType
      return (
        restriction === undefined ||
        (restriction.hash === algorithm.hash &&
          restriction.mgfHash === algorithm.mgfHash &&
          restriction.saltLength <= algorithm.saltLength)
      )
    }
    default:
      return keyType.type === algorithm.kind
  }
}

/** An algorithm that fits keys of `keyType`: what a freshly imported private key is tried with. */
export function trialAlgorithm(keyType: KeyType): SignatureAlgorithm {
  switch (keyType.type) {
    case 'ec':
      return { kind: 'ecdsa', hash: 'sha256' }
    case 'rsa':
      return { kind: 'rsa-pkcs1', hash: 'sha256' }
    case 'rsa-pss':
      return { kind: 'rsa-pss', ...(keyType.restriction ?? { hash: 'sha256', mgfHash: 'sha256', saltLength: 32 }) }
    case 'dsa':
      return { kind: 'dsa', hash: 'sha256' }
    default:
      return { kind: keyType.type }
  }
}

/** "ecdsa with sha256", for messages. */
export function describeAlgorithm(algorithm: SignatureAlgorithm): string {
  return 'hash' in algorithm ? `${algorithm.kind} with ${algorithm.hash}` : algorithm.kind
}
