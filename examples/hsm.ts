/**
 * A server whose private key is in a hardware security module, behind PKCS#11: `sign` hands the digest to
 * OpenSC's pkcs11-tool and waits for the signature. The module here is SoftHSM, with a token made for this run
 * and the key of localhost in it; where there is a real one, the key is in it already.
 *
 * Certificates as in echo.ts; needs softhsm2 and opensc. From a clone:
 * npx node --import ./examples/from-source.ts examples/hsm.ts certs
 */

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connect, createServer } from 'handfast'
import { readCertificates } from 'handfast/x509'

const run = promisify(execFile)
const folder = process.argv[2] ?? 'certs'
const read = (name: string): Buffer => readFileSync(join(folder, name))

const MODULES = [
  process.env.PKCS11_MODULE ?? '',
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
]
const module = MODULES.find((path) => existsSync(path))
if (module === undefined) throw new Error('SoftHSM is not here: name its library in PKCS11_MODULE')

// A token of our own, with the key in it. Whoever has a real one skips this.
const place = mkdtempSync(join(tmpdir(), 'handfast-hsm-'))
process.on('exit', () => rmSync(place, { recursive: true }))
mkdirSync(join(place, 'tokens'))
writeFileSync(join(place, 'softhsm2.conf'), `directories.tokendir = ${join(place, 'tokens')}\n`)
const env = { ...process.env, SOFTHSM2_CONF: join(place, 'softhsm2.conf'), HSM_PIN: '1234' }
await run('softhsm2-util', ['--init-token', '--free', '--label', 'handfast', '--so-pin', '5678', '--pin', '1234'], {
  env,
})
const key = ['--import', join(folder, 'localhost.key'), '--label', 'localhost', '--id', '01']
await run('softhsm2-util', [...key, '--token', 'handfast', '--pin', '1234'], { env })

/** An ECDSA signature in DER, as TLS wants it. The process that asks for it never sees the key. */
async function signInToken(digest: Uint8Array): Promise<Uint8Array> {
  const args = ['--module', module as string, '--token-label', 'handfast', '--login', '--pin', 'env:HSM_PIN']
  args.push('--sign', '--label', 'localhost', '--mechanism', 'ECDSA', '--signature-format', 'openssl')
  const signing = run('pkcs11-tool', args, { env, encoding: 'buffer' })
  signing.child.stdin?.end(digest)
  return (await signing).stdout
}

const chain = readCertificates(read('localhost.pem')).map((certificate) => certificate.der)
const server = createServer(
  {
    identities: [{ chain, signatureSchemes: ['ecdsa_secp256r1_sha256'] }],
    sign: ({ input }) => signInToken(createHash('sha256').update(input).digest()),
  },
  (socket) => socket.end('signed in the token\n'),
)
server.listen(0, 'localhost')
await once(server, 'listening')

const { port } = server.address() as AddressInfo
const socket = connect({ host: 'localhost', port, ca: read('ca.pem') })
for await (const data of socket) process.stdout.write(String(data))
console.log(`the client verified ${socket.negotiated?.peerSignatureScheme}`)
server.close()
