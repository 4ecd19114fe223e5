import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { VERIFICATION_SCHEMA } from '../../../../scripts/schema.ts'
import { issueWithTimestamps, makeLog, signTimestamp, writeLogList, writeTimestamps } from '../../test/log-maker.ts'
import { memoryStreams } from '../../test/memory-streams.ts'
import { issue, issueCa, makeCa, selfSign, type TestCertificate } from '../../test/pki.ts'
import { freshCrl, freshOcspResponse } from '../../test/revocation-data.ts'
import { writeContext, writeIa5String, writeOid, writePem, writeSequence } from '../asn1/index.ts'
import { toHex } from '../bytes/index.ts'
import { nodeProvider } from '../crypto/node.ts'
import type { VerificationReport } from '../report/index.ts'
import type { CertificateReason } from '../x509/index.ts'
import { EXIT_OF_REASON, VERIFY_EXIT_CODES } from './exit-codes.ts'
import { runProgram } from './program.ts'
import { displayWidth } from './render/width.ts'
import { PLAIN, type Terminal } from './render/terminal.ts'

let directory = ''
const file = (name: string): string => join(directory, name)
const AT = ['--at', '2026-11-23T12:00:00Z']

const CA = makeCa({ subject: 'Example root' })
const OTHER = makeCa({ subject: 'Other root' })
const SUB = issueCa(CA, { subject: 'Example issuing CA' })
const LEAF = issue(SUB, {
  subject: 'server.example',
  dnsNames: ['server.example', '*.wild.example'],
  ips: ['192.0.2.1'],
  uris: ['https://server.example/x'],
})
const MAIL = issue(CA, { subject: 'alice', emails: ['alice@example.com'], extKeyUsage: ['1.3.6.1.5.5.7.3.4'] })

/** What is in files, by name. */
const FILES: Readonly<Record<string, string | Uint8Array>> = {
  'root.pem': CA.pem,
  'other.pem': OTHER.pem,
  'sub.pem': SUB.pem,
  'leaf.pem': LEAF.pem,
  'leaf.der': LEAF.certificate,
  'chain.pem': LEAF.chainPem,
  'mail.pem': MAIL.pem,
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'handfast-verify-'))
  for (const [name, content] of Object.entries(FILES)) writeFileSync(file(name), content)
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

