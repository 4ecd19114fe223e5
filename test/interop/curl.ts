/** curl as an HTTPS client; Debian's is built on OpenSSL, whose configuration file takes what curl has no option for. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

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
import { NotAvailable, type Peer } from './peer.ts'
import { SERVER_NAME } from './pki.ts'
import { CURVES } from './openssl.ts'
import { programOf, versionFrom } from './program.ts'

export const curlPeer: Peer = {
  name: 'curl',
  title: 'curl',
  subset: true,
  async version() {
    const version = await versionFrom('curl', ['--version'], /^curl (.*)$/m)
    const [, number, library] = /^(\S+).* (OpenSSL\/\S+)/.exec(version) ?? []
    if (!number || !library) throw new NotAvailable(`curl is built on another library than OpenSSL: ${version}`)
    return `${number} (${library.replace('/', ' ')})`
  },
  knows(version) {
    const [major = 0, minor = 0] = (/OpenSSL (\S+)\)/.exec(version)?.[1] ?? '').split('.').map(Number)
    const modern = major > 3 || (major === 3 && minor >= 5)
    return {
      groups: modern ? [...HYBRID_GROUPS, ...CLASSIC_GROUPS] : CLASSIC_GROUPS,
      schemes: modern ? [...CLASSIC_SCHEMES, ...MLDSA_SCHEMES] : CLASSIC_SCHEMES,
      suites: ALL_SUITES,
      // With --http2 it offers h2 and http/1.1; we answer HTTP/1.1 only.
      alpn: ['http/1.1'],
    }
  },
  knows12: () => ({
    groups: CLASSIC_GROUPS,
    schemes: [...CLASSIC_SCHEMES, ...PKCS1_SCHEMES],
    suites: ALL_SUITES_12,
    alpn: ['http/1.1'],
  }),
  client: {
    speech: 'http',
    closers: ['server'],
    keyShares: 'told',
    async run(settings, port, run) {
      const { version, server, identity, groups, keyShares, schemes, suites, alpn } = settings
      const configuration = join(run.folder, 'openssl.cnf')
      const body = join(run.folder, 'body')
      await Promise.all([
        writeFile(configuration, opensslConfiguration(version, schemes)),
        writeFile(body, run.payload),
      ])
      const args = ['--disable', '--silent', '--show-error', '--verbose', '--fail', '--noproxy', '*']
      args.push(...(version ? ['--tlsv1.2', '--tls-max', '1.2'] : ['--tlsv1.3']))
      args.push('--cacert', server.files.root, '--resolve', `${SERVER_NAME}:${port}:127.0.0.1`)
      if (identity) args.push('--cert', identity.files.chain, '--key', identity.files.key)
      // OpenSSL sends a key share of the first group of its list.
      const ordered = groups && [...(keyShares ?? []), ...groups.filter((group) => !keyShares?.includes(group))]
      if (ordered) args.push('--curves', ordered.map((group) => CURVES[group] ?? group).join(':'))
      if (suites) args.push(version ? '--ciphers' : '--tls13-ciphers', suites.map(opensslSuite).join(':'))
      args.push(alpn ? '--http1.1' : '--no-alpn')
      if (run.fetch) args.push(`https://${SERVER_NAME}:${port}/`)
      else args.push('--data-binary', `@${body}`, `https://${SERVER_NAME}:${port}/echo`)
      const child = new Child(programOf('curl'), args, {
        deadline: run.deadline,
        input: '',
        env: { OPENSSL_CONF: configuration, HOME: run.folder },
      })
      await child.succeeded()
      const connection = /SSL connection using (TLSv[\d.]+) \/ (\S+)/.exec(child.stderr)
      // On "Connection: close" it doesn't read the end of the stream: it got all it was promised.
      return { version: connection?.[1], suite: suiteOfOpenssl(connection?.[2]), answer: child.stdout }
    },
  },
}

function opensslConfiguration(version: string | undefined, schemes: readonly string[] | undefined): string {
  const lines = ['openssl_conf = init', '[init]', 'ssl_conf = ssl', '[ssl]', 'system_default = tls', '[tls]']
  lines.push(`MinProtocol = ${version ? 'TLSv1.2' : 'TLSv1.3'}`)
  if (schemes) lines.push(`SignatureAlgorithms = ${schemes.join(':')}`)
  return `${lines.join('\n')}\n`
}
