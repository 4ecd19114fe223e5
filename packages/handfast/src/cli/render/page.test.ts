import { describe, expect, test } from 'vitest'
import { certificate, mutual } from '../../../test/sample-reports.ts'
import type { HandshakeReport } from '../../report/handshake-report.ts'
import { renderHandshakeLine } from './handshake-line.ts'
import { renderPage } from './page.ts'
import { PLAIN } from './terminal.ts'

/** The same handshake as its server saw it. */
function atServer(changes: Partial<HandshakeReport> = {}): HandshakeReport {
  const report = mutual()
  return {
    ...report,
    role: 'server',
    messages: report.messages.map((m) => ({ ...m, direction: m.direction === 'sent' ? 'received' : 'sent' })),
    ...changes,
  }
}

describe('the page', () => {
  test('tells stages, parameters, messages and certificates', () => {
    const page = renderPage(atServer())
    expect(page).toMatch(/^<!doctype html>/)
    expect(page).toContain('<th class="establish">1 establish</th>')
    expect(page).toContain('<td>X25519MLKEM768</td>')
    expect(page).toContain('CN=server.example')
    expect(page).toMatch(/<span>client_hello<\/span><span class="clear"><\/span><b>▶<\/b>/)
    expect(page).toMatch(/<b>◀<\/b><span class="sealed"><\/span><span>certificate_verify<\/span>/)
    expect(page).not.toContain('<script')
  })

  test('a client that was not asked is not blamed for showing nothing', () => {
    const client = { chain: [], signatureScheme: null, verdict: null }
    const { negotiated } = atServer()
    const page = (clientCertificateRequested: boolean): string =>
      renderPage(atServer({ client, negotiated: { ...negotiated, clientCertificateRequested } }))
    expect(page(false)).toContain('<p>was not asked for a certificate</p>')
    expect(page(false)).toContain('<th>Client signs with</th><td>was not asked</td>')
    expect(page(true)).toContain('<p>showed no certificate</p>')
    expect(page(true)).toContain('<th>Client signs with</th><td>none</td>')
  })

  test('what a peer sent stays text', () => {
    const hostile = certificate({ subject: `CN=<script>alert("1")</script>'&\u202e` })
    const report = atServer({ client: { chain: [hostile], signatureScheme: null, verdict: null } })
    report.offered!.serverName = '<img src=x>'
    const page = renderPage(report)
    expect(page).toContain('CN=&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;\\u{202e}')
    expect(page).toContain('&lt;img src=x&gt;')
    expect(page).not.toMatch(/<(script|img)/)
  })
})

describe('a line of the log', () => {
  test('complete', () => {
    const report = atServer()
    report.transport!.remote = { address: '::ffff:192.0.2.7', port: 50_000 }
    report.client.verdict = report.server.verdict
    expect(renderHandshakeLine(report, PLAIN)).toBe(
      '+  08:36:22  192.0.2.7:50000        2.41 ms  TLS 1.3  X25519MLKEM768  TLS_AES_128_GCM_SHA256  ' +
        'name server.example  alpn h2  client CN=alice\n',
    )
  })

  test('a client that is not trusted is told as such', () => {
    expect(renderHandshakeLine(atServer(), PLAIN)).toContain('client CN=alice (not trusted)')
  })

  test('failed', () => {
    const report = atServer({
      outcome: 'failed',
      failure: { stage: 'key-exchange', fault: 'peer', alert: 'illegal_parameter', direction: 'sent', message: 'a\nb' },
    })
    expect(renderHandshakeLine(report, PLAIN)).toMatch(
      /^x .* 3 key exchange {2}sent illegal_parameter {2}a\\u\{a\}b\n$/,
    )
  })
})
