/**
 * How a flight is spoilt: fields of a message, messages and records of a flight, records on the wire. Each
 * mutation draws from the dice it is given and nothing else, changes what it is given in place, and says
 * what it did.
 */

import { concatBytes } from '../../packages/handfast/src/bytes/index.ts'
import type { TlsVersion } from '../../packages/handfast/src/tls/index.ts'
import { BYTE_MUTATIONS, type Dice } from '../../packages/handfast/test/fuzz/mutation.ts'
import type { Item } from './speech.ts'
import { type Branch, extensionField, type Field, fieldsOf, leaf, type Leaf, readTree, writeTree } from './tree.ts'

/** A message with one field spoilt. */
export function mutateMessage(
  message: Uint8Array,
  version: TlsVersion,
  dice: Dice,
): { readonly message: Uint8Array; readonly what: string } {
  const tree = readTree(message, version)
  const name = ((tree.children[1] as Branch).children[0] as Field).name
  for (;;) {
    const what = dice.pick(FIELD_MUTATIONS)(fieldsOf(tree), dice)
    if (what !== undefined) return { message: writeTree(tree), what: `${name}: ${what}` }
  }
}

/** Undefined if there is nothing in the message that it could change. */
type FieldMutation = (fields: readonly Field[], dice: Dice) => string | undefined

/** Numbers that mean something, or once did: versions, suites, groups, schemes, GREASE. */
const CODES = [
  0x0304, 0x0303, 0x0302, 0x0300, 0x7f1c, 0x1301, 0x1302, 0x1303, 0x00ff, 0x5600, 0xc02b, 0x001d, 0x0017, 0x0018,
  0x11ec, 0x0403, 0x0804, 0x0807, 0x0401, 0x0201, 0x0203, 0x0503, 0x0a0a, 0x0000, 0xffff,
]
const BYTES = [0, 1, 2, 3, 4, 8, 11, 13, 15, 20, 24, 254, 255]

const EXTENSION_CODES = [
  0, 1, 5, 10, 11, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 27, 28, 34, 35, 41, 42, 43, 44, 45, 47, 48, 49, 50, 51, 57,
  0x0a0a, 0x3374, 0xfe0d, 0xff01, 0xffce,
]

/** A value that is well-formed somewhere. */
const VALUES: Readonly<Record<number, readonly number[]>> = {
  1: [1],
  5: [1, 0, 0, 0, 0],
  11: [1, 0],
  27: [2, 0, 2],
  28: [0x40, 0x01],
  41: [0, 10, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0, 0, 33, 32, ...Array.from({ length: 32 }, () => 7)],
  43: [3, 4],
  44: [0, 2, 1, 2],
  45: [1, 1],
  50: [0, 2, 4, 3],
  0xff01: [0],
}

const FIELD_MUTATIONS: readonly FieldMutation[] = [
  (fields, dice) => withList(fields, dice, 1, 'dropped', (children, at) => children.toSpliced(at, 1)),
  (fields, dice) =>
    withList(fields, dice, 1, 'twice', (children, at) =>
      children.toSpliced(at, 0, structuredClone(children[at] as Field)),
    ),
  (fields, dice) =>
    withList(fields, dice, 2, 'in another order', (children, at) => {
      const other = (at + 1 + dice.below(children.length - 1)) % children.length
      return children.with(at, children[other] as Field).with(other, children[at] as Field)
    }),
  (fields, dice) => {
    const into = pickOf(fields, dice, (field) => field.kind === 'branch' && field.name === 'extensions') as Branch
    if (into === undefined) return undefined
    const code = dice.pick(EXTENSION_CODES)
    const data = dice.pick([Uint8Array.of(), Uint8Array.from(VALUES[code] ?? []), dice.bytes(dice.below(6))])
    const at = dice.below(into.children.length + 1)
    into.children = into.children.toSpliced(at, 0, extensionField(code, data))
    return `extension ${code} added, ${data.length} bytes`
  },
  (fields, dice) => {
    const into = pickOf(fields, dice, (field) => field.kind === 'branch' && field.isList) as Branch
    if (into === undefined) return undefined
    const like = into.children[0]
    const length = like === undefined ? 1 + dice.below(4) : writeTree(like).length
    into.children = into.children.toSpliced(
      dice.below(into.children.length + 1),
      0,
      leaf('added', length === 2 ? wide(dice.pick(CODES)) : dice.bytes(length)),
    )
    return `${into.name}: one of ${length} bytes added`
  },
  (fields, dice) => {
    const one = pickOf(fields, dice, (field) => field.kind === 'leaf' && field.bytes.length > 0) as Leaf
    if (one === undefined) return undefined
    one.bytes = dice.pick(BYTE_MUTATIONS)(one.bytes, dice)
    return `${one.name}: spoilt${one.bytes.length <= 2 ? ` to 0x${hexOf(one.bytes)}` : ''}`
  },
  (fields, dice) => {
    const one = pickOf(fields, dice, (field) => field.kind === 'leaf' && field.bytes.length <= 2) as Leaf
    if (one === undefined) return undefined
    const value = dice.pick(one.bytes.length === 2 ? CODES : BYTES)
    one.bytes = one.bytes.length === 2 ? wide(value) : Uint8Array.of(value)
    return `${one.name}: 0x${value.toString(16)}`
  },
  (fields, dice) => {
    const one = pickOf(fields, dice, (field) => field.kind === 'branch' && field.prefix > 0) as Branch
    one.lie = dice.pick([-2, -1, 1, 2, 0x80, -(one.children.length > 0 ? writeTree(one).length - one.prefix : 1)])
    return `${one.name}: its length says ${one.lie} more`
  },
  (fields, dice) => {
    const one = pickOf(fields, dice, (field) => field.kind === 'branch' && field.prefix > 0) as Branch
    one.children = []
    return `${one.name}: empty`
  },
  (fields, dice) => {
    const one = pickOf(fields, dice, (field) => field.kind === 'branch' && field.prefix > 0) as Branch
    const more = dice.pick([Uint8Array.of(0), Uint8Array.of(0, 0), dice.bytes(1 + dice.below(5))])
    one.children = [...one.children, leaf('trailing', more)]
    return `${one.name}: ${more.length} bytes behind its end`
  },
  (fields, dice) => {
    const one = pickOf(fields, dice, (field) => field.kind === 'leaf' && field.bytes.length > 0) as Leaf
    if (one === undefined) return undefined
    one.bytes = dice.pick([one.bytes.slice(1), one.bytes.slice(0, -1), concatBytes(one.bytes, Uint8Array.of(0))])
    return `${one.name}: now ${one.bytes.length} bytes`
  },
]

