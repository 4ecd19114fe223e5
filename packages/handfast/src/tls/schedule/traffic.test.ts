import { expect, test } from 'vitest'
import { nodeProvider } from '../../crypto/node.ts'
import { deriveNextTrafficSecret } from './key-schedule.ts'
import { TrafficSecrets } from './traffic.ts'

const { sha256 } = nodeProvider.hashes
const aead = nodeProvider.aeads[0] as (typeof nodeProvider.aeads)[number]

/** A layer that remembers what it was given. */
function recorder(): { reads: Uint8Array[]; writes: Uint8Array[] } & Parameters<TrafficSecrets['updateRead']>[0] {
  const [reads, writes]: [Uint8Array[], Uint8Array[]] = [[], []]
  return {
    reads,
    writes,
    setReadSecret: (_aead, _hash, secret) => void reads.push(secret.slice()),
    setWriteSecret: (_aead, _hash, secret) => void writes.push(secret.slice()),
  }
}

test('each direction goes its own way, from generation to generation', () => {
  const [write, read] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  const next = (secret: Uint8Array): Uint8Array => deriveNextTrafficSecret(sha256, secret)
  const expected = { writes: [next(write), next(next(write))], reads: [next(read)] }
  const layer = recorder()
  const traffic = new TrafficSecrets(aead, sha256, write, read)
  traffic.updateWrite(layer)
  traffic.updateRead(layer)
  traffic.updateWrite(layer)
  expect({ writes: layer.writes, reads: layer.reads }).toEqual(expected)
  // What it was given is gone.
  expect([...write, ...read].every((byte) => byte === 0)).toBe(true)
})

test("the peer's secret must be known", () => {
  const traffic = new TrafficSecrets(aead, sha256, new Uint8Array(32))
  expect(() => traffic.updateRead(recorder())).toThrow(TypeError)
  traffic.setRead(new Uint8Array(32))
  const layer = recorder()
  traffic.updateRead(layer)
  expect(layer.reads).toHaveLength(1)
})
