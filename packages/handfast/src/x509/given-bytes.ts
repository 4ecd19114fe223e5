/** Bytes that a caller gave: of whatever realm, as those of a worker's or a frame's Uint8Array. */

/**
 * `given`, which is no Uint8Array of this realm, as one, with the same memory.
 * @param name of the field.
 * @param or what else it might have been: `a Certificate`.
 * @throws {TypeError} if it is none.
 */
export function readBytes(name: string, given: unknown, or: string): Uint8Array {
  if (ArrayBuffer.isView(given) && Object.prototype.toString.call(given) === '[object Uint8Array]') {
    return new Uint8Array(given.buffer, given.byteOffset, given.byteLength)
  }
  const has = typeof given === 'object' && given !== null ? Object.prototype.toString.call(given) : String(given)
  throw new TypeError(`${name}: needs a Uint8Array or ${or}, has ${has.slice(0, 64)}`)
}
