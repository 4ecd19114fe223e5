/** Every alert of RFC 9846 section 6 in its place: those that we receive, and those that we send. */

import { describe, expect, test } from 'vitest'
import { ALERT_CODES, ALERT_OF_REASON, type AlertDescription } from '../../src/tls/index.ts'
import type { CertificateReason, Verdict } from '../../src/x509/index.ts'
import { expectRefusal } from '../pair/expectations.ts'
import { CLIENT, type Decide, identityOf, Pair } from '../pair/pair.ts'
import { CERTIFICATE, CERTIFICATE_VERIFY, FINISHED } from './authentication-rules.ts'
import { CLIENT_TYPES, RAW_KEYS, SERVER_TYPES } from './certificate-type-rules.ts'
import { CLIENT_CERTIFICATE, CLIENT_HELLO, CLIENT_HELLO_SYNTAX, SECOND_CLIENT_HELLO } from './client-rules.ts'
import { RogueClient } from './client.ts'
import type { State } from './peer.ts'
import { CLIENT_FLIGHT_12, CLIENT_HELLO_12 } from '../rogue12/client-rules.ts'
import { LATE_ANSWER, LATE_REQUEST } from './post-handshake-rules.ts'
import { RECORD_RULES } from './record-rules.ts'
import { expectNoData } from './rule.ts'
import { RogueServer } from './server.ts'
import {
  CERTIFICATE_REQUEST,
  ENCRYPTED_EXTENSIONS,
  HELLO_RETRY_REQUEST,
  SERVER_CERTIFICATE,
  SERVER_HELLO,
} from './server-rules.ts'

const ROGUES = [
  ['server', () => new RogueServer()],
  ['client', () => new RogueClient()],
] as const
const PLACES: readonly State[] = ['begun', 'keyed', 'open']

/** All but the closure alerts (section 6.1). */
const ERROR_ALERTS = Object.entries(ALERT_CODES).filter(([name]) => name !== 'close_notify' && name !== 'user_canceled')
const UNKNOWN_ALERTS = [1, 21, 30, 41, 60, 90 + 1, 101, 111, 114, 122, 200, 255]

describe.each(ROGUES)('alerts received from a %s', (_, make) => {
  describe.each(PLACES)('%s', (state) => {
    test.each([...ERROR_ALERTS, ...UNKNOWN_ALERTS.map((code) => [`unknown(${code})`, code] as const)])(
      '%s is the end, whatever its level',
      (name, code) => {
        for (const level of [2, 1, 0, 77]) {
          const peer = make().to(state)
          const before = peer.seen.length
          peer.alert(code, level)
          if (state === 'open') peer.data('too late')
          expect(peer.connection.state).toBe('failed')
          expect(peer.connection.error).toMatchObject({ alert: name, direction: 'received', fault: 'peer-alert' })
          expect(peer.seen).toHaveLength(before)
          expectNoData(peer)
          expect(peer.connection.canWrite).toBe(false)
        }
      },
    )

    test('user_canceled is noted, and what follows it decides', () => {
      const peer = make().to(state).alert(ALERT_CODES.user_canceled, 1)
      expect(peer.connection.error).toBeUndefined()
      peer.alert(ALERT_CODES.close_notify, 1)
      if (state === 'open') expect(peer.events.at(-1)?.type).toBe('peer-closed')
      else expect(peer.connection.error).toMatchObject({ alert: 'close_notify', direction: 'received' })
      expect(peer.connection.report().alerts.map(({ description }) => description)).toEqual([
        'user_canceled',
        'close_notify',
      ])
    })
  })

  test.each([1, 2, 0])('close_notify with level %d closes one direction', (level) => {
    const peer = make().to('open').alert(ALERT_CODES.close_notify, level)
    expect(peer.events.at(-1)?.type).toBe('peer-closed')
    expect([peer.connection.state, peer.connection.canWrite]).toEqual(['open', true])
    peer.data('ignored').alert(ALERT_CODES.internal_error)
    expect(peer.connection.error).toBeUndefined()
    expectNoData(peer)
  })
})

