import { describe, expect, test } from 'vitest'
import { ChunkQueue } from './chunk-queue.ts'

function pieces(chunks: readonly string[], most: number): string[] {
  const queue = new ChunkQueue(chunks.map((text) => Buffer.from(text)))
  const taken: string[] = []
  for (let piece = queue.take(most); piece !== undefined; piece = queue.take(most)) {
    taken.push(Buffer.from(piece).toString())
  }
  return taken
}

describe('ChunkQueue', () => {
  test.each([
    ['nothing', [], []],
    ['empty chunks', ['', ''], []],
    ['small chunks are put together', ['a', 'b', '', 'c'], ['abc']],
    ['a large chunk is cut', ['abcdefghij'], ['abcd', 'efgh', 'ij']],
    ['pieces are full whatever the chunks', ['abc', 'defghi', 'j'], ['abcd', 'efgh', 'ij']],
    ['a chunk of just the size', ['abcd', 'e'], ['abcd', 'e']],
  ])('%s', (_, chunks, expected) => {
    expect(pieces(chunks, 4)).toEqual(expected)
  })

  test('a piece of one chunk is not copied', () => {
    const chunk = Buffer.from('abcdef')
    expect(new ChunkQueue([chunk]).take(4)?.buffer).toBe(chunk.buffer)
  })
})