function hexOf(bytes: Uint8Array): string {
  return bytes.reduce((value, byte) => value * 256 + byte, 0).toString(16)
}

function wide(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value)
}

function pickOf(fields: readonly Field[], dice: Dice, fits: (field: Field) => boolean): Field | undefined {
  return dice.pick(fields.filter(fits))
}

function withList(
  fields: readonly Field[],
  dice: Dice,
  least: number,
  what: string,
  change: (children: Field[], at: number) => Field[],
): string | undefined {
  const one = pickOf(
    fields,
    dice,
    (field) => field.kind === 'branch' && field.isList && field.children.length >= least,
  ) as Branch | undefined
  if (one === undefined) return undefined
  const at = dice.below(one.children.length)
  const name = (one.children[at] as Field).name
  one.children = change(one.children, at)
  return `${one.name}: ${name} ${what}`
}

/** Changes the list of a flight's items in place. */
type ItemMutation = (items: Item[], dice: Dice) => string

/** Spoils the order, number and form of what is in the records of a flight. */
export function mutateItems(items: Item[], dice: Dice): string {
  return items.length === 0 ? 'nothing to change' : dice.pick(ITEM_MUTATIONS)(items, dice)
}

const ITEM_MUTATIONS: readonly ItemMutation[] = [
  (items, dice) => {
    const at = dice.below(items.length)
    return `${told(items.splice(at, 1)[0])} left out`
  },
  (items, dice) => {
    const at = dice.below(items.length)
    items.splice(at, 0, items[at] as Item)
    return `${told(items[at])} twice`
  },
  (items, dice) => {
    const [at, to] = [dice.below(items.length), dice.below(items.length)]
    const [moved] = items.splice(at, 1) as [Item]
    items.splice(to, 0, moved)
    return `${told(moved)} moved from ${at} to ${to}`
  },
  (items, dice) => inserted(items, dice, 20, dice.pick([[1], [1], [1], [0], [2], [1, 1], []])),
  (items, dice) =>
    inserted(items, dice, 21, [dice.pick([1, 2, 2, 0, 3]), dice.pick([0, 10, 40, 41, 47, 90, 100, 109, 255])]),
  (items, dice) => inserted(items, dice, 21, dice.pick([[], [2], [1, 0, 0], [1, 90, 1, 90], [2, 40, 2, 40]])),
  (items, dice) => inserted(items, dice, 22, dice.pick([[], [20], [0, 0, 0, 0], [24, 0, 0, 1, 0], [99, 0, 0, 0]])),
  (items, dice) => inserted(items, dice, 23, dice.pick([[], [104, 105]])),
  (items, dice) => inserted(items, dice, dice.pick([0, 24, 25, 64, 128, 255]), [0]),
  // Padding (section 5.4), to the very limit and beyond.
  (items, dice) =>
    replaced(items, dice, (item) => {
      const most = 0x4000 - item.content.length
      return { ...item, padding: dice.pick([1, 2, 100, 1000, most - 1, most, most + 1, most + 255]) }
    }),
  (items, dice) => replaced(items, dice, (item) => ({ ...item, type: dice.pick([0, 20, 21, 22, 23, 24, 255]) })),
  (items, dice) =>
    replaced(items, dice, (item) => ({ ...item, generation: Math.max(0, item.generation + dice.pick([-1, 1])) })),
  (items, dice) =>
    replaced(items, dice, (item) => ({ ...item, content: dice.pick(BYTE_MUTATIONS)(item.content, dice) })),
  // Fragmenting (section 5.1).
  (items, dice) => {
    const at = dice.below(items.length)
    const { content, ...item } = items[at] as Item
    const cuts = dice.pick([[1], [4], [3, 5], [content.length - 1], [dice.below(content.length)], [0]])
    const edges = [0, ...cuts.filter((cut) => cut <= content.length), content.length]
    const pieces = edges.slice(1).map((end, i) => ({ ...item, content: content.slice(edges[i], end) }))
    items.splice(at, 1, ...pieces)
    return `${told({ ...item, content })} in ${pieces.length} records`
  },
  // Something else between the parts of a message.
  (items, dice) => {
    const at = dice.below(items.length)
    const item = items[at] as Item
    const cut = 1 + dice.below(item.content.length - 1)
    const between = dice.pick([
      { ...item, type: 20, content: Uint8Array.of(1), generation: 0 },
      { ...item, type: 21, content: Uint8Array.of(1, 90) },
      { ...item, type: 23, content: Uint8Array.of(104) },
      { ...item, type: 23, content: new Uint8Array(0) },
    ])
    items.splice(at, 1, { ...item, content: item.content.slice(0, cut) }, between, {
      ...item,
      content: item.content.slice(cut),
    })
    return `${told(item)} with ${told(between)} behind ${cut} bytes`
  },
  // Coalescing.
  (items, dice) => {
    const at = dice.below(items.length)
    const next = items[at + 1]
    const item = items[at] as Item
    if (next === undefined)
      return replaced(items, dice, (one) => ({ ...one, content: concatBytes(one.content, one.content) }))
    items.splice(at, 2, { ...item, content: concatBytes(item.content, next.content) })
    return `${told(item)} and ${told(next)} in one record`
  },
  // The beginning of the next message with this one, and the rest behind it.
  (items, dice) => {
    const at = dice.below(items.length)
    const next = items[at + 1]
    const item = items[at] as Item
    if (next === undefined) return replaced(items, dice, (one) => ({ ...one, content: one.content.slice(0, -1) }))
    const cut = dice.below(next.content.length)
    items.splice(
      at,
      2,
      { ...item, content: concatBytes(item.content, next.content.subarray(0, cut)) },
      { ...next, content: next.content.slice(cut) },
    )
    return `${told(item)} with ${cut} bytes of ${told(next)}`
  },
]

