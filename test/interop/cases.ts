/**
 * The cases, as data: for a peer and a role, what each forces on either side and what must come of it. They are all
 * drawn from what both sides know; a new peer or a new group brings its cases with it.
 */
import { ALL_SUITES_12, type GroupName, type Knowledge, type SchemeName, type SuiteName, bothKnow } from './names.ts'
import type { Closer, Peer, Settings } from './peer.ts'
import { CHAIN_SCHEME, type EchKeyKind, type IdentityKind } from './pki.ts'

export interface Case {
  peer: string
  /** The subject's role. */
  role: 'client' | 'server'
  name: string
  serverIdentity: IdentityKind
  /** Present: mutual authentication. */
  clientIdentity?: IdentityKind
  server: Settings & { cookie?: boolean }
  client: Settings & { keyShares?: readonly GroupName[] }
  /** The server has this ECH key. */
  serverEch?: EchKeyKind
  /** The client hides the name for this key. Another than the server's, or none there: the connection must not be. */
  clientEch?: EchKeyKind
  /** This side trusts another root than the other's, of the same name, and must refuse its certificate. */
  refuser?: 'client' | 'server'
  /** The subject moves to new keys in the middle of its data and asks the peer to do the same. */
  updatesKeys?: boolean
  /** By way of `handfast connect` or `handfast serve` as separate processes. */
  byCommand?: boolean
  /** Bytes of application data. */
  size: number
  closer: Closer
  expects: Expectation
}

/** What must be seen; what is absent may be anything both sides agree on. */
export interface Expectation {
  group?: GroupName
  suite?: SuiteName
  serverScheme?: SchemeName
  clientScheme?: SchemeName
  /** Default: anything. */
  compression?: string
  /** Default: none negotiated. */
  alpn?: string
  /** Default: no retry. With `plain` the server may still send a cookie, as some always do. */
  retry?: 'plain' | 'cookie' | 'any'
}

/** What the subject can be told beyond its knowledge. */
export interface SubjectAbilities {
  knows: Knowledge
  cookie: boolean
  updatesKeys: boolean
  ech: boolean
  rawKeys?: boolean
  asksLate?: boolean
  /** It staples, compresses certificates, and limits records. */
  extras?: boolean
  /** It has a command. */
  command?: unknown
}

const DEFAULT_SIZE = 2000
const BULK_SIZE = 256 * 1024

/** Every case of a peer with the subject in a role; empty when the peer has not the other role. */
export function casesOf(peer: Peer, version: string, role: 'client' | 'server', subject: SubjectAbilities): Case[] {
  const theirs = role === 'client' ? peer.server : peer.client
  if (!theirs) return []
  const knows = peer.knows(version)
  const groups = bothKnow(subject.knows.groups, knows.groups)
  const schemes = bothKnow(subject.knows.schemes, knows.schemes)
  const clientSchemes = bothKnow(subject.knows.schemes, knows.clientSchemes ?? knows.schemes)
  const [closer = 'client', ...otherClosers] = theirs.closers
  const plain: Case = {
    peer: peer.name,
    role,
    name: 'full handshake',
    serverIdentity: 'chain',
    server: {},
    client: {},
    size: Math.min(DEFAULT_SIZE, theirs.capacity ?? DEFAULT_SIZE),
    closer,
    // Nothing is forced: both sides must come to the hybrid by themselves.
    expects: groups.includes('X25519MLKEM768') ? { group: 'X25519MLKEM768' } : {},
  }
  const mayRetry = role === 'server' && peer.client?.keyShares !== 'told'
  // As an echo the command leaves it to the client to close first.
  const isForCommand = subject.command !== undefined && (theirs.speech !== 'echo' || theirs.closers.includes('client'))
  return [
    ...cases12Of(plain, peer, version, subject, isForCommand),
    plain,
    ...mutualCases(plain, clientSchemes),
    ...groups.map((group) => groupCase(plain, group, mayRetry)),
    ...schemes.map((scheme) => schemeCase(plain, scheme)),
    ...bothKnow(subject.knows.suites, knows.suites).map((suite) => suiteCase(plain, suite)),
    ...retryCases(plain, peer, groups),
    ...(role === 'server' && subject.cookie ? [cookieCase(plain, peer.client?.cookieWithGroup === true)] : []),
    ...(role === 'server' && peer.client?.noAlpn ? [] : alpnCases(plain, knows.alpn)),
    ...(theirs.capacity === undefined ? [{ ...plain, name: 'application data, 256 KiB', size: BULK_SIZE }] : []),
    ...(isForCommand ? [commandCase(plain, clientSchemes.length > 0)] : []),
    refusalCase(plain, 'client'),
    ...(clientSchemes.length > 0 ? [refusalCase({ ...plain, clientIdentity: 'chain' }, 'server')] : []),
    ...rawKeyCases(plain, peer, subject),
    ...(subject.asksLate && theirs.asksLate && clientSchemes.length > 0 ? [lateCase(plain)] : []),
    ...(subject.extras ? extraCases(plain, peer) : []),
    ...(subject.updatesKeys ? [{ ...plain, name: 'KeyUpdate both ways', updatesKeys: true }] : []),
    ...(subject.ech ? echCases(plain, peer, version, groups, isForCommand) : []),
    ...otherClosers.map((other) => ({ ...plain, name: `the ${other} closes first`, closer: other })),
  ]
}

