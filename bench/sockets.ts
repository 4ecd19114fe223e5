/**
 * The sockets bench: application data one way over loopback TCP, both ends in one process, through
 * `connect` and `createServer` and through node:tls. What a program gets, with everything around the
 * records: streams, back-pressure, the kernel.
 */

import { connect as netConnect, createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import * as tls from 'node:tls'
import { connect, createServer } from '../packages/handfast/src/node/index.ts'
import { createCredentials, type Credentials, SERVER_NAME } from './credentials.ts'
import { type Bench, resultOf, type Result } from './result.ts'
import { sampleRounds } from './rounds.ts'

const MEGABYTE = 1e6
const TOTAL = 100 * MEGABYTE
const PIECE = new Uint8Array(64 * 1024)

export const sockets: Bench = {
  title: `${TOTAL / MEGABYTE} MB one way over loopback sockets in writes of 64 KiB, both ends in one process`,
  targets: 'No target: rates, more is better.',
  rounds: 7,
  run: runSockets,
}

async function runSockets(rounds: number): Promise<Result> {
  const credentials = await createCredentials()
  const subjects = new Map([
    ['handfast', () => transfer(handfastEnds(credentials))],
    ['node:tls', () => transfer(nodeEnds(credentials))],
    ['tcp', () => transfer(TCP_ENDS)],
  ])
  const samples = await sampleRounds(new Map([['AES-128-GCM', subjects]]), { rounds, warmUp: 1, inRow: 1 })
  return resultOf(samples, 'MB/s', [
    ['handfast', 'node:tls'],
    ['handfast', 'tcp'],
  ])
}

/** The two ends of a kind of connection. */
interface Ends {
  listen(onConnection: (socket: Duplex) => void): Server
  connect(port: number, onConnect: (socket: Duplex) => void): void
}

/** Megabytes a second from the first write to the last byte read. */
function transfer(ends: Ends): Promise<number> {
  return new Promise((resolve, reject) => {
    let startedAt = 0
    const server = ends.listen((socket) => {
      let received = 0
      socket.on('error', reject)
      socket.on('data', (data: Uint8Array) => {
        received += data.length
        if (received < TOTAL) return
        const seconds = (performance.now() - startedAt) / 1000
        socket.destroy()
        server.close(() => resolve(TOTAL / MEGABYTE / seconds))
      })
    })
    server.listen(0, '127.0.0.1', () => {
      ends.connect((server.address() as AddressInfo).port, (socket) => {
        // The reader hangs up when it has all.
        socket.on('error', () => {})
        startedAt = performance.now()
        pour(socket)
      })
    })
  })
}

function pour(socket: Duplex): void {
  let sent = 0
  const more = (): void => {
    while (sent < TOTAL && !socket.destroyed) {
      sent += PIECE.length
      if (!socket.write(PIECE)) {
        socket.once('drain', more)
        return
      }
    }
  }
  more()
}

function handfastEnds({ root, server }: Credentials): Ends {
  const cipherSuites = ['TLS_AES_128_GCM_SHA256'] as const
  return {
    listen: (onConnection) => createServer({ cert: server.certPem, key: server.keyPem, cipherSuites }, onConnection),
    connect(port, onConnect) {
      const socket = connect({ port, host: '127.0.0.1', servername: SERVER_NAME, ca: root, cipherSuites }, () =>
        onConnect(socket),
      )
    },
  }
}

function nodeEnds({ rootPem, server }: Credentials): Ends {
  const ciphers = 'TLS_AES_128_GCM_SHA256'
  return {
    listen: (onConnection) => tls.createServer({ cert: server.certPem, key: server.keyPem, ciphers }, onConnection),
    connect(port, onConnect) {
      const options = { port, host: '127.0.0.1', servername: SERVER_NAME, ca: rootPem, ciphers }
      const socket = tls.connect(options, () => onConnect(socket))
    },
  }
}

const TCP_ENDS: Ends = {
  listen: (onConnection) => createTcpServer(onConnection),
  connect(port, onConnect) {
    const socket = netConnect(port, '127.0.0.1', () => onConnect(socket))
  },
}
