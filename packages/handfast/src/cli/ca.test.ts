import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { memoryStreams, type MemoryStreams } from '../../test/memory-streams.ts'
import { nodeProvider } from '../crypto/node.ts'
import { ISSUED_KEY_TYPES } from '../node/issue.ts'
import { certificateReport } from '../report/index.ts'
import { readCertificate } from '../x509/index.ts'
import { KEY_TYPES, runProgram } from './program.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'handfast-ca-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

let places = 0
/** A path in the test's directory that nothing has used yet. */
const place = (): string => join(directory, `place-${places++}`)

interface Result {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function run(args: readonly string[], streams: MemoryStreams = memoryStreams()): Promise<Result> {
  const code = await runProgram(args, streams)
  return { code, out: streams.output(), err: streams.errors() }
}

async function newAuthority(...args: string[]): Promise<string> {
  const out = place()
  const { code, err } = await run(['ca', 'new', '--name', 'Example root', '--out', out, ...args])
  expect(err).toBe('')
  expect(code).toBe(0)
  return out
}

const certificates = (path: string): X509Certificate[] =>
  readFileSync(path, 'utf8')
    .split(/(?=-----BEGIN)/)
    .map((pem) => new X509Certificate(pem))

describe('ca new', () => {
  test('makes an authority whose key only its owner can read', async () => {
    const out = await newAuthority('--days', '30', '--key-type', 'ecdsa-p384')
    const [root] = certificates(join(out, 'ca.pem'))
    expect(root?.subject).toBe('CN=Example root')
    expect(root?.ca).toBe(true)
    expect(root?.publicKey.asymmetricKeyDetails?.namedCurve).toBe('secp384r1')
    if (process.platform !== 'win32') expect(statSync(join(out, 'ca.key')).mode & 0o777).toBe(0o600)
  })

  test('never overwrites unless told to, and then leaves no half and no loose key', async () => {
    const out = await newAuthority()
    const before = readFileSync(join(out, 'ca.key'), 'utf8')
    const args = ['ca', 'new', '--name', 'Another', '--out', out]
    const refused = await run(args)
    expect(refused.code).toBe(6)
    expect(refused.err).toMatch(
      /^x '.*ca\.key' exists already\.\n {2}Choose another place with --out, or overwrite with --force\.\n$/,
    )
    expect(readFileSync(join(out, 'ca.key'), 'utf8')).toBe(before)
    writeFileSync(join(out, 'ca.key'), 'old', { mode: 0o644 })
    expect((await run([...args, '--force'])).code).toBe(0)
    expect(readFileSync(join(out, 'ca.key'), 'utf8')).toContain('BEGIN PRIVATE KEY')
    if (process.platform !== 'win32') expect(statSync(join(out, 'ca.key')).mode & 0o777).toBe(0o600)
  })

  test('a certificate in the way keeps the key from being written too', async () => {
    const out = await newAuthority()
    rmSync(join(out, 'ca.key'))
    expect((await run(['ca', 'new', '--name', 'A', '--out', out])).code).toBe(6)
    expect(existsSync(join(out, 'ca.key'))).toBe(false)
  })

  test('tells what it made, for people and for programs', async () => {
    const out = place()
    const people = await run(['ca', 'new', '--name', 'Größe\u001b[31m'.replace('\u001b[31m', ''), '--out', out])
    expect(people.out).toContain("Made the authority 'Gr\\u{f6}\\u{df}e'.")
    expect(people.out).toContain('handfast ca issue --ca')
    const programs = await run(['ca', 'new', '--name', 'A', '--out', place(), '--json'])
    expect(JSON.parse(programs.out)).toMatchObject({
      keyType: 'ecdsa-p256',
      notAfter: expect.stringMatching(/^\d{4}-.*\d\dZ$/),
    })
  })

  test.each([
    [['--name', 'A'], /required option '--out <dir>' not specified/],
    [['--name', '', '--out', 'OUT'], /the name of an authority must not be empty/],
    [['--name', 'A', '--out', 'OUT', '--days', '0'], /needs a number of days above 0/],
    [['--name', 'A', '--out', 'OUT', '--key-type', 'dsa'], /There is ecdsa, ecdsa-p256/],
    [['--name', 'A', '--out', 'OUT', '--key-type', '__proto__'], /There is ecdsa/],
    [
      ['--name', 'A', '--out', 'OUT', '--nonsense'],
      /unknown option '--nonsense'\.\n {2}See handfast ca new --help\.\n/,
    ],
  ])('%j is a matter of usage', async (args, message) => {
    const out = place()
    const { code, err } = await run(['ca', 'new', ...args.map((arg) => (arg === 'OUT' ? out : arg))])
    expect(code).toBe(2)
    expect(err).toMatch(message)
    expect(existsSync(out)).toBe(false)
  })
})

describe('ca issue', () => {
  test('a server, a client, and an authority between', async () => {
    const root = await newAuthority()
    const issuing = place()
    const out = place()
    const made = await run(['ca', 'issue', '--ca', root, '--authority', 'Example issuing CA', '--out', issuing])
    expect(made.code).toBe(0)
    // Whoever trusts this file trusts the intermediate, not its root.
    expect(certificates(join(issuing, 'ca.pem')).map(({ subject }) => subject)).toEqual(['CN=Example issuing CA'])
    expect(existsSync(join(issuing, 'chain.pem'))).toBe(false)
    const server = await run(['ca', 'issue', '--ca', issuing, '--server', '*.example.com', '10.0.0.1', '--out', out])
    expect(server.code).toBe(0)
    expect(server.out).toContain('handfast serve --port 8443 --cert')
    const client = await run([
      'ca',
      'issue',
      '--ca',
      issuing,
      '--client',
      'alice@example.com',
      '--out',
      out,
      '--key-type',
      'ed25519',
    ])
    expect(client.code).toBe(0)
    const [top] = certificates(join(root, 'ca.pem'))
    const chain = certificates(join(out, '_.example.com.pem'))
    expect(chain).toHaveLength(2)
    expect(chain[0]?.checkIssued(chain[1] as X509Certificate)).toBe(true)
    expect(chain[1]?.checkIssued(top as X509Certificate)).toBe(true)
    const [alice] = certificates(join(out, 'alice@example.com.pem'))
    expect(alice?.subjectAltName).toBe('email:alice@example.com')
    if (process.platform !== 'win32') expect(statSync(join(out, 'alice@example.com.key')).mode & 0o777).toBe(0o600)
  })

  test('what belongs between an authority and its root is delivered, from chain.pem or from ca.pem itself', async () => {
    const root = await newAuthority()
    const issuing = place()
    await run(['ca', 'issue', '--ca', root, '--authority', 'Lower', '--out', issuing])
    const between = place()
    await run(['ca', 'issue', '--ca', root, '--authority', 'Upper', '--out', between])
    const upper = readFileSync(join(between, 'ca.pem'), 'utf8')
    const lower = readFileSync(join(issuing, 'ca.pem'), 'utf8')
    const issued = async (): Promise<string[]> => {
      const out = place()
      expect((await run(['ca', 'issue', '--ca', issuing, '--client', 'a', '--out', out])).code).toBe(0)
      return certificates(join(out, 'a.pem')).map(({ subject }) => subject)
    }
    writeFileSync(join(issuing, 'chain.pem'), upper)
    expect(await issued()).toEqual(['CN=a', 'CN=Lower', 'CN=Upper'])
    rmSync(join(issuing, 'chain.pem'))
    writeFileSync(join(issuing, 'ca.pem'), lower + upper + readFileSync(join(root, 'ca.pem'), 'utf8'))
    expect(await issued()).toEqual(['CN=a', 'CN=Lower', 'CN=Upper'])
  })

  test('a new authority does not inherit the chain of the one that was there', async () => {
    const out = place()
    await run(['ca', 'new', '--name', 'A', '--out', out])
    writeFileSync(join(out, 'chain.pem'), readFileSync(join(out, 'ca.pem')))
    rmSync(join(out, 'ca.pem'))
    rmSync(join(out, 'ca.key'))
    const refused = await run(['ca', 'new', '--name', 'B', '--out', out])
    expect(refused.code).toBe(6)
    expect(refused.err).toMatch(/chain\.pem' exists already/)
    expect((await run(['ca', 'new', '--name', 'B', '--out', out, '--force'])).code).toBe(0)
    expect(existsSync(join(out, 'chain.pem'))).toBe(false)
  })

  test('an authority below one that may issue none', async () => {
    const root = await newAuthority()
    const issuing = place()
    await run(['ca', 'issue', '--ca', root, '--authority', 'Lower', '--out', issuing])
    const { code, err } = await run(['ca', 'issue', '--ca', issuing, '--authority', 'Lowest', '--out', place()])
    expect(code).toBe(2)
    expect(err).toMatch(/CN=Lower may issue no further authorities/)
  })

  test('a name cannot lead out of the directory', async () => {
    const root = await newAuthority()
    const out = place()
    const { code } = await run(['ca', 'issue', '--ca', root, '--client', '../../evil', '--out', out])
    expect(code).toBe(0)
    expect(existsSync(join(out, '_._.._evil.pem'))).toBe(true)
  })

  test('an authority of another program, with a key of the older form', async () => {
    const root = await newAuthority('--key-type', 'rsa')
    const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    writeFileSync(join(root, 'ca.key'), key.export({ type: 'pkcs1', format: 'pem' }))
    const { code, err } = await run(['ca', 'issue', '--ca', root, '--client', 'a', '--out', place()])
    expect(code).toBe(6)
    expect(err).toMatch(
      /'.*ca\.pem' with '.*ca\.key': the private key is not the one of the authority's certificate\.\n {2}Give a directory/,
    )
  })

  test.each([
    [[], /needs one of --server, --client and --authority, has none/],
    [['--server', 'a.example', '--client', 'b'], /has 2/],
    [['--server', 'a b'], /needs a DNS name or an IP address as a server's name, has "a b"/],
  ])('%j is a matter of usage', async (args, message) => {
    const root = await newAuthority()
    const { code, err } = await run(['ca', 'issue', '--ca', root, ...args])
    expect(err).toMatch(message)
    expect(code).toBe(2)
  })

  test('an authority that is not there, is no authority, or has an encrypted key', async () => {
    const issue = (ca: string): Promise<Result> => run(['ca', 'issue', '--ca', ca, '--client', 'a', '--out', place()])
    const nowhere = await issue(place())
    expect(nowhere.code).toBe(6)
    expect(nowhere.err).toMatch(/cannot read '.*ca\.pem': no such file\.\n {2}Check the path\./)
    const root = await newAuthority()
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(
      join(root, 'ca.key'),
      privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
    )
    const encrypted = await issue(root)
    expect(encrypted.code).toBe(6)
    expect(encrypted.err).toMatch(/is encrypted, .*\n {2}Decrypt it first: openssl pkey -in/)
    writeFileSync(join(root, 'ca.key'), 'nothing')
    expect((await issue(root)).err).toContain('no private key in')
    writeFileSync(join(root, 'ca.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n')
    expect((await issue(root)).err).toContain('is not right: CERTIFICATE (block 1, line 1)')
  })
})

describe('ca show', () => {
  test('a chain as a tree, from PEM, DER and standard input', async () => {
    const root = await newAuthority()
    const pem = join(root, 'ca.pem')
    const shown = await run(['ca', 'show', pem])
    expect(shown.code).toBe(0)
    expect(shown.out).toContain('CN=Example root')
    const der = place()
    writeFileSync(der, certificates(pem)[0]?.raw ?? '')
    expect((await run(['ca', 'show', der])).out).toContain('CN=Example root')
    expect((await run(['ca', 'show', '-'], memoryStreams(readFileSync(der)))).out).toContain('CN=Example root')
  })

  test('as JSON', async () => {
    const pem = join(await newAuthority(), 'ca.pem')
    const { out } = await run(['ca', 'show', '--json', pem])
    expect(JSON.parse(out)).toMatchObject([
      {
        source: pem,
        certificates: [{ report: { subject: 'CN=Example root', isCa: true }, fields: { value: 'CN=Example root' } }],
      },
    ])
    const [{ report }] = JSON.parse(out)[0].certificates
    const certificate = readCertificate(certificates(pem)[0]?.raw as Uint8Array)
    expect(report).toEqual(certificateReport(certificate, nodeProvider.hashes.sha256))
    expect(report.notBefore).toMatch(/T\d\d:\d\d:\d\dZ$/)
  })

  test('what is no certificate', async () => {
    const file = place()
    writeFileSync(file, 'hello')
    const text = await run(['ca', 'show', file])
    expect(text.code).toBe(6)
    expect(text.err).toMatch(/no certificate in '.*': it holds no PEM block and no DER\.\n {2}Give a file with/)
    writeFileSync(file, Uint8Array.of(0x30, 2, 5, 0))
    expect((await run(['ca', 'show', file])).err).toMatch(/certificate 1 in '.*' is malformed: /)
    const root = await newAuthority()
    expect((await run(['ca', 'show', join(root, 'ca.key')])).err).toContain('it holds only PRIVATE KEY')
    expect((await run(['ca', 'show', root])).err).toContain('it is a directory')
  })
})

describe('the program', () => {
  test('every type of key has its name in the options', () => {
    expect([...new Set(Object.values(KEY_TYPES))].toSorted()).toEqual([...ISSUED_KEY_TYPES].toSorted())
  })

  test('help and version succeed, an unknown verb does not', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
    const help = await run(['--help'])
    expect(help.code).toBe(0)
    expect(help.out).toContain("4  the peer's certificate was refused")
    expect(await run(['shake'])).toMatchObject({ code: 2, err: expect.stringContaining("unknown command 'shake'") })
    expect((await run([])).code).toBe(2)
  })
})
