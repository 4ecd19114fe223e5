/**
 * Trust on first use: which key a name had when it was met first. A path is still judged by all else;
 * a key that changed is one more thing against it.
 *
 * The judge only asks; remembering is the caller's to do, after the verdict, with what the explanation
 * says there is to remember (`Explanation.remember`). A memory in a file: `node/known-keys-file.ts`.
 */

import { toHex } from '../bytes/hex.ts'
import type { Certificate } from './certificate.ts'
import { identityKey } from './identity.ts'
import { readKeyHash } from './key-set.ts'
import { quotedText } from './printable-text.ts'
import type { PathContext } from './rules/rule.ts'

/** Trust on first use: which key a name had when it was met first. */
export interface KeyMemory {
  /** The keys remembered for `name`: SHA-256 of SubjectPublicKeyInfo, lower-case hex; empty if it was never met. */
  recall(name: string): readonly string[]
}

/** A memory that can learn. */
export interface WritableKeyMemory extends KeyMemory {
  readonly size: number
  /**
   * Remembers a key for `name`, beside those remembered before.
   * @param key SHA-256 of a SubjectPublicKeyInfo, in hex or base64.
   * @throws {TypeError} if the name is empty or the key is no hash.
   */
  remember(name: string, key: string): void
  /**
   * Remembers a key for a name that has none, in one step. What is not this key was learnt by someone else meanwhile.
   * @returns the keys that are remembered then.
   * @throws {TypeError} as `remember`.
   */
  meet?(name: string, key: string): readonly string[]
  /** Forgets a name and its keys. True if it was known. */
  forget(name: string): boolean
  /** All names with their keys. */
  entries(): Iterable<readonly [name: string, keys: readonly string[]]>
}

/** A memory that lasts as long as the program. */
export function createKeyMemory(entries: Iterable<readonly [name: string, key: string]> = []): WritableKeyMemory {
  const keysOf = new Map<string, string[]>()
  const memory: WritableKeyMemory = {
    get size() {
      return keysOf.size
    },
    recall: (name) => keysOf.get(name) ?? [],
    remember(name, key) {
      if (name === '') throw new TypeError('name: needs a name, has none')
      const hash = readKeyHash(key)
      if (hash === null) throw new TypeError(`key: needs a SHA-256 in hex or base64, has ${quotedText(key)}`)
      const hex = toHex(hash)
      const keys = keysOf.get(name)
      if (keys === undefined) keysOf.set(name, [hex])
      else if (!keys.includes(hex)) keys.push(hex)
    },
    meet(name, key) {
      if (!keysOf.has(name)) memory.remember(name, key)
      return keysOf.get(name) as readonly string[]
    },
    forget: (name) => keysOf.delete(name),
    entries: () => keysOf.entries(),
  }
  for (const [name, key] of entries) memory.remember(name, key)
  return memory
}

/**
 * What to remember of a path that was accepted: the leaf's key for a name met for the first time.
 * Null without a memory, without a name, and for a name met before.
 */
export function keyToRemember(
  path: readonly Certificate[],
  context: KeyContext,
): { readonly name: string; readonly key: string } | null {
  const meeting = meetingOf(path, context)
  return meeting === null || meeting.remembered.length > 0 ? null : { name: meeting.name, key: meeting.key }
}

/** What of a path's context the memory is about. */
export type KeyContext = Pick<PathContext, 'identity' | 'provider'> & {
  readonly request: Pick<PathContext['request'], 'knownKeys'>
}

/** A path's leaf, its name, and what is remembered of that; null without a memory or a name. */
export function meetingOf(
  path: readonly Certificate[],
  { identity, provider, request: { knownKeys } }: KeyContext,
): { readonly leaf: Certificate; name: string; key: string; remembered: readonly string[] } | null {
  const [leaf] = path
  if (knownKeys === undefined || identity === undefined || leaf === undefined) return null
  const name = identityKey(identity)
  if (name === null) return null
  return { leaf, name, key: leaf.publicKeyHash(provider.hashes.sha256), remembered: knownKeys.recall(name) }
}