/** RFC 9849: with a peer that has ECH, all there is; with others, what they make of ours. */
function echCases(
  plain: Case,
  peer: Peer,
  version: string,
  groups: readonly GroupName[],
  isForCommand: boolean,
): Case[] {
  const isClient = plain.role === 'client'
  const lacking: Case[] = isClient
    ? [{ ...plain, name: 'ECH, and a server without', clientEch: 'current' }]
    : [{ ...plain, name: 'a server with ECH, and a client without', serverEch: 'current' }]
  if (isClient && peer.knows12?.(version) !== undefined) {
    lacking.push({
      ...plain,
      name: 'ECH, and a server of TLS 1.2',
      server: { version: 'TLS 1.2' },
      clientEch: 'current',
    })
  }
  if (peer.knows(version).ech !== true) return lacking
  const accepted: Case = { ...plain, name: 'ECH', serverEch: 'current', clientEch: 'current' }
  const verb = isClient ? 'connect' : 'serve'
  return [
    ...lacking,
    accepted,
    ...retryCases(plain, peer, groups).map((retry) => ({ ...accepted, ...retry, name: `ECH, ${retry.name}` })),
    ...(isForCommand ? [{ ...accepted, name: `handfast ${verb}, ECH`, byCommand: true }] : []),
    { ...accepted, name: 'ECH for a key that the server has no more', clientEch: 'former' },
    ...(isClient ? [] : [{ ...plain, name: 'ECH, and a server without', clientEch: 'current' as const }]),
  ]
}

/** What is left of the cases in TLS 1.2, where both sides are held to it. */
function cases12Of(base: Case, peer: Peer, version: string, subject: SubjectAbilities, isForCommand: boolean): Case[] {
  const knows = peer.knows12?.(version)
  if (knows === undefined) return []
  const held = { version: 'TLS 1.2' } as const
  const plain: Case = { ...base, server: held, client: held, expects: {} }
  const schemes = bothKnow(subject.knows.schemes, knows.schemes)
  const clientSchemes = bothKnow(subject.knows.schemes, knows.clientSchemes ?? knows.schemes)
  const suites = bothKnow(ALL_SUITES_12, knows.suites)
  const cases = [
    plain,
    ...mutualCases(plain, clientSchemes).map(bothWith),
    // The key of the certificate is on a curve of its own, which must be among them too (RFC 8422 section 5.1).
    ...bothKnow(subject.knows.groups, knows.groups).map((group) => {
      const test = groupCase(plain, group, false)
      const groups: GroupName[] = [...new Set<GroupName>([group, 'secp256r1'])]
      return { ...test, server: { ...held, groups }, client: { ...held, groups } }
    }),
    ...schemes.map((scheme) => schemeCase(plain, scheme)),
    ...suites.map((suite) => suite12Case(plain, suite)),
    ...(plain.role === 'server' && peer.client?.noAlpn ? [] : alpnCases(plain, knows.alpn)),
    ...(isForCommand ? [commandCase(plain, clientSchemes.length > 0)] : []),
    refusalCase(plain, 'client'),
    ...(clientSchemes.length > 0 ? [refusalCase({ ...plain, clientIdentity: 'chain' }, 'server')] : []),
    ...rawKeyCases(plain, peer, subject),
    ...(subject.extras ? extraCases(plain, peer) : []),
  ]
  return cases.map((test) => ({
    ...test,
    name: `TLS 1.2, ${test.name}`,
    server: { ...test.server, ...held },
    client: { ...test.client, ...held },
  }))
}

