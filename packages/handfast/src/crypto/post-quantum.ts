/**
 * ML-KEM (FIPS 203) and ML-DSA (FIPS 204, pure, empty context) on @noble/post-quantum: for the
 * portable provider, and for a Node that has neither. The library's objects are passed in, so that
 * who does not need them does not load them.
 */

import type { KEM, Signer } from '@noble/post-quantum/utils.js'
import { equalSecret } from '../bytes/index.ts'
import type { Kem, KemKey } from './hybrid.ts'
import type { MlDsaParts } from './private-key-format.ts'
import { InvalidShareError, KeyImportError, type MlDsaName } from './provider.ts'

type Random = (length: number) => Uint8Array

/** Bytes of the seed from which both halves of a key are made: d || z in ML-KEM, xi in ML-DSA. */
const KEM_SEED_LENGTH = 64
const MESSAGE_LENGTH = 32

/** ML-KEM `name` on `kem`. All randomness comes from `random`. */
export function createNobleKem(name: 'ML-KEM-768' | 'ML-KEM-1024', kem: KEM, random: Random): Kem {
  const { publicKey: encapsulationKeyLength, cipherText: ciphertextLength } = kem.lengths
  return {
    encapsulationKeyLength: encapsulationKeyLength as number,
    ciphertextLength: ciphertextLength as number,

    generate(): KemKey {
      const seed = random(KEM_SEED_LENGTH)
      const { publicKey, secretKey } = kem.keygen(seed)
      seed.fill(0)
      return {
        encapsulationKey: publicKey,
        decapsulate: (ciphertext) => {
          if (ciphertext.length !== ciphertextLength) {
            throw new InvalidShareError(`${name} ciphertext: needs ${ciphertextLength} bytes, has ${ciphertext.length}`)
          }
          return kem.decapsulate(ciphertext, secretKey)
        },
        drop: () => secretKey.fill(0),
      }
    },

    encapsulate(encapsulationKey) {
      const message = random(MESSAGE_LENGTH)
      try {
        const { cipherText, sharedSecret } = kem.encapsulate(encapsulationKey, message)
        return { ciphertext: cipherText, secret: sharedSecret }
      } catch {
        throw new InvalidShareError(`${name} encapsulation key: fails its check (FIPS 203 section 7.2)`)
      } finally {
        message.fill(0)
      }
    },
  }
}

/** ML-DSA public and private keys on @noble/post-quantum. */
export interface NobleMlDsaKey {
  readonly publicKey: Uint8Array
  sign(data: Uint8Array): Uint8Array
}

/** Verifies an ML-DSA signature. False for whatever is wrong with it. */
export function verifyNobleMlDsa(dsa: Signer, publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  try {
    return dsa.verify(signature, data, publicKey)
  } catch {
    return false
  }
}

/**
 * An ML-DSA private key from its seed, its expanded form, or both, which must agree then (RFC 9881
 * section 8.1). Signatures are hedged with `random`.
 * @throws {KeyImportError}
 */
export function createNobleMlDsaKey(name: MlDsaName, dsa: Signer, parts: MlDsaParts, random: Random): NobleMlDsaKey {
  const secretKey =
    parts.seed === undefined ? new Uint8Array(parts.expanded as Uint8Array) : dsa.keygen(parts.seed).secretKey
  if (parts.seed !== undefined && parts.expanded !== undefined && !equalSecret(secretKey, parts.expanded)) {
    throw new KeyImportError('malformed', `${name} private key: seed and expanded key disagree`)
  }
  const publicKey = derivePublicKey(name, dsa, secretKey)
  return {
    publicKey,
    sign: (data) => dsa.sign(data, secretKey, { extraEntropy: random(MESSAGE_LENGTH) }),
  }
}

/** @throws {KeyImportError} not the library's own error, which quotes coefficients of the key. */
function derivePublicKey(name: MlDsaName, dsa: Signer, secretKey: Uint8Array): Uint8Array {
  try {
    return dsa.getPublicKey(secretKey)
  } catch {
    throw new KeyImportError('malformed', `${name} private key: coefficients out of range`)
  }
}
