/**
 * Blocklists as files have them.
 *
 * Text, one entry a line; hashes are SHA-256 in hex or base64, serial numbers hex. What follows `#` is
 * a remark, shown with the entry; a line without an entry is a comment:
 *
 *     HASH                     one certificate, or all with this key: whichever it is the hash of
 *     certificate HASH         one certificate
 *     key HASH                 all certificates with the key whose SubjectPublicKeyInfo has this hash
 *     issuer HASH SERIAL       by the hash of the issuer's Name in DER
 *     issuer-key HASH SERIAL   by the hash of the issuer's SubjectPublicKeyInfo
 *
 * JSON: a list of objects, or an object whose `data` or `entries` is one. Each object has one of
 *
 *     {"certificate": HASH}  {"key": HASH}
 *     {"issuer": HASH, "serialNumber": HEX}  {"issuerKey": HASH, "serialNumber": HEX}
 *     {"issuerName": BASE64, "serialNumber": BASE64}   as Mozilla's OneCRL: a Name in DER, an INTEGER's contents
 *     {"subject": BASE64, "pubKeyHash": BASE64}        as OneCRL: a Name in DER, SHA-256 of SubjectPublicKeyInfo
 *
 * and may have a `remark`. An object with `BlockedSPKIs`, a list of hashes of keys, is the header of a
 * Chromium CRLSet; its binary body is not read. Other members do not count; an object that has none of
 * the above is an error: a list that is only half understood must not pass for the whole.
 */

import { readBase64 } from '../asn1/pem.ts'
import { DecodeError } from '../bytes/decode-error.ts'
import { toHex } from '../bytes/hex.ts'
import { type Blocklist, type BlocklistEntry, createBlocklist } from './blocklist.ts'
import { CertificateError } from './certificate-error.ts'
import { linesOf, readKeyHash } from './key-set.ts'
import { quotedText } from './printable-text.ts'

/**
 * Reads a blocklist in one of the forms above.
 * @throws {CertificateError} `malformed`, its path naming the list and the line or the entry.
 */
export function readBlocklist(
  file: string,
  options: { readonly name: string; readonly date?: number | null },
): Blocklist {
  const isJson = /^\s*[[{]/.test(file)
  const entries = isJson ? readJson(file, options.name) : readText(file, options.name)
  return createBlocklist({ ...options, entries })
}

function* readText(text: string, name: string): Generator<BlocklistEntry> {
  let line = 0
  for (const written of linesOf(text)) {
    line++
    const hashSign = written.indexOf('#')
    const content = (hashSign < 0 ? written : written.slice(0, hashSign)).trim()
    if (content === '') continue
    const remark = hashSign < 0 ? '' : written.slice(hashSign + 1).trim()
    const entry = readLine(content)
    if (entry === null) throw malformed(`${name}, line ${line}`, LINE_FORMS, content)
    yield remark === '' ? entry : { ...entry, remark }
  }
}

const LINE_FORMS = 'HASH, certificate HASH, key HASH, issuer HASH SERIAL or issuer-key HASH SERIAL'

function readLine(content: string): BlocklistEntry | null {
  const [first = '', hash = '', serial, ...more] = content.split(/\s+/)
  if (more.length > 0) return null
  if (hash === '') return isHash(first) ? { kind: 'certificate-or-key', hash: first } : null
  if (!isHash(hash)) return null
  if (serial === undefined) {
    if (first === 'certificate' || first === 'key') return { kind: first, hash }
    return null
  }
  const serialNumber = serial.replaceAll(':', '')
  if (!/^([0-9a-f]{2})+$/i.test(serialNumber)) return null
  if (first === 'issuer') return { kind: 'serial', issuer: hash, serialNumber }
  return first === 'issuer-key' ? { kind: 'serial-by-key', issuerKey: hash, serialNumber } : null
}

function isHash(text: unknown): text is string {
  return typeof text === 'string' && readKeyHash(text) !== null
}

type JsonObject = Readonly<Record<string, unknown>>

function* readJson(text: string, name: string): Generator<BlocklistEntry> {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw new CertificateError('malformed', `${name}: needs JSON, ${(error as Error).message.slice(0, 200)}`, name)
  }
  const list = isObject(parsed) ? (parsed['data'] ?? parsed['entries']) : parsed
  const keys = isObject(parsed) ? parsed['BlockedSPKIs'] : undefined
  if (!Array.isArray(list) && !Array.isArray(keys)) {
    throw malformed(name, 'a list, or an object with a list in data, entries or BlockedSPKIs', text.slice(0, 40))
  }
  for (const [index, item] of (Array.isArray(list) ? list : []).entries()) {
    const entry = isObject(item) ? readObject(item) : null
    if (entry === null) throw malformed(`${name}, entry ${index}`, OBJECT_FORMS, JSON.stringify(item) ?? String(item))
    const remark = (item as JsonObject)['remark']
    yield typeof remark === 'string' && remark !== '' ? { ...entry, remark } : entry
  }
  for (const [index, hash] of (Array.isArray(keys) ? keys : []).entries()) {
    if (!isHash(hash)) throw malformed(`${name}, BlockedSPKIs[${index}]`, 'a SHA-256 in base64', String(hash))
    yield { kind: 'key', hash }
  }
}

const OBJECT_FORMS =
  'certificate, key, issuer and serialNumber, issuerKey and serialNumber, issuerName and serialNumber, or subject and pubKeyHash'

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An entry of one of the forms; null if it has none, or a value that is not as the form wants it. */
function readObject(item: JsonObject): BlocklistEntry | null {
  const { certificate, key, issuer, issuerKey, issuerName, subject, pubKeyHash, serialNumber } = item
  if (certificate !== undefined) return isHash(certificate) ? { kind: 'certificate', hash: certificate } : null
  if (key !== undefined) return isHash(key) ? { kind: 'key', hash: key } : null
  if (issuerName !== undefined) {
    const name = bytesOf(issuerName)
    const serial = bytesOf(serialNumber)
    if (name === null || serial === null || serial.length === 0) return null
    return { kind: 'serial', issuer: name, serialNumber: toHex(serial) }
  }
  if (pubKeyHash !== undefined) {
    const name = bytesOf(subject)
    return name === null || !isHash(pubKeyHash) ? null : { kind: 'key', hash: pubKeyHash, subject: name }
  }
  if (typeof serialNumber !== 'string' || !/^([0-9a-f]{2})+$/i.test(serialNumber)) return null
  if (isHash(issuer)) return { kind: 'serial', issuer, serialNumber }
  return isHash(issuerKey) ? { kind: 'serial-by-key', issuerKey, serialNumber } : null
}

function bytesOf(base64: unknown): Uint8Array | null {
  if (typeof base64 !== 'string') return null
  try {
    return readBase64(base64, '')
  } catch (error) {
    if (error instanceof DecodeError) return null
    throw error
  }
}

function malformed(path: string, needs: string, has: string): CertificateError {
  return new CertificateError('malformed', `${path}: needs ${needs}, has ${quotedText(has)}`, path)
}