/** No ECDSA scheme is bound to one curve: both sides have a key for the one scheme in question. */
function bothWith(test: Case): Case {
  const { clientIdentity: kind } = test
  if (kind === undefined || kind === 'chain' || kind === 'impostor' || !kind.startsWith('ecdsa_')) return test
  const forced = { schemes: [kind] }
  const expects = { ...test.expects, serverScheme: kind }
  return { ...test, serverIdentity: kind, server: forced, client: forced, expects }
}

/** A suite says what kind of key the server has. */
function suite12Case(plain: Case, suite: SuiteName): Case {
  const test = suiteCase(plain, suite)
  if (suite.startsWith('TLS_ECDHE_ECDSA')) return test
  const scheme: SchemeName = 'rsa_pss_rsae_sha256'
  const forced = { suites: [suite], schemes: [scheme] }
  return { ...test, serverIdentity: scheme, server: forced, client: forced, expects: { suite, serverScheme: scheme } }
}

/** `mayRetry`: the client can't be told which key share to send. */
function groupCase(plain: Case, group: GroupName, mayRetry: boolean): Case {
  const forced = { groups: [group] }
  const expects: Expectation = { group, ...(mayRetry && { retry: 'any' }) }
  return { ...plain, name: `group ${group}`, server: forced, client: forced, expects }
}

function suiteCase(plain: Case, suite: SuiteName): Case {
  const forced = { suites: [suite] }
  return { ...plain, name: `cipher suite ${suite}`, server: forced, client: forced, expects: { suite } }
}

function schemeCase(plain: Case, scheme: SchemeName): Case {
  const forced = { schemes: [scheme] }
  return {
    ...plain,
    name: `server certificate ${scheme}`,
    serverIdentity: scheme,
    server: forced,
    client: forced,
    expects: { serverScheme: scheme },
  }
}

function mutualCases(plain: Case, schemes: readonly SchemeName[]): Case[] {
  if (schemes.length === 0) return []
  const mutual: Case = { ...plain, name: 'mutual authentication', clientIdentity: 'chain' }
  return [
    { ...mutual, expects: { ...plain.expects, clientScheme: CHAIN_SCHEME } },
    ...schemes.map((scheme): Case => {
      // The server's certificate must stay acceptable beside the scheme in question.
      const forced = { schemes: [...new Set([scheme, CHAIN_SCHEME])] as SchemeName[] }
      return {
        ...mutual,
        name: `client certificate ${scheme}`,
        serverIdentity: CHAIN_SCHEME,
        clientIdentity: scheme,
        server: forced,
        client: forced,
        expects: { clientScheme: scheme },
      }
    }),
  ]
}

/** The client's only key share is of a group the server does not accept: RFC 9846 section 4.2.4. */
function retryCases(plain: Case, peer: Peer, groups: readonly GroupName[]): Case[] {
  const shares = plain.role === 'client' ? 'told' : (peer.client?.keyShares ?? 'told')
  const from = shares === 'told' ? 'x25519' : shares
  const wanted: GroupName[] = shares === 'told' ? ['secp384r1', 'X25519MLKEM768'] : ['secp384r1']
  const cookie = plain.role === 'client' && peer.server?.cookie === true
  return bothKnow(wanted, groups).map((group) => ({
    ...plain,
    name: `HelloRetryRequest ${cookie ? 'with a cookie ' : ''}from ${from} to ${group}`,
    server: { groups: [group] },
    client: { groups: [from, group], keyShares: [from] },
    expects: { group, retry: cookie ? 'cookie' : 'plain' },
  }))
}

