/** What a flag of the shim is: a name, perhaps a value, and the option that it sets. */

/** Sets an option from what stands behind the flag; `value` is undefined for one that takes none. */
export interface Flag<O> {
  readonly takesValue: boolean
  set(options: O, value: string): void
}

/** The flags of one subject, by name. */
export type Flags<O> = Readonly<Record<string, Flag<O>>>

/** The shim can't do what the test is about: the runner counts that, and it is no failure of the engine. */
export class Unimplemented extends Error {
  override readonly name = 'Unimplemented'
}

/** Sets a boolean. */
export function on<O>(option: keyof O): Flag<O> {
  return { takesValue: false, set: (options) => void Object.assign(options as object, { [option]: true }) }
}

/** Bytes of an argument as Latin-1. */
export function text<O>(option: keyof O): Flag<O> {
  return valued(option, (value) => value)
}

/** A whole number. */
export function int<O>(option: keyof O): Flag<O> {
  return valued(option, Number)
}

/** A list of whole numbers: each flag adds one. */
export function ints<O>(option: keyof O): Flag<O> {
  return listed(option, Number)
}

/** Bytes in base64. */
export function base64<O>(option: keyof O): Flag<O> {
  return valued(option, readBase64)
}

/** A list of byte strings in base64: each flag adds one. */
export function base64s<O>(option: keyof O): Flag<O> {
  return listed(option, readBase64)
}

function readBase64(value: string): Uint8Array {
  return new Uint8Array(Buffer.from(value, 'base64'))
}

/** A flag that says nothing to this shim, for a reason that stands where it is listed. */
export function noted<O>(takesValue: boolean): Flag<O> {
  return { takesValue, set: () => {} }
}

function valued<O>(option: keyof O, read: (value: string) => unknown): Flag<O> {
  return { takesValue: true, set: (options, value) => void Object.assign(options as object, { [option]: read(value) }) }
}

function listed<O>(option: keyof O, read: (value: string) => unknown): Flag<O> {
  return {
    takesValue: true,
    set: (options, value) => {
      const list = options[option] as unknown[] | undefined
      Object.assign(options as object, { [option]: [...(list ?? []), read(value)] })
    },
  }
}
