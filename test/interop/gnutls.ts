/** GnuTLS's programs: `gnutls-serv` and `gnutls-cli`. */
import { join } from 'node:path'
import { readFile } from 'node:fs/promises'

import { Child } from './child.ts'
import {
  ALL_SUITES,
  CLASSIC_GROUPS,
  CLASSIC_SCHEMES,
  type GroupName,
  type SchemeName,
  type SuiteName,
} from './names.ts'
import type { Account, Peer, Settings } from './peer.ts'
import { SERVER_NAME } from './pki.ts'
import { chat, onFreePort, programOf, versionFrom } from './program.ts'

export const gnutlsPeer: Peer = {
  name: 'gnutls',
  title: 'GnuTLS',
  subset: true,
  version: () => versionFrom('gnutls-serv', ['--version'], /^gnutls-serv (\S+)/),
  knows: () => ({
    groups: CLASSIC_GROUPS,
    schemes: CLASSIC_SCHEMES,
    suites: ALL_SUITES,
    alpn: ['h2', 'http/1.1', 'handfast'],
  }),
  server: {
    speech: 'echo',
    closers: ['client'],
    start(settings, { deadline }) {
      const { identity, client, alpn } = settings
      const args = ['--echo', '--nodb', '--noticket', '--priority', priority(settings)]
      args.push('--x509certfile', identity.files.chain, '--x509keyfile', identity.files.key)
      if (client) args.push('--require-client-cert', '--verify-client-cert', '--x509cafile', client.files.root)
      else args.push('--disable-client-cert')
      for (const protocol of alpn ?? []) args.push('--alpn', protocol)
      return onFreePort(async (port) => {
        const child = new Child(programOf('gnutls-serv'), [...args, '--port', String(port)], { deadline })
        await child.until('it listened', () => /listening on IPv4 .*done/.test(child.output))
        return {
          target: { port },
          async stop() {
            await child.stop()
            return { ...accountOf(child.output), clientCertificate: /^- Got a certificate list/m.test(child.output) }
          },
          output: () => child.output,
        }
      })
    },
  },
  client: {
    speech: 'echo',
    closers: ['client', 'server'],
    keyShares: 'told',
    leavesOpen: true,
    cookieWithGroup: true,
    async run(settings, port, run) {
      const { server, identity, alpn, keyShares, groups } = settings
      const log = join(run.folder, 'gnutls-cli.log')
      const ordered = groups && [...(keyShares ?? []), ...groups.filter((group) => !keyShares?.includes(group))]
      const args = ['--port', String(port), '--logfile', log, '--verbose']
      args.push('--priority', priority({ ...settings, ...(ordered && { groups: ordered }) }))
      args.push('--x509cafile', server.files.root, '--sni-hostname', SERVER_NAME, '--verify-hostname', SERVER_NAME)
      if (identity) args.push('--x509certfile', identity.files.chain, '--x509keyfile', identity.files.key)
      if (keyShares?.length === 1) args.push('--single-key-share')
      for (const protocol of alpn ?? []) args.push('--alpn', protocol)
      const child = new Child(programOf('gnutls-cli'), [...args, '127.0.0.1'], { deadline: run.deadline })
      try {
        const answer = await chat(child, run)
        const output = await readFile(log, 'latin1')
        const closed = /Peer has closed the GnuTLS connection/.test(output)
        return { ...accountOf(output), ...(closed && { ending: 'close_notify' as const }), answer }
      } catch (error) {
        const output = await readFile(log, 'latin1').catch(() => '')
        throw new Error(`${error instanceof Error ? error.message : String(error)}\n${output.slice(-1500)}`, {
          cause: error,
        })
      }
    },
  },
}

/** GnuTLS is told everything by one priority string, in names of its own. */
function priority({ groups, schemes, suites }: Settings): string {
  const words = ['NORMAL', '-VERS-ALL', '+VERS-TLS1.3']
  if (groups) words.push('-GROUP-ALL', ...groups.map((group) => `+GROUP-${GROUP_WORDS[group]}`))
  if (schemes) words.push('-SIGN-ALL', ...schemes.map((scheme) => `+SIGN-${SCHEME_WORDS[scheme]}`))
  if (suites) words.push('-CIPHER-ALL', ...suites.map((suite) => `+${SUITE_WORDS[suite]}`))
  return words.join(':')
}

const GROUP_WORDS: Readonly<Record<GroupName, string>> = {
  x25519: 'X25519',
  secp256r1: 'SECP256R1',
  secp384r1: 'SECP384R1',
  secp521r1: 'SECP521R1',
  X25519MLKEM768: 'X25519-MLKEM768',
  SecP256r1MLKEM768: 'SECP256R1-MLKEM768',
  SecP384r1MLKEM1024: 'SECP384R1-MLKEM1024',
}

const SCHEME_WORDS: Readonly<Record<SchemeName, string>> = {
  ecdsa_secp256r1_sha256: 'ECDSA-SECP256R1-SHA256',
  ecdsa_secp384r1_sha384: 'ECDSA-SECP384R1-SHA384',
  ecdsa_secp521r1_sha512: 'ECDSA-SECP521R1-SHA512',
  ed25519: 'EDDSA-ED25519',
  rsa_pss_rsae_sha256: 'RSA-PSS-RSAE-SHA256',
  rsa_pss_rsae_sha384: 'RSA-PSS-RSAE-SHA384',
  rsa_pss_rsae_sha512: 'RSA-PSS-RSAE-SHA512',
  rsa_pss_pss_sha256: 'RSA-PSS-SHA256',
  rsa_pss_pss_sha384: 'RSA-PSS-SHA384',
  rsa_pss_pss_sha512: 'RSA-PSS-SHA512',
  mldsa44: 'ML-DSA-44',
  mldsa65: 'ML-DSA-65',
  mldsa87: 'ML-DSA-87',
}

const SUITE_WORDS: Readonly<Record<SuiteName, string>> = {
  TLS_AES_128_GCM_SHA256: 'AES-128-GCM',
  TLS_AES_256_GCM_SHA384: 'AES-256-GCM',
  TLS_CHACHA20_POLY1305_SHA256: 'CHACHA20-POLY1305',
}

function accountOf(output: string): Account {
  const find = (pattern: RegExp): string => pattern.exec(output)?.[1] ?? ''
  const description = /^- Description: \((TLS[\d.]+)-X\.509\)-\((?:HYBRID|ECDHE)-([^)]*)\)-\([^)]*\)-\(([^)]*)\)/m.exec(
    output,
  )
  return {
    version: description?.[1]?.replace('TLS', 'TLSv'),
    group: nameFor(GROUP_WORDS, description?.[2] ?? ''),
    suite: nameFor(SUITE_WORDS, description?.[3] ?? ''),
    serverScheme: nameFor(SCHEME_WORDS, find(/^- Server Signature: (\S+)$/m)),
    clientScheme: nameFor(SCHEME_WORDS, find(/^- Client Signature: (\S+)$/m)),
    alpn: find(/^- Application protocol: (\S+)$/m) || null,
    channelBinding: find(/^ - 'tls-exporter': ([0-9a-f]+)$/m) || undefined,
  }
}

function nameFor(words: Readonly<Record<string, string>>, word: string): string | undefined {
  const found = Object.entries(words).find(([, value]) => value.toLowerCase() === word.toLowerCase())
  return found ? found[0] : undefined
}
