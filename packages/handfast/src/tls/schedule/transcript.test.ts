import { describe, expect, test } from 'vitest'
import { concatBytes } from '../../bytes/index.ts'
import { nodeProvider } from '../../crypto/node.ts'
import { Transcript } from './transcript.ts'

const { sha256, sha384 } = nodeProvider.hashes
const [a, b, c] = [Uint8Array.of(1, 1), Uint8Array.of(2, 2), Uint8Array.of(3, 3)] as const

describe('Transcript', () => {
  test('hashes what came before the hash was known, and after', () => {
    const transcript = new Transcript()
    transcript.add(a)
    transcript.add(b)
    transcript.start(sha384)
    expect(transcript.digest()).toEqual(sha384.digest(concatBytes(a, b)))
    transcript.add(c)
    expect(transcript.digest()).toEqual(sha384.digest(concatBytes(a, b, c)))
    expect(transcript.digest()).toEqual(sha384.digest(concatBytes(a, b, c)))
  })

  test('after a HelloRetryRequest the first ClientHello is its hash (RFC 9846 section 4.1)', () => {
    const transcript = new Transcript()
    transcript.add(a)
    transcript.add(b)
    transcript.startAfterRetry(sha256)
    transcript.add(c)
    const synthetic = concatBytes(Uint8Array.of(254, 0, 0, 32), sha256.digest(a))
    expect(transcript.digest()).toEqual(sha256.digest(concatBytes(synthetic, b, c)))
  })

  test('forks, and neither knows of the other', () => {
    const transcript = new Transcript()
    transcript.add(a)
    transcript.start(sha256)
    const fork = transcript.fork()
    fork.add(b)
    transcript.add(c)
    expect(fork.digest()).toEqual(sha256.digest(concatBytes(a, b)))
    expect(transcript.digest()).toEqual(sha256.digest(concatBytes(a, c)))
  })

  test('has nothing to say without a hash', () => {
    const transcript = new Transcript()
    expect(() => transcript.fork()).toThrow(TypeError)
    expect(() => transcript.digest()).toThrow(TypeError)
    expect(() => transcript.startAfterRetry(sha256)).toThrow(TypeError)
  })
})
