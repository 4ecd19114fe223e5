/** `handfast ech`: makes a key for servers whose clients hide the name they want (RFC 9849). */

import { readFileSync } from 'node:fs'
import { writeBase64 } from '../asn1/index.ts'
import { createEchKeyFile, nodeProvider, readEchConfigs, readEchKeys } from '../node/index.ts'
import type { EchKey } from '../tls/index.ts'
import { CommandError, usageOf } from './command-error.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { readFile, writeFiles } from './files.ts'
import { joinLines } from './render/box.ts'
import { escapeText } from './render/escape.ts'
import { glyphsOf } from './render/glyphs.ts'
import { paint } from './render/colour.ts'
import { renderField } from './render/table.ts'
import { printJson, type Streams } from './streams.ts'

export interface EchVerbOptions {
  readonly publicName: string
  readonly out: string
  readonly maxNameLength?: number
  readonly force?: boolean
  readonly json?: boolean
}

/** `ech`. */
export function runEch(options: EchVerbOptions, streams: Streams): ExitCode {
  const { publicName, out, maxNameLength, force, json } = options
  const { pem, configs } = make(publicName, maxNameLength)
  writeFiles([{ path: out, text: pem, secret: true }], force === true)
  const published = writeBase64(configs)
  if (json === true) {
    printJson(streams, { key: out, publicName, configs: published })
    return EXIT.success
  }
  const terminal = streams.out
  const field = (label: string, value: string): string[] =>
    renderField(`  ${label}`, escapeText(value, terminal), 15, terminal.width, terminal)
  streams.stdout.write(
    joinLines([
      `${paint(terminal, 'good', glyphsOf(terminal).good)} Made an ECH key.`,
      ...field('key', `${out} (readable by you alone)`),
      ...field('public name', publicName),
      '',
      // In one piece, to be copied.
      published,
      '',
      paint(
        terminal,
        'faint',
        'Publish that line as ech= of the HTTPS record. Serve with --ech and a certificate for the public name too.',
      ),
    ]),
  )
  return EXIT.success
}

function make(publicName: string, maximumNameLength: number | undefined): ReturnType<typeof createEchKeyFile> {
  try {
    return createEchKeyFile(nodeProvider, {
      publicName,
      ...(maximumNameLength === undefined ? {} : { maximumNameLength }),
    })
  } catch (error) {
    throw usageOf(error)
  }
}

/**
 * The keys in the files that `serve --ech` names.
 * @throws {CommandError}
 */
export function readEchKeyFiles(paths: readonly string[]): readonly EchKey[] {
  return paths.flatMap((path) => {
    try {
      return readEchKeys(nodeProvider, readFile(path))
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      const message = error.message.replace(/^ech: /, '')
      throw new CommandError(EXIT.file, `the ECH key in '${path}': ${message}`, 'Make one with: handfast ech')
    }
  })
}

/**
 * What `connect --ech` names: base64, or a file with it, with PEM, or with the bytes of an ECHConfigList.
 * @throws {CommandError}
 */
export function readEchArgument(text: string): Uint8Array {
  const file = tryFile(text)
  try {
    if (file === undefined) return readEchConfigs(text)
    const content = file.toString('latin1')
    return /^[\s!-~]*$/.test(content) ? readEchConfigs(content.trim()) : file
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new CommandError(
      EXIT.usage,
      `--ech needs an ECHConfigList in base64, or a file with one: ${error.message.replace(/^ech: /, '')}`,
    )
  }
}

/** Undefined if there is no such file. */
function tryFile(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}
