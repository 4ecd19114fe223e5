import { describe, expect, test } from 'vitest'
import { FetchSlots, type Release } from './fetch-slots.ts'

const NEVER = new AbortController().signal

/** Asks for places, and tells which were given, in their order. */
class Line {
  readonly given: string[] = []
  readonly #slots: FetchSlots
  readonly #releases: Map<string, Release> = new Map()

  constructor(slots: FetchSlots) {
    this.#slots = slots
  }

  ask(name: string, host: string, bytes: number, signal: AbortSignal = NEVER): Promise<void> {
    return this.#slots.acquire(host, bytes, signal).then((release) => {
      this.given.push(name)
      this.#releases.set(name, release)
    })
  }

  async leave(name: string): Promise<void> {
    this.#releases.get(name)?.()
    await settled()
  }
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

describe('places', () => {
  test('are given in turn, and past those whose host is busy', async () => {
    const line = new Line(new FetchSlots({ total: 3, perHost: 2, bytes: 100, waiting: 9 }))
    for (const name of ['a1', 'a2', 'a3', 'b1', 'c1']) void line.ask(name, name[0] as string, 1)
    await settled()
    expect(line.given).toEqual(['a1', 'a2', 'b1'])
    await line.leave('b1')
    expect(line.given.at(-1)).toBe('c1')
    await line.leave('a1')
    expect(line.given.at(-1)).toBe('a3')
  })

  test('of many bytes are waited for, and nobody passes', async () => {
    const line = new Line(new FetchSlots({ total: 9, perHost: 9, bytes: 100, waiting: 9 }))
    void line.ask('small', 'a', 10)
    void line.ask('huge', 'a', 1_000_000)
    void line.ask('late', 'a', 10)
    await settled()
    expect(line.given).toEqual(['small'])
    await line.leave('small')
    expect(line.given).toEqual(['small', 'huge'])
    await line.leave('huge')
    // Twice is no more than once.
    await line.leave('huge')
    expect(line.given).toEqual(['small', 'huge', 'late'])
  })

  test('are no longer waited for once that is aborted; who stood behind moves up', async () => {
    const line = new Line(new FetchSlots({ total: 9, perHost: 9, bytes: 100, waiting: 9 }))
    const controller = new AbortController()
    void line.ask('one', 'a', 60)
    const large = line.ask('large', 'a', 100, controller.signal)
    void line.ask('small', 'a', 10)
    await settled()
    controller.abort(new Error('gone'))
    await expect(large).rejects.toThrow(/^gone$/)
    expect(line.given).toEqual(['one', 'small'])
    await expect(line.ask('again', 'a', 1, controller.signal)).rejects.toThrow(/^gone$/)
  })

  test('are refused when too many wait', async () => {
    const line = new Line(new FetchSlots({ total: 1, perHost: 1, bytes: 100, waiting: 1 }))
    void line.ask('one', 'a', 1)
    void line.ask('two', 'a', 1)
    await expect(line.ask('three', 'a', 1)).rejects.toThrow(/^too many fetches are waiting$/)
  })
})
