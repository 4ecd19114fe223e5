import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import * as tls from 'node:tls'
import { afterAll, describe, expect, test } from 'vitest'
import { makeCa } from '../../test/pki.ts'
import { defaultRoots, readRoots, readRootsAt, type Roots } from './roots.ts'

const folder = mkdtempSync(join(tmpdir(), 'handfast-roots-'))
afterAll(() => rmSync(folder, { recursive: true }))

const [first, second, third] = ['First', 'Second', 'Third'].map((subject) => makeCa({ subject })) as [Ca, Ca, Ca]
type Ca = ReturnType<typeof makeCa>
const DAY = new Date('2026-03-01T12:00:00Z')

function write(name: string, contents: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, contents)
  utimesSync(path, DAY, DAY)
  return path
}

const subjects = ({ store }: Roots): string[] => store.certificates.map(({ subjectText }) => subjectText).toSorted()

describe('a file', () => {
  test('in PEM has its date', () => {
    const path = write(
      'roots.pem',
      `First\n${first.pem}\n# Second\r\n${second.pem.replaceAll('\n', '\r\n')}${first.pem}`,
    )
    const roots = readRootsAt(path)
    expect(roots).toMatchObject({ source: path, date: DAY.getTime(), skipped: [] })
    expect(roots.store.name).toBe(`${path} of 2026-03-01`)
    expect(subjects(roots)).toEqual(['CN=First', 'CN=Second'])
  })

  test('in DER is one root', () => {
    expect(subjects(readRootsAt(write('first.der', first.certificate)))).toEqual(['CN=First'])
  })

  test('what in it cannot be read is left out, and told', () => {
    const damaged = first.pem.replace(/\n.{4}/, '\n!!!!')
    const trusted = second.pem.replaceAll('CERTIFICATE', 'TRUSTED CERTIFICATE')
    const other = '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'
    const cut = first.pem.slice(0, 200)
    const path = write('some.pem', `${damaged}${third.pem}${trusted}${other}${cut}`)
    const roots = readRootsAt(path)
    expect(subjects(roots)).toEqual(['CN=Third'])
    expect(roots.store.name).toBe(`${path} of 2026-03-01, without 4 that cannot be read`)
    expect(roots.skipped).toEqual([
      { place: `${path}, certificate 1`, message: expect.stringMatching(/needs base64, has '!' among it$/) },
      { place: `${path}, certificate 3`, message: expect.stringMatching(/TRUSTED CERTIFICATE/) },
      { place: `${path}, certificate 4`, message: expect.stringMatching(/^tbsCertificate: needs SEQUENCE/) },
      { place: `${path}, certificate 5`, message: expect.stringMatching(/needs -----END CERTIFICATE-----/) },
    ])
  })

  test.each<[string, () => string, RegExp]>([
    ['that is not there', () => join(folder, 'none'), /^ca: needs a readable file or folder, has '/],
    ['without certificates', () => write('none.txt', 'nothing'), /^ca: needs certificates in PEM, '.*' has none$/],
    [
      'with a key alone',
      () => write('key.pem', first.key.pem),
      /^ca: needs certificates in PEM or DER, '.*' has none$/,
    ],
    [
      'with a damaged one alone',
      () => write('damaged.pem', first.pem.replace(/\n.{4}/, '\n!!!!')),
      /^ca: needs certificates in PEM or DER, .*damaged\.pem, certificate 1: .*needs base64/,
    ],
  ])('%s is refused', (_, path, message) => {
    expect(() => readRootsAt(path(), 'ca')).toThrow(message)
    expect(() => readRootsAt(path(), 'ca')).toThrow(TypeError)
  })
})

describe('a folder', () => {
  const roots = join(folder, 'folder')
  mkdirSync(join(roots, 'deeper'), { recursive: true })
  write('folder/first.pem', first.pem)
  const newest = write('folder/second.cer', second.certificate)
  utimesSync(newest, DAY, new Date('2026-04-01T00:00:00Z'))
  write('folder/README', 'not a certificate')
  write('folder/deeper/third.pem', third.pem)
  symlinkSync('first.pem', join(roots, '0a1b2c3d.0'))
  symlinkSync('missing.pem', join(roots, 'dangling.pem'))

  test('gives what is in its files, each once', () => {
    const read = readRootsAt(roots)
    expect(subjects(read)).toEqual(['CN=First', 'CN=Second'])
    expect(read).toMatchObject({ source: roots, date: Date.UTC(2026, 3, 1), skipped: [] })
    expect(read.store.name).toBe(`${roots} of 2026-04-01`)
  })

  test('without certificates is refused', () => {
    const empty = join(folder, 'empty')
    mkdirSync(empty)
    expect(() => readRootsAt(empty)).toThrow(/^roots: needs certificates in PEM or DER, '.*' has none$/)
  })
})

describe("the system's roots", () => {
  /** A process of its own: they are read once in each. */
  const isolated = async (variables: Record<string, string>): Promise<string> => {
    const { execFileSync } = await import('node:child_process')
    const script = `
      const { readRoots } = await import(${JSON.stringify(new URL('./roots.ts', import.meta.url).href)})
      try {
        const { store, source } = readRoots('system')
        console.log(source, store.certificates.map(({ subjectText }) => subjectText).toSorted().join())
      } catch (error) { console.log(String(error)) }`
    const env = { ...process.env, SSL_CERT_FILE: '', SSL_CERT_DIR: '', ...variables }
    return execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', env }).trim()
  }
  const file = write('named.pem', third.pem)
  const one = join(folder, 'one')
  const two = join(folder, 'two')
  for (const path of [one, two]) mkdirSync(path)
  write('one/first.pem', first.pem)
  write('two/second.pem', second.pem)

  test.each<[Record<string, string>, string]>([
    [{ SSL_CERT_FILE: file }, `${file} CN=Third`],
    [{ SSL_CERT_DIR: one }, `${one} CN=First`],
    [{ SSL_CERT_DIR: [one, two].join(delimiter) }, `${[one, two].join(delimiter)} CN=First,CN=Second`],
    [{ SSL_CERT_FILE: file, SSL_CERT_DIR: two }, `${file}, ${two} CN=Second,CN=Third`],
    [
      { SSL_CERT_DIR: join(folder, 'none') },
      `TypeError: SSL_CERT_DIR: needs a readable folder, has '${join(folder, 'none')}'`,
    ],
    [
      { SSL_CERT_DIR: [one, join(folder, 'none')].join(delimiter) },
      `TypeError: SSL_CERT_DIR: needs a readable folder, has '${join(folder, 'none')}'`,
    ],
    [
      { SSL_CERT_FILE: join(folder, 'none'), SSL_CERT_DIR: one },
      `TypeError: SSL_CERT_FILE: needs a readable file, has '${join(folder, 'none')}'`,
    ],
  ])('are those that %j names, and no others', async (variables, expected) => {
    expect(await isolated(variables)).toBe(expected)
  })

  test('are read once', () => {
    expect(readRoots('system')).toBe(readRoots('system'))
    expect(defaultRoots()).toBe(readRoots('system').store)
    expect(defaultRoots('bundled')).toBe(readRoots('bundled').store)
  })
})

test("Node's own roots are told with its version", () => {
  const roots = readRoots('bundled')
  expect(roots).toMatchObject({ source: `Node ${process.version}`, date: null })
  expect(roots.store.certificates.length + roots.skipped.length).toBe(tls.rootCertificates.length)
  expect(roots.store.name).toMatch(/^bundled roots: Node v\d/)
})
