/** A HandshakeReport as an HTML page that needs nothing but itself: what `serve --www` answers with. */

import type {
  CertificateReport,
  HandshakeReport,
  PeerReport,
  StageReport,
  PublicKeyReport,
} from '../../report/handshake-report.ts'
import { escapeText } from './escape.ts'
import { formatMoment, scaleFor, formatDuration } from './quantity.ts'
import { STAGE_NAMES, stageNumber } from './stage.ts'
import { PLAIN, type Terminal } from './terminal.ts'

/** Browsers show any letter; what hides or reorders text is spelled out for them as for a terminal. */
const BROWSER: Terminal = { ...PLAIN, utf8: true, boxes: true }

/** The whole page. Nothing a peer sent can be anything but text in it. */
export function renderPage(report: HandshakeReport): string {
  const { negotiated } = report
  const title = `${negotiated.version ?? 'TLS'} handshake`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${html(title)} <small>complete in ${html(formatDuration(report.duration ?? 0, BROWSER))}</small></h1>
<p class="lead">This page came to you over the connection it tells of, as the server saw it.</p>
<section><h2>Stages</h2>${renderStages(report)}</section>
<section><h2>Parameters</h2>${renderParameters(report)}</section>
<section><h2>Messages</h2>${renderMessages(report)}</section>
<section><h2>Certificates</h2>${renderPeer('Server', report.server, true)}${renderPeer('Client', report.client, negotiated.clientCertificateRequested)}</section>
</main>
</body>
</html>
`
}

function renderStages(report: HandshakeReport): string {
  const total = Math.max(1, report.duration ?? 0, ...report.stages.map((stage) => stage.endedAt ?? 0))
  const scale = scaleFor(total)
  const rows = report.stages.map((stage) => {
    const time =
      stage.startedAt === null
        ? 'skipped'
        : `${scale.number(stage.startedAt)} – ${scale.text(stage.endedAt ?? stage.startedAt)}`
    const name = `${stageNumber(stage.stage)} ${STAGE_NAMES[stage.stage]}`
    return `<tr><th class="${stage.stage}">${html(name)}</th><td class="time">${html(time)}</td><td class="track">${bar(stage, total)}</td></tr>`
  })
  return `<table class="stages">${rows.join('')}</table>`
}

function bar(stage: StageReport, total: number): string {
  if (stage.startedAt === null) return ''
  const from = percent(stage.startedAt / total)
  const width = Math.max(0.5, percent(((stage.endedAt ?? stage.startedAt) - stage.startedAt) / total))
  return `<i class="${stage.stage}" style="margin-left:${from}%;width:${width}%"></i>`
}

function percent(fraction: number): number {
  return Math.round(Math.min(1, Math.max(0, fraction)) * 1000) / 10
}

function renderParameters(report: HandshakeReport): string {
  const { negotiated, offered, client, server } = report
  const rows: readonly (readonly [string, string | null])[] = [
    ['Version', negotiated.version],
    ['Cipher suite', negotiated.cipherSuite],
    ['Key exchange', negotiated.group],
    ['Server signs with', server.signatureScheme],
    ['Client signs with', client.signatureScheme ?? (negotiated.clientCertificateRequested ? null : 'was not asked')],
    ['Server name', offered?.serverName ?? null],
    ['ALPN', negotiated.alpnProtocol],
    ['Compression', negotiated.compression],
    ['From', report.transport === null ? null : `${report.transport.remote.address}`],
  ]
  const cells = rows.map(([name, value]) => `<tr><th>${html(name)}</th><td>${html(value ?? 'none')}</td></tr>`)
  return `<table>${cells.join('')}</table>`
}

function renderMessages(report: HandshakeReport): string {
  const scale = scaleFor(report.duration ?? 0)
  const rows = report.messages.map((message) => {
    const toServer = (message.direction === 'sent') === (report.role === 'client')
    const line = `<span class="${message.protected ? 'sealed' : 'clear'}"></span>`
    const name = `<span>${html(message.name)}</span>`
    const lane = toServer ? `${name}${line}<b>▶</b>` : `<b>◀</b>${line}${name}`
    return `<tr><td class="time">${html(scale.text(message.at))}</td><td><div class="lane">${lane}</div></td><td class="size">${message.size} B</td></tr>`
  })
  const head = '<tr><td></td><td><div class="lane ends"><span>client</span><span>server</span></div></td><td></td></tr>'
  return `<table class="messages">${head}${rows.join('')}</table><p class="legend"><span class="clear"></span> in the clear <span class="sealed"></span> encrypted</p>`
}

function renderPeer(title: string, peer: PeerReport, isAsked: boolean): string {
  const { rawPublicKey } = peer
  if (peer.chain.length === 0 && rawPublicKey === undefined) {
    return `<h3>${html(title)}</h3><p>${isAsked ? 'showed no certificate' : 'was not asked for a certificate'}</p>`
  }
  const state =
    peer.verdict === null ? '' : peer.verdict.trusted ? ' <em>trusted</em>' : ' <em class="not">not trusted</em>'
  const key = rawPublicKey === undefined ? '' : renderKey(rawPublicKey)
  return `<h3>${html(title)}${state}</h3>${key}${peer.chain.map(renderCertificate).join('')}`
}

function renderKey({ publicKey, fingerprint }: PublicKeyReport): string {
  return renderRows([
    ['Raw public key', publicKey ?? '(cannot be read)'],
    ['SHA-256', fingerprint],
  ])
}

function renderCertificate(certificate: CertificateReport): string {
  const rows: readonly (readonly [string, string])[] = [
    ['Subject', certificate.subject === '' ? '(none)' : certificate.subject],
    ['Names', certificate.subjectAltNames.slice(0, 50).join(', ') || '(none)'],
    ['Issuer', certificate.issuer],
    ['Valid', `${formatMoment(certificate.notBefore)} – ${formatMoment(certificate.notAfter)} UTC`],
    ['Key', certificate.publicKey],
    ['Signature', certificate.signatureAlgorithm],
    ['SHA-256', certificate.fingerprint],
  ]
  return renderRows(rows)
}

function renderRows(rows: readonly (readonly [string, string])[]): string {
  return `<table>${rows.map(([name, value]) => `<tr><th>${html(name)}</th><td>${html(value)}</td></tr>`).join('')}</table>`
}

/** Text as HTML text, with what would hide or reorder it spelled out. */
function html(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  }
  return escapeText(text, BROWSER, 2000).replace(/[&<>"']/g, (character) => entities[character] as string)
}

const STYLE = `
:root{color-scheme:light dark;--ink:#1c2430;--faint:#6b7585;--line:#d8dde5;--paper:#fbfbfd;
--establish:#0b8793;--certificates:#b7791f;--key-exchange:#9b3fb5;--verify:#2f6fd0;--good:#2f855a;--bad:#c53030}
@media(prefers-color-scheme:dark){:root{--ink:#dde3ec;--faint:#8c97a8;--line:#333c4a;--paper:#171b22;
--establish:#45c4d0;--certificates:#e0ad55;--key-exchange:#cf86e2;--verify:#79acf5;--good:#6cc492;--bad:#f28b82}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:52rem;margin:0 auto;padding:2.5rem 1.25rem}h1{font-size:1.6rem;font-weight:600;margin:0}
h1 small{font-size:1rem;font-weight:400;color:var(--faint)}.lead{color:var(--faint);margin:.3rem 0 0}
h2{font-size:.8rem;letter-spacing:.08em;text-transform:uppercase;color:var(--faint);border-bottom:1px solid var(--line);margin:2.2rem 0 .6rem;padding-bottom:.3rem}
h3{font-size:1rem;margin:1rem 0 .3rem}em{font-style:normal;color:var(--good);font-weight:400}em.not{color:var(--bad)}
table{border-collapse:collapse;width:100%;margin:0 0 .8rem}th{text-align:left;font-weight:400;color:var(--faint);width:10rem;vertical-align:top}
td{overflow-wrap:anywhere}td,th{padding:.12rem 1rem .12rem 0}.time,.size{white-space:nowrap;color:var(--faint);font-variant-numeric:tabular-nums;width:1%;text-align:right}
.track{background:linear-gradient(var(--line),var(--line)) center/100% 1px no-repeat;padding:0}.track i{display:block;height:.5rem;border-radius:.25rem;background:currentColor}
.establish{color:var(--establish)}.certificates{color:var(--certificates)}.key-exchange{color:var(--key-exchange)}.verify{color:var(--verify)}
.lane{display:flex;align-items:center;gap:.4rem;font-family:ui-monospace,monospace;font-size:.85rem}.ends{justify-content:space-between;color:var(--faint)}
.lane b{font-size:.6rem}.clear,.sealed{border-top:1px solid var(--faint);flex:1;min-width:1rem}.sealed{border-top:3px double var(--faint)}
.legend{color:var(--faint);font-size:.85rem}.legend span{display:inline-block;width:2rem;vertical-align:middle;margin-left:1rem}
`
