/**
 * `handfast serve`: a TLS server that tells every handshake in a line, and answers with a page about
 * it, with what it was sent, or not at all. SIGHUP reads its certificates and keys, `--ocsp`, `--client-ca` and `--ech` anew;
 * SIGINT and SIGTERM end it.
 */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { equalBytes, toHex } from '../bytes/index.ts'
import { createServer, nodeProvider, type Identity, type TlsServer, type TlsSocket } from '../node/index.ts'
import { SIGNATURE_SCHEMES, TLS_VERSIONS } from '../tls/index.ts'
import { pinText, readCertificate } from '../x509/index.ts'
import { CommandError, usageOf } from './command-error.ts'
import { readEchKeyFiles } from './ech.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { readCertificateFile } from './files.ts'
import { readIdentity, readRawIdentity } from './identity-file.ts'
import { readNames, type Names, type NamesOptions } from './names.ts'
import { escapeText } from './render/escape.ts'
import { paint } from './render/colour.ts'
import { renderHandshakeLine } from './render/handshake-line.ts'
import { answerWithPage } from './serve-www.ts'
import { jsonText, type Streams } from './streams.ts'
import { readKeyHashes, readResponses } from './validation-options.ts'

export interface ServeOptions extends NamesOptions {
  readonly port: number
  readonly host?: string
  readonly cert?: readonly string[]
  readonly key?: readonly string[]
  readonly ocsp?: readonly string[]
  readonly clientCa?: readonly string[]
  readonly requireClientCert?: boolean
  readonly rawPublicKey?: boolean
  readonly trustKey?: readonly string[]
  readonly ech?: readonly string[]
  readonly www?: boolean
  readonly echo?: boolean
  readonly json?: boolean
}

/** `serve`: resolves when a signal has ended it. */
export async function runServe(options: ServeOptions, streams: Streams): Promise<ExitCode> {
  const server = await startServe(options, streams)
  const reload = (): void => reloadFiles(server, options, streams)
  process.on('SIGHUP', reload)
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve(name))
  })
  process.off('SIGHUP', reload)
  say(streams, `${signal}: no new connections; closing those that stand`)
  await stopServe(server)
  return EXIT.success
}

/** A running server: what `stopServe` takes. */
export interface Serving {
  readonly server: TlsServer
  readonly port: number
  readonly sockets: ReadonlySet<TlsSocket>
}

/** Starts to serve; resolves when it listens. */
export async function startServe(options: ServeOptions, streams: Streams): Promise<Serving> {
  if (options.www === true && options.echo === true) {
    throw new CommandError(EXIT.usage, '--www and --echo exclude each other')
  }
  const sockets = new Set<TlsSocket>()
  const server = create(options)
  server.on('secureConnection', (socket: TlsSocket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // What ends a connection after its handshake is the peer's affair.
    socket.on('error', () => {})
    tell(socket, options, streams)
    attend(socket, options)
  })
  server.on('tlsClientError', (_error: Error, socket: TlsSocket) => tell(socket, options, streams))
  await listen(server, options)
  const { address, port, family } = server.address() as AddressInfo
  if (options.rawPublicKey === true) sayKeys(options, streams)
  say(streams, `listening on ${family === 'IPv6' ? `[${address}]` : address}:${port}`)
  return { server, port, sockets }
}

/** Ends it: no new connections, and those that stand are closed in order, or after two seconds without. */
export async function stopServe({ server, sockets }: Serving): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  for (const socket of sockets) socket.end()
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.destroy()
  }, 2000)
  await closed
  clearTimeout(timer)
}

function create(options: ServeOptions): TlsServer {
  const { clientCa, requireClientCert, trustKey } = options
  if (requireClientCert === true && clientCa === undefined && trustKey === undefined) {
    throw new CommandError(
      EXIT.usage,
      '--require-client-cert needs to know whom to trust',
      'Give the authority of the clients with --client-ca FILE, or their raw public keys with --trust-key SHA256.',
    )
  }
  const identities = readIdentities(options)
  const names = readNames(options)
  const ech = options.ech === undefined ? undefined : readEchKeyFiles(options.ech)
  checkCanSign(identities, names)
  try {
    return createServer({
      identities,
      ...(ech === undefined ? {} : { ech }),
      ...(trustKey === undefined ? {} : { trustedKeys: readKeyHashes('--trust-key', trustKey) }),
      ...(clientCa === undefined && trustKey !== undefined
        ? { clientCertificateTypes: ['RawPublicKey'] as const }
        : {}),
      ...(clientCa === undefined && trustKey === undefined
        ? {}
        : {
            ...(clientCa === undefined ? {} : { ca: clientCa.flatMap(readCertificateFile) }),
            requestCert: true,
            clientAuthentication: requireClientCert === true ? ('required' as const) : ('optional' as const),
          }),
      ...names,
    })
  } catch (error) {
    throw usageOf(error)
  }
}

/** `--cert` and `--key` belong together in their order; raw public keys need no `--cert`, and come first. */
function readIdentities({ cert = [], key = [], ocsp = [], rawPublicKey }: ServeOptions): Identity[] {
  const raw = rawPublicKey === true ? key.map(readRawIdentity) : []
  if (raw.length > 0 && cert.length === 0) return raw
  if (cert.length === 0 || cert.length !== key.length) {
    throw new CommandError(
      EXIT.usage,
      cert.length === 0
        ? 'serve needs a certificate and its key: --cert FILE --key FILE'
        : `every --cert needs its --key: there are ${cert.length} and ${key.length}`,
      'Make them with: handfast ca new, then handfast ca issue --server NAME',
    )
  }
  return [...raw, ...withStaples(cert, key, ocsp)]
}