function told(item: Item | undefined): string {
  return item === undefined ? 'nothing' : `record ${item.type}/${item.content[0] ?? 'empty'} (keys ${item.generation})`
}

function inserted(items: Item[], dice: Dice, type: number, content: readonly number[]): string {
  const at = dice.below(items.length + 1)
  const generation = dice.pick([0, (items[Math.min(at, items.length - 1)] as Item).generation])
  const item: Item = { generation, type, content: Uint8Array.from(content), padding: 0 }
  items.splice(at, 0, item)
  return `record ${type} [${content.join(' ')}] (keys ${generation}) at ${at}`
}

function replaced(items: Item[], dice: Dice, change: (item: Item) => Item): string {
  const at = dice.below(items.length)
  const before = items[at] as Item
  const after = change(before)
  items[at] = after
  const isTooLong = after.content.length + after.padding > 0x4000
  const length = `${after.content.length} bytes and ${after.padding} of padding${isTooLong ? ', too long' : ''}`
  return `${told(before)} as ${told(after)}, ${length}`
}

/** Spoils one record as it is on the wire, in place. */
export function mutateRecords(records: Uint8Array[], dice: Dice): string {
  if (records.length === 0) return 'nothing to change'
  const at = dice.below(records.length)
  const before = records[at] as Uint8Array
  const header = dice.pick([0, 1, 2, 3, 4, undefined, undefined])
  const after = header === undefined ? dice.pick(BYTE_MUTATIONS)(before, dice) : before.slice()
  if (header !== undefined) {
    after[header] = dice.pick([0, 1, 2, 3, 4, 20, 23, 0x40, 0x41, 0xff, (before[header] as number) + 1])
  }
  records[at] = after
  return `record ${at} on the wire: ${difference(before, after)}`
}

function difference(before: Uint8Array, after: Uint8Array): string {
  if (after.length !== before.length) return `${after.length - before.length} bytes more`
  const changed = [...after.keys()].filter((i) => after[i] !== before[i])
  if (changed.length === 0) return 'as it was'
  if (changed.every((i) => i === 1 || i === 2))
    return `its version is 0x${Buffer.from(after.subarray(1, 3)).toString('hex')}`
  return changed.length > 1 ? 'bytes changed' : `byte ${changed[0]} is ${after[changed[0] as number]}`
}
