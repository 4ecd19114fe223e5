/** The demonstration's one honest handshake, and the proof that both ends share its secret. */

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { HandshakeReport, TlsSocket } from '../../node/index.ts'
import { ended, startClient, startServer } from './pair.ts'
import type { Parties } from './parties.ts'

/** Labels that begin so need no registration (RFC 5705 section 4). */
const EXPORTER_LABEL = 'EXPERIMENTAL-handfast-demo'
const EXPORTER_LENGTH = 32
const REQUEST = 'Hello server, this is the client.\n'
const RESPONSE = 'Hello client, I know who you are.\n'

export interface HandshakeResult {
  readonly client: HandshakeReport
  readonly server: HandshakeReport
  readonly exporter: {
    readonly label: string
    readonly length: number
    /** SHA-256 of what each end exported, in hex: the values themselves are secrets. */
    readonly client: string
    readonly server: string
  }
  /** What each end received. */
  readonly data: { readonly atServer: string; readonly atClient: string }
  readonly ok: boolean
}

/** Runs it: handshake, exporters, a greeting in each direction, an orderly end. */
export async function runHandshake(parties: Parties): Promise<HandshakeResult> {
  let atServer = ''
  await using server = await startServer(parties, (socket) => {
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      atServer += text
      if (atServer.endsWith('\n')) socket.end(RESPONSE)
    })
  })
  const socket = startClient(parties, server.port)
  const [client, atServerEnd] = await Promise.all([ended(socket), server.nextEnd()])
  const empty = { label: EXPORTER_LABEL, length: EXPORTER_LENGTH, client: '', server: '' }
  const [accepted] = server.accepted
  if (client.outcome !== 'complete' || accepted === undefined) {
    socket.destroy()
    return { client, server: atServerEnd, exporter: empty, data: { atServer: '', atClient: '' }, ok: false }
  }
  const exporter = { ...empty, client: exportHash(socket), server: exportHash(accepted) }
  const atClient = await converse(socket)
  const isSecret = exporter.client === exporter.server
  const isMutual = client.server.verdict?.trusted === true && atServerEnd.client.verdict?.trusted === true
  const ok = isSecret && isMutual && atServer === REQUEST && atClient === RESPONSE
  return { client, server: atServerEnd, exporter, data: { atServer, atClient }, ok }
}

async function converse(socket: TlsSocket): Promise<string> {
  let received = ''
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => (received += text))
  const end = once(socket, 'end')
  socket.write(REQUEST)
  await end
  socket.end()
  return received
}

function exportHash(socket: TlsSocket): string {
  return createHash('sha256').update(socket.exportKeyingMaterial(EXPORTER_LENGTH, EXPORTER_LABEL)).digest('hex')
}
