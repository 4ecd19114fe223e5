import { expect, test } from 'vitest'
import { FetchedBytes } from './fetched-bytes.ts'

test('pieces are copied as they come, and none is kept', () => {
  const answer = new FetchedBytes(1000)
  const piece = new Uint8Array(1)
  for (let i = 0; i < 1000; i++) {
    piece[0] = i
    answer.add(piece)
  }
  expect(answer.finish()).toEqual(Uint8Array.from({ length: 1000 }, (_, i) => i))
  expect(answer.finish().buffer.byteLength).toBe(1000)
})

test('one byte too many is an error, an empty piece is none', () => {
  const answer = new FetchedBytes(3)
  answer.add(Uint8Array.of(1, 2, 3))
  answer.add(new Uint8Array(0))
  expect(() => answer.add(Uint8Array.of(4))).toThrow('more than 3 bytes')
  expect(answer.finish()).toEqual(Uint8Array.of(1, 2, 3))
})
