/** Where a verb reads and prints: this process's streams, or a test's. */

import type { Readable, Writable } from 'node:stream'
import { terminalOf, type Terminal } from './render/terminal.ts'

export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable & { readonly isTTY?: boolean }
  readonly stderr: Writable & { readonly isTTY?: boolean }
  /** What stdout and stderr can show. */
  readonly out: Terminal
  readonly err: Terminal
}

/** The streams of this process. */
export function processStreams(): Streams {
  const { stdin, stdout, stderr } = process
  return { stdin, stdout, stderr, out: terminalOf(stdout), err: terminalOf(stderr) }
}

/** `value` as one JSON document with a line feed; typed arrays and the like do not belong in it. */
export function printJson(streams: Streams, value: unknown): void {
  streams.stdout.write(`${jsonText(value, 2)}\n`)
}

/** JSON that is safe on a terminal: what JSON.stringify leaves as it is, and a terminal would not, as \\u escapes. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
