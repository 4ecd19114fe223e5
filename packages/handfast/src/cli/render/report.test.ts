import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { certificate, mutual, NOTHING_SHOWN, refused, silent } from '../../../test/sample-reports.ts'
import type { HandshakeReport } from '../../report/handshake-report.ts'
import { renderReport } from './report.ts'
import { renderChain } from './certificates.ts'
import { renderMessages } from './messages.ts'
import { renderParameters } from './parameters.ts'
import { renderTimeline } from './timeline.ts'
import { renderVerdicts } from './verdict.ts'
import { renderFailure, renderOutcome, renderTransport } from './outcome.ts'
import { displayWidth } from './width.ts'
import { PLAIN, type Terminal } from './terminal.ts'

const BOXES: Terminal = { width: 80, colour: false, boxes: true, utf8: true }
/** Every sequence that colour.ts may write. */
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[(?:1|2|22|3[1-6]|39|94)m`, 'g')
const RICH: Terminal = { width: 80, colour: true, boxes: true, utf8: true }

describe('a whole report', () => {
  test.each([56, 80, 100])('fits %i columns, drawn and plain', (width) => {
    for (const report of [mutual(), refused(), silent()]) {
      for (const terminal of [BOXES, RICH, PLAIN]) {
        const lines = renderReport(report, { ...terminal, width }).split('\n')
        for (const line of lines) expect(displayWidth(line), line).toBeLessThanOrEqual(width)
      }
    }
  })

  test('is plain ASCII without a terminal', () => {
    for (const report of [mutual(), refused(), silent()])
      expect(renderReport(report, PLAIN)).toMatch(/^[\n\x20-\x7e]*$/)
  })

  test('says the same with colour and without', () => {
    expect(renderReport(mutual(), RICH).replaceAll(COLOUR, '').replace(/ +$/gm, '')).toBe(renderReport(mutual(), BOXES))
  })

  test('lets nothing of a peer steer the terminal', () => {
    const nasty = fc.array(
      fc.oneof(
        fc.integer({ min: 0, max: 0xa0 }),
        fc.constantFrom(0x61c, 0x200b, 0x200e, 0x202a, 0x202e, 0x2066, 0x2069, 0xfeff, 0x301, 0xe0041),
      ),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(nasty, fc.boolean(), (codes, fails) => {
        const report = spoil(fails ? refused() : mutual(), String.fromCodePoint(...codes))
        for (const terminal of [PLAIN, BOXES, RICH]) {
          const shown = renderReport(report, terminal).replaceAll(COLOUR, '')
          expect(shown).not.toMatch(/[\p{Cc}\p{Cf}](?<!\n)/u)
        }
      }),
      { numRuns: 200 },
    )
  })
})

/** `report` with `text` in every place whose wording the peer can choose. */
function spoil(report: HandshakeReport, text: string): HandshakeReport {
  const keep = new Set(['role', 'stage', 'stages', 'state', 'outcome', 'direction', 'fault', 'level', 'startedAt'])
  const change = (value: unknown, key: string): unknown => {
    if (keep.has(key) && typeof value === 'string') return value
    if (typeof value === 'string') return `${value.slice(0, 4)}${text}\u001b[2J\u202e\u0007${value.slice(4)}\n`
    if (Array.isArray(value))
      return key === 'stages' && typeof value[0] === 'string' ? value : value.map((item) => change(item, key))
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, change(inner, name)]))
    }
    return value
  }
  return change(report, '') as HandshakeReport
}

describe('stages', () => {
  test('are bars that show the key exchange inside the establishment', () => {
    const lines = renderTimeline(mutual(), BOXES)
    expect(lines).toHaveLength(5)
    const bars = lines.slice(0, 4).map((line) => line.slice(-44))
    const begin = bars.map((bar) => bar.search(/[━╺]/))
    const end = bars.map((bar) => bar.search(/[━╸╺]╌*$/))
    expect(begin[2]).toBeGreaterThan(begin[0]!)
    expect(end[2]).toBeLessThan(end[0]!)
    expect(begin[1]).toBeGreaterThanOrEqual(end[0]!)
    expect(end[3]).toBe(43)
  })

  test('a stage without length still has a mark on the line', () => {
    const report = mutual()
    report.stages[1] = { ...report.stages[1]!, startedAt: 2410, endedAt: 2410 }
    report.stages[2] = { ...report.stages[2]!, startedAt: 0, endedAt: 0 }
    for (const line of renderTimeline(report, BOXES).slice(0, 4)) expect(line).toMatch(/[━╸╺]/)
  })

  test('skipped and failed ones say so', () => {
    const lines = renderTimeline(silent(), PLAIN)
    expect(lines[0]).toMatch(/^1 establish {4}x +0\.0 - 900\.0 ms/)
    expect(lines[3]).toMatch(/^4 verify {7}\. +skipped {2}\.+$/)
  })
})

describe('messages', () => {
  test('go from who sent them to who got them', () => {
    const lines = renderMessages(mutual(), BOXES)
    expect(lines[1]).toMatch(/^0\.25 {2}client_hello ─+▶ {3}\s+1514 {2}● · ● ·$/)
    expect(lines[2]).toMatch(/^0\.96 {2}◀─+ server_hello \s+1178 {2}● · ● ·$/)
    expect(lines[6]).toMatch(/◀═+ certificate_verify ▣ +78 {2}· · · ●$/)
    expect(lines[8]).toMatch(/certificate ═+▶ ▣/)
  })

  test('the server of the same handshake draws the same arrows', () => {
    const report = mutual()
    const flipped: HandshakeReport = {
      ...report,
      role: 'server',
      messages: report.messages.map((m) => ({ ...m, direction: m.direction === 'sent' ? 'received' : 'sent' })),
    }
    expect(renderMessages(flipped, BOXES)).toEqual(renderMessages(report, BOXES))
  })

  test('alerts are named, also where only the list of alerts has them', () => {
    expect(renderMessages(refused(), PLAIN).some((line) => /alert unknown_ca =+> # +2/.test(line))).toBe(true)
    const report = { ...refused(), messages: refused().messages.slice(0, 7) }
    expect(renderMessages(report, PLAIN).some((line) => line.includes('alert unknown_ca ==='))).toBe(true)
  })

  test('none at all is said', () => {
    expect(renderMessages(silent(), PLAIN)).toEqual(['No message was exchanged.'])
  })
})

describe('parameters', () => {
  test('show the choice and what it was chosen over', () => {
    const text = renderParameters(mutual(), BOXES).join('\n')
    expect(text).toMatch(/version +TLS 1\.3 +over TLS 1\.2/)
    expect(text).toMatch(/key exchange +X25519MLKEM768 +over x25519 · secp256r1/)
    expect(text).not.toMatch(/^ *·/m)
  })

  test('tell a client that was not asked from one that had none', () => {
    const report = refused()
    expect(renderParameters(report, PLAIN).join('\n')).toMatch(/client signs +none/)
    report.negotiated.clientCertificateRequested = false
    expect(renderParameters(report, PLAIN).join('\n')).toMatch(/client signs +not asked for/)
  })

  test('are left out where nothing was said', () => {
    expect(renderParameters(silent(), PLAIN)).toEqual([])
    expect(renderReport(silent(), PLAIN)).not.toContain('Parameters')
    expect(renderReport(silent(), PLAIN)).not.toContain('Verdict')
  })

  test('a HelloRetryRequest is told', () => {
    const report = mutual()
    report.negotiated.helloRetryRequest = true
    expect(renderParameters(report, PLAIN).join('\n')).toContain('after a HelloRetryRequest')
  })

  test('an endless offer is counted', () => {
    const report = mutual()
    report.offered!.alpnProtocols = Array.from({ length: 1000 }, (_, i) => `p${i}`)
    expect(renderParameters(report, PLAIN).join('\n')).toMatch(/, 992\s+more/)
  })
})

describe('chains', () => {
  test('stand below the anchor that was found', () => {
    const lines = renderChain(mutual().server, '2026-11-23T08:36:22Z', BOXES)
    expect(lines[0]).toBe('CN=Example root  trusted here')
    expect(lines[1]).toMatch(/^└─ CN=Example issuing CA {2}ECDSA P-256, CA$/)
    expect(lines.some((line) => line.startsWith('   └─ CN=server.example'))).toBe(true)
    expect(lines.join('\n')).toContain('valid    2026-11-23 07:00 – 2027-02-21 06:59 UTC (90 days)')
  })

  test('without a path the top is what was presented last', () => {
    expect(renderChain(refused().server, '2026-11-23T08:36:22Z', BOXES)[0]).toMatch(/^CN=Example issuing CA/)
  })

  test('what is no chain is not drawn as one', () => {
    const peer = { ...NOTHING_SHOWN, chain: [certificate(), certificate({ subject: 'CN=stranger' })] }
    const lines = renderChain(peer, '2026-11-23T08:36:22Z', PLAIN)
    expect(lines[0]).toContain('not in the order of a chain')
    expect(lines.filter((line) => line.startsWith('CN='))).toHaveLength(2)
  })

  test('expired and not yet valid', () => {
    const peer = { ...NOTHING_SHOWN, chain: [certificate()] }
    const at = (now: string): string => renderChain(peer, now, PLAIN).join('\n')
    expect(at('2027-03-03T07:00:00Z')).toContain('expired 10 days ago')
    expect(at('2026-11-20T07:00:00Z')).toMatch(/not valid before 3 days\s+from now/)
  })

  test('a long list of names is counted', () => {
    const names = Array.from({ length: 100 }, (_, i) => `DNS:host${i}.example`)
    const lines = renderChain({ ...NOTHING_SHOWN, chain: [certificate({ subjectAltNames: names })] }, '', PLAIN)
    expect(lines.join(' ')).toMatch(/and 88\s+more names/)
  })
})

describe('verdicts', () => {
  test('trusted, with path and proof', () => {
    const lines = renderVerdicts(mutual(), BOXES)
    expect(lines[0]).toBe('✔ server  trusted, proved its key with ecdsa_secp256r1_sha256')
    expect(lines[1]).toContain('CN=server.example ← CN=Example issuing CA ← CN=Example root')
    expect(lines[2]?.trim()).toBe('revocation of CN=server.example: good by OCSP, 3 hours ago')
    expect(lines[3]?.trim()).toBe('2 certificate timestamps of known logs')
    expect(lines[4]).toMatch(/^· client {2}this side, proved/)
  })

  test('policy, rule and paths tried in vain', () => {
    const report = refused()
    const reason = { reason: 'expired', certificate: 1, message: 'it has expired', rule: 'dates' }
    const tried = [0, 1, 2, 3].map((i) => ({ subjects: ['CN=a', `CN=b${i}`], complete: false, reason }))
    report.server.verdict = { ...report.server.verdict!, reasons: [reason], policy: 'webpki', tried, triedBeyond: 2 }
    const text = renderVerdicts(report, PLAIN).join('\n')
    expect(text).toContain('expired (certificate 1, rule dates): it has expired')
    expect(text).toContain('judged by the policy webpki')
    expect(text).toContain('tried in vain: CN=a <- CN=b2: expired')
    expect(text).not.toContain('CN=b3')
    expect(text).toContain('3 more paths tried in vain')
  })

  test('refused, with reasons and warnings', () => {
    const text = renderVerdicts(refused(), PLAIN).join('\n')
    expect(text).toContain('x server  refused, proved its key')
    expect(text).toContain('unknown-issuer (certificate 1): the issuer')
    expect(text).toContain('weak-key (certificate 0)')
    expect(text).toContain('. client  showed no certificate')
  })

  test('what was asked not to matter is told as it is', () => {
    const report = refused()
    report.server.verdict = { ...report.server.verdict!, state: 'not-asked' }
    expect(renderVerdicts(report, PLAIN)[0]).toMatch(/^! server {2}not trusted; accepted all the same, as asked/)
    report.server.verdict = { ...report.server.verdict!, reasons: [] }
    expect(renderVerdicts(report, PLAIN)[0]).toMatch(/^! server {2}not judged, as asked/)
  })
})

describe('outcome', () => {
  test('complete', () => {
    expect(renderOutcome(mutual(), BOXES)).toBe('✔ TLS 1.3 handshake complete in 2.41 ms')
    expect(renderTransport(mutual(), BOXES)).toBe('tcp 127.0.0.1:51234 → 127.0.0.1:40123, connected in 180 µs')
    expect(renderFailure(mutual(), BOXES)).toEqual([])
  })

  test('failed', () => {
    expect(renderOutcome(refused(), PLAIN)).toBe('x handshake failed after 1.29 ms in stage 4 verify')
    const text = renderFailure(refused(), PLAIN).join('\n')
    expect(text).toContain('stopped in stage 4 verify')
    expect(text).toContain('This side refused; we sent the alert unknown_ca.')
  })
})
