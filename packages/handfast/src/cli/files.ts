/** Certificates and keys in files: PEM or DER to read, PEM to write. Keys are written for their owner alone. */

import { createPrivateKey } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fchmodSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { type FileObject, isDer, PEM_LABELS, readPemFile, readPemOrDer, type PemBlock } from '../asn1/index.ts'
import { DecodeError } from '../bytes/index.ts'
import { readPrivateKeyInfo } from '../crypto/private-key-format.ts'
import { type Certificate, CertificateError, readCertificate } from '../x509/index.ts'
import { CommandError } from './command-error.ts'
import { EXIT } from './exit-codes.ts'
import { adviceOnBlocks, checkWhole, findOddForm, findOtherObject } from './odd-files.ts'

/** Largest file that is read: a bundle of all the roots there are takes less than 1 MiB. */
const LARGEST_FILE = 16 * 2 ** 20

/**
 * The certificates in a file, DER, in its order: PEM with any number of them (other blocks are passed over), or one in DER.
 * @throws {CommandError} if it cannot be read, holds none, or one of them is malformed.
 */
export function readCertificateFile(path: string): Uint8Array[] {
  const certificates = unwrapCertificates(readFile(path), path)
  for (const [index, der] of certificates.entries()) parseCertificate(der, path, index)
  return certificates
}

/**
 * The certificate at `index` of those in the file `path`.
 * @throws {CommandError} naming both, if its structure is malformed.
 */
export function parseCertificate(der: Uint8Array, path: string, index: number): Certificate {
  try {
    return readCertificate(der)
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error
    throw new CommandError(
      EXIT.file,
      `certificate ${index + 1} in '${path}' is malformed: ${error.message}`,
      'Check that the file is complete, and holds certificates.',
    )
  }
}

/**
 * The certificates in `bytes`, which came from `path`, DER and not yet read.
 * @throws {CommandError} if there is none.
 */
export function unwrapCertificates(bytes: Uint8Array, path: string): Uint8Array[] {
  return unwrapObjects(bytes, path, CERTIFICATES)
}

/** A kind of object that files hold in PEM or DER. */
export interface ObjectKind {
  /** For people, with its article. */
  readonly noun: string
  readonly labels: readonly string[]
}

const CERTIFICATES: ObjectKind = { noun: 'a certificate', labels: PEM_LABELS.certificate }
/** CRLs. */
export const REVOCATION_LISTS: ObjectKind = { noun: 'a revocation list', labels: PEM_LABELS.certificateList }
/** OCSP responses, which are DER nearly always. */
export const OCSP_RESPONSES: ObjectKind = { noun: 'an OCSP response', labels: PEM_LABELS.ocspResponse }

/**
 * The objects of a kind in `bytes`, DER: PEM with any number of them (other blocks are passed over), or one in DER.
 * @throws {CommandError} if there is none.
 */
export function unwrapObjects(bytes: Uint8Array, path: string, { noun, labels }: ObjectKind): Uint8Array[] {
  checkNotPkcs12(bytes, path)
  const objects = reading(path, (): FileObject[] => readPemOrDer(bytes, labels))
  const usual = `Give a file with ${noun} in PEM (-----BEGIN ${labels[0]}-----), or one in DER.`
  const none = (found: string, advice: string | null): CommandError =>
    new CommandError(EXIT.file, `no ${noun.replace(/^an? /, '')} in '${path}': it holds ${found}`, advice ?? usual)
  if (objects.some(({ block }) => block === null)) {
    const other = findOtherObject(bytes, path)
    if (other !== null && other.noun !== noun) throw none(other.noun, other.advice)
    checkWhole(bytes, path)
  }
  if (objects.length > 0) return objects.map((object) => object.bytes)
  const blocks = reading(path, () => readPemFile(bytes))
  if (blocks.length > 0) throw none(`only ${foundLabels(blocks)}`, adviceOnBlocks(blocks, path))
  const form = findOddForm(bytes, path)
  throw none(form?.noun ?? 'no PEM block and no DER', form?.advice ?? null)
}

/** The labels of PEM blocks, each once. */
function foundLabels(blocks: readonly PemBlock[]): string {
  return [...new Set(blocks.map(({ label }) => label))].slice(0, 10).join(', ')
}

/**
 * A private key as PKCS#8 in DER. PEM of the older forms (`EC PRIVATE KEY`, `RSA PRIVATE KEY`) is converted.
 * @throws {CommandError} if it cannot be read, holds none, or holds an encrypted one.
 */
export function readKeyFile(path: string): Uint8Array {
  const bytes = readFile(path)
  checkNotPkcs12(bytes, path)
  if (isDer(bytes)) return bytes
  const block = reading(path, () => readPemFile(bytes)).find(({ label }) => label.endsWith('PRIVATE KEY'))
  if (block === undefined) {
    throw new CommandError(EXIT.file, `no private key in '${path}'`, 'Give a file with a PRIVATE KEY in PEM.')
  }
  if (block.label.startsWith('ENCRYPTED') || block.headers['Proc-Type']?.includes('ENCRYPTED') === true) {
    throw new CommandError(
      EXIT.file,
      `the private key in '${path}' is encrypted, which handfast does not read`,
      `Decrypt it first: openssl pkey -in ${path} -out plain.key`,
    )
  }
  if (block.label === 'PRIVATE KEY') return checkPkcs8(block.bytes, path)
  try {
    const key = createPrivateKey({ key: new TextDecoder().decode(bytes), format: 'pem' })
    return key.export({ type: 'pkcs8', format: 'der' })
  } catch {
    throw new CommandError(EXIT.file, `the ${block.label} in '${path}' cannot be read`, 'Convert it to PKCS#8 first.')
  }
}

