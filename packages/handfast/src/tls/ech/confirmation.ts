/** How a server says that it has read the ClientHelloInner (RFC 9849 sections 6.1.4, 7.2, 7.2.1). */

import type { Hash } from '../../crypto/provider.ts'
import { hkdfExtract } from '../../crypto/hkdf.ts'
import { HANDSHAKE_HEADER_LENGTH } from '../message/handshake.ts'
import { CONFIRMATION_LENGTH } from '../message/encrypted-client-hello.ts'
import { expandLabel } from '../schedule/key-schedule.ts'
import { Transcript } from '../schedule/transcript.ts'

/** The messages before the one that confirms. */
export interface Heard {
  readonly hash: Hash
  /** The first ClientHelloInner. */
  readonly innerHello: Uint8Array
  /** HelloRetryRequest and second ClientHelloInner, if there were any. */
  readonly retried: readonly Uint8Array[]
}

/** Where the confirmation is in a ServerHello: the end of its random. */
export const SERVER_HELLO_CONFIRMATION: number = HANDSHAKE_HEADER_LENGTH + 2 + 24

/**
 * accept_confirmation: 8 bytes.
 * @param serverHello whatever it has in their place.
 */
export function acceptConfirmation(heard: Heard, serverHello: Uint8Array): Uint8Array {
  return confirmation(heard, serverHello, SERVER_HELLO_CONFIRMATION, 'ech accept confirmation')
}

/**
 * hrr_accept_confirmation: 8 bytes.
 * @param at where they are in the message.
 */
export function retryConfirmation(heard: Heard, helloRetryRequest: Uint8Array, at: number): Uint8Array {
  return confirmation(heard, helloRetryRequest, at, 'hrr ech accept confirmation', true)
}

function confirmation(
  { hash, innerHello, retried }: Heard,
  message: Uint8Array,
  at: number,
  label: string,
  isRetry = retried.length > 0,
): Uint8Array {
  const blank = Uint8Array.from(message)
  blank.fill(0, at, at + CONFIRMATION_LENGTH)
  const transcript = new Transcript()
  transcript.add(innerHello)
  if (isRetry) transcript.startAfterRetry(hash)
  else transcript.start(hash)
  for (const other of retried) transcript.add(other)
  transcript.add(blank)
  const random = innerHello.subarray(HANDSHAKE_HEADER_LENGTH + 2, HANDSHAKE_HEADER_LENGTH + 34)
  const secret = hkdfExtract(hash, new Uint8Array(hash.length), random)
  return expandLabel(hash, secret, label, transcript.digest(), CONFIRMATION_LENGTH)
}
