/** OpenSSL's command: `s_server` and `s_client`. */
import { Child } from './child.ts'
import {
  ALL_SUITES,
  ALL_SUITES_12,
  CLASSIC_GROUPS,
  CLASSIC_SCHEMES,
  HYBRID_GROUPS,
  MLDSA_SCHEMES,
  opensslSuite,
  PKCS1_SCHEMES,
  suiteOfOpenssl,
} from './names.ts'
import type { Account, Peer, Settings } from './peer.ts'
import { SERVER_NAME } from './pki.ts'
import { chat, programOf, versionFrom } from './program.ts'

export const opensslPeer: Peer = {
  name: 'openssl',
  title: 'OpenSSL',
  subset: true,
  version: () => versionFrom('openssl', ['version'], /^OpenSSL (\S+)/),
  knows(version) {
    const [major = 0, minor = 0] = version.split('.').map(Number)
    const modern = major > 3 || (major === 3 && minor >= 5)
    return {
      groups: modern ? [...HYBRID_GROUPS, ...CLASSIC_GROUPS] : CLASSIC_GROUPS,
      schemes: modern ? [...CLASSIC_SCHEMES, ...MLDSA_SCHEMES] : CLASSIC_SCHEMES,
      suites: ALL_SUITES,
      alpn: ['h2', 'http/1.1', 'handfast'],
    }
  },
  knows12: () => ({
    groups: CLASSIC_GROUPS,
    schemes: [...CLASSIC_SCHEMES, ...PKCS1_SCHEMES],
    suites: ALL_SUITES_12,
    alpn: ['h2', 'http/1.1', 'handfast'],
  }),
  server: {
    // One line at a time; the word CLOSE makes it close.
    speech: 'reverse',
    closers: ['client', 'server'],
    staples: true,
    async start(settings, { deadline }) {
      const { identity, client, alpn, staples } = settings
      const args = ['s_server', '-accept', '127.0.0.1:0', '-naccept', '1', '-rev']
      args.push('-cert', identity.files.chain, '-cert_chain', identity.files.chain, '-key', identity.files.key)
      if (client) args.push('-Verify', '5', '-verify_return_error', '-CAfile', client.files.root)
      if (alpn) args.push('-alpn', alpn.join(','))
      if (staples) args.push('-status_file', identity.files.ocspResponse)
      args.push(...common(settings))
      const child = new Child(programOf('openssl'), args, { deadline })
      const port = await child.until('it listened', () => /^ACCEPT .*:(\d+)$/m.exec(child.output)?.[1])
      return {
        target: { port: Number(port) },
        async stop() {
          // It ends by itself after its one connection; what it printed is whole then.
          await Promise.race([child.exited, new Promise((resolve) => setTimeout(resolve, 1000).unref())])
          await child.stop()
          return accountOf(child.output, 'server')
        },
        output: () => child.output,
      }
    },
  },
  client: {
    speech: 'echo',
    closers: ['client', 'server'],
    keyShares: 'told',
    staples: true,
    asksLate: true,
    async run(settings, port, run) {
      const { server, identity, keyShares, groups, alpn, asksLate, staples } = settings
      const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-nocommands', '-no_ign_eof', '-brief']
      args.push('-servername', SERVER_NAME, '-verify_hostname', SERVER_NAME, '-verify_return_error')
      args.push('-CAfile', server.files.root, '-no-CApath', '-no-CAstore')
      if (identity) {
        args.push('-cert', identity.files.chain, '-cert_chain', identity.files.chain, '-key', identity.files.key)
      }
      if (asksLate) args.push('-enable_pha')
      if (staples) args.push('-status')
      if (alpn) args.push('-alpn', alpn.join(','))
      // It sends a key share of the first group of its list.
      const ordered = groups && [...(keyShares ?? []), ...groups.filter((group) => !keyShares?.includes(group))]
      args.push(...common({ ...settings, ...(ordered && { groups: ordered }) }))
      const child = new Child(programOf('openssl'), args, { deadline: run.deadline })
      const answer = await chat(child, run)
      return { ...accountOf(child.stderr, 'client'), ending: endingOf(child.stderr), answer }
    },
  },
}

function common({ version, groups, schemes, suites }: Settings): string[] {
  const args: string[] = [version ? '-tls1_2' : '-tls1_3']
  if (groups) args.push('-groups', groups.map((group) => CURVES[group] ?? group).join(':'))
  if (schemes) args.push('-sigalgs', schemes.join(':'))
  if (suites) args.push(version ? '-cipher' : '-ciphersuites', suites.map(opensslSuite).join(':'))
  return args
}

/** Names OpenSSL had before it took the registry's. */
export const CURVES: Readonly<Record<string, string>> = {
  x25519: 'X25519',
  secp256r1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
}

/** Both programs print the same summary: `-brief`, and what `-rev` implies. */
function accountOf(output: string, role: 'client' | 'server'): Account {
  const find = (pattern: RegExp): string | undefined => pattern.exec(output)?.[1]
  const peerCertificate = find(/^Peer certificate: (.*)$/m)
  return {
    version: find(/^Protocol version: (\S+)$/m),
    suite: suiteOfOpenssl(find(/^Ciphersuite: (\S+)$/m)),
    ...(role === 'server' &&
      output.includes('CONNECTION ESTABLISHED') && { clientCertificate: peerCertificate !== undefined }),
  }
}

function endingOf(output: string): 'truncated' | undefined {
  return /unexpected eof/.test(output) ? 'truncated' : undefined
}
