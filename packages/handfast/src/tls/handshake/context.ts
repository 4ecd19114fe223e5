/** What a handshake's story does to its connection: the record layer, the transcript, the journal. */

import { toHex } from '../../bytes/index.ts'
import type { ConnectionEvent } from '../event.ts'
import type { Journal } from '../journal.ts'
import type { RecordLayer } from '../record/layer.ts'
import { RecordOpener12, RecordSealer12 } from '../record/protection12.ts'
import { Transcript } from '../schedule/transcript.ts'
import type { HandshakeTypeName } from '../registry.ts'
import type { HandshakeContext } from './flow.ts'

export interface ContextOptions {
  emit(event: ConnectionEvent): void
  readonly keyLog: boolean
  readonly trace: boolean
  readonly flightSent: HandshakeContext['flightSent']
}

export function createContext(
  role: 'client' | 'server',
  layer: RecordLayer,
  journal: Journal,
  options: ContextOptions,
  transcript: Transcript = new Transcript(),
): HandshakeContext {
  const put = (type: HandshakeTypeName, message: Uint8Array, name: string): void => {
    layer.sendHandshake(message)
    if (options.trace) {
      const version = journal.negotiated.version ?? undefined
      options.emit({ type: 'message', direction: 'sent', raw: message, version })
    }
    journal.message(name, 'sent', message.length, layer.isWriteProtected, message)
    if (type === 'client_hello') layer.helloSent()
  }
  return {
    role,
    transcript,
    enter: (stage) => journal.enter(stage),
    complete: (stage) => journal.complete(stage),
    send: (type, message, name = type) => {
      transcript.add(message)
      put(type, message, name)
    },
    sendOuter: (message, inner) => {
      transcript.add(inner)
      put('client_hello', message, 'client_hello')
    },
    sendChangeCipherSpec: () => {
      layer.sendChangeCipherSpec()
      journal.message('change_cipher_spec', 'sent', 1, false)
    },
    useTls12: () => layer.useTls12(),
    setReadKeys: (aead, keys) => layer.setOpener(new RecordOpener12(aead, keys)),
    setWriteKeys: (aead, keys) => layer.setSealer(new RecordSealer12(aead, keys)),
    setReadSecret: (aead, hash, secret) => layer.setReadSecret(aead, hash, secret),
    setWriteSecret: (aead, hash, secret) => layer.setWriteSecret(aead, hash, secret),
    logSecret: (label, clientRandom, secret) => {
      if (!options.keyLog) return
      options.emit({ type: 'key-log', line: `${label} ${toHex(clientRandom)} ${toHex(secret)}` })
    },
    note: {
      certificates: (side, shown) => {
        journal[side].shown = shown
      },
      signatureScheme: (side, scheme) => {
        journal[side].signatureScheme = scheme
      },
      judgement: (side, judgement) => {
        journal[side].judgement = judgement
      },
      negotiated: (values) => Object.assign(journal.negotiated, values),
      clientHello: (inner) => journal.replaceClientHello(inner),
      encryptedClientHello: (note) => {
        journal.encryptedClientHello = note
      },
    },
    limitRecords: (own, peer) => {
      layer.limitRecords(own, peer)
      journal.recordSizeLimit = role === 'client' ? { client: own, server: peer } : { client: peer, server: own }
    },
    sendEarlyData: (data) => layer.sendData(data),
    clearWriteKeys: () => layer.clearWriteKeys(),
    takeEarlyData: (limit) => layer.takeEarlyData(limit),
    endEarlyData: () => layer.endEarlyData(),
    skipEarlyData: (allowed) => layer.skipEarlyData(allowed),
    flightSent: options.flightSent,
    afterHandshake: () => {
      const context = createContext(role, layer, journal, options, transcript.fork())
      const certificates: typeof context.note.certificates = (side, shown) => {
        context.note.certificates(side, shown)
        journal[side].isAfterHandshake = true
      }
      return { ...context, note: { ...context.note, certificates } }
    },
  }
}
