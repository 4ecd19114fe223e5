/** `handfast/bytes`: reading and writing byte strings. */
export { concatBytes, equalBytes, equalSecret } from './compare.ts'
export { DecodeError } from './decode-error.ts'
export { fromHex, toHex } from './hex.ts'
export { Reader, type FieldSpan } from './reader.ts'
export { Writer } from './writer.ts'