function cookieCase(plain: Case, withGroup: boolean): Case {
  const expects: Expectation = { retry: 'cookie' }
  if (!withGroup) return { ...plain, name: 'HelloRetryRequest for a cookie', server: { cookie: true }, expects }
  return {
    ...plain,
    name: 'HelloRetryRequest for a cookie and another group',
    server: { cookie: true, groups: ['secp384r1'] },
    client: { groups: ['x25519', 'secp384r1'], keyShares: ['x25519'] },
    expects: { ...expects, group: 'secp384r1' },
  }
}

/** Raw public keys (RFC 7250): of the server, of both, and one that the subject does not know. */
function rawKeyCases(plain: Case, peer: Peer, subject: SubjectAbilities): Case[] {
  if (!peer.rawKeys || !subject.rawKeys) return []
  const raw: Case = { ...plain, server: { ...plain.server, rawKeys: true }, client: { ...plain.client, rawKeys: true } }
  const mutual: Case = { ...raw, clientIdentity: 'chain', expects: { ...plain.expects, clientScheme: CHAIN_SCHEME } }
  return [
    { ...raw, name: 'raw public key of the server' },
    { ...mutual, name: 'raw public keys of both' },
    { ...mutual, name: `the ${plain.role} refuses a raw public key that it does not know`, refuser: plain.role },
  ]
}

/** OCSP responses, a compressed certificate, and short records: from those that can be told so. */
function extraCases(plain: Case, peer: Peer): Case[] {
  const theirs = plain.role === 'client' ? peer.server : peer.client
  const isTls13 = plain.server.version === undefined
  // gnutls-cli sends what fits into one record, and forgets the rest. The certificates need several in any case.
  const size = plain.role === 'server' ? 400 : plain.size
  const both = (settings: Settings): Pick<Case, 'server' | 'client'> => ({
    server: { ...plain.server, ...settings },
    client: { ...plain.client, ...settings },
  })
  return [
    ...(theirs?.staples ? [{ ...plain, name: 'a stapled OCSP response', ...both({ staples: true }) }] : []),
    ...(plain.role === 'server' && peer.compression && isTls13
      ? [{ ...plain, name: 'our certificate compressed', expects: { ...plain.expects, compression: peer.compression } }]
      : []),
    ...(peer.recordSizes
      ? [{ ...plain, name: 'records of at most 512 bytes', size, ...both({ recordSize: 512 }) }]
      : []),
  ]
}

/** The client shows its certificate when it is asked while data flows. */
function lateCase(plain: Case): Case {
  return {
    ...plain,
    name: 'the client is asked for its certificate after the handshake',
    clientIdentity: 'chain',
    server: { asksLate: true },
    client: { asksLate: true },
    expects: { ...plain.expects, clientScheme: CHAIN_SCHEME },
  }
}

function commandCase(plain: Case, isMutual: boolean): Case {
  const verb = plain.role === 'client' ? 'connect' : 'serve'
  const mutual = { clientIdentity: 'chain', expects: { ...plain.expects, clientScheme: CHAIN_SCHEME } } as const
  return { ...plain, name: `handfast ${verb}, mutual authentication`, ...(isMutual && mutual), byCommand: true }
}

function refusalCase(plain: Case, refuser: 'client' | 'server'): Case {
  const other = refuser === 'client' ? 'server' : 'client'
  return { ...plain, name: `the ${refuser} refuses the ${other}'s certificate`, refuser }
}

/** A protocol of our own where the peer can be told one, with others about it on both sides; else http/1.1. */
function alpnCases(plain: Case, protocols: readonly string[]): Case[] {
  if (protocols.length === 0) return []
  if (!protocols.includes('handfast')) {
    const forced = { alpn: ['http/1.1'] }
    return [{ ...plain, name: 'ALPN http/1.1', server: forced, client: forced, expects: { alpn: 'http/1.1' } }]
  }
  return [
    {
      ...plain,
      name: 'ALPN, a protocol of our own',
      server: { alpn: ['handfast', 'http/1.1'] },
      client: { alpn: ['h2', 'handfast'] },
      expects: { alpn: 'handfast' },
    },
  ]
}