interface Result {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function run(args: readonly string[], input: string | Uint8Array = '', terminal?: Terminal): Promise<Result> {
  const streams = memoryStreams(input, terminal)
  const code = await runProgram(args, streams)
  return { code, out: streams.output(), err: streams.errors() }
}

/** `verify` as of a fixed day, with the example's root trusted. */
async function verify(args: readonly string[], input: string | Uint8Array = ''): Promise<Result> {
  const roots = args.includes('--roots') ? [] : ['--roots', file('root.pem')]
  return run(['verify', ...args, ...roots, ...(args.includes('--at') ? [] : AT)], input)
}

const validate = new Ajv({ allErrors: true }).compile(JSON.parse(readFileSync(VERIFICATION_SCHEMA.file, 'utf8')))

/** Its report, which must be as the schema says. */
async function report(args: readonly string[], input: string | Uint8Array = ''): Promise<VerificationReport> {
  const { out, err } = await verify([...args, '--json'], input)
  expect(err).toBe('')
  const json = JSON.parse(out)
  validate(json)
  expect(validate.errors).toBeNull()
  return json
}

function write(name: string, ...certificates: readonly TestCertificate[]): string {
  writeFileSync(file(name), certificates.map(({ pem }) => pem).join(''))
  return file(name)
}

describe('verify', () => {
  test('trusted: 0, and a page that tells the verdict first and the path from the leaf to the anchor', async () => {
    const { code, out, err } = await verify([file('chain.pem'), '--name', 'server.example'])
    expect([code, err]).toEqual([0, ''])
    const lines = out.split('\n')
    expect(lines[0]).toMatch(/^ \+ Trusted: it is for server\.example, for purpose server, until 2040-01-01;/)
    const places = ['CN=server.example', 'CN=Example issuing CA', 'CN=Example root'].map((name) =>
      lines.findIndex((line) => line.includes(`+ ${name}  `)),
    )
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(places[0]).toBeGreaterThan(0)
    expect(out).toMatch(/CN=Example root {2}ECDSA P-256, CA, from the roots, trusted here/)
    expect(out).toMatch(/expires in 13 years/)
    expect(out).toMatch(/\+ passed .*dates/)
    expect(out).toMatch(/roots +1 root: .*root\.pem.* of \d{4}-\d\d-\d\d/)
  })

  test.each([
    ['server.example', 'dns'],
    ['a.wild.example', 'dns'],
    ['192.0.2.1', 'ip'],
    ['https://server.example/other', 'uri'],
    ['dns:server.example', 'dns'],
  ])('--name %s is a name of kind %s', async (name, kind) => {
    const { trusted, inputs } = await report([file('chain.pem'), '--name', name])
    expect([trusted, inputs.identity?.kind]).toEqual([true, kind])
  })

  test('a mailbox brings its purpose along', async () => {
    const args = [file('mail.pem'), '--name', 'alice@example.com']
    expect(await report(args)).toMatchObject({
      trusted: true,
      inputs: { purpose: 'email', identity: { kind: 'email' } },
    })
    expect((await verify([...args, '--purpose', 'server'])).code).toBe(20)
    expect((await verify([...args, '--purpose', '1.3.6.1.5.5.7.3.4'])).code).toBe(0)
  })

  test('--json is a record as the schema says, with neither name nor key left out', async () => {
    const json = await report([file('chain.pem'), '--name', 'server.example'])
    expect(json).toMatchObject({ version: '1.1', trusted: true, reasons: [], closest: [] })
    expect(json.path.map(({ role, index }) => [role, index])).toEqual([
      ['leaf', 0],
      ['intermediate', 1],
      ['anchor', null],
    ])
    const spki = toHex(nodeProvider.hashes.sha256.digest(LEAF.key.subjectPublicKeyInfo))
    expect(json.path[0]).toMatchObject({ keyFingerprint: spki, keyUsage: ['digitalSignature'] })
    expect(json.path[0]?.extendedKeyUsage).toEqual(['serverAuth'])
    expect(json.given.map(({ used, source }) => [used, source])).toEqual([
      [true, file('chain.pem')],
      [true, file('chain.pem')],
    ])
    expect(json.inputs).toMatchObject({
      time: '2026-11-23T12:00:00Z',
      policy: 'tls',
      chain: 2,
      roots: { count: 1 },
    })
    expect(json.checks.find(({ rule }) => rule === 'dates')).toEqual({
      rule: 'dates',
      severity: 'refuse',
      outcome: 'passed',
    })
    expect(json.checks.find(({ rule }) => rule === 'pins')?.outcome).toBe('not-asked')
  })

  test('without a name none is checked, and the verdict says so', async () => {
    const { code, out } = await verify([file('chain.pem')])
    expect(code).toBe(0)
    expect(out).toContain('Trusted: no name was asked for')
    expect(out).toMatch(/\. not asked .*identity/)
  })

  test('DER and PEM, several files, any order after the leaf, doubles and strangers, standard input', async () => {
    const files = [file('leaf.der'), file('other.pem'), file('sub.pem'), file('sub.pem'), file('root.pem')]
    const json = await report(files)
    expect(json).toMatchObject({ trusted: true, given: { length: 5 } })
    expect(json.given.map(({ used }) => used)).toEqual([true, false, true, true, true])
    expect((await verify(['-'], LEAF.chainPem)).code).toBe(0)
    expect((await verify(['-', file('sub.pem')], LEAF.certificate)).code).toBe(0)
    expect((await verify([file('leaf.pem'), '--intermediates', file('sub.pem')])).code).toBe(0)
  })

  test('without the intermediate: refused, with what to change', async () => {
    const { code, out } = await verify([file('leaf.pem'), '--name', 'server.example'])
    expect(code).toBe(13)
    expect(out).toMatch(/^ x Refused \(unknown-issuer\): /)
    expect(out).toMatch(/-> Send the intermediate certificates along with the certificate/)
  })
})

describe('exit codes', () => {
  const cases: readonly (readonly [reason: CertificateReason, code: number, args: () => string[]])[] = [
    ['expired', 10, () => [file('chain.pem'), '--at', '2041-01-01']],
    ['not-yet-valid', 11, () => [file('chain.pem'), '--at', '2019-01-01']],
    ['name-mismatch', 12, () => [file('chain.pem'), '--name', 'other.example']],
    ['unknown-issuer', 13, () => [file('chain.pem'), '--roots', file('other.pem')]],
    ['self-signed', 14, () => [write('self.pem', selfSign({ dnsNames: ['server.example'] }))]],
    ['bad-signature', 17, () => [write('broken.pem', issue(CA, { dnsNames: ['a.example'], breakSignature: true }))]],
    ['weak-key', 19, () => [write('weak.pem', issue(CA, { dnsNames: ['a.example'], keyType: 'rsa-1024' }))]],
    ['extended-key-usage', 20, () => [file('chain.pem'), '--purpose', 'client']],
    ['not-a-ca', 21, () => [write('forged.pem', issue(LEAF, { dnsNames: ['a.example'] }), LEAF, SUB)]],
    [
      'name-constraint',
      21,
      () => {
        const sub = issueCa(CA, { subject: 'Narrow CA', permitted: ['DNS:narrow.example'] })
        return [write('narrow.pem', issue(sub, { dnsNames: ['a.example'] }), sub)]
      },
    ],
    ['pin-mismatch', 22, () => [file('chain.pem'), '--pin', '0'.repeat(64)]],
    ['revocation-unknown', 16, () => [file('chain.pem'), '--revocation', 'hard']],
  ]

  test.each(cases)('%s: %i, with the reason first, a rule to it and advice', async (reason, code, args) => {
    const page = await verify(args())
    expect([page.code, page.err]).toEqual([code, ''])
    expect(page.out).toMatch(new RegExp(`^ x Refused \\(${reason}\\): `))
    const json = await report(args())
    expect(json.reasons[0]).toMatchObject({
      reason,
      message: expect.stringMatching(/./),
      advice: expect.stringMatching(/./),
    })
    expect(json).toMatchObject({ trusted: false })
    expect(page.out).toContain(json.reasons[0]?.advice.slice(0, 20))
    // What is refused by a rule is refused among the checks.
    const { rule } = json.reasons[0] ?? {}
    if (rule !== undefined) expect(json.checks.find((check) => check.rule === rule)?.outcome).toBe('refused')
  })

  test('malformed: 18, with the path to the field', async () => {
    writeFileSync(file('cut.pem'), '-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n')
    const { code, out } = await verify([file('cut.pem')])
    expect(code).toBe(18)
    expect(out).toMatch(/malformed.*tbsCertificate/)
    const json = await report([file('cut.pem')])
    expect(json.given).toMatchObject([{ index: 0, subject: null }])
  })

  test('every reason has one, and help explains each', () => {
    const codes = [...new Set(Object.values(EXIT_OF_REASON))]
    for (const code of codes) expect(VERIFY_EXIT_CODES).toMatch(new RegExp(`^ {2}${code} `, 'm'))
  })
})

describe('policy', () => {
  const sha = async (...args: string[]): Promise<VerificationReport> => {
    const weak = issue(CA, { dnsNames: ['a.example'], keyType: 'rsa-1024' })
    return report([write('weak.pem', weak), ...args])
  }

  test('profiles differ', async () => {
    expect((await sha()).reasons[0]).toMatchObject({ reason: 'weak-key', rule: 'weak-key' })
    expect(await sha('--profile', 'rfc5280')).toMatchObject({ trusted: true, inputs: { policy: 'rfc5280' } })
  })

  test('--rule sets one: to warn, to ignore, to refuse', async () => {
    const warned = await sha('--rule', 'weak-key=warn')
    expect(warned).toMatchObject({ trusted: true, inputs: { policy: 'tls, changed' } })
    expect(warned.warnings.map(({ rule }) => rule)).toContain('weak-key')
    expect(warned.checks.find(({ rule }) => rule === 'weak-key')).toMatchObject({ severity: 'warn', outcome: 'warned' })
    const ignored = await sha('--rule', 'weak-key=ignore')
    expect(ignored.warnings.map(({ rule }) => rule)).not.toContain('weak-key')
    expect(ignored.trusted).toBe(true)
    expect((await sha('--rule', 'weak-key=ignore', '--rule', 'weak-key=refuse')).trusted).toBe(false)
  })

  test('--policy FILE changes what it names and nothing else', async () => {
    writeFileSync(
      file('policy.json'),
      JSON.stringify({ name: 'ours', rules: { 'weak-key': 'warn' }, revocation: { mode: 'off' }, maxIntermediates: 3 }),
    )
    expect(await sha('--policy', file('policy.json'))).toMatchObject({
      trusted: true,
      inputs: { policy: 'ours', revocation: { mode: 'off', scope: 'path' }, maxIntermediates: 3 },
    })
    // Options go before it.
    const hard = await sha('--policy', file('policy.json'), '--revocation', 'hard')
    expect(hard.inputs.revocation.mode).toBe('hard')
  })

  test.each([
    ['no JSON', 'x', /policy\.json' is not JSON/],
    ['a list', '[]', /it needs to be an object/],
    ['an unknown field', '{"rulez":{}}', /policy: has no field 'rulez'/],
    ['an unknown rule', '{"rules":{"date":"warn"}}', /policy\.rules: has no rule 'date'\.\n {2}There is dates\./],
    ['an unknown severity', '{"rules":{"dates":"maybe"}}', /policy\.rules\.dates: needs one of refuse, warn, ignore/],
    ['an unknown mode', '{"revocation":{"mode":"firm"}}', /policy\.revocation\.mode: needs one of off, soft, hard/],
    ['a policy that is no OID', '{"certificatePolicies":{"initialPolicySet":["x"]}}', /needs a dotted OID, has 'x'/],
    ['half an intermediate', '{"maxIntermediates":0.5}', /policy\.maxIntermediates: needs a whole number/],
    ['a prototype', '{"__proto__":{"mode":"off"}}', /policy: has no field '__proto__'/],
  ])('a policy file with %s: 6', async (_, text, message) => {
    writeFileSync(file('policy.json'), text)
    const { code, err } = await verify([file('chain.pem'), '--policy', file('policy.json')])
    expect(err).toMatch(message)
    expect(code).toBe(6)
  })

  test('what was loosened stands below the verdict, which claims nothing of it', async () => {
    const args = [file('chain.pem'), '--name', 'evil.example', '--at', '2041-01-01']
    const { code, out } = await verify([...args, '--rule', 'dates=ignore', '--rule', 'identity=ignore'])
    expect(code).toBe(0)
    expect(out).toMatch(
      /^ \+ Trusted: whether it is for evil\.example was not checked, .*\s+whether\s+it is valid at this time/,
    )
    expect(out).toMatch(/\n ! Loosened from the profile: dates=ignore, identity=ignore\.\n/)
    // A file may give it a name of its own: the profile is known all the same.
    writeFileSync(file('policy.json'), JSON.stringify({ name: 'ours', rules: { version: 'ignore' } }))
    const named = await report([file('chain.pem'), '--policy', file('policy.json')])
    expect(named.notes).toEqual(['Loosened from the profile: version=ignore.'])
  })

  test('--max-depth counts intermediates', async () => {
    expect((await verify([file('chain.pem'), '--max-depth', '1'])).code).toBe(0)
    expect((await verify([file('chain.pem'), '--max-depth', '0'])).code).toBe(21)
  })
})

describe('lists', () => {
  const spki = (certificate: TestCertificate): string =>
    toHex(nodeProvider.hashes.sha256.digest(certificate.key.subjectPublicKeyInfo))

  test('a pinned key anywhere in the path, in hex or base64', async () => {
    const base64 = Buffer.from(spki(SUB), 'hex').toString('base64')
    for (const pin of [spki(LEAF), spki(CA), base64, `sha256/${base64}`, `sha256//${base64}`]) {
      expect((await verify([file('chain.pem'), '--pin', '0'.repeat(64), '--pin', pin])).code).toBe(0)
    }
  })

  test('known keys, of a name that was met with another one, or never', async () => {
    const known = (...lines: readonly string[]): string[] => {
      writeFileSync(file('known'), lines.map((line) => `${line}\n`).join(''), { mode: 0o600 })
      return [file('chain.pem'), '--name', 'server.example', '--known-keys', file('known')]
    }
    expect((await verify(known(`server.example ${spki(LEAF)}`))).code).toBe(0)
    expect((await verify(known(`server.example ${spki(SUB)}`))).code).toBe(22)
    const first = await report(known(`other.example ${spki(SUB)}`))
    expect(first).toMatchObject({ trusted: true, remember: { name: 'server.example', key: spki(LEAF) } })
    // To judge is not to meet.
    expect(readFileSync(file('known'), 'utf8')).not.toContain('server.example')
  })

  test('weak keys and intercepting roots, ours among them', async () => {
    writeFileSync(file('keys.txt'), `${spki(CA)}\n`)
    const weak = await report([file('chain.pem'), '--weak-keys', file('keys.txt')])
    expect(weak.reasons[0]).toMatchObject({ reason: 'weak-key' })
    expect((await verify([file('chain.pem'), '--interception-roots', file('keys.txt')])).code).toBe(22)
    const { trusted, inputs } = await report([file('chain.pem'), '--interception-roots', 'known'])
    expect(trusted).toBe(true)
    expect(inputs.interceptionRoots?.size).toBeGreaterThan(0)
  })

  test('an empty blocklist, and one of bare hashes', async () => {
    writeFileSync(file('empty.txt'), '# none yet\n')
    const { code, out } = await verify([file('chain.pem'), '--blocklist', file('empty.txt')])
    expect(code).toBe(0)
    expect(out.replace(/\n +/g, ' ')).toMatch(/! The blocklist '.*empty\.txt' has no entries: it changes nothing\./)
    writeFileSync(file('bare.txt'), `${spki(SUB)}\n`)
    expect((await verify([file('chain.pem'), '--blocklist', file('bare.txt')])).code).toBe(22)
    writeFileSync(file('two.txt'), `${'0'.repeat(64)}\n${'1'.repeat(64)}\n`)
    const two = await verify([file('chain.pem'), '--blocklist', file('two.txt')])
    expect(two.out).toMatch(/blocklist +.*two\.txt,\s+2 entries/)
  })

  test('a blocklist', async () => {
    writeFileSync(file('blocked.txt'), `key ${spki(SUB)} # lost in 2026\n`)
    const json = await report([file('chain.pem'), '--blocklist', file('blocked.txt')])
    expect(json.reasons[0]).toMatchObject({ reason: 'blocked', rule: 'blocklist', certificate: 1 })
    expect(json.inputs.blocklist?.name).toBe(file('blocked.txt'))
    expect((await verify([file('chain.pem'), '--blocklist', file('blocked.txt')])).code).toBe(22)
  })
})

describe('revocation', () => {
  const day = { thisUpdate: Date.UTC(2026, 10, 23, 9) }
  const lists = (revoked: readonly TestCertificate[]): string[] => {
    writeFileSync(file('sub.crl'), writePem('X509 CRL', freshCrl(SUB, revoked, day)))
    writeFileSync(file('root.crl'), freshCrl(CA, [], day))
    return ['--crl', file('sub.crl'), '--crl', file('root.crl')]
  }

  test('good by lists, and how fresh they are', async () => {
    const { code, out } = await verify([file('chain.pem'), '--revocation', 'hard', ...lists([])])
    expect(code).toBe(0)
    expect(out).not.toContain('Whether it was revoked is not known')
    expect(out).toMatch(/\+ CN=server\.example: good, says CRL, as of 2026-11-23 09:00 UTC \(3 hours\n? *ago\)/)
    const json = await report([file('chain.pem'), ...lists([])])
    expect(json.revocation).toMatchObject([
      { certificate: 'CN=server.example', status: 'good', source: 'crl', thisUpdate: '2026-11-23T09:00:00Z' },
      { certificate: 'CN=Example issuing CA', status: 'good', nextUpdate: '2026-11-30T09:00:00Z' },
    ])
    expect(json.inputs).toMatchObject({ crls: 2, stapled: null, revocation: { mode: 'soft', scope: 'path' } })
    expect(json.checks.find(({ rule }) => rule === 'revocation')?.outcome).toBe('passed')
  })

  test('revoked: 15, by a list and by OCSP, stapled or given, in PEM and DER', async () => {
    expect((await verify([file('chain.pem'), ...lists([LEAF])])).code).toBe(15)
    const response = freshOcspResponse(SUB, LEAF, 'revoked', day)
    writeFileSync(file('leaf.ocsp'), response)
    writeFileSync(file('leaf.ocsp.pem'), writePem('OCSP RESPONSE', response))
    expect((await verify([file('chain.pem'), '--ocsp', file('leaf.ocsp')])).code).toBe(15)
    expect((await verify([file('chain.pem'), '--ocsp', file('leaf.ocsp.pem')])).code).toBe(15)
    expect((await verify([file('chain.pem'), '--stapled', file('leaf.ocsp')])).code).toBe(15)
    expect((await verify([file('chain.pem'), '--revocation', 'off', '--ocsp', file('leaf.ocsp')])).code).toBe(0)
  })

  test('of the leaf alone: the verdict says whose is not known', async () => {
    lists([])
    const { out } = await verify([file('chain.pem'), '--crl', file('sub.crl')])
    const head = out.split('\n').slice(0, 4).join('').replace(/ +/g, ' ')
    expect(head).toContain('It is not revoked; whether its issuer CN=Example issuing CA was is not known.')
    // Nothing at hand speaks of the intermediate: that is said, and no more.
    expect(out).toMatch(/\. CN=Example issuing CA: unchecked\n(?! )|\. CN=Example issuing CA: unchecked\n\n/)
  })

  test('not known: trusted if judged softly, and the verdict says so', async () => {
    const { code, out } = await verify([file('chain.pem')])
    expect(code).toBe(0)
    expect(out.split('\n').slice(0, 3).join(' ')).toMatch(/Whether it was +revoked is not known\./)
    expect(out).toMatch(/! not known +revocation/)
  })
})

describe('transparency', () => {
  const log = makeLog({ name: 'Log A', operator: 'Somebody' })
  const logged = issueWithTimestamps(CA, [{ log }, { log: makeLog({ name: 'Log B' }) }], { dnsNames: ['a.example'] })
  const demand = { transparency: { required: [{ days: 10_000, timestamps: 2 }], operators: 1 } }

  test('timestamps of the certificate and of a handshake, by a log list', async () => {
    writeFileSync(file('logs.json'), writeLogList([log]))
    const bare = issue(CA, { dnsNames: ['a.example'] })
    const list = writeTimestamps([signTimestamp({ log }, { certificate: logged.certificate })])
    writeFileSync(file('timestamps'), list)
    const json = await report([
      write('logged.pem', logged),
      '--logs',
      file('logs.json'),
      '--timestamps',
      file('timestamps'),
    ])
    expect(json.timestamps).toMatchObject([
      { source: 'certificate', status: 'valid', log: 'Log A', operator: 'Somebody' },
      { source: 'certificate', status: 'unknown-log', log: null },
      { source: 'tls', status: expect.stringMatching(/^(valid|not-counted)$/), log: 'Log A' },
    ])
    expect(json.inputs).toMatchObject({ timestampList: true, logs: { size: 1, date: '2026-01-01T00:00:00Z' } })
    const { out } = await verify([write('logged.pem', logged), '--logs', file('logs.json')])
    expect(out).toMatch(/\+ valid: Log A, by Somebody, in the certificate, of 2025-06-01 00:00 UTC/)
    expect(out).toMatch(/\. unknown-log: log \S{44},/)
    writeFileSync(file('demand.json'), JSON.stringify({ ...demand, rules: { transparency: 'refuse' } }))
    const strict = ['--logs', file('logs.json'), '--policy', file('demand.json')]
    expect((await verify([write('bare.pem', bare), ...strict])).code).toBe(23)
  })
})

describe('fetching', () => {
  const pages = new Map<string, () => Uint8Array>()
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const page = pages.get(request.url ?? '')
    if (page === undefined) response.writeHead(404).end()
    else response.end(page())
  })
  let base = ''
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    pages.set('/sub.cer', () => SUB.certificate)
    pages.set('/sub.crl', () => freshCrl(SUB, [], { thisUpdate: Date.UTC(2026, 10, 23, 9) }))
  })
  afterAll(() => void server.close())

  const uri = (path: string): Uint8Array => writeIa5String(base + path, 0x86)
  const leaf = (): string => {
    const access = writeSequence(writeSequence(writeOid('1.3.6.1.5.5.7.48.2'), uri('/sub.cer')))
    const point = writeSequence(writeSequence(writeContext(0, writeContext(0, uri('/sub.crl')))))
    return write(
      'pointing.pem',
      issue(SUB, {
        dnsNames: ['a.example'],
        extensions: [
          { oid: '1.3.6.1.5.5.7.1.1', value: access },
          { oid: '2.5.29.31', value: point },
        ],
      }),
    )
  }

  test('nothing without --fetch, and the page says what is missing', async () => {
    const { code, out } = await verify([leaf()])
    expect([code, asked]).toEqual([13, []])
    expect(out).toMatch(/Missing -+\n . its issuer for certificate 0: http:\/\/127\.0\.0\.1:\d+\/sub\.cer/)
    expect(out).toContain('--fetch lets handfast get these.')
  })

  test('--fetch gets what is public alone', async () => {
    const json = await report([leaf(), '--fetch'])
    expect([json.trusted, asked]).toEqual([false, []])
    expect(json.inputs.fetched).toMatchObject([
      { kind: 'aia', size: null, error: expect.stringMatching(/port|public/) },
    ])
    expect((await verify([leaf(), '--fetch'])).out).toMatch(/--fetch-any lifts the limits/)
  })

  test('--fetch-any gets it', async () => {
    const path = leaf()
    const json = await report([path, '--fetch-any'])
    expect(json.trusted).toBe(true)
    expect(asked.splice(0)).toEqual(['/sub.cer', '/sub.crl'])
    expect(json.given.map(({ index, given, source, used }) => [index, given, source, used])).toEqual([
      [0, 'chain', path, true],
      [1, 'intermediates', `fetched from ${base}/sub.cer`, true],
    ])
    expect(json.path.map(({ index }) => index)).toEqual([0, 1, null])
    expect(json.revocation).toMatchObject([{ status: 'good', source: 'crl' }, { status: 'unchecked' }])
    expect(json.inputs.fetched.map(({ kind, error }) => [kind, error])).toEqual([
      ['aia', null],
      ['crl', null],
    ])
    const { out } = await verify([path, '--fetch-any'])
    expect(out).toMatch(/ {4}\| {2}from +fetched from http:.*sub\.cer; not presented/)
    expect(out.replace(/\n +/g, ' ')).toMatch(
      /! Certificate 1 \(CN=Example issuing CA\) was not presented .* must send it/,
    )
    expect(out).toMatch(/fetched +aia http:.*sub\.cer: \d+ B/)
  })
})

