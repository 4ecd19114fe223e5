/** `handfast ca`: makes authorities, issues certificates, and shows any certificate. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { KeyImportError } from '../crypto/provider.ts'
import {
  createAuthority,
  createIntermediate,
  IssueError,
  issueClientCertificate,
  issueServerCertificate,
  openAuthority,
  writeChainPem,
  writeKeyPem,
  type Authority,
  type IssuedKeyType,
} from '../node/issue.ts'
import { timeText } from '../x509/index.ts'
import { CommandError } from './command-error.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { readCertificateFile, unwrapCertificates, readFile, readKeyFile, readStream, writeFiles } from './files.ts'
import { showCertificates, type ShowOptions } from './ca-show.ts'
import { joinLines } from './render/box.ts'
import { escapeText } from './render/escape.ts'
import { glyphsOf } from './render/glyphs.ts'
import { paint } from './render/colour.ts'
import { formatMoment } from './render/quantity.ts'
import { renderField } from './render/table.ts'
import { printJson, type Streams } from './streams.ts'

interface OutputOptions {
  readonly out: string
  readonly keyType: IssuedKeyType
  readonly force?: boolean
  readonly json?: boolean
}

export interface CaNewOptions extends OutputOptions {
  readonly name: string
  readonly days: number
}

export interface CaIssueOptions extends OutputOptions {
  readonly ca: string
  readonly server?: readonly string[]
  readonly client?: string
  readonly authority?: string
  readonly days?: number
}

const CERTIFICATE_FILE = 'ca.pem'
const KEY_FILE = 'ca.key'
/** What belongs between the authority and its root; not there if nothing does. */
const CHAIN_FILE = 'chain.pem'

/** `ca new`. */
export async function runCaNew(options: CaNewOptions, streams: Streams): Promise<ExitCode> {
  const { name, keyType, days } = options
  const authority = await refusingSenseless(() => createAuthority({ name, keyType, days }))
  const made = writeAuthority(authority, options)
  return announce(streams, options, {
    ...made,
    title: `the authority ${quoted(name, streams)}`,
    next: `Issue with it: handfast ca issue --ca ${shellWord(options.out)} --server localhost`,
  })
}

/** `ca issue`. */
export async function runCaIssue(options: CaIssueOptions, streams: Streams): Promise<ExitCode> {
  const asked = [options.server, options.client, options.authority].filter((value) => value !== undefined)
  if (asked.length !== 1) {
    throw new CommandError(
      EXIT.usage,
      `ca issue needs one of --server, --client and --authority, has ${asked.length === 0 ? 'none' : asked.length}`,
      'For example: handfast ca issue --ca ./ca --server localhost 127.0.0.1',
    )
  }
  const issuer = await readAuthority(options.ca)
  if (options.authority !== undefined) return issueAuthority(issuer, options.authority, options, streams)
  return issueLeaf(issuer, options, streams)
}

/** `ca show`. */
export async function runCaShow(files: readonly string[], options: ShowOptions, streams: Streams): Promise<ExitCode> {
  const chains: { source: string; certificates: Uint8Array[] }[] = []
  for (const source of files) {
    const bytes = source === '-' ? await readStream(streams.stdin) : readFile(source)
    chains.push({ source, certificates: unwrapCertificates(bytes, source) })
  }
  return showCertificates(chains, options, streams)
}

/** The authority in `directory`, as `writeAuthority` left it, or another program with the chain in one file. */
async function readAuthority(directory: string): Promise<Authority> {
  const [certificateFile, chainFile, keyFile] = [CERTIFICATE_FILE, CHAIN_FILE, KEY_FILE].map((name) =>
    join(directory, name),
  ) as [string, string, string]
  const certificates = readCertificateFile(certificateFile)
  const above = existsSync(chainFile) ? readCertificateFile(chainFile) : []
  const key = readKeyFile(keyFile)
  try {
    return await openAuthority([...certificates, ...above], key)
  } catch (error) {
    if (!(error instanceof IssueError || error instanceof KeyImportError)) throw error
    throw new CommandError(
      EXIT.file,
      `'${certificateFile}' with '${keyFile}': ${error.message}`,
      'Give a directory as ca new made it.',
    )
  }
}

