/**
 * The one error of the decoding layers. Each layer above turns it into its own at one place.
 */

/** Something was not what its format demands. `path` names the field, `needs` the expectation, `has` what was found. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError'
  /** Dotted path of field names from the outermost structure: `server_hello.key_share.group`. */
  readonly path: string
  readonly needs: string
  readonly has: string

  constructor(path: string, needs: string, has: string) {
    super(`${path}: needs ${needs}, has ${has}`)
    this.path = path
    this.needs = needs
    this.has = has
  }
}
