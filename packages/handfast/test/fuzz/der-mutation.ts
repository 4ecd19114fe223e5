/**
 * Ways to spoil DER that leave it looking like DER: elements left out, said twice or a thousand times,
 * swapped, borrowed, emptied, grown, renamed, wrapped, with lengths that are put right again, or lie.
 */

import { concatBytes } from '../../src/bytes/index.ts'
import { BYTE_MUTATIONS, type Dice } from './mutation.ts'

/** An element: what stands before its contents, and the contents, as elements where they are some. */
interface Element {
  readonly tag: number
  /** Of a BIT STRING that holds DER its first byte; else empty. */
  readonly prefix: Uint8Array
  /** Null if it holds no elements. */
  readonly children: readonly Element[] | null
  readonly content: Uint8Array
}

const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const CONSTRUCTED = 0x20
/** However deep the DER is, the elements below are left as they are. */
const DEEPEST = 40
/** What is repeated stays below this, in bytes. */
const LONGEST_REPETITION = 48_000

/**
 * Spoils DER.
 * @param others whence elements are borrowed.
 */
export function mutateDer(der: Uint8Array, others: readonly Uint8Array[], dice: Dice): Uint8Array {
  let bytes = der
  for (let times = 1 + dice.below(3); times > 0 && bytes.length > 0; times--) bytes = mutateOnce(bytes, others, dice)
  return bytes
}

function mutateOnce(der: Uint8Array, others: readonly Uint8Array[], dice: Dice): Uint8Array {
  const elements = dice.below(4) === 0 ? null : readElements(der, 0)
  if (elements === null || elements.length === 0) return dice.pick(BYTE_MUTATIONS)(der, dice)
  return writeElements(changeOne(elements, others, dice))
}

/** Goes down to some element, and changes the list that it is in. */
function changeOne(list: readonly Element[], others: readonly Uint8Array[], dice: Dice): readonly Element[] {
  const at = dice.below(list.length)
  const element = list[at] as Element
  // What is deep has the fields; what is high is quickly refused.
  if (element.children !== null && element.children.length > 0 && dice.below(5) > 0) {
    return list.with(at, { ...element, children: changeOne(element.children, others, dice) })
  }
  return dice.pick(LIST_CHANGES)(list, at, others, dice)
}

type ListChange = (
  list: readonly Element[],
  at: number,
  others: readonly Uint8Array[],
  dice: Dice,
) => readonly Element[]

