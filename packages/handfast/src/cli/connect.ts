/**
 * `handfast connect`: makes a handshake with a server, shows it, then carries standard input there
 * and what comes back to standard output. All that is shown goes to standard error, so that standard
 * output holds the peer's bytes alone; with `--json` it holds the report alone, and nothing is carried.
 */

import { appendFileSync, closeSync, openSync } from 'node:fs'
import { writeBase64 } from '../asn1/index.ts'
import { connect, type HandfastError, type HandshakeReport, type Identity, type TlsSocket } from '../node/index.ts'
import { CommandError, usageOf } from './command-error.ts'
import { readEchArgument } from './ech.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { parseCertificate, readCertificateFile } from './files.ts'
import { readIdentity, readRawIdentity } from './identity-file.ts'
import { readNames, type NamesOptions } from './names.ts'
import { adviseClient } from './peer-advice.ts'
import { glyphsOf } from './render/glyphs.ts'
import { paint } from './render/colour.ts'
import { renderReport } from './render/report.ts'
import { renderTrace, type TracedMessage } from './render/trace.ts'
import { printJson, type Streams } from './streams.ts'
import { readFetching, readKeyHashes, readValidation, type ValidationOptions } from './validation-options.ts'

export interface ConnectVerbOptions extends NamesOptions, ValidationOptions {
  readonly ca?: readonly string[]
  readonly cert?: string
  readonly key?: string
  readonly rawPublicKey?: boolean
  readonly trustKey?: readonly string[]
  readonly postHandshakeAuth?: boolean
  readonly servername?: string
  readonly intermediates?: readonly string[]
  readonly ech?: string
  readonly insecure?: boolean
  readonly keylog?: string
  readonly json?: boolean
  readonly trace?: boolean
  /** Milliseconds. */
  readonly timeout?: number
}

/**
 * How long the peer must be silent, once standard input has ended, until we say that we have said all.
 * Not at once: a server may take our close_notify as the end of the connection, and answer no more.
 */
const PAUSE = 500
/** How long we wait then for a peer that says nothing. */
const SILENCE = 10_000
const DEFAULT_TIMEOUT = 10_000

/** `connect HOST:PORT`. */
export async function runConnect(target: string, options: ConnectVerbOptions, streams: Streams): Promise<ExitCode> {
  const { host, port } = readTarget(target)
  const socket = open(host, port, options)
  watch(socket, options, streams)
  const error = await handshakeEnd(socket)
  const { report } = socket
  if (options.json === true) printJson(streams, report)
  else if (hasHappened(report)) streams.stderr.write(`${renderReport(report, streams.err)}\n`)
  if (error !== null) throw explain(error, report, host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)
  if (isWithheld(options, report)) warn(streams, `your certificate was not sent: ${whyWithheld(options)}`)
  if (options.insecure === true) warn(streams, 'nobody checked who the server is: --insecure was given')
  if (options.json === true) {
    await closeGently(socket)
    return EXIT.success
  }
  return await carry(socket, streams, isWithheld(options, report))
}

/** `host:port`, `[address]:port`, or a host alone, which means port 443. */
export function readTarget(text: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+))(?::(\d{1,5}))?$/.exec(text)
  const port = Number(match?.[3] ?? 443)
  if (match === null || port < 1 || port > 65_535) {
    throw new CommandError(
      EXIT.usage,
      `needs HOST:PORT, has '${text}'`,
      'For example: handfast connect example.com:443, or handfast connect [::1]:8443',
    )
  }
  return { host: (match[1] ?? match[2]) as string, port }
}

function open(host: string, port: number, options: ConnectVerbOptions): TlsSocket {
  const { ca, servername, intermediates, trustKey, ech } = options
  const identities = readIdentities(options)
  const fetch = readFetching(options)
  try {
    return connect({
      host,
      port,
      identities,
      ...(ca === undefined ? {} : { ca: ca.flatMap(readCertificateFile) }),
      ...(servername === undefined ? {} : { servername }),
      ...(intermediates === undefined ? {} : { intermediates: intermediates.flatMap(readCertificateFile) }),
      ...(ech === undefined ? {} : { ech: readEchArgument(ech) }),
      ...readNames(options),
      ...readValidation(options),
      ...(trustKey === undefined ? {} : { trustedKeys: readKeyHashes('--trust-key', trustKey) }),
      postHandshakeAuth: options.postHandshakeAuth === true,
      ...(fetch === undefined ? {} : { fetch }),
      rejectUnauthorized: options.insecure !== true,
      keyLog: options.keylog !== undefined,
      trace: options.trace === true,
      handshakeTimeout: options.timeout ?? DEFAULT_TIMEOUT,
    })
  } catch (error) {
    throw usageOf(error)
  }
}

