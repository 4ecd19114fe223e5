/**
 * What all key exchange groups of all providers have in common: shares of an exact length
 * (RFC 9846 section 4.3.8), ephemeral keys that are used once and then dropped, and static ones.
 */

import { InvalidShareError, KeyImportError, type EphemeralKey, type GroupName, type StaticKey } from './provider.ts'

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

/**
 * Demands a private key of exactly `length` bytes.
 * @throws {KeyImportError}
 */
export function checkKeyLength(group: GroupName, length: number, privateKey: Uint8Array): void {
  if (privateKey.length !== length) {
    throw new KeyImportError('malformed', `${group} private key: needs ${length} bytes, has ${privateKey.length}`)
  }
}

/** Scalars are refused and never reduced: whoever has such a key has another idea of what it is. */
export function scalarOutOfRange(group: GroupName): KeyImportError {
  return new KeyImportError('malformed', `${group} private key: needs a scalar from 1 to below the order`)
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

/** What a static key is made of. */
export interface StaticKeyParts {
  readonly group: GroupName
  readonly share: Uint8Array
  /** Computes the secret. @throws {InvalidShareError} */
  readonly agree: (share: Uint8Array) => Uint8Array
  /** Zeroes what can be zeroed; called once at most. */
  readonly drop?: () => void
}

/** A key that agrees until it is disposed of. */
export function createStaticKey({ group, share, agree, drop }: StaticKeyParts): StaticKey {
  let isDisposed = false
  return {
    group,
    share,
    agree: (peerShare) => {
      if (isDisposed) throw new TypeError(`the static ${group} key was disposed of`)
      return agree(peerShare)
    },
    [Symbol.dispose]: () => {
      if (!isDisposed) drop?.()
      isDisposed = true
    },
  }
}
