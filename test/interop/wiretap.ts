/**
 * A relay on loopback TCP that both sides of a case talk through. It passes every byte on, half-closes and resets
 * included, and reads what travels in the clear: the ClientHellos, the HelloRetryRequest and the ServerHello
 * (RFC 9846 sections 4.2.2, 4.2.3 and 4.2.4), in TLS 1.2 the ServerKeyExchange too. So a case's group, cipher suite and retry are known from the wire and
 * not from what either side says of itself. After the ServerHello it only notes record types and lengths.
 */
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'

import { GROUPS, SCHEMES, SUITES, nameOf } from './names.ts'

export interface ClientHelloSeen {
  serverName: string | undefined
  suites: string[]
  groups: string[]
  keyShares: string[]
  schemes: string[]
  alpn: boolean
  cookie: boolean
}

export interface ServerHelloSeen {
  suite: string
  /** Of key_share, in TLS 1.2 of ServerKeyExchange; undefined if there is none. */
  group: string | undefined
  tls13: boolean
  cookie: boolean
}

/** What one connection through the tap showed. */
export interface Wire {
  clientHellos: ClientHelloSeen[]
  helloRetryRequest: ServerHelloSeen | undefined
  serverHello: ServerHelloSeen | undefined
  /** One line per record, `> ` from the client, `< ` from the server, then type and length; ends of stream too. */
  log: string[]
}

export interface Wiretap {
  port: number
  wires: Wire[]
  close(): Promise<void>
}

export type Target = { port: number } | { path: string }

/** Starts a tap in front of a server on 127.0.0.1 or a Unix socket. */
export function startWiretap(target: Target): Promise<Wiretap> {
  const wires: Wire[] = []
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    const wire: Wire = { clientHellos: [], helloRetryRequest: undefined, serverHello: undefined, log: [] }
    wires.push(wire)
    const far =
      'path' in target
        ? connect({ path: target.path, allowHalfOpen: true })
        : connect({ host: '127.0.0.1', port: target.port, allowHalfOpen: true, noDelay: true })
    relay(near, far, '>', wire, sockets)
    relay(far, near, '<', wire, sockets)
  })
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      const close = (): Promise<void> =>
        new Promise((done) => {
          server.close(() => done())
          for (const socket of sockets) socket.destroy()
        })
      resolve({ port, wires, close })
    })
  })
}

function relay(from: Socket, to: Socket, arrow: '>' | '<', wire: Wire, sockets: Set<Socket>): void {
  const reader = new RecordReader(arrow, wire)
  sockets.add(from)
  from.on('data', (chunk: Buffer) => {
    reader.read(chunk)
    if (!to.write(chunk)) {
      from.pause()
      to.once('drain', () => from.resume())
    }
  })
  from.on('end', () => {
    wire.log.push(`${arrow} end`)
    to.end()
  })
  from.on('error', (error) => {
    wire.log.push(`${arrow} ${error.message}`)
    // A side that has said everything may be gone when the other's close_notify comes: that is no reset to pass on.
    if (from.readableEnded) to.end()
    else to.resetAndDestroy()
  })
  from.on('close', () => sockets.delete(from))
}

const RECORD_TYPES: Readonly<Record<number, string>> = {
  20: 'change_cipher_spec',
  21: 'alert',
  22: 'handshake',
  23: 'application_data',
}

/** Cuts one direction into records and reads the hellos in them. */
class RecordReader {
  #arrow: '>' | '<'
  #wire: Wire
  #bytes: Buffer = Buffer.alloc(0)
  #handshake: Buffer = Buffer.alloc(0)
  #isHidden = false

  constructor(arrow: '>' | '<', wire: Wire) {
    this.#arrow = arrow
    this.#wire = wire
  }

