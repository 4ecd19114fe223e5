/**
 * NSS's programs: `selfserv` and `tstclnt`. They want their certificates in a database, made here with certutil and
 * pk12util, one per pair of identity and root, kept as long as the run.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Child, findCommand, run } from './child.ts'
import {
  ALL_SUITES,
  ALL_SUITES_12,
  CLASSIC_GROUPS,
  ECDSA_SCHEMES,
  type GroupName,
  PKCS1_SCHEMES,
  RSAE_SCHEMES,
  SUITES,
  type SuiteName,
} from './names.ts'
import type { Account, Peer, Run, Settings } from './peer.ts'
import { type Identity, SERVER_NAME } from './pki.ts'
import { onFreePort, programOf, versionFrom } from './program.ts'

export const nssPeer: Peer = {
  name: 'nss',
  title: 'NSS',
  subset: true,
  recordSizes: true,
  version: readVersion,
  knows: () => ({
    groups: CLASSIC_GROUPS,
    schemes: [...ECDSA_SCHEMES, ...RSAE_SCHEMES],
    suites: ALL_SUITES,
    // selfserv's only one; tstclnt has no option for it.
    alpn: ['http/1.1'],
  }),
  knows12: () => ({
    groups: CLASSIC_GROUPS,
    schemes: [...ECDSA_SCHEMES, ...RSAE_SCHEMES, ...PKCS1_SCHEMES],
    suites: ALL_SUITES_12,
    alpn: ['http/1.1'],
  }),
  server: {
    speech: 'mirror',
    closers: ['server'],
    cookie: true,
    // It reads a request into a buffer of 10,240 bytes.
    capacity: 4096,
    async start(settings, { deadline }) {
      const { identity, client, alpn } = settings
      const database = await databaseFor(identity, client)
      const args = ['-d', `sql:${database}`, '-n', identity.name, '-v', ...common(settings)]
      if (client) args.push('-r', '-r')
      if (alpn) args.push('-Q')
      return onFreePort(async (port) => {
        const child = new Child(programOf('selfserv'), [...args, '-p', String(port)], { deadline })
        await child.until('it listened', () => /About to call accept/.test(child.output))
        return {
          target: { port },
          async stop() {
            await child.stop('SIGKILL')
            return { ...accountOf(child.output), clientCertificate: /subject DN: CN=client/.test(child.output) }
          },
          output: () => child.output,
        }
      })
    },
  },
  client: {
    speech: 'echo',
    // When its input ends it shuts the socket down without a close_notify.
    closers: ['server'],
    keyShares: 'told',
    noAlpn: true,
    staples: true,
    asksLate: true,
    async run(settings, port, run) {
      const { server, identity, keyShares, groups, asksLate } = settings
      const database = await databaseFor(identity, server)
      const args = ['-4', '-h', '127.0.0.1', '-a', SERVER_NAME, '-p', String(port), '-d', `sql:${database}`, '-v']
      // It sends a key share of the first group of its list.
      const ordered = groups && [...(keyShares ?? []), ...groups.filter((group) => !keyShares?.includes(group))]
      args.push(...common({ ...settings, ...(ordered && { groups: ordered }) }))
      if (identity) args.push('-n', identity.name)
      if (asksLate) args.push('-E')
      if (settings.staples) args.push('-T')
      const child = new Child(programOf('tstclnt'), args, { deadline: run.deadline })
      const answer = await talk(child, run)
      const serverScheme = /Signature Scheme: (\S+)/.exec(child.stderr)?.[1]
      const closed = CLOSED.test(child.stderr)
      return { ...accountOf(child.stderr), serverScheme, ...(closed && { ending: 'close_notify' as const }), answer }
    },
  },
  async dispose() {
    databases.clear()
    const folder = await home
    home = undefined
    if (folder) await rm(folder, { recursive: true, force: true })
  },
}

/** The programs don't say; the library is a package of the same source and version. */
async function readVersion(): Promise<string> {
  for (const name of ['selfserv', 'tstclnt', 'certutil', 'pk12util', 'openssl']) programOf(name)
  if (!findCommand('dpkg-query')) return 'of unknown version'
  return versionFrom('dpkg-query', ['-W', '-f', '${Version}', 'libnss3-tools'], /^(?:\d+:)?(\S+?)(?:-|$)/)
}

