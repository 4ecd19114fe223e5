/**
 * Whether what came of a meeting is what the case demands. There are three witnesses: the wire (what travelled in the
 * clear), the subject, and the peer as far as it tells; they must agree with the case and with each other.
 */
import type { Case } from './cases.ts'
import { checkAnswer } from './conversation.ts'
import type { Encounter } from './encounter.ts'
import type { Account, Peer, Run } from './peer.ts'
import { CHAIN_SCHEME, PUBLIC_NAME } from './pki.ts'
import type { Subject } from './subject.ts'
import type { Wire } from './wiretap.ts'

/** Throws at the first thing that is not as the case demands. */
export function checkEncounter(
  test: Case,
  subject: Subject,
  peer: Peer,
  run: Run,
  encounter: Encounter,
  retryConfigs: Uint8Array | undefined,
): void {
  if (test.clientEch !== undefined) checkHidden(encounter)
  if (test.refuser) checkRefusal(test, subject, peer, encounter)
  else if (isEchRejected(test)) checkEchRejection(test, subject, encounter, retryConfigs)
  else checkSuccess(test, subject, peer, run, encounter)
}

function checkSuccess(test: Case, subject: Subject, peer: Peer, run: Run, encounter: Encounter): void {
  const { ours, theirs, answer, errors, peerError, wires } = encounter
  // Connections which the peer itself gave up are no failure if it came back and all went well.
  const forgiven = test.role === 'server' && peer.client?.reconnects === true && ours.length > 0
  if (peerError !== undefined) throw peerError
  if (errors.length > 0 && !forgiven) throw errors[0]
  if (test.role === 'server' && !run.fetch) checkAnswer(answer ?? Buffer.alloc(0), run.payload)
  if (ours.length === 0) throw new Error('the subject saw no complete connection')
  const wire = wires.find((wire) => wire.serverHello)
  if (!wire) throw new Error('no ServerHello was seen on the wire')
  // The command's page tells the handshake it came by.
  if (run.fetch && !answer?.includes(wire.serverHello?.suite ?? ''))
    throw new Error('the page does not name the cipher suite')
  for (const account of ours) {
    checkChoices(test, wire, account, theirs, subject.tellsAll)
    checkRetry(test, wire, account)
  }
}

/** One value as several witnesses tell it. */
type Seen = readonly (readonly [witness: string, value: unknown])[]

function checkChoices(test: Case, wire: Wire, ours: Account, theirs: Account, tellsAll: boolean): void {
  const { expects } = test
  const { serverHello } = wire
  const both = (key: keyof Account): Seen => {
    const told = ours[key]
    if (tellsAll && told === undefined) throw new Error(`the subject doesn't tell ${key}`)
    return [
      ['the subject', told],
      ['the peer', theirs[key]],
    ]
  }
  const isTls12 = test.server.version === 'TLS 1.2'
  same('TLS 1.3 in the ServerHello', !isTls12, [['the wire', serverHello?.tls13]])
  same('the version', isTls12 ? 'TLSv1.2' : 'TLSv1.3', both('version'))
  same('the group', expects.group ?? serverHello?.group, [['the wire', serverHello?.group], ...both('group')])
  same('the cipher suite', expects.suite ?? serverHello?.suite, [['the wire', serverHello?.suite], ...both('suite')])
  same("the server's signature scheme", expects.serverScheme ?? CHAIN_SCHEME, both('serverScheme'))
  same("the client's signature scheme", expects.clientScheme ?? null, both('clientScheme'))
  same('a client certificate', test.clientIdentity !== undefined, both('clientCertificate'))
  same('a raw public key of the server', test.server.rawKeys === true, both('rawKeys'))
  same('the ALPN protocol', expects.alpn ?? null, both('alpn'))
  same('ECH accepted', test.clientEch !== undefined, both('echAccepted'))
  same('a stapled OCSP response', test.server.staples === true, both('stapled'))
  if (expects.compression) same('the compression of the certificate', expects.compression, both('compression'))
  if (test.server.recordSize) same('a limit for records', true, both('recordSizes'))
  same('the ending', 'close_notify', both('ending'))
  same('a KeyUpdate sent', test.updatesKeys === true, [['the subject', ours.keyUpdates && ours.keyUpdates.sent > 0]])
  if (test.updatesKeys === true && test.role === 'client') {
    // The peer had data to send after it was asked: its own KeyUpdate comes first (RFC 9846 section 4.7.3).
    same('a KeyUpdate in return', true, [['the subject', ours.keyUpdates && ours.keyUpdates.received > 0]])
  }
  if (ours.channelBinding) same('the channel binding', ours.channelBinding, [['the peer', theirs.channelBinding]])
}

function checkRetry({ expects }: Case, { helloRetryRequest: retry, clientHellos }: Wire, ours: Account): void {
  const wanted = expects.retry === 'any' ? retry !== undefined : expects.retry !== undefined
  same('a HelloRetryRequest', wanted, [
    ['the wire', retry !== undefined],
    ['the subject', ours.helloRetryRequest],
  ])
  same('the number of ClientHellos', wanted ? 2 : 1, [['the wire', clientHellos.length]])
  if (!retry) return
  if (expects.retry === 'cookie') same('a cookie in the HelloRetryRequest', true, [['the wire', retry.cookie]])
  same('a cookie in the second ClientHello', retry.cookie, [['the wire', clientHellos[1]?.cookie]])
}

