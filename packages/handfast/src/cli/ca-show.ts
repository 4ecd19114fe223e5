/** `handfast ca show`: certificates and chains as trees, or as JSON. */

import { nodeProvider } from '../crypto/node.ts'
import { certificateReport } from '../report/index.ts'
import { type Certificate, describeCertificate, timeText } from '../x509/index.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { parseCertificate } from './files.ts'
import { joinLines, renderHeading } from './render/box.ts'
import { renderDescription } from './render/description.ts'
import { escapeText } from './render/escape.ts'
import { glyphsOf } from './render/glyphs.ts'
import { paint } from './render/colour.ts'
import { count, formatDistance } from './render/quantity.ts'
import type { Terminal } from './render/terminal.ts'
import { printJson, type Streams } from './streams.ts'

export interface ShowOptions {
  readonly json?: boolean
}

/** Certificates of one file, as they stand in it. */
export interface CertificateSource {
  readonly source: string
  readonly certificates: readonly Uint8Array[]
}

/**
 * Shows all of them.
 * @throws {CommandError} for one whose structure is malformed; a malformed extension is shown as such.
 */
export function showCertificates(
  sources: readonly CertificateSource[],
  options: ShowOptions,
  streams: Streams,
): ExitCode {
  const read = sources.map(({ source, certificates }) => ({
    source,
    certificates: certificates.map((der, index) => parseCertificate(der, source, index)),
  }))
  if (options.json === true) {
    const toJson = (certificate: Certificate): object => ({
      report: certificateReport(certificate, nodeProvider.hashes.sha256),
      fields: describeCertificate(certificate, nodeProvider.hashes.sha256),
    })
    printJson(
      streams,
      read.map(({ source, certificates }) => ({ source, certificates: certificates.map(toJson) })),
    )
    return EXIT.success
  }
  for (const [index, { source, certificates }] of read.entries()) {
    if (index > 0) streams.stdout.write('\n')
    streams.stdout.write(renderSource(source, certificates, streams))
  }
  return EXIT.success
}

function renderSource(source: string, certificates: readonly Certificate[], { out: terminal }: Streams): string {
  const now = new Date().toISOString()
  const heading = renderHeading(escapeText(source, terminal, 60), terminal, count(certificates.length, 'certificate'))
  const trees = certificates.flatMap((certificate, index) => [
    ...(index === 0 ? [] : ['']),
    ...renderDescription(
      { ...describeCertificate(certificate, nodeProvider.hashes.sha256), label: `[${index}]` },
      terminal,
      renderCurrency(certificate, now, terminal),
    ),
  ])
  return joinLines([heading, ...trees])
}

/** Whether it is valid at `now`, and for how long. */
function renderCurrency({ notBefore, notAfter }: Certificate, now: string, terminal: Terminal): string {
  const { good, bad } = glyphsOf(terminal)
  const until = timeText(notAfter)
  if (notAfter < Date.parse(now)) return paint(terminal, 'bad', `${bad} expired ${formatDistance(until, now)}`)
  if (notBefore > Date.parse(now)) {
    return paint(terminal, 'doubt', `${bad} valid only ${formatDistance(timeText(notBefore), now)}`)
  }
  return paint(terminal, 'good', `${good} ends ${formatDistance(until, now)}`)
}
