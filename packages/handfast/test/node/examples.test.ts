/** The examples do what their heads say, run as these say. */

import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CA, CLIENT, SERVER } from './loopback.ts'

const ROOT = join(import.meta.dirname, '../../../..')
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'handfast-examples-'))
  writeFileSync(join(folder, 'ca.pem'), CA.pem)
  for (const [name, made] of Object.entries({ localhost: SERVER, alice: CLIENT })) {
    writeFileSync(join(folder, `${name}.pem`), made.chainPem)
    writeFileSync(join(folder, `${name}.key`), made.key.pem)
  }
})

afterAll(() => rmSync(folder, { recursive: true }))

async function run(name: string): Promise<{ code: number | null; lines: string[]; errors: string }> {
  return await new Promise((resolve, reject) => {
    const words = ['--import', './examples/from-source.ts', `examples/${name}.ts`, folder]
    const child = spawn(process.execPath, words, { cwd: ROOT })
    const timer = setTimeout(() => child.kill(), 20_000)
    let [output, errors] = ['', '']
    child.stdout.on('data', (data: Buffer) => (output += String(data)))
    child.stderr.on('data', (data: Buffer) => (errors += String(data)))
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, lines: output.trimEnd().split('\n'), errors })
    })
  })
}

const HYBRID = 'X25519MLKEM768'

/** Programs that an example needs, beside Node. */
const NEEDED: Readonly<Record<string, readonly string[]>> = { hsm: ['softhsm2-util', 'pkcs11-tool'] }

function missingFor(example: string): readonly string[] {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return (NEEDED[example] ?? []).filter((name) => !folders.some((one) => existsSync(join(one, name))))
}

test.for<[name: string, expected: unknown[]]>([
  [
    'echo',
    [
      expect.stringMatching(`^client: localhost is who it says, by ${HYBRID} and TLS_`),
      'client: the server said hello',
      'server: alice is here',
    ],
  ],
  [
    'client-hello',
    [
      'agreed on: TLS_AES_128_GCM_SHA256',
      expect.stringMatching(
        /^saw extensions: GREASE key_share session_ticket server_name supported_versions padding \w+/,
      ),
      expect.stringMatching(/^saw suites: GREASE TLS_AES_128_GCM_SHA256 .* 0xc013$/),
    ],
  ],
  [
    'https',
    [
      `You asked for /one, over TLSv1.3 with ${HYBRID}.`,
      `You asked for /two, over TLSv1.3 with ${HYBRID}.`,
      'connecting',
    ],
  ],
  [
    'key-elsewhere',
    ['signed elsewhere', 'the client verified ecdsa_secp256r1_sha256', 'the key can be exported: false'],
  ],
  ['hsm', ['signed in the token', 'the client verified ecdsa_secp256r1_sha256']],
  [
    'verifier',
    [
      'client: accepted, authorized: true',
      'client: refused, ERR_HANDFAST_TLS, the server was sent access_denied',
      'server: the peer ended the connection with access_denied',
    ],
  ],
])('%s', async ([name, expected], { skip }) => {
  const missing = missingFor(name)
  skip(missing.length > 0, `missing peer: ${missing.join(', ')}; test/interop/install.sh --ci installs it`)
  const { code, lines, errors } = await run(name)
  expect({ code, errors }).toEqual({ code: 0, errors: '' })
  // Two ends of a connection print in no fixed order.
  expect(lines.toSorted()).toEqual(expected)
})
