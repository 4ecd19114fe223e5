/** Checks of options: a mistake is a `TypeError` that names the option, what it needs and what it has. */

/** The wanted ones in the caller's order, or all. */
export function inOrder<T extends { readonly name: string }>(
  option: string,
  wanted: readonly string[] | undefined,
  available: readonly T[],
): readonly T[] {
  if (wanted === undefined) return available
  const names = checkNames(option, wanted, available)
  return names.map((name) => available.find((item) => item.name === name) as T)
}

export function checkNames(
  option: string,
  wanted: readonly string[] | undefined,
  available: readonly { readonly name: string }[],
): readonly string[] {
  const names = wanted ?? []
  if (names.length === 0 && option !== 'keyShares') throw new TypeError(`${option}: needs at least one name, has none`)
  for (const name of names) {
    if (!available.some((item) => item.name === name)) {
      throw new TypeError(
        `${option}: needs names among ${available.map((item) => item.name).join(', ')}; has '${name}'`,
      )
    }
  }
  if (new Set(names).size !== names.length)
    throw new TypeError(`${option}: needs each name once, has ${names.join(', ')}`)
  return names
}

export function checkChoice<T extends string>(option: string, value: T, choices: readonly T[]): T {
  if (!choices.includes(value)) throw new TypeError(`${option}: needs one of ${choices.join(', ')}; has '${value}'`)
  return value
}

export function checkNumber(option: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new TypeError(`${option}: needs a whole number from ${min} to ${max}, has ${value}`)
  }
  return value
}

export function checkContext(context: Uint8Array = new Uint8Array(0)): Uint8Array {
  if (context.length > 255) throw new TypeError(`resumptionContext: needs at most 255 bytes, has ${context.length}`)
  return context
}
