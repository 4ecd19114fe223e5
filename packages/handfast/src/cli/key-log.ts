/**
 * The file of a key log (RFC 9850), as `--keylog` or the environment variable SSLKEYLOGFILE names it. Lines are
 * appended; a file that is not there yet is made for its owner alone.
 */

import { appendFileSync } from 'node:fs'
import { CommandError } from './command-error.ts'
import { EXIT } from './exit-codes.ts'
import { paint } from './render/colour.ts'
import { escapeText } from './render/escape.ts'
import { glyphsOf } from './render/glyphs.ts'
import type { Streams } from './streams.ts'

/**
 * What takes the lines of `keylog` events; undefined if there is to be no log. Warns that there is one, and once
 * if it cannot be written any more: what is logged then is lost, and the connections go on.
 * @throws {CommandError} if the file cannot be written.
 */
export function keyLogWriter(path: string | undefined, streams: Streams): ((line: Uint8Array) => void) | undefined {
  if (path === undefined || path === '') return undefined
  try {
    append(path, new Uint8Array(0))
  } catch {
    throw new CommandError(
      EXIT.file,
      `cannot write the key log '${path}'`,
      'Choose another place with --keylog or SSLKEYLOGFILE, or unset that.',
    )
  }
  warn(streams, `whoever reads '${path}' can read what is sent and received`)
  let isLost = false
  return (line) => {
    try {
      append(path, line)
    } catch {
      if (!isLost) warn(streams, `the key log '${path}' cannot be written any more`)
      isLost = true
    }
  }
}

function append(path: string, bytes: Uint8Array): void {
  appendFileSync(path, bytes, { mode: 0o600 })
}

function warn({ stderr, err }: Streams, message: string): void {
  stderr.write(`${paint(err, 'doubt', glyphsOf(err).doubt)} ${escapeText(message, err, 600)}\n`)
}
