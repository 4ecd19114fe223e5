/**
 * One test of the runner: connects as often as it is told, makes a handshake, checks what is expected of it and talks
 * as the test wants. The same as a process: arguments in, exit code and standard error out.
 */

import { Endpoint, EngineFailure, turned } from './endpoint.ts'
import { errorName } from './error-names.ts'
import { type Completed, Mismatch } from './feature.ts'
import { FEATURES, type Options, readArguments } from './features.ts'
import { Unimplemented } from './flags/flag.ts'
import { earlyDataFeature, initialWrite } from './flags/early-data.ts'
import { Memory } from './memory.ts'
import { Wire } from './wire.ts'

/** How the process ends. */
export interface Outcome {
  readonly code: number
  readonly stderr: string
}

/** By which the runner knows what a shim can't do. */
export const UNIMPLEMENTED = 89

/** Runs a test. @param cancelled when the runner has given up. */
export async function runTest(args: readonly string[], cancelled?: AbortSignal): Promise<Outcome> {
  try {
    const { initial, resume, retry } = readArguments(args)
    const memory = new Memory()
    for (let i = 0; i <= (initial.resumeCount ?? 0); i++) {
      const options = { ...(i === 0 ? initial : resume), memory, isResume: i > 0 }
      await runConnection(options, { ...retry, memory, isResume: i > 0 }, cancelled)
      memory.ahead += 1000 * (options.resumptionDelay ?? 0)
    }
    return { code: 0, stderr: '' }
  } catch (error) {
    if (error instanceof Unimplemented) return { code: UNIMPLEMENTED, stderr: `unimplemented: ${error.message}\n` }
    return { code: 1, stderr: `${textOf(error)}\n` }
  }
}

function textOf(error: unknown): string {
  if (error instanceof EngineFailure) {
    const { tlsError } = error
    const { alert, fault, message, cause } = tlsError
    const stack = fault === 'host' && alert === 'internal_error' ? `\n${stackOf(cause)}` : ''
    return `${errorName(tlsError)} ${fault} ${alert ?? 'no alert'}: ${message}${stack}`
  }
  if (error instanceof Mismatch) return error.message
  return stackOf(error)
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** @param retry how to go on where early data was rejected, which the tests take for another connection. */
async function runConnection(options: Options, retry: Options, cancelled: AbortSignal | undefined): Promise<void> {
  if (options.isResume === true && options.isServer !== true && options.memory?.session === undefined) {
    throw options.memory?.isTls12 === true
      ? new Unimplemented('sessions of TLS 1.2')
      : new Mismatch('session: needs one to resume, has none')
  }
  const wire = await Wire.open(options.port ?? 0, options.isIpv6 === true, options.shimId ?? 0)
  const cancel = (): void => wire.destroy()
  cancelled?.addEventListener('abort', cancel)
  try {
    const endpoint = new Endpoint(options, wire)
    await handshake(options, endpoint)
    if (options.memory !== undefined) options.memory.isTls12 = endpoint.connection.negotiated?.version === 'TLS 1.2'
    const wasRejected = endpoint.connection.negotiated?.earlyData === 'rejected'
    const rest = options.isServer !== true && wasRejected ? retry : options
    if (rest === retry) earlyDataFeature.check?.(options, completed(endpoint))
    for (const feature of FEATURES) feature.check?.(rest, completed(endpoint))
    await talk(rest, endpoint)
    for (const feature of FEATURES) feature.checkEnd?.(rest, completed(endpoint))
    await end(rest, endpoint)
  } finally {
    await wire.finish()
    cancelled?.removeEventListener('abort', cancel)
  }
}

async function handshake(options: Options, endpoint: Endpoint): Promise<void> {
  try {
    await endpoint.handshake()
  } catch (error) {
    if (error instanceof EngineFailure) for (const feature of FEATURES) feature.checkFailure?.(options, error.tlsError)
    throw error
  }
}

function completed({ connection, messages }: Endpoint): Completed {
  const { negotiated } = connection
  if (negotiated === undefined) throw new Mismatch('negotiated: needs what was agreed, has nothing')
  return { role: connection.role, connection, negotiated, messages }
}

const RECORD_SIZES = [0, 1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769]

async function talk(options: Options, endpoint: Endpoint): Promise<void> {
  await sayKeys(options, endpoint)
  if (options.writeDifferentRecordSizes === true) {
    for (const size of RECORD_SIZES) await endpoint.write(new Uint8Array(size).fill(0x42))
  } else {
    const isHeld = options.readWithUnfinishedWrite === true
    if (isHeld) endpoint.hold()
    if (isHeld || options.shimWritesFirst === true) {
      // As early data it has been said.
      if (endpoint.connection.negotiated?.earlyData !== 'accepted') await endpoint.write(initialWrite(options))
    }
    if (options.shimShutsDown !== true) await echo(options, endpoint)
  }
}

/** Keying material, and the traffic secrets, for the runner to compare with its own. */
async function sayKeys(options: Options, endpoint: Endpoint): Promise<void> {
  const { connection } = endpoint
  if (options.exportKeyingMaterial !== undefined) {
    const { exportLabel = '', exportContext = '', useExportContext } = options
    const context = useExportContext === true ? Buffer.from(exportContext, 'latin1') : undefined
    await endpoint.write(exported(connection, exportLabel, context, options.exportKeyingMaterial))
  }
  if (options.exportTrafficSecrets === true) {
    const secretOf = (label: string): Buffer => {
      const line = endpoint.keyLog.find((each) => each.startsWith(`${label} `))
      return Buffer.from(line?.split(' ')[2] ?? '', 'hex')
    }
    const client = secretOf('CLIENT_TRAFFIC_SECRET_0')
    const server = secretOf('SERVER_TRAFFIC_SECRET_0')
    const length = Buffer.from([client.length & 0xff, client.length >>> 8])
    const [read, write] = connection.role === 'client' ? [server, client] : [client, server]
    await endpoint.write(Buffer.concat([length, read, write]))
  }
}

function exported(
  connection: Endpoint['connection'],
  label: string,
  context: Uint8Array | undefined,
  length: number,
): Uint8Array {
  try {
    return connection.exportKeyingMaterial(label, context, length)
  } catch (error) {
    throw new Mismatch(`failed to export keying material: ${(error as Error).message}`)
  }
}

/** Sends everything back, with every bit turned. */
async function echo(options: Options, endpoint: Endpoint): Promise<void> {
  for (;;) {
    if (options.keyUpdateBeforeRead === true) await endpoint.updateKeys()
    const heard = await endpoint.read()
    if (options.useExporterBetweenReads === true) exported(endpoint.connection, '', undefined, 1)
    if (heard === 'closed') return
    if (heard === 'truncated') {
      if (options.checkCloseNotify === true) throw new Mismatch('Unexpected SSL_shutdown result: -1 != 1')
      return
    }
    endpoint.release()
    if (options.keyUpdate === true) await endpoint.updateKeys()
    await endpoint.write(turned(heard))
  }
}

/** With close_notify from both sides where the test looks for it, otherwise without a word. */
async function end(options: Options, endpoint: Endpoint): Promise<void> {
  if (options.checkCloseNotify !== true) return
  await endpoint.close()
  if (options.shimShutsDown !== true) return
  const heard = await endpoint.read()
  if (heard === 'closed') return
  throw new Mismatch(
    heard === 'truncated' ? 'Unexpected SSL_shutdown result: -1 != 1' : ':APPLICATION_DATA_ON_SHUTDOWN:',
  )
}