const LIST_CHANGES: readonly ListChange[] = [
  // Left out.
  (list, at) => list.toSpliced(at, 1),
  // Twice.
  (list, at) => list.toSpliced(at, 0, list[at] as Element),
  // Very often.
  (list, at, _, dice) => {
    const element = list[at] as Element
    const size = writeElement(element).length
    const count = Math.min(2 ** dice.below(13), Math.floor(LONGEST_REPETITION / size))
    return list.toSpliced(at, 0, ...Array.from({ length: count }, () => element))
  },
  // Very often, and each time another.
  (list, at, _, dice) => {
    const bytes = writeElement(list[at] as Element)
    const count = Math.min(2 ** dice.below(12), Math.floor(LONGEST_REPETITION / bytes.length))
    const changed = Array.from({ length: count }, () => {
      const copy = bytes.slice()
      for (let k = 0; k < 3 && copy.length > 2; k++) copy[2 + dice.below(copy.length - 2)] = dice.below(256)
      return readElements(copy, 0)?.[0]
    })
    return list.toSpliced(at, 0, ...changed.filter((element) => element !== undefined))
  },
  // In the wrong order.
  (list, at) => list.toSpliced(at, 2, ...list.slice(at, at + 2).toReversed()),
  (list) => list.toReversed(),
  // From elsewhere, beside or in its place.
  (list, at, others, dice) => {
    const borrowed = borrow(others, dice)
    return borrowed === null ? list : list.toSpliced(at, dice.below(2), borrowed)
  },
  // Renamed.
  (list, at, _, dice) => {
    const tag = dice.pick([
      0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x16, 0x17, 0x18, 0x30, 0x31, 0x80, 0xa0, 0xa3,
    ])
    return list.with(at, { ...(list[at] as Element), tag: dice.below(3) === 0 ? dice.below(256) : tag })
  },
  // Emptied.
  (list, at) => list.with(at, primitive((list[at] as Element).tag, new Uint8Array(0))),
  // Grown, or cut.
  (list, at, _, dice) => {
    const { tag, ...element } = list[at] as Element
    const content = contentOf({ tag, ...element })
    const size = dice.pick([1, 2, 16, 200, 5000])
    return list.with(
      at,
      primitive(
        tag,
        dice.below(3) === 0 ? content.slice(0, dice.below(content.length)) : concatBytes(content, dice.bytes(size)),
      ),
    )
  },
  // Other contents of the same length.
  (list, at, _, dice) => {
    const element = list[at] as Element
    return list.with(at, primitive(element.tag, dice.pick(BYTE_MUTATIONS)(contentOf(element), dice)))
  },
  // Wrapped, once or far too often.
  (list, at, _, dice) => {
    const depth = dice.pick([1, 1, 2, 30, 300, 3000])
    const tag = dice.pick([0x30, 0x31, 0x24, 0xa0])
    return list.with(at, wrapped(list[at] as Element, tag, depth))
  },
  // A length in a form that DER does not have, or one that lies.
  (list, at, _, dice) => {
    const element = list[at] as Element
    const content = contentOf(element)
    const header = dice.pick([
      [0x80],
      [0x81, content.length & 0xff],
      [0x84, 0, 0, content.length >>> 8, content.length & 0xff],
      [0x84, 0xff, 0xff, 0xff, 0xff],
      [0x88, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [0x7f],
    ])
    return list.with(at, raw(concatBytes(Uint8Array.of(element.tag, ...header), content)))
  },
]

/** Marks bytes that are written as they are. */
const RAW = -1

function raw(content: Uint8Array): Element {
  return { tag: RAW, prefix: NOTHING, children: null, content }
}

function primitive(tag: number, content: Uint8Array): Element {
  return { tag, prefix: NOTHING, children: null, content }
}

const NOTHING = new Uint8Array(0)

function borrow(others: readonly Uint8Array[], dice: Dice): Element | null {
  let list: readonly Element[] | null = others.length === 0 ? null : readElements(dice.pick(others), 0)
  let found: Element | null = null
  while (list !== null && list.length > 0) {
    found = dice.pick(list)
    list = found.children !== null && dice.below(6) > 0 ? found.children : null
  }
  return found
}

/** From inside out: its headers alone are what it costs. */
function wrapped(element: Element, tag: number, depth: number): Element {
  const inner = writeElement(element)
  const headers: Uint8Array[] = []
  let length = inner.length
  for (let i = 0; i < depth; i++) {
    const header = headerOf(tag, length)
    headers.push(header)
    length += header.length
  }
  return raw(concatBytes(...headers.toReversed(), inner))
}

/** The elements that `bytes` are, all of them; null if they are none. */
function readElements(bytes: Uint8Array, depth: number): Element[] | null {
  const elements: Element[] = []
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at] as number
    let length = bytes[at + 1]
    if (length === undefined || (tag & 0x1f) === 0x1f) return null
    at += 2
    if (length > 0x7f) {
      const count = length & 0x7f
      if (count === 0 || count > 4) return null
      length = 0
      for (let i = 0; i < count; i++) length = length * 256 + (bytes[at + i] ?? 0)
      at += count
    }
    if (at + length > bytes.length) return null
    elements.push(readElement(tag, bytes.subarray(at, at + length), depth))
    at += length
  }
  return elements
}

function readElement(tag: number, content: Uint8Array, depth: number): Element {
  const element = primitive(tag, content)
  if (depth >= DEEPEST) return element
  if ((tag & CONSTRUCTED) !== 0) return { ...element, children: readElements(content, depth + 1) }
  // DER inside strings: extensions, keys, OCSP responses.
  const skip = tag === BIT_STRING ? 1 : 0
  if (tag !== OCTET_STRING && (tag !== BIT_STRING || content[0] !== 0)) return element
  const children = content.length > skip + 1 ? readElements(content.subarray(skip), depth + 1) : null
  return children === null ? element : { ...element, prefix: content.subarray(0, skip), children }
}

function contentOf({ prefix, children, content }: Element): Uint8Array {
  return children === null ? content : concatBytes(prefix, writeElements(children))
}

function writeElements(elements: readonly Element[]): Uint8Array {
  return concatBytes(...elements.map(writeElement))
}

function writeElement(element: Element): Uint8Array {
  const content = contentOf(element)
  return element.tag === RAW ? content : concatBytes(headerOf(element.tag, content.length), content)
}

function headerOf(tag: number, length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(tag, length)
  if (length < 0x100) return Uint8Array.of(tag, 0x81, length)
  if (length < 0x10000) return Uint8Array.of(tag, 0x82, length >>> 8, length & 0xff)
  return Uint8Array.of(tag, 0x83, length >>> 16, (length >>> 8) & 0xff, length & 0xff)
}