/** tstclnt goes on reading its input when the server has closed: its input is closed then. */
async function talk(child: Child, { payload }: Run): Promise<Buffer> {
  child.write(payload)
  const answer = await child.until('the whole answer came', () => {
    const { stdout } = child
    return stdout.length >= payload.length ? stdout : undefined
  })
  await child.until('the server closed', () => CLOSED.test(child.stderr))
  child.endInput()
  await child.succeeded()
  return answer
}

/** A read of nothing is the server's close_notify; a stream cut short is an error of -1. */
const CLOSED = /Read from server 0 bytes/

function common({ version, groups, schemes, suites }: Settings): string[] {
  const args = ['-V', version ? 'tls1.2:tls1.2' : 'tls1.3:tls1.3']
  if (groups) args.push('-I', groups.map((group) => GROUP_WORDS[group] ?? group).join(','))
  if (schemes) args.push('-J', schemes.join(','))
  if (suites) args.push('-c', suites.map((suite) => `:${SUITES[suite].toString(16)}`).join(''))
  return args
}

const GROUP_WORDS: Partial<Record<GroupName, string>> = { secp256r1: 'P256', secp384r1: 'P384', secp521r1: 'P521' }

function accountOf(output: string): Account {
  const cipher = /SSL version 3\.(3|4) using (\d+)-bit (\S+)/.exec(output)
  const known: Partial<Record<string, SuiteName>> = {
    '128-bit AES-GCM': 'TLS_AES_128_GCM_SHA256',
    '256-bit AES-GCM': 'TLS_AES_256_GCM_SHA384',
    '256-bit ChaCha20-Poly1305': 'TLS_CHACHA20_POLY1305_SHA256',
  }
  return {
    version: cipher ? (cipher[1] === '4' ? 'TLSv1.3' : 'TLSv1.2') : undefined,
    // Of a suite of TLS 1.2 this says too little.
    suite: cipher?.[1] === '4' ? known[`${cipher[2]}-bit ${cipher[3]}`] : undefined,
  }
}

let home: Promise<string> | undefined
const databases = new Map<string, Promise<string>>()

/** A database with an identity's certificate and key and another's root, trusted to issue either kind. */
function databaseFor(identity: Identity | undefined, root: Identity | undefined): Promise<string> {
  const name = `${identity?.name ?? 'nobody'}-${root?.name ?? 'nobody'}`
  let made = databases.get(name)
  if (!made) {
    made = makeDatabase(name, identity, root)
    databases.set(name, made)
  }
  return made
}

async function makeDatabase(name: string, identity: Identity | undefined, root: Identity | undefined): Promise<string> {
  home ??= mkdtemp(join(tmpdir(), 'handfast-interop-nss-'))
  const folder = await mkdtemp(join(await home, `${name}-`))
  const deadline = 20_000
  const nss = (program: string, ...args: string[]): Promise<string> =>
    run(programOf(program), [...args, '-d', `sql:${folder}`], { deadline })
  await nss('certutil', '-N', '--empty-password')
  if (identity) {
    const bundle = join(folder, 'identity.p12')
    const { chain, key } = identity.files
    const args = ['pkcs12', '-export', '-in', chain, '-inkey', key, '-name', identity.name, '-out', bundle]
    await run(programOf('openssl'), [...args, '-passout', 'pass:interop'], { deadline })
    await nss('pk12util', '-i', bundle, '-W', 'interop')
  }
  if (root) await nss('certutil', '-A', '-n', 'root', '-t', 'CT,CT,CT', '-a', '-i', root.files.root)
  return folder
}
