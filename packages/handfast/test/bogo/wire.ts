/** The TCP connection to the runner: chunks to wait for, and an end that loses nothing. */

import { connect, type Socket } from 'node:net'

export class Wire {
  readonly #socket: Socket
  #chunks: Uint8Array[] = []
  #hasEnded = false
  #wake: (() => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#wake?.()
    })
    for (const event of ['end', 'error', 'close'] as const) {
      socket.on(event, () => {
        this.#hasEnded = true
        this.#wake?.()
      })
    }
  }

  /** Connects, and says which test this is. */
  static open(port: number, isIpv6: boolean, shimId: number): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: isIpv6 ? '::1' : '127.0.0.1', allowHalfOpen: true, noDelay: true })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        const id = Buffer.alloc(8)
        id.writeBigUInt64LE(BigInt(shimId))
        socket.write(id)
        resolve(new Wire(socket))
      })
    })
  }

  /** The next bytes; undefined at the end. */
  async read(): Promise<Uint8Array | undefined> {
    while (this.#chunks.length === 0) {
      if (this.#hasEnded) return undefined
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    return this.#chunks.shift()
  }

  write(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes)
  }

  /** Closes our half, and waits for the other: what was sent would be lost if the connection were reset. */
  async finish(): Promise<void> {
    if (this.#socket.writable) this.#socket.end()
    while ((await this.read()) !== undefined) {
      // Nobody wants it any more.
    }
    this.#socket.destroy()
  }

  /** Ends at once. */
  destroy(): void {
    this.#socket.destroy()
  }
}
