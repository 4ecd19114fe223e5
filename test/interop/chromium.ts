/**
 * Chromium, headless, as an HTTPS client: it loads a page from the subject, whose script posts the payload back and
 * shows the answer. The test root and the choice of client certificate come as managed policies, which Chromium reads
 * from /etc/chromium only; a mount namespace of its own shows it another folder there, and the machine's is never
 * touched. The client certificate lies in an NSS database of a temporary HOME.
 */
import { X509Certificate } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { Child, run } from './child.ts'
import { ALL_SUITES, ALL_SUITES_12, MLDSA_SCHEMES, PKCS1_SCHEMES, RSAE_SCHEMES, type SchemeName } from './names.ts'
import { type ClientSettings, NotAvailable, type Peer } from './peer.ts'
import { type Identity, SERVER_NAME } from './pki.ts'
import { programOf, versionFrom } from './program.ts'

export const chromiumPeer: Peer = {
  name: 'chromium',
  title: 'Chromium',
  subset: false,
  compression: 'brotli',
  async version() {
    const version = await versionFrom('chromium', ['--version'], /^Chromium (\S+)/m)
    // For the database of client certificates.
    for (const name of ['certutil', 'pk12util', 'openssl']) programOf(name)
    const args = [...NAMESPACES, 'mount', '--bind', '/etc', '/etc/chromium']
    const probe = new Child(programOf('unshare'), args, { deadline: 10_000, input: '' })
    if ((await probe.exited).code !== 0) {
      throw new NotAvailable(`it needs namespaces to be given policies: ${probe.output.trim()}`)
    }
    return version
  },
  knows: () => ({
    groups: ['X25519MLKEM768', 'x25519', 'secp256r1', 'secp384r1'],
    schemes: [...CLASSIC, ...MLDSA_SCHEMES],
    // Its client certificates come from a database of the system's NSS, which has no such keys.
    clientSchemes: CLASSIC,
    suites: ALL_SUITES,
    // It offers h2 and http/1.1; we answer HTTP/1.1 only.
    alpn: ['http/1.1'],
  }),
  // It can't be held to a version, but the subject can.
  knows12: () => ({
    groups: ['x25519', 'secp256r1', 'secp384r1'],
    schemes: [...CLASSIC, ...PKCS1_SCHEMES],
    suites: ALL_SUITES_12,
    alpn: ['http/1.1'],
  }),
  client: {
    speech: 'http',
    closers: ['server'],
    keyShares: 'x25519',
    reconnects: true,
    leavesOpen: true,
    // The payload is part of the address.
    capacity: 2048,
    async run(settings, port, { folder, deadline, payload, fetch }) {
      const policies = join(folder, 'chromium', 'policies', 'managed')
      await mkdir(policies, { recursive: true })
      await writeFile(join(policies, 'interop.json'), JSON.stringify(policyFor(settings)))
      await mkdir(join(folder, 'profile'))
      if (settings.identity) await makeDatabase(folder, settings.identity)
      const text = encodeURIComponent(payload.toString('latin1'))
      const browser = [programOf('chromium'), ...FLAGS, `--user-data-dir=${join(folder, 'profile')}`]
      browser.push('--dump-dom', `https://${SERVER_NAME}:${port}/#${text}`)
      const mount = 'mount --bind "$1" /etc/chromium && shift && exec "$@"'
      const args = [...NAMESPACES, 'sh', '-c', mount, 'sh', join(folder, 'chromium'), ...browser]
      const env = { HOME: folder, XDG_CONFIG_HOME: join(folder, 'config'), XDG_CACHE_HOME: join(folder, 'cache') }
      const child = new Child(programOf('unshare'), args, { deadline, input: '', env })
      await child.succeeded()
      const page = child.stdout.toString('latin1')
      if (fetch) return { answer: child.stdout }
      const answer = /<pre id="answer">([^<]*)<\/pre>/.exec(page)?.[1]
      if (answer === undefined) throw new Error(`the page shown was another: ${page.slice(0, 1500)}`)
      return { answer: Buffer.from(answer, 'latin1') }
    },
  },
}

/** Mounts of its own, and processes of its own: they all end with the browser. */
const NAMESPACES: readonly string[] = ['--mount', '--pid', '--fork', '--kill-child=SIGKILL', '--mount-proc']

const CLASSIC: readonly SchemeName[] = ['ecdsa_secp256r1_sha256', 'ecdsa_secp384r1_sha384', ...RSAE_SCHEMES]

const FLAGS: readonly string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-proxy-server',
  `--host-resolver-rules=MAP * 127.0.0.1`,
]

/** Managed policies: what to trust, and which certificate to show without asking. */
function policyFor({ server, identity }: ClientSettings): Record<string, unknown> {
  return {
    CACertificates: [new X509Certificate(server.root).raw.toString('base64')],
    ...(identity && {
      AutoSelectCertificateForUrls: [JSON.stringify({ pattern: `https://${SERVER_NAME}`, filter: {} })],
    }),
  }
}

async function makeDatabase(home: string, identity: Identity): Promise<void> {
  const folder = join(home, '.pki', 'nssdb')
  await mkdir(folder, { recursive: true })
  const deadline = 20_000
  await run(programOf('certutil'), ['-N', '--empty-password', '-d', `sql:${folder}`], { deadline })
  const bundle = join(home, 'identity.p12')
  const { chain, key } = identity.files
  const args = ['pkcs12', '-export', '-in', chain, '-inkey', key, '-name', identity.name, '-out', bundle]
  await run(programOf('openssl'), [...args, '-passout', 'pass:interop'], { deadline })
  await run(programOf('pk12util'), ['-i', bundle, '-W', 'interop', '-d', `sql:${folder}`], { deadline })
}
