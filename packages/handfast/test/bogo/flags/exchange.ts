/** What the shim says and does once the handshake is complete, until the end. */

import { expectSame, type Feature } from '../feature.ts'
import { int, noted, on, text } from './flag.ts'

export interface ExchangeOptions {
  shimWritesFirst?: boolean
  shimInitialWrite?: string
  repeatShimInitialWrite?: number
  readWithUnfinishedWrite?: boolean
  shimShutsDown?: boolean
  checkCloseNotify?: boolean
  writeDifferentRecordSizes?: boolean
  maxSendFragment?: number
  keyUpdate?: boolean
  keyUpdateBeforeRead?: boolean
  exportKeyingMaterial?: number
  exportLabel?: string
  exportContext?: string
  useExportContext?: boolean
  useExporterBetweenReads?: boolean
  exportTrafficSecrets?: boolean
  expectMessages?: string
}

export const exchangeFeature: Feature<ExchangeOptions> = {
  flags: {
    '-shim-writes-first': on('shimWritesFirst'),
    '-shim-initial-write': text('shimInitialWrite'),
    '-repeat-shim-initial-write': int('repeatShimInitialWrite'),
    '-read-with-unfinished-write': on('readWithUnfinishedWrite'),
    '-shim-shuts-down': on('shimShutsDown'),
    '-check-close-notify': on('checkCloseNotify'),
    '-write-different-record-sizes': on('writeDifferentRecordSizes'),
    '-max-send-fragment': int('maxSendFragment'),
    '-key-update': on('keyUpdate'),
    '-key-update-before-read': on('keyUpdateBeforeRead'),
    '-export-keying-material': int('exportKeyingMaterial'),
    '-export-label': text('exportLabel'),
    '-export-context': text('exportContext'),
    '-use-export-context': on('useExportContext'),
    '-use-exporter-between-reads': on('useExporterBetweenReads'),
    '-export-traffic-secrets': on('exportTrafficSecrets'),
    '-expect-msg-callback': text('expectMessages'),
    // For CBC suites, of which there are none.
    '-cbc-record-splitting': noted(false),
  },

  checkEnd({ expectMessages }, { messages }) {
    // Handshake messages are what the engine tells of; how many tickets a server gives is its own choice.
    const isTold = (line: string): boolean => / hs \d+$/.test(line) && line !== 'write hs 4'
    if (expectMessages === undefined) return
    expectSame('messages', expectMessages.split('\n').filter(isTold).join(), messages.filter(isTold).join())
  },

  configure(options, config) {
    if (options.maxSendFragment !== undefined) config.maxRecordLength = options.maxSendFragment
    if (options.exportTrafficSecrets === true) config.keyLog = true
  },
}