  read(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    while (this.#bytes.length >= 5) {
      const length = this.#bytes.readUInt16BE(3)
      if (this.#bytes.length < 5 + length) return
      this.#record(this.#bytes[0] ?? 0, this.#bytes.subarray(5, 5 + length))
      this.#bytes = this.#bytes.subarray(5 + length)
    }
  }

  #record(type: number, body: Buffer): void {
    const alert = type === 21 && body.length === 2 ? ` level ${body[0]} description ${body[1]}` : ''
    if (this.#wire.log.length < 500) {
      this.#wire.log.push(`${this.#arrow} ${RECORD_TYPES[type] ?? type} ${body.length}${alert}`)
    }
    // In TLS 1.2 handshake messages are hidden from here on, and look the same.
    if (type === 20 && this.#wire.serverHello?.tls13 === false) this.#isHidden = true
    if (type !== 22 || this.#isHidden) return
    this.#handshake = Buffer.concat([this.#handshake, body])
    while (this.#handshake.length >= 4) {
      const length = this.#handshake.readUIntBE(1, 3)
      if (this.#handshake.length < 4 + length) return
      this.#message(this.#handshake[0] ?? 0, this.#handshake.subarray(4, 4 + length))
      this.#handshake = this.#handshake.subarray(4 + length)
    }
  }

  #message(type: number, body: Buffer): void {
    try {
      if (type === 1) this.#wire.clientHellos.push(readClientHello(body))
      if (type === 2) this.#serverHello(body)
      if (type === 12) this.#serverKeyExchange(body)
    } catch (error) {
      this.#wire.log.push(`${this.#arrow} unreadable hello: ${String(error)}`)
    }
  }

  /** RFC 8422 section 5.4: named_curve, and its number. */
  #serverKeyExchange(body: Buffer): void {
    const { serverHello } = this.#wire
    if (serverHello && body[0] === 3) serverHello.group = nameOf(GROUPS, body.readUInt16BE(1))
  }

  #serverHello(body: Buffer): void {
    const hello = readServerHello(body)
    if (body.subarray(2, 34).toString('hex') === RETRY_RANDOM) this.#wire.helloRetryRequest = hello
    else this.#wire.serverHello = hello
  }
}

/** SHA-256 of "HelloRetryRequest": RFC 9846 section 4.2.3. */
const RETRY_RANDOM = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c'

const EXTENSION = {
  server_name: 0,
  supported_groups: 10,
  signature_algorithms: 13,
  alpn: 16,
  supported_versions: 43,
  cookie: 44,
  key_share: 51,
}

function readClientHello(body: Buffer): ClientHelloSeen {
  const session = 35 + (body[34] ?? 0)
  const suites = session + 2 + body.readUInt16BE(session)
  const compression = suites + 1 + (body[suites] ?? 0)
  const extensions = readExtensions(body, compression)
  const keyShares: string[] = []
  const shares = extensions.get(EXTENSION.key_share)
  for (let at = 2; shares && at + 4 <= shares.length; at += 4 + shares.readUInt16BE(at + 2)) {
    keyShares.push(nameOf(GROUPS, shares.readUInt16BE(at)))
  }
  return {
    // One name of one type: behind the lengths of the list and of the name (RFC 6066 section 3).
    serverName: extensions.get(EXTENSION.server_name)?.toString('latin1', 5),
    suites: readNames(SUITES, body.subarray(session, suites)),
    groups: readNames(GROUPS, extensions.get(EXTENSION.supported_groups)),
    keyShares,
    schemes: readNames(SCHEMES, extensions.get(EXTENSION.signature_algorithms)),
    alpn: extensions.has(EXTENSION.alpn),
    cookie: extensions.has(EXTENSION.cookie),
  }
}

function readServerHello(body: Buffer): ServerHelloSeen {
  const suite = 35 + (body[34] ?? 0)
  const extensions = readExtensions(body, suite + 3)
  const share = extensions.get(EXTENSION.key_share)
  return {
    suite: nameOf(SUITES, body.readUInt16BE(suite)),
    group: share && nameOf(GROUPS, share.readUInt16BE(0)),
    tls13: extensions.get(EXTENSION.supported_versions)?.readUInt16BE(0) === 0x0304,
    cookie: extensions.has(EXTENSION.cookie),
  }
}

function readExtensions(body: Buffer, start: number): Map<number, Buffer> {
  const extensions = new Map<number, Buffer>()
  for (let at = start + 2; at + 4 <= body.length;) {
    const end = at + 4 + body.readUInt16BE(at + 2)
    extensions.set(body.readUInt16BE(at), body.subarray(at + 4, end))
    at = end
  }
  return extensions
}

/** A list of code points behind its two-byte length. */
function readNames(table: Readonly<Record<string, number>>, list: Buffer | undefined): string[] {
  const names: string[] = []
  for (let at = 2; list && at + 2 <= list.length; at += 2) names.push(nameOf(table, list.readUInt16BE(at)))
  return names
}
