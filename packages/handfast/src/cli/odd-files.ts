/**
 * Files that are not what they were given for: what they hold instead, by the first fields of their DER
 * or by the form of their text, and how it is converted. Only for messages: nothing is read by it.
 */

import { type PemBlock, TAG } from '../asn1/index.ts'
import { CommandError } from './command-error.ts'
import { EXIT } from './exit-codes.ts'

/** What a file holds: for people, with its article, and what to do about it; null if there is nothing special to be said. */
export interface OddContent {
  readonly noun: string
  readonly advice: string | null
}

/** What DER is, if that can be told; the nouns of objects that are read are those of `ObjectKind`. */
export function findOtherObject(der: Uint8Array, path: string): OddContent | null {
  const [outer] = elementsOf(der, 0, der.length)
  if (outer === undefined || outer.tag !== TAG.sequence) return null
  const parts = elementsOf(der, outer.start, outer.end)
  const [first] = parts
  if (first?.tag === TAG.oid) {
    const advice = `Convert it first: openssl pkcs7 -inform DER -print_certs -in ${path} -out plain.pem`
    return { noun: 'a PKCS#7 message', advice }
  }
  if (first?.tag === TAG.enumerated) return { noun: 'an OCSP response', advice: null }
  const shape = tagsOf(parts)
  for (const [pattern, noun] of SHAPES) if (pattern.test(shape)) return { noun, advice: ADVICE[noun] ?? null }
  if (first?.tag !== TAG.sequence || !/^30 30 03$/.test(shape)) return null
  const signed = tagsOf(elementsOf(der, first.start, first.end))
  for (const [pattern, noun] of SIGNED) if (pattern.test(signed)) return { noun, advice: ADVICE[noun] ?? null }
  return null
}

/** By the identifiers of what the outermost SEQUENCE holds: RFC 5958, RFC 5915, RFC 8017 appendix A.1, RFC 5280 section 4.1. */
const SHAPES: readonly (readonly [RegExp, noun: string])[] = [
  [/^02 30 04/, 'a private key'],
  [/^02 04/, 'a private key'],
  [/^02 02 02 02 02/, 'a private key'],
  [/^30 04$/, 'an encrypted private key'],
  [/^02 02$/, 'a public key'],
  [/^30 03$/, 'a public key'],
]

/** By those of what is signed: RFC 2986 section 4, RFC 5280 sections 5.1 and 4.1. */
const SIGNED: readonly (readonly [RegExp, noun: string])[] = [
  [/^02 30 30 a0/, 'a certificate request'],
  [/^(02 )?30 30 1[78]/, 'a revocation list'],
  [/^(a0 )?02 30 30 30/, 'a certificate'],
]

const CERTIFICATE_OF_IT = 'Give the certificate that belongs to it.'
const ADVICE: Readonly<Record<string, string>> = {
  'a private key': CERTIFICATE_OF_IT,
  'an encrypted private key': CERTIFICATE_OF_IT,
  'a public key': CERTIFICATE_OF_IT,
  'a certificate request': 'Give the certificate that the authority made of it.',
}

interface Element {
  readonly tag: number
  readonly start: number
  /** Of what there is. */
  readonly end: number
}

/** The first elements of `bytes` from `at` to `end`, as far as they can be told. */
function elementsOf(bytes: Uint8Array, at: number, end: number): Element[] {
  const elements: Element[] = []
  while (at + 2 <= end && elements.length < 8) {
    const header = headerOf(bytes, at)
    if (header === null) break
    const start = at + header.size
    const next = start + header.length
    elements.push({ tag: bytes[at] as number, start, end: Math.min(next, end) })
    at = next
  }
  return elements
}

/** Identifier and length octets (X.690 section 8.1.3); null if they are not definite. */
function headerOf(bytes: Uint8Array, at: number): { readonly size: number; readonly length: number } | null {
  const first = bytes[at + 1]
  if (first === undefined || first === 0x80) return null
  if (first < 0x80) return { size: 2, length: first }
  const octets = first & 0x7f
  if (octets > 4 || at + 2 + octets > bytes.length) return null
  let length = 0
  for (const octet of bytes.subarray(at + 2, at + 2 + octets)) length = length * 256 + octet
  return { size: 2 + octets, length }
}

function tagsOf(elements: readonly Element[]): string {
  return elements.map(({ tag }) => tag.toString(16).padStart(2, '0')).join(' ')
}

/**
 * That a file in DER is one whole element.
 * @throws {CommandError} if it was cut off, or has something behind it.
 */
export function checkWhole(der: Uint8Array, path: string): void {
  const header = headerOf(der, 0)
  if (header === null) return
  const needs = header.size + header.length
  if (needs > der.length) {
    const message = `'${path}' is cut short: its DER needs ${needs} bytes, has ${der.length}`
    throw new CommandError(EXIT.file, message, 'Get the file once more, whole.')
  }
  if (needs < der.length) {
    const message = `'${path}' has ${der.length - needs} bytes behind its DER, which ends after ${needs}`
    throw new CommandError(EXIT.file, message, 'Cut them off; several objects go into a file in PEM.')
  }
}

/** What to do with a file that has none of the PEM blocks that were looked for; null if that is plain. */
export function adviceOnBlocks(blocks: readonly PemBlock[], path: string): string | null {
  for (const { label } of blocks) {
    if (label === 'PKCS7' || label === 'CMS') {
      return `Convert it first: openssl pkcs7 -print_certs -in ${path} -out plain.pem`
    }
    if (label === 'TRUSTED CERTIFICATE') return `Convert it first: openssl x509 -in ${path} -out plain.pem`
    if (label.endsWith('CERTIFICATE REQUEST')) return 'Give the certificate that the authority made of it.'
  }
  return null
}

/** What a file without PEM and DER holds, if that can be told. */
export function findOddForm(bytes: Uint8Array, path: string): OddContent | null {
  const [a, b] = bytes
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || (a === 0x2d && b === 0) || (a === 0 && b === 0x2d)) {
    return { noun: 'text in UTF-16', advice: `Convert it first: iconv -f UTF-16 -t UTF-8 ${path} > plain.pem` }
  }
  const text = new TextDecoder().decode(bytes.subarray(0, 4096)).trim()
  if (/^MI[0-9A-Za-z+/=\s]{30,}$/.test(text)) {
    return { noun: 'base64 without the lines around it', advice: `Decode it first: base64 -d ${path} > plain.der` }
  }
  return null
}
