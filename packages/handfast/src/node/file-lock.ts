/**
 * A lock on a file among processes: a file beside it, `NAME.lock`, that one of them could make. For work
 * of a few milliseconds, synchronous.
 *
 * What a process left behind that ended in the middle is taken away once it is old.
 */

import { closeSync, linkSync, openSync, renameSync, rmSync, statSync } from 'node:fs'

/** Nobody holds one for so long, milliseconds. */
const STALE = 5000
/** How long is waited at most. */
const LONGEST_WAIT = 10_000
const PAUSE = 5

/**
 * Does something while no other process that asks does.
 * @throws {Error} if the lock cannot be had; whatever `work` throws.
 */
export function withLock<T>(path: string, work: () => T): T {
  const lock = `${path}.lock`
  acquire(lock)
  try {
    return work()
  } finally {
    rmSync(lock, { force: true })
  }
}

function acquire(lock: string): void {
  for (let waited = 0; !isMade(lock); waited += PAUSE) {
    if (waited >= LONGEST_WAIT) {
      const message = `${lock}: others hold it for ${LONGEST_WAIT / 1000} s; delete it if no process uses it`
      throw Object.assign(new Error(message), { code: 'EBUSY' })
    }
    removeStale(lock)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE)
  }
}

function isMade(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx', 0o600))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function removeStale(lock: string): void {
  const status = statSync(lock, { throwIfNoEntry: false })
  if (status === undefined || Date.now() - status.mtimeMs < STALE) return
  const aside = `${lock}.${process.pid}`
  try {
    // One alone can move it, and sees then whether it is still the old one.
    renameSync(lock, aside)
    const { ino, mtimeMs } = statSync(aside)
    if (ino !== status.ino || mtimeMs !== status.mtimeMs) linkSync(aside, lock)
    rmSync(aside, { force: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Others were faster.
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error
  }
}
