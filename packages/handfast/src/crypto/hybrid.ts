/**
 * Hybrid key exchange: a classical group and a KEM side by side, so that the secret holds as long as
 * either does. The shares and the secrets are concatenated, without lengths, since all are fixed.
 *
 * Covers RFC 10024, which defines all three hybrids. Combining by concatenation is sound only because
 * the TLS key schedule hashes the secret together with the transcript of both shares.
 */

import { concatBytes } from '../bytes/index.ts'
import type { EphemeralKey, GroupName, KeyExchangeGroup } from './provider.ts'
import { checkShareLength, createEphemeralKey } from './share.ts'

/** A key encapsulation mechanism in the sense of FIPS 203 section 3.1. */
export interface Kem {
  /** Length in bytes of an encapsulation key: what the client sends. */
  readonly encapsulationKeyLength: number
  /** Length in bytes of a ciphertext: what the server answers. */
  readonly ciphertextLength: number
  generate(): KemKey
  /**
   * A fresh secret for the holder of `encapsulationKey`.
   * @throws {InvalidShareError} the key fails its check (FIPS 203 section 7.2).
   */
  encapsulate(encapsulationKey: Uint8Array): { readonly ciphertext: Uint8Array; readonly secret: Uint8Array }
}

/** A decapsulation key with its public half. */
export interface KemKey {
  readonly encapsulationKey: Uint8Array
  /**
   * The secret in `ciphertext`; a pseudorandom one if it was tampered with (implicit rejection).
   * @throws {InvalidShareError} wrong length.
   */
  decapsulate(ciphertext: Uint8Array): Uint8Array
  /** Zeroes what can be zeroed. */
  drop?(): void
}

/** The group `name` of both parts, in the order in which `order` has their bytes in shares and secret. */
export function createHybridGroup(
  name: GroupName,
  order: 'classical-first' | 'kem-first',
  classical: KeyExchangeGroup,
  kem: Kem,
): KeyExchangeGroup {
  const classicalFirst = order === 'classical-first'
  const join = (ofClassical: Uint8Array, ofKem: Uint8Array): Uint8Array =>
    classicalFirst ? concatBytes(ofClassical, ofKem) : concatBytes(ofKem, ofClassical)
  /** The joined secret; the parts, which are ours alone, are zeroed. */
  const joinSecrets = (ofClassical: Uint8Array, ofKem: Uint8Array): Uint8Array => {
    const secret = join(ofClassical, ofKem)
    ofClassical.fill(0)
    ofKem.fill(0)
    return secret
  }
  const split = (share: Uint8Array, ofClassical: number): { classicalPart: Uint8Array; kemPart: Uint8Array } => {
    if (classicalFirst) return { classicalPart: share.subarray(0, ofClassical), kemPart: share.subarray(ofClassical) }
    const ofKem = share.length - ofClassical
    return { classicalPart: share.subarray(ofKem), kemPart: share.subarray(0, ofKem) }
  }
  const clientShareLength = classical.clientShareLength + kem.encapsulationKeyLength
  const serverShareLength = classical.serverShareLength + kem.ciphertextLength

  return {
    name,
    clientShareLength,
    serverShareLength,

    generate(): EphemeralKey {
      const classicalKey = classical.generate()
      const kemKey = kem.generate()
      return createEphemeralKey({
        group: name,
        share: join(classicalKey.share, kemKey.encapsulationKey),
        classical: classicalKey,
        agree: (serverShare) => {
          checkShareLength(name, serverShareLength, serverShare)
          const { classicalPart, kemPart } = split(serverShare, classical.serverShareLength)
          return joinSecrets(classicalKey.agree(classicalPart), kemKey.decapsulate(kemPart))
        },
        drop: () => {
          classicalKey[Symbol.dispose]()
          kemKey.drop?.()
        },
      })
    },

    respond(clientShare) {
      checkShareLength(name, clientShareLength, clientShare)
      const { classicalPart, kemPart } = split(clientShare, classical.clientShareLength)
      const ofClassical = classical.respond(classicalPart)
      const ofKem = kem.encapsulate(kemPart)
      return {
        share: join(ofClassical.share, ofKem.ciphertext),
        secret: joinSecrets(ofClassical.secret, ofKem.secret),
      }
    },
  }
}