/** Who doesn't tell isn't asked. */
function same(what: string, expected: unknown, seen: Seen): void {
  for (const [witness, value] of seen) {
    if (value === undefined || value === expected) continue
    throw new Error(`${what}: should be ${String(expected)}, is ${String(value)} as ${witness} tells it`)
  }
}

/** Alerts that say that a chain is not trusted (RFC 9846 section 6.2); which one is a matter of taste. */
const DISTRUST = new Set([
  'bad_certificate',
  'unsupported_certificate',
  'certificate_unknown',
  'unknown_ca',
  'access_denied',
  'decrypt_error',
])

/** A refused side must not get through, and the refuser must have said why. */
function checkRefusal(test: Case, subject: Subject, peer: Peer, encounter: Encounter): void {
  const { ours, errors, peerError } = encounter
  const refuser = test.refuser === test.role ? 'subject' : 'peer'
  if (ours.length > 0) throw new Error('the connection went well, and should have been refused')
  if (test.role === 'server' && peerError === undefined) throw new Error('the peer got an answer, and should not have')
  if (errors.length === 0) throw new Error('the subject met no error')
  if (!subject.tellsAll) return
  const refusals = errors.flatMap((error) => subject.refusalIn(error) ?? [])
  if (refusals.some(({ by, alert }) => by === refuser && DISTRUST.has(alert))) return
  const { refusal } = (test.role === 'client' ? peer.server : peer.client) ?? {}
  if (refuser === 'peer' && refusal && errors.some((error) => refusal.test(messageOf(error)))) return
  const seen = refusals.map(({ by, alert }) => `${alert} by the ${by}`).join(', ') || messageOf(errors[0])
  throw new Error(`should have been refused by the ${refuser} as not trusted, and was by ${seen}`)
}

function isEchRejected({ serverEch, clientEch }: Case): boolean {
  return clientEch !== undefined && clientEch !== serverEch
}

/** The name that is meant never shows. */
function checkHidden({ wires }: Encounter): void {
  const names = wires.flatMap(({ clientHellos }) => clientHellos.map(({ serverName }) => serverName))
  if (names.length === 0) throw new Error('no ClientHello was seen on the wire')
  for (const name of names) same('the name that is seen', PUBLIC_NAME, [['the wire', name ?? 'none']])
}

/**
 * The client ends a connection whose server proved the public name and no more, with the configurations that the
 * server gave, or the knowledge that it has none (RFC 9849 section 6.1.6).
 */
function checkEchRejection(
  { role }: Case,
  subject: Subject,
  { ours, errors, peerError }: Encounter,
  retryConfigs: Uint8Array | undefined,
): void {
  if (ours.length > 0 && role === 'client') throw new Error('the connection went well, and ECH should have been needed')
  if (role === 'server' && peerError === undefined) throw new Error('the peer got an answer, and should not have')
  const by = role === 'client' ? 'subject' : 'peer'
  const refusals = errors.flatMap((error) => subject.refusalIn(error) ?? [])
  const refusal = refusals.find(({ alert }) => alert === 'ech_required')
  if (refusal?.by !== by) throw errors[0] ?? new Error(`ech_required should have been sent by the ${by}, and was not`)
  const wanted = retryConfigs === undefined ? 'none' : Buffer.from(retryConfigs).toString('hex')
  if (role === 'server') {
    if (messageOf(peerError).includes(`retry configurations: ${wanted}`)) return
    throw new Error(`the peer should tell the retry configurations ${wanted}, and says: ${messageOf(peerError)}`)
  }
  const given = refusal.retryConfigs === undefined ? 'none' : Buffer.from(refusal.retryConfigs).toString('hex')
  same('the retry configurations', wanted, [['the subject', given]])
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** What was seen, for a person who looks into a failure. */
export function describeEncounter({ wires, errors, peerError, printed }: Encounter): string[] {
  const lines = errors.map((error) => `the subject met: ${messageOf(error)}`)
  if (peerError !== undefined) lines.push(`the peer met: ${messageOf(peerError)}`)
  for (const [at, wire] of wires.entries()) lines.push(`connection ${at + 1}:`, ...describeWire(wire))
  const text = printed.trim().slice(-2000)
  if (text !== '') lines.push('the peer printed:', ...text.split('\n').map((line) => `  ${line}`))
  return lines
}

function describeWire({ clientHellos, helloRetryRequest, serverHello, log }: Wire): string[] {
  const hellos = [
    ...clientHellos.map((hello) => `client_hello ${JSON.stringify(hello)}`),
    ...(helloRetryRequest ? [`hello_retry_request ${JSON.stringify(helloRetryRequest)}`] : []),
    ...(serverHello ? [`server_hello ${JSON.stringify(serverHello)}`] : []),
  ]
  return [...hellos, ...log.slice(0, 40)].map((line) => `  ${line}`)
}
