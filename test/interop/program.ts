/**
 * What the drivers of command-line peers share: finding the program, a client that is fed the payload and read until
 * the answer is whole, and a server on a port of its own.
 */
import { createServer } from 'node:net'

import { Child, findCommand } from './child.ts'
import { NotAvailable, type Run } from './peer.ts'

/** The path of a program; throws `NotAvailable` when it isn't installed. */
export function programOf(name: string): string {
  const path = findCommand(name)
  if (!path) throw new NotAvailable(`${name} is not installed`)
  return path
}

/** The first match of `pattern` in what a program prints about itself. */
export async function versionFrom(name: string, args: readonly string[], pattern: RegExp): Promise<string> {
  const child = new Child(programOf(name), args, { deadline: 20_000, input: '' })
  await child.exited
  const version = pattern.exec(child.output)?.[1]
  if (!version) throw new NotAvailable(`${name} doesn't tell its version: ${child.output.trim().slice(0, 200)}`)
  return version
}

/**
 * Feeds a client program the payload, waits for as many bytes on its standard output, and ends: by closing its input
 * when the client closes first, else by waiting for it to notice. Throws unless it exits with 0.
 */
export async function chat(child: Child, { payload, closer }: Run): Promise<Buffer> {
  child.write(payload)
  const answer = await child.until('the whole answer came', () => {
    const { stdout } = child
    return stdout.length >= payload.length ? stdout : undefined
  })
  if (closer === 'client') child.endInput()
  await child.succeeded()
  return answer
}

/** Ports below every system's ephemeral range, so that no outgoing connection takes one meanwhile. */
const FIRST_PORT = 20_000
const LAST_PORT = 31_000
const taken = new Set<number>()

/**
 * Starts a server that can't choose its own port. `start` gets a port that was free a moment ago and resolves when
 * the server listens; when it rejects because another took the port, the next one is tried.
 */
export async function onFreePort<T>(start: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    try {
      return await start(port)
    } catch (error) {
      if (attempt === 5 || !/in use|EADDRINUSE|ADDRESS_IN_USE/i.test(String(error))) throw error
    }
  }
}

async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT))
    if (taken.has(port)) continue
    taken.add(port)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port between ${FIRST_PORT} and ${LAST_PORT}`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })
}
