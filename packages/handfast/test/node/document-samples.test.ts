/** The samples of the documents on certificates run as they stand, on the files that the documents say to make. */

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writePem } from '../../src/asn1/index.ts'
import { issue, issueCa, makeCa } from '../pki.ts'
import { freshCrl } from '../revocation-data.ts'

const ROOT = join(import.meta.dirname, '../../../..')
const SRC = join(import.meta.dirname, '../../src')
let directory = ''

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'handfast-samples-'))
  const root = makeCa({ subject: 'Example root' })
  const issuing = issueCa(root, { subject: 'Example issuing CA' })
  const leaf = issue(issuing, { subject: 'server.example', dnsNames: ['server.example'] })
  mkdirSync(join(directory, 'ca'))
  writeFileSync(join(directory, 'ca/ca.pem'), root.pem)
  writeFileSync(join(directory, 'server.example.pem'), leaf.chainPem)
  const crl = freshCrl(issuing, [], { thisUpdate: Date.now() - 60_000 })
  writeFileSync(join(directory, 'issuing.crl'), writePem('X509 CRL', crl))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const MODULES: Readonly<Record<string, string>> = {
  'handfast/x509': 'x509/index.ts',
  'handfast/report': 'report/index.ts',
  'handfast/crypto/node': 'crypto/node.ts',
}

/** The samples in TypeScript that call `verifyChain`, with the sources in place of the package. */
function samplesOf(file: string): string[] {
  const blocks = readFileSync(join(ROOT, file), 'utf8').matchAll(/^```ts\n(?<code>.*?)^```/gms)
  return Array.from(blocks, ({ groups }) => groups?.['code'] ?? '')
    .filter((code) => code.includes('verifyChain('))
    .map((code) =>
      code.replace(/from '(handfast\/[^']+)'/g, (_, name: string) => {
        return `from '${pathToFileURL(join(SRC, MODULES[name] ?? name)).href}'`
      }),
    )
}

test.each(['README.md', 'docs/certificates.md'])('%s', (document) => {
  const samples = samplesOf(document)
  expect(samples).toHaveLength(1)
  for (const code of samples) {
    writeFileSync(join(directory, 'sample.ts'), code)
    const { stdout, stderr, status } = spawnSync(process.execPath, ['sample.ts'], { cwd: directory, encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^true\n/)
    expect(stdout).not.toMatch(/refused:|warning:/)
  }
})

test('the policy file of docs/certificates.md is one', async () => {
  const json = /^```json\n(?<json>.*?)^```/ms.exec(readFileSync(join(ROOT, 'docs/certificates.md'), 'utf8'))
  const { createPolicy } = await import('../../src/x509/index.ts')
  const policy = createPolicy('tls', JSON.parse(json?.groups?.['json'] ?? ''))
  expect(policy).toMatchObject({ name: 'ours', limits: { rsaBits: 3072 }, revocation: { scope: 'leaf' } })
})
