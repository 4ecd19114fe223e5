import { describe, expect, test } from 'vitest'
import { issue, issueCa, makeCa } from '../../test/pki.ts'
import { writeBase64 } from '../asn1/index.ts'
import { fromHex, toHex } from '../bytes/index.ts'
import { nodeProvider } from '../crypto/node.ts'
import { type Blocklist, type BlocklistEntry, createBlocklist } from './blocklist.ts'
import { readBlocklist } from './blocklist-file.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import { pinText } from './key-set.ts'
import { BLOCKLIST } from './rules/lists.ts'
import type { PathContext, Problem } from './rules/rule.ts'

const { sha256 } = nodeProvider.hashes
const ca = makeCa({ subject: 'Root' })
const sub = issueCa(ca, { subject: 'Sub' })
const SERIAL = Uint8Array.of(0x00, 0xab, 0xcd)
const path = [issue(sub, { dnsNames: ['a.example'], serialNumber: SERIAL }), sub, ca].map(({ certificate }) =>
  readCertificate(certificate),
)
const [leaf, intermediate, root] = path as [Certificate, Certificate, Certificate]
const other = issue(sub, { dnsNames: ['a.example'], serialNumber: 0x123456 })
const otherPath = [readCertificate(other.certificate), intermediate, root]
const issuerHash = toHex(sha256.digest(leaf.issuerDer))
const HASH = '00'.repeat(32)

function judge(blocklist: Blocklist | undefined, judged: readonly Certificate[] = path): Problem | null {
  return BLOCKLIST.check(judged, { provider: nodeProvider, request: { blocklist } } as unknown as PathContext)
}

function listOf(...entries: BlocklistEntry[]): Blocklist {
  return createBlocklist({ name: 'blocked', date: 7, entries })
}

test('a key without a certificate is found by its hash, whoever it is said to be of', () => {
  const key = leaf.publicKeyHash(sha256)
  expect(listOf({ kind: 'key', hash: key }).hasKey(key)).toBe(true)
  expect(listOf({ kind: 'key', hash: key, subject: leaf.subjectDer }).hasKey(key)).toBe(true)
  expect(listOf({ kind: 'certificate-or-key', hash: pinText(key) }).hasKey(key)).toBe(true)
  expect(listOf({ kind: 'certificate', hash: key }).hasKey(key)).toBe(false)
  expect(listOf({ kind: 'key', hash: HASH }).hasKey(key)).toBe(false)
})

describe('what an entry names', () => {
  test.each<[string, BlocklistEntry, Certificate]>([
    ['a leaf', { kind: 'certificate', hash: leaf.fingerprint(sha256) }, leaf],
    ['an anchor', { kind: 'certificate', hash: root.fingerprint(sha256).toUpperCase() }, root],
    ['a key', { kind: 'key', hash: pinText(leaf.publicKeyHash(sha256)) }, leaf],
    ["an anchor's key", { kind: 'key', hash: root.publicKeyHash(sha256) }, root],
    ['a key and its subject', { kind: 'key', hash: leaf.publicKeyHash(sha256), subject: leaf.subjectDer }, leaf],
    ['issuer and serial', { kind: 'serial', issuer: leaf.issuerDer, serialNumber: 'abcd' }, leaf],
    [
      'issuer and serial as the INTEGER has it',
      { kind: 'serial', issuer: leaf.issuerDer, serialNumber: '00ABCD' },
      leaf,
    ],
    ["issuer's hash and serial", { kind: 'serial', issuer: issuerHash, serialNumber: 'abcd' }, leaf],
    [
      "issuer's key and serial",
      { kind: 'serial-by-key', issuerKey: intermediate.publicKeyHash(sha256), serialNumber: 'abcd' },
      leaf,
    ],
    [
      "an anchor's own key and serial",
      { kind: 'serial-by-key', issuerKey: root.publicKeyHash(sha256), serialNumber: root.serialNumberHex },
      root,
    ],
  ])('%s', (_, entry, certificate) => {
    expect(judge(listOf(entry))).toMatchObject({ reason: 'blocked', certificate })
    expect(listOf(entry)).toMatchObject({ name: 'blocked', date: 7, size: 1 })
  })

  test.each<[string, BlocklistEntry]>([
    ['another certificate', { kind: 'certificate', hash: HASH }],
    ['another key', { kind: 'key', hash: HASH }],
    ['a certificate by the hash of its key', { kind: 'certificate', hash: leaf.publicKeyHash(sha256) }],
    ['the key for another subject', { kind: 'key', hash: leaf.publicKeyHash(sha256), subject: root.subjectDer }],
    ['the serial of another issuer', { kind: 'serial', issuer: root.subjectDer, serialNumber: 'abcd' }],
    ['another serial', { kind: 'serial', issuer: leaf.issuerDer, serialNumber: 'abcdef' }],
    ['a longer serial', { kind: 'serial', issuer: leaf.issuerDer, serialNumber: 'abcd00' }],
    [
      "the serial of another issuer's key",
      { kind: 'serial-by-key', issuerKey: root.publicKeyHash(sha256), serialNumber: 'abcd' },
    ],
  ])('not %s', (_, entry) => {
    expect(judge(listOf(entry))).toBe(null)
  })

  test('nor the next certificate of the same issuer', () => {
    const list = listOf(
      { kind: 'certificate', hash: leaf.fingerprint(sha256) },
      { kind: 'key', hash: leaf.publicKeyHash(sha256) },
      { kind: 'serial', issuer: leaf.issuerDer, serialNumber: 'abcd' },
    )
    expect(judge(list)).not.toBe(null)
    expect(judge(list, otherPath)).toBe(null)
  })

  test('nothing without a list', () => {
    expect(judge(undefined)).toBe(null)
  })

  test('the message tells list, entry and remark', () => {
    const entry = { kind: 'key', hash: leaf.publicKeyHash(sha256), remark: 'key leaked\u001b' } as const
    expect(judge(listOf(entry))?.message).toBe(
      `The certificate must not be on 'blocked'; it is, by its key ${pinText(leaf.publicKeyHash(sha256))} (key leaked\\1B).`,
    )
  })

  test.each<[unknown, RegExp]>([
    [{ kind: 'certificate', hash: 'x' }, /^entries\[0\]\.hash: needs a SHA-256/],
    [{ kind: 'key' }, /^entries\[0\]\.hash: needs a SHA-256/],
    [{ kind: 'serial', issuer: 'x', serialNumber: '01' }, /^entries\[0\]\.issuer: needs a SHA-256/],
    [{ kind: 'serial', issuer: HASH, serialNumber: '' }, /^entries\[0\]\.serialNumber: needs digits of hex in pairs/],
    [{ kind: 'serial-by-key', issuerKey: HASH, serialNumber: '1' }, /^entries\[0\]\.serialNumber: needs/],
  ])('%j is refused', (entry, message) => {
    expect(() => listOf(entry as BlocklistEntry)).toThrow(message)
    expect(() => listOf(entry as BlocklistEntry)).toThrow(TypeError)
  })
})

