/** Streams for a verb of the command, in memory. */

import { Readable, Writable } from 'node:stream'
import type { Streams } from '../src/cli/streams.ts'
import { PLAIN, type Terminal } from '../src/cli/render/terminal.ts'

export interface MemoryStreams extends Streams {
  /** All that was printed to stdout so far. */
  output(): string
  /** All that was printed to stderr so far. */
  errors(): string
}

/** Streams that read `input` and keep what is printed; `terminal` is what they show. */
export function memoryStreams(input: string | Uint8Array = '', terminal: Terminal = PLAIN): MemoryStreams {
  const out = new Sink()
  const err = new Sink()
  return {
    stdin: Readable.from(input.length === 0 ? [] : [Buffer.from(input)]),
    stdout: out,
    stderr: err,
    out: terminal,
    err: terminal,
    output: () => out.text(),
    errors: () => err.text(),
  }
}

class Sink extends Writable {
  readonly #chunks: Buffer[] = []

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk)
    done()
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }
}