describe('a judgement of certificates becomes an alert', () => {
  const reasons = Object.entries(ALERT_OF_REASON) as [CertificateReason, AlertDescription][]

  describe.each(['client', 'server'] as const)('of the %s', (side) => {
    test.each(reasons)('%s: %s', (reason, alert) => {
      const verdict: Verdict = {
        trusted: false,
        reasons: [{ reason, certificate: 0, message: 'as the judge says' }],
        warnings: [],
        path: [],
        wanted: [],
      }
      const decide: Decide = (task, connection) => {
        if (task.kind === 'verify-peer') connection.resume<'verify-peer'>(task.id, { accepted: false, verdict })
        return task.kind === 'verify-peer'
      }
      const pair = new Pair({
        client: { identities: [identityOf(CLIENT)], ...(side === 'client' ? { decide } : {}) },
        server: { clientAuthentication: 'required', ...(side === 'server' ? { decide } : {}) },
      })
      expectRefusal(pair, side, alert, /as the judge says/)
      expect(pair[side].connection.error).toMatchObject({ reason, fault: 'host', path: 'certificate' })
    })
  })
})

describe('every alert of the RFC has its place', () => {
  /** Alerts that the tables of rules provoke from an engine of ours. */
  const provoked = {
    client: alertsOf('server', [
      SERVER_HELLO,
      HELLO_RETRY_REQUEST,
      ENCRYPTED_EXTENSIONS,
      CERTIFICATE_REQUEST,
      SERVER_CERTIFICATE,
      SERVER_TYPES,
      LATE_REQUEST,
    ]),
    server: alertsOf('client', [
      CLIENT_HELLO,
      CLIENT_HELLO_SYNTAX,
      SECOND_CLIENT_HELLO,
      CLIENT_CERTIFICATE,
      CLIENT_TYPES,
      LATE_ANSWER,
      CLIENT_HELLO_12,
      CLIENT_FLIGHT_12,
    ]),
  }

  /** Why it is not provoked by a rule: where else it is tested, or why it is never sent. */
  const ELSEWHERE: Readonly<Record<'client' | 'server', Partial<Record<AlertDescription, string>>>> = {
    client: {
      handshake_failure: 'a client finds out nothing that its offer does not: it answers with illegal_parameter',
      certificate_required: 'only servers send it; a server without a certificate gets decode_error',
      no_application_protocol: 'only servers send it (RFC 7301 section 3.2)',
      unrecognized_name: 'only servers send it (RFC 6066 section 3)',
      inappropriate_fallback: 'only servers send it (RFC 7507 section 3)',
      no_renegotiation: 'a client declines with a warning: rogue12/rules.test.ts',
    },
    server: {},
  }
  const ANYWHERE: Partial<Record<AlertDescription, string>> = {
    close_notify: 'pair/established.test.ts',
    user_canceled: 'pair/established.test.ts: cancel()',
    internal_error: "pair/tasks.test.ts: the host's refusals",
    access_denied: "pair/tasks.test.ts: the host's choice of alert",
    certificate_revoked: 'above: a judgement of certificates',
    certificate_expired: 'above: a judgement of certificates',
    certificate_unknown: 'above: a judgement of certificates',
    unknown_ca: 'above: a judgement of certificates',
    insufficient_security: 'handshake_failure says the same, and does not tell how little would do',
    bad_certificate_status_response: 'pair/stapling.test.ts: the judge of certificates wants one',
    unknown_psk_identity: 'no pre-shared keys yet; sending it is optional in any case',
    ech_required: 'pair/ech.test.ts: a client sends it once all else is done (RFC 9849 section 6.1.6)',
    general_error: 'there is always a more specific one',
  }

  test.each(Object.keys(ALERT_CODES) as AlertDescription[])('%s', (alert) => {
    for (const role of ['client', 'server'] as const) {
      const reason = ANYWHERE[alert] ?? ELSEWHERE[role][alert]
      if (provoked[role].has(alert)) continue
      expect(reason, `${role}: ${alert} needs a rule that provokes it, or a reason why none does`).toBeDefined()
    }
  })

  test('what is said never to be sent is not sent', () => {
    for (const role of ['client', 'server'] as const) {
      for (const alert of provoked[role]) expect(Object.keys(ANYWHERE)).not.toContain(alert)
    }
    for (const alert of Object.keys(ELSEWHERE.client))
      expect(provoked.client.has(alert as AlertDescription)).toBe(false)
  })

  function alertsOf(
    from: 'client' | 'server',
    own: readonly (readonly { readonly alert: AlertDescription }[])[],
  ): ReadonlySet<AlertDescription> {
    const records = RECORD_RULES.flatMap(([, rules]) => rules).filter((rule) => (rule.from ?? from) === from)
    const rules = [...own.flat(), ...CERTIFICATE, ...CERTIFICATE_VERIFY, ...FINISHED, ...RAW_KEYS, ...records]
    return new Set(rules.map(({ alert }) => alert))
  }
})