describe('lists in files', () => {
  const certificate = leaf.fingerprint(sha256)
  const key = leaf.publicKeyHash(sha256)
  const issuerKey = intermediate.publicKeyHash(sha256)

  test.each([
    [certificate],
    [key],
    [`certificate ${certificate}`],
    [`# a comment\r\n\r\n  ${certificate}  # why\r\n`],
    [`key sha256/${writeBase64(sha256.digest(leaf.subjectPublicKeyInfo))}`],
    [`issuer ${issuerHash} 00:ab:cd`],
    [`issuer-key ${issuerKey} ABCD`],
  ])('text: %s', (text) => {
    const list = readBlocklist(text, { name: 'list.txt' })
    expect(list.size).toBe(1)
    expect(judge(list)).toMatchObject({ reason: 'blocked', certificate: leaf })
  })

  test('a bare hash is one entry, of a certificate or of a key', () => {
    expect(judge(readBlocklist(certificate, { name: 'l' }))?.message).toContain('by its SHA-256')
    expect(judge(readBlocklist(`${key} # why`, { name: 'l' }))?.message).toMatch(/by its key .* \(why\)\.$/)
    expect(judge(readBlocklist(`certificate ${key}`, { name: 'l' }))).toBeNull()
    expect(judge(readBlocklist(HASH, { name: 'l' }))).toBeNull()
  })

  test('a remark is shown', () => {
    expect(judge(readBlocklist(`${certificate} # found on a laptop`, { name: 'l' }))?.message).toMatch(
      /\(found on a laptop\)\.$/,
    )
  })

  const issuerName = writeBase64(leaf.issuerDer)
  test.each([
    [[{ certificate }]],
    [{ entries: [{ key, remark: 'why' }] }],
    [[{ issuer: issuerHash, serialNumber: 'abcd' }]],
    [[{ issuerKey, serialNumber: '00abcd' }]],
    [{ data: [{ schema: 1, issuerName, serialNumber: writeBase64(SERIAL), enabled: true }] }],
    [{ data: [{ subject: writeBase64(leaf.subjectDer), pubKeyHash: writeBase64(fromHex(key)) }] }],
    [{ Version: 0, ContentType: 'CRLSet', BlockedSPKIs: [writeBase64(fromHex(key))] }],
  ])('JSON: %j', (json) => {
    const list = readBlocklist(`\n${JSON.stringify(json)}`, { name: 'list.json' })
    expect(list.size).toBe(1)
    expect(judge(list)).toMatchObject({ reason: 'blocked', certificate: leaf })
  })

  test.each([
    [
      'nonsense',
      "list, line 1: needs HASH, certificate HASH, key HASH, issuer HASH SERIAL or issuer-key HASH SERIAL, has 'nonsense'",
    ],
    [`${HASH}\n${HASH} x`, /^list, line 2: /],
    [`key ${HASH} 01`, /^list, line 1: /],
    [`issuer ${HASH}`, /^list, line 1: /],
    [`issuer ${HASH} 0`, /^list, line 1: /],
    [`certificate ${HASH} 01 02`, /^list, line 1: /],
    ['[{]', /^list: needs JSON, /],
    ['{}', /^list: needs a list, or an object with a list in data, entries or BlockedSPKIs/],
    ['[{"key": "x"}]', /^list, entry 0: needs certificate, key, /],
    [`[{"key": "${HASH}"}, {"keys": "${HASH}"}]`, /^list, entry 1: /],
    ['[null]', /^list, entry 0: /],
    [`[{"issuerName": "AA==", "serialNumber": ""}]`, /^list, entry 0: /],
    [`[{"issuerName": "A", "serialNumber": "AA=="}]`, /^list, entry 0: /],
    [`[{"pubKeyHash": "${HASH}"}]`, /^list, entry 0: /],
    ['{"BlockedSPKIs": [5]}', /^list, BlockedSPKIs\[0\]: /],
  ])('%s is refused by its place', (text, message) => {
    const read = (): Blocklist => readBlocklist(text, { name: 'list' })
    expect(read).toThrow(message)
    expect(read).toThrow(CertificateError)
  })

  test('nothing is an empty list', () => {
    expect(readBlocklist('# none\n', { name: 'l' }).size).toBe(0)
    expect(readBlocklist('[]', { name: 'l' }).size).toBe(0)
  })
})
