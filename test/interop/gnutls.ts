/** GnuTLS's programs: `gnutls-serv` and `gnutls-cli`. */
import { join } from 'node:path'
import { readFile } from 'node:fs/promises'

import { Child } from './child.ts'
import {
  ALL_SUITES,
  ALL_SUITES_12,
  CLASSIC_GROUPS,
  CLASSIC_SCHEMES,
  type GroupName,
  PKCS1_SCHEMES,
  type SchemeName,
  type SuiteName,
} from './names.ts'
import type { Account, Peer, Settings } from './peer.ts'
import { type Identity, SERVER_NAME } from './pki.ts'
import { chat, onFreePort, programOf, versionFrom } from './program.ts'

export const gnutlsPeer: Peer = {
  name: 'gnutls',
  title: 'GnuTLS',
  subset: true,
  rawKeys: true,
  recordSizes: true,
  version: () => versionFrom('gnutls-serv', ['--version'], /^gnutls-serv (\S+)/),
  knows: () => ({
    groups: CLASSIC_GROUPS,
    schemes: CLASSIC_SCHEMES,
    suites: ALL_SUITES,
    alpn: ['h2', 'http/1.1', 'handfast'],
  }),
  knows12: () => ({
    groups: CLASSIC_GROUPS,
    schemes: [...CLASSIC_SCHEMES, ...PKCS1_SCHEMES],
    suites: ALL_SUITES_12,
    alpn: ['h2', 'http/1.1', 'handfast'],
  }),
  server: {
    speech: 'echo',
    closers: ['client'],
    staples: true,
    asksLate: { say: '**REAUTH**\n', hear: 'Successfully executed command\n' },
    start(settings, { deadline }) {
      const { identity, client, alpn, rawKeys, asksLate, staples, recordSize } = settings
      const args = ['--echo', '--nodb', '--noticket', '--priority', priority(settings), ...showing(identity, rawKeys)]
      if (staples) args.push('--ocsp-response', identity.files.ocspResponse)
      if (recordSize) args.push('--recordsize', String(recordSize))
      // Whose a raw public key is, it does not ask; nor is there an option for a trust that only later requests use.
      if (client && rawKeys) args.push('--require-client-cert')
      else if (client && asksLate) args.push('--disable-client-cert', '--x509cafile', client.files.root)
      else if (client) args.push('--require-client-cert', '--verify-client-cert', '--x509cafile', client.files.root)
      else args.push('--disable-client-cert')
      for (const protocol of alpn ?? []) args.push('--alpn', protocol)
      return onFreePort(async (port) => {
        const child = new Child(programOf('gnutls-serv'), [...args, '--port', String(port)], { deadline })
        await child.until('it listened', () => /listening on IPv4 .*done/.test(child.output))
        return {
          target: { port },
          async stop() {
            await child.stop()
            const clientCertificate = /^- Got (?:a certificate list|1 Raw public-key)/m.test(child.output)
            // Of a client that was asked late it tells nothing but that it asked.
            if (asksLate) return { ...accountOf(child.output), clientScheme: undefined }
            return { ...accountOf(child.output), clientCertificate }
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
    staples: true,
    leavesOpen: true,
    cookieWithGroup: true,
    asksLate: true,
    async run(settings, port, run) {
      const { server, identity, alpn, keyShares, groups, rawKeys, asksLate, recordSize } = settings
      const log = join(run.folder, 'gnutls-cli.log')
      const ordered = groups && [...(keyShares ?? []), ...groups.filter((group) => !keyShares?.includes(group))]
      const args = ['--port', String(port), '--logfile', log, '--verbose']
      args.push('--priority', priority({ ...settings, ...(ordered && { groups: ordered }) }))
      args.push('--sni-hostname', SERVER_NAME)
      // It can't be told whose raw public keys to trust.
      if (rawKeys) args.push('--insecure')
      else args.push('--x509cafile', server.files.root, '--verify-hostname', SERVER_NAME)
      if (identity) args.push(...showing(identity, rawKeys))
      if (recordSize) args.push('--recordsize', String(recordSize))
      if (asksLate) args.push('--post-handshake-auth')
      if (keyShares?.length === 1) args.push('--single-key-share')
      for (const protocol of alpn ?? []) args.push('--alpn', protocol)
      const child = new Child(programOf('gnutls-cli'), [...args, '127.0.0.1'], { deadline: run.deadline })
      try {
        const answer = await chat(child, run)
        const output = await readFile(log, 'latin1')
        const closed = /Peer has closed the GnuTLS connection/.test(output)
        const account = asksLate ? { ...accountOf(output), clientScheme: undefined } : accountOf(output)
        return { ...account, ...(closed && { ending: 'close_notify' as const }), answer }
      } catch (error) {
        const output = await readFile(log, 'latin1').catch(() => '')
        throw new Error(`${error instanceof Error ? error.message : String(error)}\n${output.slice(-1500)}`, {
          cause: error,
        })
      }
    },
  },
}

/** What either program shows of an identity. */
function showing({ files }: Identity, rawKeys: boolean | undefined): string[] {
  return rawKeys
    ? ['--rawpkkeyfile', files.key, '--rawpkfile', files.publicKey]
    : ['--x509certfile', files.chain, '--x509keyfile', files.key]
}

/** GnuTLS is told everything by one priority string, in names of its own. */
function priority({ version, groups, schemes, suites, rawKeys }: Settings): string {
  const words = ['NORMAL', '-VERS-ALL', version ? '+VERS-TLS1.2' : '+VERS-TLS1.3']
  if (version) words.push('-KX-ALL', '+ECDHE-ECDSA', '+ECDHE-RSA', '-MAC-ALL', '+AEAD')
  if (rawKeys) words.push('+CTYPE-SRV-RAWPK', '+CTYPE-CLI-RAWPK')
  if (groups) words.push('-GROUP-ALL', ...groups.map((group) => `+GROUP-${GROUP_WORDS[group]}`))
  if (schemes)
    words.push(
      '-SIGN-ALL',
      ...schemes.map((scheme) => `+SIGN-${version ? schemeWord12(scheme) : SCHEME_WORDS[scheme]}`),
    )
  if (suites) words.push('-CIPHER-ALL', ...suites.map((suite) => `+${suiteWord(suite)}`))
  if (suites && version) words.push('-KX-ALL', ...suites.map((suite) => `+ECDHE-${keyWord(suite)}`))
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
  rsa_pkcs1_sha256: 'RSA-SHA256',
  rsa_pkcs1_sha384: 'RSA-SHA384',
  rsa_pkcs1_sha512: 'RSA-SHA512',
}

/** In TLS 1.2 ECDSA is bound to no curve, and has another name. */
function schemeWord12(scheme: SchemeName): string {
  return SCHEME_WORDS[scheme].replace(/-SECP\d+R1/, '')
}

/** The AEAD by its name in GnuTLS, which is all that it says of a suite of TLS 1.3. */
function suiteWord(suite: SuiteName): string {
  if (suite.includes('AES_128_GCM')) return 'AES-128-GCM'
  return suite.includes('AES_256_GCM') ? 'AES-256-GCM' : 'CHACHA20-POLY1305'
}

/** The key that a suite of TLS 1.2 asks of the server. */
function keyWord(suite: SuiteName): string {
  return suite.includes('_ECDSA_') ? 'ECDSA' : 'RSA'
}

function accountOf(output: string): Account {
  const find = (pattern: RegExp): string => pattern.exec(output)?.[1] ?? ''
  const description =
    /^- Description: \((TLS[\d.]+)-(?:X\.509|Raw Public Key)\)-\((?:HYBRID|ECDHE)-([^)]*)\)-\(([^)]*)\)-\(([^)]*)\)/m.exec(
      output,
    )
  const isTls12 = description?.[1] === 'TLS1.2'
  const key = description?.[3]?.startsWith('RSA') === true ? 'RSA' : 'ECDSA'
  const suites = isTls12 ? ALL_SUITES_12.filter((suite) => keyWord(suite) === key) : ALL_SUITES
  const schemeOf = (word: string): string | undefined => (isTls12 ? schemes12(word) : nameFor(SCHEME_WORDS, word))
  return {
    version: description?.[1]?.replace('TLS', 'TLSv'),
    rawKeys: description?.[0].includes('Raw Public Key'),
    group: nameFor(GROUP_WORDS, description?.[2] ?? ''),
    suite: suites.find((suite) => suiteWord(suite) === description?.[4]),
    serverScheme: schemeOf(find(/^- Server Signature: (\S+)$/m)),
    clientScheme: schemeOf(find(/^- Client Signature: (\S+)$/m)),
    alpn: find(/^- Application protocol: (\S+)$/m) || null,
    channelBinding: find(/^ - 'tls-exporter': ([0-9a-f]+)$/m) || undefined,
  }
}

function schemes12(word: string): string | undefined {
  return (Object.keys(SCHEME_WORDS) as SchemeName[]).find((scheme) => schemeWord12(scheme) === word.toUpperCase())
}

function nameFor(words: Readonly<Record<string, string>>, word: string): string | undefined {
  const found = Object.entries(words).find(([, value]) => value.toLowerCase() === word.toLowerCase())
  return found ? found[0] : undefined
}
