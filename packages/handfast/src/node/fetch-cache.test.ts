import { describe, expect, test } from 'vitest'
import { FetchCache, freshnessOf } from './fetch-cache.ts'

const NOW = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000

describe('freshness', () => {
  test.each<[Record<string, string>, number]>([
    [{}, 5],
    [{ 'cache-control': 'public' }, 5],
    [{ 'cache-control': 'max-age=60' }, 60_000],
    [{ 'cache-control': 'public, Max-Age="60"' }, 60_000],
    [{ 'cache-control': 'max-age=60', age: '50' }, 10_000],
    [{ 'cache-control': 'max-age=60', age: '70' }, 0],
    [{ 'cache-control': 'max-age=60', age: 'old' }, 60_000],
    [{ 'cache-control': 'max-age=60, no-store' }, 0],
    [{ 'cache-control': 'no-cache' }, 0],
    [{ 'cache-control': 'x-max-age=60' }, 5],
    [{ 'cache-control': 'max-age=0', expires: new Date(NOW + HOUR).toUTCString() }, 0],
    [{ expires: new Date(NOW + HOUR).toUTCString() }, HOUR],
    [{ expires: new Date(NOW + HOUR).toUTCString(), date: new Date(NOW - HOUR).toUTCString() }, 2 * HOUR],
    [{ expires: new Date(NOW - HOUR).toUTCString() }, 0],
    [{ expires: '0' }, 0],
    [{ expires: 'never' }, 0],
  ])('%j: %d ms', (headers, milliseconds) => {
    expect(freshnessOf(headers, NOW, 5)).toBe(milliseconds)
  })
})

describe('a cache', () => {
  const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(length)

  test('gives back what is fresh', () => {
    let now = NOW
    const cache = new FetchCache({ entries: 5, bytes: 50 }, () => now)
    cache.set('a', bytes(1), 10)
    cache.set('b', bytes(2), 20)
    cache.set('c', bytes(3), 0)
    now += 10
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([undefined, bytes(2), undefined])
  })

  test('forgets what was not used for longest, by number and by size', () => {
    const cache = new FetchCache({ entries: 3, bytes: 10 }, () => NOW)
    for (const key of ['a', 'b', 'c']) cache.set(key, bytes(2), 10)
    expect(cache.get('a')).toEqual(bytes(2))
    cache.set('d', bytes(2), 10)
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key)?.length)).toEqual([2, undefined, 2, 2])
    cache.set('e', bytes(7), 10)
    expect(['a', 'c', 'd', 'e'].map((key) => cache.get(key)?.length)).toEqual([undefined, undefined, 2, 7])
    cache.set('f', bytes(11), 10)
    expect(['d', 'e', 'f'].map((key) => cache.get(key)?.length)).toEqual([2, 7, undefined])
  })

  test('counts what is replaced once', () => {
    const cache = new FetchCache({ entries: 5, bytes: 10 }, () => NOW)
    for (let i = 0; i < 20; i++) cache.set('a', bytes(6), 10)
    cache.set('b', bytes(4), 10)
    expect([cache.get('a')?.length, cache.get('b')?.length]).toEqual([6, 4])
  })

  test('of no entries remembers nothing', () => {
    const cache = new FetchCache({ entries: 0, bytes: 10 }, () => NOW)
    cache.set('a', bytes(1), 10)
    expect(cache.get('a')).toBe(undefined)
  })
})
