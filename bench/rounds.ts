/** Interleaved sampling: whatever the machine does meanwhile, it does to every subject alike. */

/** Makes one sample. */
export type Sampler = () => number | Promise<number>

/** Samplers by case and subject. */
export type Samplers = ReadonlyMap<string, ReadonlyMap<string, Sampler>>

export interface RoundOptions {
  readonly rounds: number
  /** Rounds that are thrown away first. */
  readonly warmUp: number
  /** Samples of a subject in a row: what one leaves in the processor's caches is the next one's burden. */
  readonly inRow: number
}

/**
 * Samples every subject of every case in each round. Each round begins with the next subject, so that
 * none always runs in another's wake.
 */
export async function sampleRounds(
  samplers: Samplers,
  { rounds, warmUp, inRow }: RoundOptions,
): Promise<Map<string, Map<string, number[]>>> {
  const samples = new Map([...samplers].map(([name, subjects]) => [name, emptyLists(subjects.keys())]))
  const all = [...samplers].flatMap(([name, subjects]) =>
    [...subjects].map(([subject, sample]) => ({ sample, values: samples.get(name)?.get(subject) ?? [] })),
  )
  for (let round = -warmUp; round < rounds; round++) {
    for (let i = 0; i < all.length; i++) {
      const { sample, values } = all[(i + Math.max(round, 0)) % all.length] as (typeof all)[number]
      for (let k = 0; k < inRow; k++) {
        const value = await sample()
        if (round >= 0) values.push(value)
        // Teardown of sockets is no part of what comes next.
        await new Promise(setImmediate)
      }
    }
  }
  return samples
}

function emptyLists(names: Iterable<string>): Map<string, number[]> {
  return new Map([...names].map((name) => [name, []]))
}

/** Microseconds since an arbitrary moment. */
export function microseconds(): number {
  return performance.now() * 1000
}