function readIdentities({ cert, key, rawPublicKey }: ConnectVerbOptions): Identity[] {
  if (cert === undefined && rawPublicKey === true && key !== undefined) return [readRawIdentity(key)]
  if ((cert === undefined) !== (key === undefined) || (rawPublicKey === true && key === undefined)) {
    throw new CommandError(
      EXIT.usage,
      'a client certificate needs both --cert FILE and --key FILE',
      'With --raw-public-key the --key is enough: its public half is shown.',
    )
  }
  if (cert === undefined || key === undefined) return []
  return [...(rawPublicKey === true ? [readRawIdentity(key)] : []), readIdentity(cert, key)]
}

/** Trace and key log, while the handshake runs. */
function watch(socket: TlsSocket, { trace, keylog }: ConnectVerbOptions, streams: Streams): void {
  if (trace === true) {
    socket.on('message', (message: TracedMessage) => streams.stderr.write(renderTrace(message, streams.err)))
  }
  if (keylog !== undefined) {
    const file = openKeyLog(keylog, socket)
    warn(streams, `whoever reads '${keylog}' can read this connection`)
    socket.on('keylog', (line: Buffer) => appendFileSync(file, line))
    socket.once('close', () => closeSync(file))
  }
}

function openKeyLog(path: string, socket: TlsSocket): number {
  try {
    return openSync(path, 'a', 0o600)
  } catch {
    socket.on('error', () => {})
    socket.destroy()
    throw new CommandError(EXIT.file, `cannot write the key log '${path}'`, 'Choose another place with --keylog.')
  }
}

/** Null once the handshake is complete; the error if it failed. */
function handshakeEnd(socket: TlsSocket): Promise<HandfastError | null> {
  return new Promise((resolve) => {
    socket.once('secureConnect', () => resolve(null))
    socket.once('error', resolve)
  })
}

/** True if we had a certificate, the server asked for one, and got none. */
function isWithheld({ cert }: ConnectVerbOptions, { negotiated, client }: HandshakeReport): boolean {
  const isNothingShown = client.chain.length === 0 && client.rawPublicKey === undefined
  return cert !== undefined && negotiated.clientCertificateRequested && isNothingShown
}

function whyWithheld({ cert = '' }: ConnectVerbOptions): string {
  const leaf = parseCertificate(readCertificateFile(cert)[0] as Uint8Array, cert, 0)
  return `it is issued by ${leaf.issuerText}, and the server accepts only others, or no signature scheme of its key`
}

/** The report of a connection that never stood tells nothing. */
function hasHappened(report: HandshakeReport): boolean {
  return report.transport !== null
}

const TRANSPORT_ERRORS: Readonly<Record<string, readonly [message: string, advice: string]>> = {
  ECONNREFUSED: ['the connection was refused', 'Check that a server listens there.'],
  ENOTFOUND: ['there is no such host', 'Check its name.'],
  EAI_AGAIN: ['the name could not be looked up', 'Check the network and its name servers.'],
  EHOSTUNREACH: ['there is no route to it', 'Check the address and the network.'],
  ENETUNREACH: ['there is no route to it', 'Check the address and the network.'],
  ETIMEDOUT: ['nothing answered in time', 'Check the address, and what stands between.'],
  ECONNRESET: ['the connection was reset', 'Check that the server speaks TLS at this port.'],
}