/**
 * The bytes of a file; `-` is standard input, if given.
 * @throws {CommandError}
 */
export function readFile(path: string): Uint8Array {
  try {
    const bytes = readFileSync(path)
    if (bytes.length > LARGEST_FILE) throw new CommandError(EXIT.file, `'${path}' is larger than 16 MiB`)
    return bytes
  } catch (error) {
    throw fileError(error, `cannot read '${path}'`)
  }
}

/**
 * All of a stream as bytes: standard input.
 * @throws {CommandError} if it is longer than a file may be.
 */
export async function readStream(stream: NodeJS.ReadableStream): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    length += bytes.length
    if (length > LARGEST_FILE) throw new CommandError(EXIT.file, 'standard input is longer than 16 MiB')
    chunks.push(bytes)
  }
  return Buffer.concat(chunks)
}

export interface NewFile {
  readonly path: string
  /** Or bytes. Null: there must be none of this name. */
  readonly text: string | Uint8Array | null
  /** Readable and writable by its owner alone. */
  readonly secret?: boolean
}

/**
 * Writes files, all or, if one of them is there already, none.
 * @throws {CommandError}
 */
export function writeFiles(files: readonly NewFile[], force: boolean): void {
  const there = files.find(({ path }) => existsSync(path))
  if (there !== undefined && !force) {
    throw new CommandError(
      EXIT.file,
      `'${there.path}' exists already`,
      'Choose another place with --out, or overwrite with --force.',
    )
  }
  for (const file of files) {
    if (file.text !== null) writeOne(file.path, file.text, file.secret ?? false, force)
    else removeOne(file.path)
  }
}

function removeOne(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch (error) {
    throw fileError(error, `cannot remove '${path}'`)
  }
}

function writeOne(path: string, text: string | Uint8Array, secret: boolean, force: boolean): void {
  // A new file beside the old one, put in its place when it is whole: nobody ever opens half a key,
  // and an old file's wider permissions are not inherited.
  const target = force ? `${path}.${process.pid}.new` : path
  try {
    mkdirSync(dirname(path), { recursive: true })
    const file = openSync(target, 'wx', secret ? 0o600 : 0o644)
    try {
      // The process's umask may have taken bits away, never added any; `fchmod` says it all the same.
      if (secret) fchmodSync(file, 0o600)
      writeFileSync(file, text)
    } finally {
      closeSync(file)
    }
    if (force) renameSync(target, path)
  } catch (error) {
    throw fileError(error, `cannot write '${path}'`)
  }
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new CommandError(EXIT.file, `'${path}' is not right: ${error.message}`, 'Check that the file is complete.')
  }
}

function checkPkcs8(der: Uint8Array, path: string): Uint8Array {
  try {
    readPrivateKeyInfo(der)
    return der
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unreadable'
    throw new CommandError(EXIT.file, `the private key in '${path}' cannot be used: ${reason}`)
  }
}

/** PKCS#12 (RFC 7292 section 4) is a SEQUENCE that begins with its version, INTEGER 3, and a SEQUENCE; OpenSSL may write it in BER. */
function checkNotPkcs12(bytes: Uint8Array, path: string): void {
  const [tag, length = 0] = bytes
  const content = 2 + (length > 0x80 ? length & 0x7f : 0)
  const begin = [0x02, 0x01, 0x03, 0x30]
  if (tag !== 0x30 || !begin.every((byte, i) => bytes[content + i] === byte)) return
  throw new CommandError(
    EXIT.file,
    `'${path}' is a PKCS#12 archive, which handfast does not read`,
    `Convert it to PEM first: openssl pkcs12 -in ${path} -nodes -out plain.pem`,
  )
}

const SYSTEM_ERRORS: Readonly<Record<string, readonly [message: string, advice: string]>> = {
  ENOENT: ['no such file', 'Check the path.'],
  EACCES: ['permission denied', 'Check who owns it, or choose another place.'],
  EPERM: ['not permitted', 'Check who owns it, or choose another place.'],
  EISDIR: ['it is a directory', 'Give the path of a file.'],
  ENOTDIR: ['a part of the path is no directory', 'Check the path.'],
  EEXIST: ['it exists already', 'Choose another place, or overwrite with --force.'],
  ENOSPC: ['the disk is full', 'Make room, or choose another place.'],
  EROFS: ['the file system is read-only', 'Choose another place.'],
}

function fileError(error: unknown, what: string): unknown {
  if (error instanceof CommandError || !(error instanceof Error) || !('code' in error)) return error
  const [message, advice] = SYSTEM_ERRORS[String(error.code)] ?? [String(error.code), '']
  return new CommandError(EXIT.file, `${what}: ${message}`, advice)
}
