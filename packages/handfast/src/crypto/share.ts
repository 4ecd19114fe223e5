/**
 * What all key exchange groups of all providers have in common: shares of an exact length
 * (RFC 9846 section 4.3.8), and ephemeral keys that are used once and then dropped.
 */

import { InvalidShareError, type EphemeralKey, type GroupName } from './provider.ts'

/**
 * Demands a share of exactly `length` bytes.
 * @throws {InvalidShareError}
 */
export function checkShareLength(group: GroupName, length: number, share: Uint8Array): void {
  if (share.length !== length) {
    throw new InvalidShareError(`${group} share: needs ${length} bytes, has ${share.length}`)
  }
}

/**
 * Demands the form of an uncompressed point, `length` bytes of 0x04 || X || Y: the only one TLS has
 * for the secp curves (RFC 9846 section 4.3.8.2). Compressed points and infinity go no further;
 * that the point is on the curve is for the provider to see.
 * @throws {InvalidShareError}
 */
export function checkPointForm(group: GroupName, length: number, share: Uint8Array): void {
  checkShareLength(group, length, share)
  if (share[0] !== 4) {
    throw new InvalidShareError(`${group} share: needs an uncompressed point (4), has form ${share[0]}`)
  }
}

/** What an ephemeral key is made of. */
export interface EphemeralKeyParts {
  readonly group: GroupName
  readonly share: Uint8Array
  /** Computes the secret; called once at most. @throws {InvalidShareError} */
  readonly agree: (serverShare: Uint8Array) => Uint8Array
  /** Zeroes what can be zeroed; called once at most, after `agree` or instead of it. */
  readonly drop?: () => void
  readonly classical?: EphemeralKey
}

/** An ephemeral key that can agree once, on a share that is right or wrong, and forgets itself then. */
export function createEphemeralKey(parts: EphemeralKeyParts): EphemeralKey {
  return new OneTimeKey(parts)
}

class OneTimeKey implements EphemeralKey {
  readonly group: GroupName
  readonly share: Uint8Array
  readonly classical?: EphemeralKey
  #parts: EphemeralKeyParts | undefined

  constructor(parts: EphemeralKeyParts) {
    this.group = parts.group
    this.share = parts.share
    if (parts.classical !== undefined) this.classical = parts.classical
    this.#parts = parts
  }

  agree(serverShare: Uint8Array): Uint8Array {
    const parts = this.#parts
    if (parts === undefined) throw new TypeError(`the ephemeral ${this.group} key was used or disposed of before`)
    this.#parts = undefined
    try {
      return parts.agree(serverShare)
    } finally {
      parts.drop?.()
    }
  }

  [Symbol.dispose](): void {
    this.#parts?.drop?.()
    this.#parts = undefined
  }
}