/** What ended the handshake, as an error with its exit code. */
function explain(error: HandfastError, report: HandshakeReport, target: string): CommandError {
  const code = transportCode(error)
  const known = code === undefined ? undefined : TRANSPORT_ERRORS[code]
  if (known !== undefined && report.negotiated.version === null) {
    return new CommandError(EXIT.transport, `cannot connect to ${target}: ${known[0]}`, known[1])
  }
  if (error.code === 'ERR_HANDFAST_HANDSHAKE_TIMEOUT') {
    const isSilent = !report.messages.some((message) => message.direction === 'received')
    const advice = 'Wait longer with --timeout SECONDS, or check that the server speaks TLS at this port.'
    return new CommandError(isSilent ? EXIT.transport : EXIT.handshake, `${target}: ${error.message}`, advice)
  }
  if (!report.messages.some((message) => message.direction === 'received') && isNoRecord(error)) {
    return new CommandError(
      EXIT.handshake,
      `${target} did not answer in TLS: ${error.message}`,
      'Check that this port speaks TLS, and does so from the first byte (not after STARTTLS).',
    )
  }
  if (error.alert === 'ech_required') {
    return new CommandError(EXIT.handshake, `${target} did not accept ECH: ${error.message}`, adviseEch(error))
  }
  const advice = adviseClient(report)
  if (error.reason !== undefined) {
    return new CommandError(EXIT.certificate, `the certificate of ${target} was refused: ${error.reason}`, advice)
  }
  const exitCode = error.code === 'ERR_HANDFAST_TLS' ? EXIT.handshake : EXIT.transport
  return new CommandError(exitCode, `the handshake with ${target} failed: ${error.message}`, advice)
}

/** RFC 9849 section 6.1.6. */
function adviseEch({ echRejection }: HandfastError): string {
  if (echRejection === undefined) return 'Its word on what to do next does not count.'
  const { retryConfigs } = echRejection
  if (retryConfigs === undefined) return 'It has no ECH: connect without --ech if the name may be seen.'
  return `Once more, with the configurations it gave: --ech ${writeBase64(retryConfigs)}`
}

/** True if what came first was no record of TLS, as when a server of plain HTTP or SMTP answers. */
function isNoRecord({ fault, message }: HandfastError): boolean {
  return fault === 'peer' && message.startsWith('record.type: ')
}

/** The system's code, wherever in the chain of causes it stands. */
function transportCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if ('code' in at && typeof at.code === 'string' && at.code in TRANSPORT_ERRORS) return at.code
    if (at instanceof AggregateError) {
      const inner = at.errors.map(transportCode).find((code) => code !== undefined)
      if (inner !== undefined) return inner
    }
  }
  return undefined
}

/** Standard input to the server, and back, until the server has said all; then success. */
async function carry(socket: TlsSocket, streams: Streams, isWithheld: boolean): Promise<ExitCode> {
  if (streams.stdin.isTTY === true) {
    streams.stderr.write(` ${paint(streams.err, 'faint', 'Connected. What you type is sent; Ctrl-D ends.')}\n`)
  }
  streams.stdin.pipe(socket, { end: false })
  socket.pipe(streams.stdout, { end: false })
  streams.stdin.once('end', () =>
    socket.setTimeout(PAUSE, () => {
      socket.end()
      // A server may have nothing more to say and no wish to say so.
      socket.setTimeout(SILENCE, () => socket.destroy())
    }),
  )
  const error = await new Promise<HandfastError | null>((resolve) => {
    socket.once('error', resolve)
    socket.once('close', () => resolve(null))
  })
  // Writes that were under way may fail yet.
  socket.on('error', () => {})
  streams.stdin.unpipe(socket)
  streams.stdin.pause()
  streams.stdin.destroy()
  if (error === null) return EXIT.success
  if (error.code === 'ERR_HANDFAST_TRUNCATED') {
    throw new CommandError(
      EXIT.transport,
      error.message,
      'Do not rely on what was received being whole. Of an HTTP server, ask for Connection: close.',
    )
  }
  const alert = error.alert ?? null
  if (alert !== null && error.fault === 'peer-alert') {
    // A server judges the client's certificate after the client is done.
    throw new CommandError(
      EXIT.handshake,
      `the server ended the connection with ${alert}`,
      adviseAlert(socket, alert, isWithheld),
    )
  }
  throw new CommandError(EXIT.transport, `the connection ended: ${error.message}`)
}

function adviseAlert(socket: TlsSocket, alert: string, isWithheld: boolean): string {
  if (isWithheld && alert === 'certificate_required') {
    return 'Your certificate was not sent (why stands above): give one that the server accepts.'
  }

  const failure = { stage: 'verify', fault: 'peer-alert', alert, direction: 'received', message: '' } as const
  return adviseClient({ ...socket.report, failure })
}

async function closeGently(socket: TlsSocket): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
    socket.on('error', () => {})
    socket.setTimeout(1000, () => socket.destroy())
    socket.resume()
    socket.end()
  })
}

function warn(streams: Streams, message: string): void {
  streams.stderr.write(`${paint(streams.err, 'doubt', glyphsOf(streams.err).doubt)} ${message}\n`)
}
