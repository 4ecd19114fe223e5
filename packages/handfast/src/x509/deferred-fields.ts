/**
 * Objects of which some fields are found out when they are asked for. In JSON and in copies these are fields
 * like others: own and enumerable.
 *
 * Getters in an object literal would do the same, but V8 (of Node 26) gives each such object a hidden class of its
 * own, which keeps all that the getters refer to until a full garbage collection: measured, a third of the time of
 * a verdict. Here all objects share one getter for each name.
 */

/** How each field is found out. */
type Finders<T> = { readonly [K in keyof T]: () => T[K] }

const FINDERS = Symbol('finders')

interface Deferring {
  readonly [FINDERS]: Readonly<Record<string, () => unknown>>
}

/** Adds to `known` fields that call their finder whenever they are read. @returns `known` itself. */
export function deferFields<T extends object, K extends object>(known: K, finders: Finders<T>): K & T {
  Object.defineProperty(known, FINDERS, { value: finders })
  for (const name of Object.keys(finders)) Object.defineProperty(known, name, propertyOf(name))
  return known as K & T
}

/** By name, of which there are as many as are written in the code. */
const properties = new Map<string, PropertyDescriptor & ThisType<Deferring>>()

function propertyOf(name: string): PropertyDescriptor & ThisType<Deferring> {
  let property = properties.get(name)
  if (property === undefined) {
    property = {
      enumerable: true,
      get() {
        return this[FINDERS][name]?.()
      },
    }
    properties.set(name, property)
  }
  return property
}