describe('what the command line says wrong', () => {
  test.each([
    [['--name', 'a b'], /^x --name: /],
    [['--name', 'server.example:443'], /^x --name: /],
    [['--name', ''], /^x --name: /],
    [['--name', 'uri:nowhere'], /^x --name: /],
    [['--purpose', 'fun'], /^x --purpose: there is no 'fun'\.\n {2}There is server, client, /],
    [['--at', 'yesterday'], /--at.*It needs a day or a moment with its zone/],
    [['--at', '2026-02-30'], /It needs a day or a moment/],
    [['--at', '2026-11-23T12:00:00'], /It needs a day or a moment/],
    [['--at', '2026-13-01T12:00:00Z'], /It needs a day or a moment/],
    [['--profile', 'strict'], /--profile/],
    [['--revocation', 'maybe'], /--revocation/],
    [['--rule', 'dates'], /^x --rule: needs NAME=refuse, NAME=warn or NAME=ignore, has 'dates'\.\n$/],
    [['--rule', 'date'], /^x --rule: there is no rule 'date'\.\n {2}There is dates\./],
    [['--name', 'a.example', '--name', 'b.example'], /^x --name: one name can be asked for at a time/],
    [['-', '-'], /^x standard input can be read only once/],
    [['--rule', 'date=warn'], /^x --rule: there is no rule 'date'\.\n {2}There is dates\./],
    [['--rule', 'dates=no'], /^x --rule: dates needs to be set to refuse, warn or ignore, has 'no'/],
    [['--pin', 'abc'], /^x --pin: needs /],
    [['--max-depth', '-1'], /It needs a whole number/],
  ])('%j: 2', async (args, message) => {
    const { code, out, err } = await verify([file('chain.pem'), ...args])
    expect(err).toMatch(message)
    expect([code, out]).toEqual([2, ''])
  })

  test('no file: 2', async () => {
    expect((await verify([])).code).toBe(2)
  })

  test.each([
    [['nothing.pem'], /cannot read 'nothing\.pem': no such file/],
    [['KEY'], /no certificate in '.*key\.pem': it holds only PRIVATE KEY/],
    [['chain.pem', '--roots', 'nothing'], /roots: needs a readable file.*'nothing'/],
    [['chain.pem', '--roots', 'KEY'], /roots: needs certificates in PEM or DER, '.*key\.pem' has none/],
    [['chain.pem', '--crl', 'chain.pem'], /no revocation list in .*: it holds only CERTIFICATE/],
    [['chain.pem', '--ocsp', 'chain.pem'], /no OCSP response in/],
    [['chain.pem', '--crl', 'leaf.der'], /no revocation list in '.*leaf\.der': it holds a certificate\./],
    [['chain.pem', '--ocsp', 'leaf.der'], /no OCSP response in '.*leaf\.der': it holds a certificate\./],
    [
      ['chain.pem', '--stapled', 'chain.pem'],
      /no OCSP response in .*: it holds only CERTIFICATE\.\n {2}Give a file with/,
    ],
    [['chain.pem', '--stapled', 'leaf.der'], /no OCSP response in '.*leaf\.der': it holds a certificate\./],
    [
      ['chain.pem', '--known-keys', 'nothing'],
      /cannot read 'nothing': no such file\.\n {2}verify only reads known keys/,
    ],
    [['chain.pem', '--blocklist', 'chain.pem'], /'.*chain\.pem' cannot be used: /],
    [['chain.pem', '--logs', 'chain.pem'], /'.*chain\.pem' cannot be used: /],
  ])('%j: 6, with the file', async (args, message) => {
    writeFileSync(file('key.pem'), LEAF.key.pem)
    const { code, out, err } = await verify(
      args.map((arg) => (arg === 'KEY' ? file('key.pem') : Object.hasOwn(FILES, arg) ? file(arg) : arg)),
    )
    expect(err).toMatch(message)
    expect([code, out]).toEqual([6, ''])
  })

  test('roots that cannot be read are left out, and that is told', async () => {
    const garbage = '-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n'
    writeFileSync(file('mixed.pem'), garbage + CA.pem)
    const { trusted, inputs } = await report([file('chain.pem'), '--roots', file('mixed.pem')])
    expect([trusted, inputs.roots.count]).toEqual([true, 1])
    expect(inputs.roots.name).toMatch(/mixed\.pem.*1 /)
    const shown = await run(['roots', file('mixed.pem')])
    expect(shown.out).toMatch(/! left out: .*mixed\.pem/)
    writeFileSync(file('none.pem'), garbage)
    expect((await verify([file('chain.pem'), '--roots', file('none.pem')])).code).toBe(6)
  })
})

