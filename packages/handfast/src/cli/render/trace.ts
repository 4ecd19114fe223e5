/** A handshake message field by field: names as the RFC has them, values in hex, and what known values mean. */

import type { FieldSpan } from '../../bytes/index.ts'
import { toHex } from '../../bytes/index.ts'
import { mapFields, type TlsVersion } from '../../tls/index.ts'
import { cipherSuiteName, groupName, signatureSchemeName, versionName } from '../../tls/registry.ts'
import { escapeText } from './escape.ts'
import { glyphsOf } from './glyphs.ts'
import { innerWidth, joinLines } from './box.ts'
import { paint } from './colour.ts'
import { count } from './quantity.ts'
import { padEnd, wrapText } from './width.ts'
import type { Terminal } from './terminal.ts'

export interface TracedMessage {
  readonly direction: 'sent' | 'received'
  /** The handshake message, header included. */
  readonly raw: Uint8Array
  /** As far as it is known. */
  readonly version?: TlsVersion | undefined
}

const INDENT = 2
const LABEL_WIDTH = 30
/** Longest field that is shown whole, in bytes, and how much is shown of a longer one. */
const MOST_BYTES = 32
const EXCERPT = 12
/** What the items of plain lists are called. */
const LIST_ITEMS: ReadonlySet<string> = new Set(['entry', 'cipher_suite'])
/** A space no line is broken at. */
const STUCK = '\u00a0'

/** The lines of a message: its name, and one for every field; lengths are not fields of their own here. */
export function renderTrace({ direction, raw, version }: TracedMessage, terminal: Terminal): string {
  const { arrowRight, arrowLeft } = glyphsOf(terminal)
  const map = mapFields(raw, version)
  const arrow = direction === 'sent' ? arrowRight : arrowLeft
  const title = `${arrow} ${paint(terminal, 'strong', escapeText(map.name, terminal, 40))}`
  const problem = map.problem === undefined ? [] : [paint(terminal, 'bad', escapeText(map.problem, terminal))]
  return joinLines([
    `${title}  ${paint(terminal, 'faint', count(raw.length, 'byte'))}`,
    ...treeOf(map.fields).flatMap((field) => renderField(field, raw, 1, terminal)),
    ...problem,
    '',
  ])
}

interface Field {
  readonly span: FieldSpan
  readonly name: string
  readonly children: Field[]
}

/** Fields below those that hold them, by their paths and places. */
function treeOf(spans: readonly FieldSpan[]): Field[] {
  const roots: Field[] = []
  const open: Field[] = []
  for (const span of spans) {
    const name = span.path.slice(span.path.lastIndexOf('.') + 1)
    if (name === 'length' || name === 'extension_type') continue
    const field: Field = { span, name, children: [] }
    while (open.length > 0 && !holds(open.at(-1) as Field, span)) open.pop()
    const parent = open.at(-1)
    if (parent === undefined) roots.push(field)
    else parent.children.push(field)
    open.push(field)
  }
  return roots
}

function holds({ span: outer }: Field, inner: FieldSpan): boolean {
  const isInside = inner.offset >= outer.offset && inner.offset + inner.length <= outer.offset + outer.length
  return isInside && inner.path.startsWith(`${outer.path}.`)
}

function renderField(field: Field, raw: Uint8Array, depth: number, terminal: Terminal): string[] {
  const left = ' '.repeat(INDENT * depth)
  const name = escapeText(field.name, terminal, 60)
  const { children } = field
  const [first] = children
  if (first === undefined) return renderValue(left + name, valueText(field, raw, terminal), terminal)
  // A list of plain values (suites, groups, schemes) is one field for a reader.
  if (LIST_ITEMS.has(first.name)) {
    const values = children.map((child) => valueText(child, raw, terminal)).join(', ')
    return renderValue(left + name, values, terminal)
  }
  return [
    left + paint(terminal, 'faint', name),
    ...children.flatMap((child) => renderField(child, raw, depth + 1, terminal)),
  ]
}

function renderValue(label: string, value: string, terminal: Terminal): string[] {
  const width = Math.max(LABEL_WIDTH, label.length + 2)
  const lines = wrapText(value, Math.max(24, innerWidth(terminal) - width))
  return lines.map((line, i) => {
    const left = padEnd(i === 0 ? paint(terminal, 'faint', label) : '', width)
    return left + line.replaceAll(STUCK, ' ')
  })
}

function valueText({ span, name }: Field, raw: Uint8Array, terminal: Terminal): string {
  const bytes = raw.subarray(span.offset, span.offset + span.length)
  if (bytes.length === 0) return 'empty'
  if (name === 'host_name' || name === 'protocol_name') {
    return `"${escapeText(String.fromCharCode(...bytes), terminal, 255)}"`
  }
  const meaning =
    bytes.length === 2 ? meaningOf(span.path, (raw[span.offset] as number) * 256 + (bytes[1] as number)) : ''
  if (meaning !== '') return `${toHex(bytes)}${STUCK}${meaning}`
  if (bytes.length <= MOST_BYTES) return (toHex(bytes).match(/.{1,32}/g) ?? []).join(' ')
  const { ellipsis } = glyphsOf(terminal)
  return `${toHex(bytes.subarray(0, EXCERPT))}${ellipsis}${STUCK}(${bytes.length}${STUCK}bytes)`
}

const MEANINGS: readonly (readonly [path: RegExp, name: (code: number) => string])[] = [
  [/\bcipher_suite$/, cipherSuiteName],
  [/\bnamed_curve$/, groupName],
  [/supported_groups\.|key_share\.(.*\.)?(group|selected_group)$/, groupName],
  [/signature_algorithms(_cert)?\.|(certificate_verify|server_key_exchange)\.algorithm$/, signatureSchemeName],
  [/version/, versionName],
]

/** What a code of two bytes means; empty if its field holds none that have names. */
function meaningOf(path: string, code: number): string {
  return MEANINGS.find(([pattern]) => pattern.test(path))?.[1](code) ?? ''
}
