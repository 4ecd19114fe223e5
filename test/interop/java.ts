/** Java's JSSE: our own small program (`java/Peer.java`), compiled once a run into a temporary folder. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Child, run } from './child.ts'
import { ALL_SUITES, ALL_SUITES_12, CLASSIC_GROUPS, CLASSIC_SCHEMES, PKCS1_SCHEMES } from './names.ts'
import type { Account, Peer, Run, Settings } from './peer.ts'
import { SERVER_NAME } from './pki.ts'
import { programOf, versionFrom } from './program.ts'

export const javaPeer: Peer = {
  name: 'java',
  title: 'Java',
  subset: false,
  async version() {
    const version = await versionFrom('java', ['-version'], /version "([^"]+)"/)
    await program()
    return version
  },
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
    closers: ['client', 'server'],
    cookie: true,
    async start(settings, given) {
      const { identity, client } = settings
      const args = ['role=server', `chain=${identity.files.chain}`, `key=${identity.files.key}`]
      if (client) args.push(`root=${client.files.root}`)
      const child = await start(args, settings, given, 'server')
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
    keyShares: 'secp256r1',
    async run(settings, port, given) {
      const { identity, server } = settings
      const args = ['role=client', `port=${port}`, `name=${SERVER_NAME}`, `root=${server.files.root}`]
      if (identity) args.push(`chain=${identity.files.chain}`, `key=${identity.files.key}`)
      const child = await start(args, settings, given, 'client')
      child.endInput()
      await child.succeeded()
      // It compares the answer itself, and exits with 1 when it differs.
      return { ...accountOf(child.stdout.toString()), clientCertificate: undefined, answer: given.payload }
    },
  },
  async dispose() {
    const folder = await built?.catch(() => undefined)
    built = undefined
    if (folder) await rm(folder, { recursive: true, force: true })
  },
}

let built: Promise<string> | undefined

function program(): Promise<string> {
  built ??= build()
  return built
}

async function build(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'handfast-interop-java-'))
  const source = join(import.meta.dirname, 'java', 'Peer.java')
  try {
    await run(programOf('javac'), ['-d', folder, source], { deadline: 60_000 })
    return folder
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function start(args: readonly string[], settings: Settings, given: Run, role: string): Promise<Child> {
  const { version, groups, schemes, suites, alpn } = settings
  const payload = join(given.folder, 'payload')
  await writeFile(payload, given.payload)
  const properties: string[] = []
  if (groups) properties.push(`-Djdk.tls.namedGroups=${groups.join(',')}`)
  if (schemes) properties.push(`-Djdk.tls.${role}.SignatureSchemes=${schemes.join(',')}`)
  const all = [...args, `payload=${payload}`, `closer=${given.closer}`]
  if (version) all.push('version=TLSv1.2')
  if (suites) all.push(`suites=${suites.join(',')}`)
  if (alpn) all.push(`alpn=${alpn.join(',')}`)
  // One short connection: start fast, don't optimise.
  const machine = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto', '-cp', await program()]
  return new Child(programOf('java'), [...machine, ...properties, 'Peer', ...all], { deadline: given.deadline })
}

/** The last line of its output is its account. */
function accountOf(output: string): Account {
  const line = output.trim().split('\n').at(-1) ?? ''
  return line.startsWith('{') ? (JSON.parse(line) as Account) : {}
}