test('in a narrow terminal a pin stays whole', async () => {
  const { out } = await run(['verify', file('chain.pem'), '--roots', file('root.pem'), ...AT], '', {
    ...PLAIN,
    width: 72,
  })
  const pin = toHex(nodeProvider.hashes.sha256.digest(LEAF.key.subjectPublicKeyInfo))
  expect(out).toMatch(new RegExp(`^ \\| {2}${pin}$`, 'm'))
})

describe('hostile certificates', () => {
  const EVIL = 'evil\u001b[2J\u001b]0;owned\u0007\u202egnp.exe\u200b\r\nTrusted: yes'
  const hostile = (): string =>
    write(
      'hostile.pem',
      issue(CA, {
        subject: [
          ['2.5.4.3', EVIL],
          ['2.5.4.10', 'x'.repeat(5000)],
        ],
        dnsNames: ['a.example', ...Array.from({ length: 500 }, (_, i) => `n${i}.example`)],
        notAfter: Date.UTC(2025, 0, 1),
      }),
    )

  test.each([
    ['plain', PLAIN],
    ['a terminal', { ...PLAIN, boxes: true, utf8: true, colour: true, width: 56 }],
  ] as const)('names steer no terminal, and no line is too long: %s', async (_, terminal) => {
    for (const args of [[], ['--name', 'b.example'], ['--at', '2024-01-01']]) {
      const at = args.includes('--at') ? [] : AT
      const { out } = await run(['verify', hostile(), '--roots', file('root.pem'), ...args, ...at], '', terminal)
      // oxlint-disable-next-line no-control-regex -- our own colours alone
      const bare = out.replace(/\u001b\[\d+m/g, '')
      expect(bare).not.toMatch(/[^\P{C}\n]/u)
      expect(Math.max(...bare.split('\n').map(displayWidth))).toBeLessThanOrEqual(terminal.width)
      expect(bare.match(/^.*Trusted: yes.*$/m)?.[0] ?? 'CN=').toContain('CN=')
    }
  })

  test('JSON escapes them too', async () => {
    const { out } = await verify([hostile(), '--json'])
    expect(out).not.toMatch(/[^\P{C}\n]/u)
  })

  test('a thousand certificates that issue each other end in time, as a refusal', async () => {
    const key = makeCa().key
    const many = Array.from({ length: 300 }, () => issueCa(makeCa({ subject: 'Loop', key }), { subject: 'Loop', key }))
    const leaf = issue(many[0] as TestCertificate, { dnsNames: ['a.example'] })
    const path = write('many.pem', leaf, ...many)
    const { code, out } = await verify([path])
    expect([4, 13, 24]).toContain(code)
    expect(out.split('\n').length).toBeLessThan(200)
    const json = await report([path])
    expect(json.given).toHaveLength(301)
    expect(json.trusted).toBe(false)
  })
})

describe('roots', () => {
  test('a file: where from, of what date, how many, each with its end', async () => {
    writeFileSync(file('both.pem'), CA.pem + OTHER.pem)
    const { code, out } = await run(['roots', file('both.pem')])
    expect(code).toBe(0)
    expect(out).toMatch(/both\.pem .* 2 roots\n of \d{4}-\d\d-\d\d \d\d:\d\d UTC\n/)
    expect(out).toMatch(/\+ CN=Example root +ECDSA P-256 +until 2040-01-01\n/)
    const wide = await run(['roots', file('both.pem')], '', { ...PLAIN, width: 100 })
    expect(wide.out).toMatch(/until 2040-01-01, in \d+ years\n/)
    const json = JSON.parse((await run(['roots', file('both.pem'), '--json'])).out)
    expect(json).toMatchObject([{ source: file('both.pem'), count: 2, roots: [{ subject: 'CN=Example root' }, {}] }])
  })

  test('common names first, within the width', async () => {
    const long = makeCa({
      subject: [
        ['2.5.4.6', 'DE'],
        ['2.5.4.10', 'x'.repeat(80)],
        ['2.5.4.3', 'Named last, of all'],
      ],
    })
    writeFileSync(file('long.pem'), long.pem)
    for (const width of [56, 80, 100]) {
      const { out } = await run(['roots', file('long.pem')], '', { ...PLAIN, width })
      expect(out).toMatch(/\+ CN=Named/)
      expect(Math.max(...out.split('\n').map(displayWidth))).toBeLessThan(width)
    }
  })

  test('those of Node, and the default', async () => {
    const json = JSON.parse((await run(['roots', 'bundled', '--json'])).out)
    expect(json[0].count).toBeGreaterThan(50)
    expect((await run(['roots', 'nowhere.pem'])).code).toBe(6)
  })
})