async function issueAuthority(
  issuer: Authority,
  name: string,
  options: CaIssueOptions,
  streams: Streams,
): Promise<ExitCode> {
  const { keyType, days } = options
  const validity = days === undefined ? {} : { days }
  const authority = await refusingSenseless(() => createIntermediate(issuer, { name, keyType, ...validity }))
  const made = writeAuthority(authority, options)
  return announce(streams, options, {
    ...made,
    title: `the intermediate authority ${quoted(name, streams)}`,
    next: `Issue with it: handfast ca issue --ca ${shellWord(options.out)} --server localhost`,
  })
}

async function issueLeaf(issuer: Authority, options: CaIssueOptions, streams: Streams): Promise<ExitCode> {
  const { keyType, days, server, client = '' } = options
  const validity = days === undefined ? {} : { days }
  const issued = await refusingSenseless(() =>
    server === undefined
      ? issueClientCertificate(issuer, { name: client, keyType, ...validity })
      : issueServerCertificate(issuer, { names: server, keyType, ...validity }),
  )
  const base = join(options.out, fileName(server?.[0] ?? client))
  const [certificate, privateKey] = [`${base}.pem`, `${base}.key`]
  writeFiles(
    [
      { path: privateKey, text: writeKeyPem(issued.privateKey), secret: true },
      { path: certificate, text: writeChainPem(issued.chain) },
    ],
    options.force === true,
  )
  const files = `--cert ${shellWord(certificate)} --key ${shellWord(privateKey)}`
  return announce(streams, options, {
    certificate,
    privateKey,
    notAfter: issued.notAfter,
    title:
      server === undefined
        ? `a client certificate for ${quoted(client, streams)}`
        : `a server certificate for ${server.map((name) => quoted(name, streams)).join(', ')}`,
    next:
      server === undefined
        ? `Show it to a server: handfast connect HOST:PORT --ca ${shellWord(join(options.ca, CERTIFICATE_FILE))} ${files}`
        : `Serve with it: handfast serve --port 8443 ${files}`,
  })
}

interface Made {
  readonly certificate: string
  readonly privateKey: string
  readonly notAfter: Date
}

/** `ca.pem` holds the authority's certificate alone: whoever trusts that file trusts nobody above it. */
function writeAuthority(authority: Authority, options: OutputOptions): Made {
  // For an authority below a root, the first is its own.
  const above = authority.intermediates.slice(1)
  const certificate = join(options.out, CERTIFICATE_FILE)
  const privateKey = join(options.out, KEY_FILE)
  writeFiles(
    [
      { path: privateKey, text: writeKeyPem(authority.privateKey), secret: true },
      { path: certificate, text: writeChainPem([authority.certificate]) },
      { path: join(options.out, CHAIN_FILE), text: above.length === 0 ? null : writeChainPem(above) },
    ],
    options.force === true,
  )
  return { certificate, privateKey, notAfter: authority.notAfter }
}

function announce(
  streams: Streams,
  options: OutputOptions,
  made: Made & { readonly title: string; readonly next: string },
): ExitCode {
  const { certificate, privateKey } = made
  const notAfter = timeText(made.notAfter.getTime())
  if (options.json === true) {
    printJson(streams, { certificate, privateKey, keyType: options.keyType, notAfter })
    return EXIT.success
  }
  const terminal = streams.out
  const field = (label: string, value: string): string[] =>
    renderField(`  ${label}`, escapeText(value, terminal), 15, terminal.width, terminal)
  const text = joinLines([
    `${paint(terminal, 'good', glyphsOf(terminal).good)} Made ${made.title}.`,
    ...field('certificate', certificate),
    ...field('private key', `${privateKey} (readable by you alone)`),
    ...field('key type', options.keyType),
    ...field('valid until', `${formatMoment(notAfter)} UTC`),
    '',
    `${paint(terminal, 'faint', escapeText(made.next, terminal))}`,
  ])
  streams.stdout.write(text)
  return EXIT.success
}

/** What the library refuses is a matter of usage. */
async function refusingSenseless<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    if (error instanceof IssueError) throw new CommandError(EXIT.usage, error.message)
    throw error
  }
}

/** A file's name for a name: `*.example.com` becomes `_.example.com`, `::1` becomes `__1`. */
function fileName(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9@._-]/g, '_').replace(/^[.-]/, '_')
  return safe.slice(0, 100)
}

function quoted(text: string, streams: Streams): string {
  return `'${escapeText(text, streams.out)}'`
}

/** `text` as a word a shell takes as it stands. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
