/**
 * Whom to trust when the caller does not say: the operating system's roots, those that come with Node,
 * or those of a file or folder, each with where they are from and how old they are.
 *
 * The variables SSL_CERT_FILE and SSL_CERT_DIR, by which OpenSSL's users name their roots (and so
 * curl's and Go's), take the place of the system's. Whoever named roots meant these and no others: that
 * they cannot be had must not widen trust, and is an error.
 */

import { existsSync, readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import * as tls from 'node:tls'
import { readPem, writePem } from '../asn1/index.ts'
import { DecodeError } from '../bytes/index.ts'
import {
  type Certificate,
  CertificateError,
  createTrustStore,
  readCertificate,
  type TrustStore,
} from '../x509/index.ts'

/** Roots, and what there is to tell of them. */
export interface Roots {
  /** Its `name` tells source and date, and how many were left out. */
  readonly store: TrustStore
  /** Where they are from: a path, several of them, or words. */
  readonly source: string
  /** Of the newest file, milliseconds since the epoch; null if that is not known. */
  readonly date: number | null
  /** What was left out, and so anchors nothing. */
  readonly skipped: readonly SkippedRoot[]
}

export interface SkippedRoot {
  /** The file, and which of its certificates. */
  readonly place: string
  readonly message: string
}

/** Where Unix systems keep their roots in one file. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]
/** Where they keep one file for each. */
const FOLDERS = ['/etc/ssl/certs', '/etc/pki/tls/certs', '/system/etc/security/cacerts']

/** Larger files are no lists of roots. */
const MAX_FILE_BYTES = 16 << 20
const MAX_FILES = 10_000

const known = new Map<'system' | 'bundled', Roots>()

/**
 * The operating system's roots, or those that come with Node; read once a process.
 * @throws {TypeError} SSL_CERT_FILE or SSL_CERT_DIR names what cannot be read or holds no certificates.
 */
export function readRoots(kind: 'system' | 'bundled'): Roots {
  let roots = known.get(kind)
  if (roots === undefined) {
    roots = rootsOf(kind === 'system' ? systemTexts() : bundledTexts(), kind)
    known.set(kind, roots)
  }
  return roots
}

/** The store of `readRoots`. @throws {TypeError} as there. */
export function defaultRoots(kind: 'system' | 'bundled' = 'system'): TrustStore {
  return readRoots(kind).store
}

/**
 * The roots of a file, in PEM or DER, or of all files of a folder; read anew each time.
 * @throws {TypeError} naming `what` if it cannot be read or holds no certificates.
 */
export function readRootsAt(path: string, what = 'roots'): Roots {
  const texts = isFolder(path, what) ? folderTexts([path], what) : fileTexts(path, what)
  const roots = rootsOf(texts, '')
  if (roots.store.certificates.length > 0) return roots
  const [first] = roots.skipped
  const has = first === undefined ? `'${path}' has none` : `${first.place}: ${first.message}`
  throw new TypeError(`${what}: needs certificates in PEM or DER, ${has}`)
}

/** The operating system's roots as PEM texts. @throws {TypeError} as `readRoots`. */
export function readSystemRoots(): readonly string[] {
  return systemTexts().files.map(({ text }) => text)
}

/** What roots are read from. */
interface RootTexts {
  readonly source: string
  readonly date: number | null
  /** PEM, with the place each is from. */
  readonly files: readonly { readonly place: string; readonly text: string }[]
}

function systemTexts(): RootTexts {
  const file = process.env['SSL_CERT_FILE'] ?? ''
  const folders = (process.env['SSL_CERT_DIR'] ?? '').split(delimiter).filter((folder) => folder !== '')
  if (file !== '' || folders.length > 0) {
    const named = [
      ...(file === '' ? [] : [fileTexts(file, 'SSL_CERT_FILE')]),
      ...(folders.length === 0 ? [] : [folderTexts(folders, 'SSL_CERT_DIR')]),
    ]
    return joined(named)
  }
  const bundle = BUNDLES.find((path) => existsSync(path))
  if (bundle !== undefined) return fileTexts(bundle, 'system')
  const found = FOLDERS.filter((path) => existsSync(path))
  if (found.length > 0) {
    const texts = folderTexts(found, null)
    if (texts.files.length > 0) return texts
  }
  // Windows and macOS keep them behind an API, which Node has from 22.15 on.
  const certificates = tls.getCACertificates?.('system')
  if (certificates === undefined) return bundledTexts()
  return unnamedTexts('the operating system', certificates)
}

function bundledTexts(): RootTexts {
  return unnamedTexts(`Node ${process.version}`, tls.rootCertificates)
}

function unnamedTexts(source: string, certificates: readonly string[]): RootTexts {
  return { source, date: null, files: [{ place: source, text: certificates.join('\n') }] }
}

function joined(all: readonly RootTexts[]): RootTexts {
  const dates = all.map(({ date }) => date).filter((date) => date !== null)
  return {
    source: all.map(({ source }) => source).join(', '),
    date: dates.length === 0 ? null : Math.max(...dates),
    files: all.flatMap(({ files }) => files),
  }
}

function isFolder(path: string, what: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch (error) {
    throw new TypeError(`${what}: needs a readable file or folder, has '${path}'`, { cause: error })
  }
}

/** @throws {TypeError} naming `what`. */
function fileTexts(path: string, what: string): RootTexts {
  let status: Stats
  let text: string
  try {
    status = statSync(path)
    if (status.size > MAX_FILE_BYTES) throw new Error(`more than ${MAX_FILE_BYTES} bytes`)
    text = pemOf(readFileSync(path))
  } catch (error) {
    throw new TypeError(`${what}: needs a readable file, has '${path}'`, { cause: error })
  }
  if (!text.includes('-----BEGIN ')) throw new TypeError(`${what}: needs certificates in PEM, '${path}' has none`)
  return { source: path, date: status.mtimeMs, files: [{ place: path, text }] }
}

/**
 * All files directly in the folders, each once however many links lead to it. What is no certificate is
 * passed over: other things lie in folders, too.
 * @throws {TypeError} naming `what`, unless that is null.
 */
function folderTexts(folders: readonly string[], what: string | null): RootTexts {
  const files = new Map<string, { place: string; text: string; date: number }>()
  for (const folder of folders) {
    try {
      for (const entry of readdirSync(folder)) {
        const file = readEntry(join(folder, entry))
        if (file !== null && files.size < MAX_FILES) files.set(file.place, file)
      }
    } catch (error) {
      if (what !== null) throw new TypeError(`${what}: needs a readable folder, has '${folder}'`, { cause: error })
    }
  }
  if (files.size === 0 && what !== null) {
    throw new TypeError(`${what}: needs certificates in PEM or DER, '${folders.join(delimiter)}' has none`)
  }
  const dates = Array.from(files.values(), ({ date }) => date)
  const date = dates.reduce((newest, one) => Math.max(newest, one), 0)
  return { source: folders.join(delimiter), date: dates.length === 0 ? null : date, files: [...files.values()] }
}

/** A file with certificates; null for what is none, or cannot be read. */
function readEntry(path: string): { readonly place: string; readonly text: string; readonly date: number } | null {
  try {
    const place = realpathSync(path)
    const status = statSync(place)
    if (!status.isFile() || status.size > MAX_FILE_BYTES) return null
    const text = pemOf(readFileSync(place))
    return CERTIFICATE_BLOCK.test(text) ? { place, text, date: status.mtimeMs } : null
  } catch {
    return null
  }
}

/** PEM as it is, a certificate in DER as PEM. */
function pemOf(bytes: Buffer): string {
  const isDer = bytes[0] === 0x30 && (bytes[1] ?? 0) >= 0x80
  return isDer ? writePem('CERTIFICATE', bytes) : bytes.toString('latin1')
}

const CERTIFICATE_BLOCK = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/

function rootsOf({ source, date, files }: RootTexts, kind: string): Roots {
  const certificates: Certificate[] = []
  const skipped: SkippedRoot[] = []
  for (const { place, text } of files) {
    // Each block by itself: that one is damaged must not cost all the others.
    let number = 0
    for (const block of text.split(/(?=-----BEGIN )/)) {
      const [label] = CERTIFICATE_BLOCK.exec(block) ?? []
      if (label === undefined) continue
      number++
      const message = label.includes('TRUSTED') ? TRUST_SETTINGS : addCertificate(block, certificates)
      if (message !== null) skipped.push({ place: `${place}, certificate ${number}`, message })
    }
  }
  return {
    store: createTrustStore(certificates, { name: nameOf(source, date, kind, skipped.length) }),
    source,
    date,
    skipped,
  }
}

const TRUST_SETTINGS = "needs a CERTIFICATE, has a TRUSTED CERTIFICATE, whose trust settings are OpenSSL's own"

function addCertificate(block: string, certificates: Certificate[]): string | null {
  try {
    for (const { bytes } of readPem(block)) certificates.push(readCertificate(bytes))
    return null
  } catch (error) {
    if (error instanceof CertificateError || error instanceof DecodeError) return error.message
    throw error
  }
}

function nameOf(source: string, date: number | null, kind: string, skipped: number): string {
  const day = date === null ? '' : ` of ${new Date(date).toISOString().slice(0, 10)}`
  const without = skipped === 0 ? '' : `, without ${skipped} that cannot be read`
  const name = `${source}${day}${without}`
  return kind === '' ? name : `${kind} roots: ${name}`
}
