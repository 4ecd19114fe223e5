/** Go's crypto/tls: our own small program (`go/`), built once a run into a temporary folder. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Child, run } from './child.ts'
import {
  ALL_SUITES,
  ALL_SUITES_12,
  CLASSIC_GROUPS,
  ECDSA_SCHEMES,
  GROUPS,
  HYBRID_GROUPS,
  PKCS1_SCHEMES,
  RSAE_SCHEMES,
  SCHEMES,
  SUITES,
} from './names.ts'
import type { Account, Peer, Run, Settings } from './peer.ts'
import { SERVER_NAME } from './pki.ts'
import { programOf, versionFrom } from './program.ts'

export const goPeer: Peer = {
  name: 'go',
  title: 'Go',
  subset: false,
  async version() {
    const version = await versionFrom('go', ['version'], /go version go(\S+)/)
    await program()
    return version
  },
  knows(version) {
    const [major = 0, minor = 0] = version.split('.').map(Number)
    const at = (wanted: number): boolean => major > 1 || (major === 1 && minor >= wanted)
    const hybrids = at(26) ? HYBRID_GROUPS : HYBRID_GROUPS.slice(0, at(24) ? 1 : 0)
    return {
      groups: [...hybrids, ...CLASSIC_GROUPS],
      schemes: [...ECDSA_SCHEMES, 'ed25519', ...RSAE_SCHEMES],
      suites: ALL_SUITES,
      alpn: ['h2', 'http/1.1', 'handfast'],
      ech: at(24),
    }
  },
  knows12: () => ({
    groups: CLASSIC_GROUPS,
    schemes: [...ECDSA_SCHEMES, 'ed25519', ...RSAE_SCHEMES, ...PKCS1_SCHEMES],
    suites: ALL_SUITES_12,
    alpn: ['h2', 'http/1.1', 'handfast'],
  }),
  server: {
    speech: 'echo',
    closers: ['client', 'server'],
    staples: true,
    async start(settings, given) {
      const { identity, client, ech } = settings
      const args = ['-role', 'server', '-chain', identity.files.chain, '-key', identity.files.key]
      if (client) args.push('-root', client.files.root)
      if (settings.staples) args.push('-staple', identity.files.ocspResponse)
      if (ech) args.push('-ech', ech.files.key)
      const child = await start(args, settings, given)
      const port = await child.until('it listened', () => /^listening (\d+)$/m.exec(child.output)?.[1])
      return {
        target: { port: Number(port) },
        async stop() {
          await Promise.race([child.exited, new Promise((resolve) => setTimeout(resolve, 1000).unref())])
          await child.stop()
          return accountOf(child.stdout.toString())
        },
        output: () => child.output,
      }
    },
  },
  client: {
    speech: 'echo',
    closers: ['client', 'server'],
    keyShares: 'x25519',
    staples: true,
    async run(settings, port, given) {
      const { identity, server, ech } = settings
      const args = ['-role', 'client', '-port', String(port), '-name', SERVER_NAME, '-root', server.files.root]
      if (identity) args.push('-chain', identity.files.chain, '-key', identity.files.key)
      if (ech) args.push('-ech', ech.files.configs)
      const child = await start(args, settings, given)
      child.endInput()
      await child.succeeded()
      // It compares the answer itself, and exits with 1 when it differs.
      return { ...accountOf(child.stdout.toString()), clientCertificate: undefined, answer: given.payload }
    },
  },
  async dispose() {
    const made = await built?.catch(() => undefined)
    built = undefined
    if (made) await rm(made.folder, { recursive: true, force: true })
  },
}

let built: Promise<{ folder: string; path: string }> | undefined

function program(): Promise<{ folder: string; path: string }> {
  built ??= build()
  return built
}

async function build(): Promise<{ folder: string; path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'handfast-interop-go-'))
  const path = join(folder, 'peer')
  // The standard library may have to be compiled first. Nothing is to be downloaded.
  const env = { GOTOOLCHAIN: 'local', GOPROXY: 'off', GOFLAGS: '', GO111MODULE: 'off', CGO_ENABLED: '0' }
  const cwd = join(import.meta.dirname, 'go')
  try {
    // The folder, not its files by name: those would all be taken, whatever version of Go they are for.
    await run(programOf('go'), ['build', '-o', path, '.'], { deadline: 180_000, env, cwd })
    return { folder, path }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function start(args: readonly string[], settings: Settings, given: Run): Promise<Child> {
  const { path } = await program()
  const { version, groups, schemes, suites, alpn } = settings
  const payload = join(given.folder, 'payload')
  await writeFile(payload, given.payload)
  const all = [...args, '-payload', payload, '-closer', given.closer, '-deadline', `${given.deadline}ms`]
  if (version) all.push('-version', '12')
  if (version && suites) all.push('-suites', suites.map((suite) => SUITES[suite]).join(','))
  if (groups) all.push('-groups', groups.map((group) => GROUPS[group]).join(','))
  if (schemes) all.push('-schemes', schemes.map((scheme) => SCHEMES[scheme]).join(','))
  if (alpn) all.push('-alpn', alpn.join(','))
  // A program outside a module is built with old defaults: without the hybrids.
  const env = { GODEBUG: 'tlsmlkem=1,tlssecpmlkem=1' }
  return new Child(path, all, { deadline: given.deadline, env })
}

/** The last line of its output is its account. */
function accountOf(output: string): Account {
  const line = output.trim().split('\n').at(-1) ?? ''
  return line.startsWith('{') ? (JSON.parse(line) as Account) : {}
}