/** Each OCSP response belongs to the certificate that it is about. */
function withStaples(cert: readonly string[], key: readonly string[], files: readonly string[]): Identity[] {
  const responses = files.flatMap((file) => readResponses([file]).map((response) => ({ file, response })))
  const identities = cert.map((file, index) => {
    const identity = readIdentity(file, key[index] as string)
    const { serialNumber } = readCertificate(identity.chain[0] as Uint8Array)
    const at = responses.findIndex(({ response }) =>
      response.basic?.responses.some((one) => equalBytes(one.certificateId.serialNumber, serialNumber)),
    )
    if (at === -1) return identity
    const [{ response }] = responses.splice(at, 1) as [(typeof responses)[number]]
    return { ...identity, ocspResponse: response.der }
  })
  const [left] = responses
  if (left === undefined) return identities
  throw new CommandError(
    EXIT.file,
    `the OCSP response in '${left.file}' is about no --cert, or a second one about the same`,
    'Give each --cert at most one response about it.',
  )
}

/** A server whose every handshake would fail must not begin to listen. */
function checkCanSign(identities: readonly Identity[], { signatureSchemes, minVersion, maxVersion }: Names): void {
  if (signatureSchemes === undefined) return
  const versions = TLS_VERSIONS.filter((version) =>
    version === 'TLS 1.3' ? maxVersion !== 'TLSv1.2' : minVersion !== 'TLSv1.3',
  )
  const fitting = identities.flatMap(({ chain, rawPublicKey }) => {
    const { keyType } = nodeProvider.importPublicKey(
      rawPublicKey ?? readCertificate(chain[0] as Uint8Array).subjectPublicKeyInfo,
    )
    return SIGNATURE_SCHEMES.filter((scheme) => versions.some((version) => scheme.fits(keyType, version))).map(
      ({ name }) => name,
    )
  })
  if (fitting.some((name) => signatureSchemes.includes(name))) return
  throw new CommandError(
    EXIT.usage,
    `--signature-schemes: no --key can sign with ${signatureSchemes.join(' or ')}`,
    `What there is can sign with ${[...new Set(fitting)].join(', ') || 'no scheme at all'}.`,
  )
}

/** All of them or none: what was read must belong together. */
export function reloadFiles({ server }: Serving, options: ServeOptions, streams: Streams): void {
  const { clientCa } = options
  try {
    const identities = readIdentities(options)
    checkCanSign(identities, readNames(options))
    const authorities = clientCa?.flatMap(readCertificateFile)
    const ech = options.ech === undefined ? undefined : readEchKeyFiles(options.ech)
    server.setIdentities(identities)
    if (authorities !== undefined) server.setTrust(authorities)
    if (ech !== undefined) server.setEch(ech)
    const more = [options.ocsp && '--ocsp', authorities && '--client-ca', ech && '--ech'].filter(
      (option) => option !== undefined,
    )
    const files = ['--cert', '--key', ...more]
    const listed = `${files.slice(0, -1).join(', ')} and ${files.at(-1)}`
    say(streams, `SIGHUP: ${listed} were read anew; connections that stand keep theirs`)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    say(streams, `SIGHUP: nothing was changed: ${reason}`)
  }
}

async function listen(server: TlsServer, { port, host }: ServeOptions): Promise<void> {
  server.listen({ port, ...(host === undefined ? {} : { host }) })
  try {
    await once(server, 'listening')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const known: Readonly<Record<string, readonly [string, string]>> = {
      EADDRINUSE: [`port ${port} is taken`, 'Choose another with --port, or end what listens there.'],
      EACCES: [`port ${port} may not be used`, 'Choose one above 1023 with --port.'],
      EADDRNOTAVAIL: [`${host} is no address of this machine`, 'Choose another with --host.'],
      ENOTFOUND: [`there is no host '${host}'`, 'Choose another with --host.'],
    }
    const [message, advice] = known[code] ?? [`cannot listen: ${code}`, '']
    throw new CommandError(EXIT.transport, message, advice)
  }
}

/** One line per handshake. */
function tell(socket: TlsSocket, { json }: ServeOptions, streams: Streams): void {
  const { report } = socket
  streams.stdout.write(json === true ? `${jsonText(report)}\n` : renderHandshakeLine(report, streams.out))
}

function attend(socket: TlsSocket, { www, echo }: ServeOptions): void {
  if (www === true) answerWithPage(socket)
  else if (echo === true) socket.pipe(socket)
  else socket.resume()
}

/** What a client has to know beforehand. */
function sayKeys({ key = [] }: ServeOptions, streams: Streams): void {
  for (const file of key) {
    const { rawPublicKey } = readRawIdentity(file)
    const hash = toHex(nodeProvider.hashes.sha256.digest(rawPublicKey as Uint8Array))
    say(streams, `raw public key of ${file}: ${pinText(hash)}`)
  }
}

/** What is no handshake goes to standard error, so that standard output is handshakes alone. */
function say(streams: Streams, text: string): void {
  streams.stderr.write(` ${paint(streams.err, 'faint', escapeText(text, streams.err))}\n`)
}
