/** handfast's command as the subject: `handfast connect` and `handfast serve`, each in a process of its own. */
import { join } from 'node:path'

import type { HandshakeReport } from '../../packages/handfast/src/report/handshake-report.ts'
import { Child } from './child.ts'
import { accountOf } from './handfast-report.ts'
import { ALL_SUITES } from './names.ts'
import type { Settings } from './peer.ts'
import { SERVER_NAME } from './pki.ts'
import type { Subject } from './subject.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'packages', 'handfast', 'src', 'cli', 'main.ts')
const DEADLINE = 15_000

export const handfastCommand: Subject = {
  name: 'the command handfast',
  // Its cases force nothing.
  knows: { groups: [], schemes: [], suites: ALL_SUITES, alpn: [] },
  tellsAll: false,
  cookie: false,
  updatesKeys: false,
  ech: true,
  isTruncation: () => false,
  refusalIn: () => undefined,
  async connect(settings, port) {
    const { identity, server, ech } = settings
    const args = ['connect', `127.0.0.1:${port}`, '--servername', SERVER_NAME, '--ca', server.files.root]
    if (identity) args.push('--cert', identity.files.chain, '--key', identity.files.key)
    if (ech) args.push('--ech', ech.files.configs)
    const child = start([...args, ...common(settings)])
    // It exits with 0 only after the server's close_notify.
    return { stream: child.asDuplex(), account: () => ({ ending: 'close_notify' }) }
  },
  async listen(settings, onSession, onFailure) {
    const { identity, client, speech = 'echo', ech } = settings
    const args = ['serve', '--host', '127.0.0.1', '--port', '0', '--json', speech === 'http' ? '--www' : '--echo']
    args.push('--cert', identity.files.chain, '--key', identity.files.key)
    if (client) args.push('--client-ca', client.files.root, '--require-client-cert')
    if (ech) args.push('--ech', ech.files.key)
    const child = start([...args, ...common(settings)])
    const port = await child.until('it listened', () => /listening on [\d.]+:(\d+)/.exec(child.stderr)?.[1])
    let told = 0
    const tell = (): undefined => {
      // One report a line; the last piece is an unfinished line or nothing.
      const lines = child.stdout.toString().split('\n').slice(0, -1)
      for (; told < lines.length; told++) {
        const report = JSON.parse(lines[told] ?? '') as HandshakeReport
        if (report.outcome === 'complete') onSession({ account: () => accountOf(report) })
        else onFailure(new Error(report.failure?.message ?? 'the handshake failed'))
      }
    }
    const reading = child.until('the matrix was done with it', tell).catch(() => {})
    return {
      port: Number(port),
      async close() {
        await child.stop()
        await reading
      },
    }
  },
}

function start(args: readonly string[]): Child {
  return new Child(process.execPath, [MAIN, ...args], { deadline: DEADLINE, env: { NO_COLOR: '1' } })
}

function common({ version, groups, schemes, suites, alpn }: Settings): string[] {
  const args: string[] = []
  if (version) args.push('--max-version', '1.2')
  if (groups) args.push('--groups', groups.join(','))
  if (schemes) args.push('--signature-schemes', schemes.join(','))
  if (suites) args.push('--cipher-suites', suites.join(','))
  if (alpn) args.push('--alpn', alpn.join(','))
  return args
}
