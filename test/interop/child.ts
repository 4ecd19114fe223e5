/**
 * Child processes with a deadline: each runs in a process group of its own, is ended by its own id and never
 * outlives the matrix.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Duplex } from 'node:stream'

export interface Exit {
  code: number | null
  signal: string | null
}

export interface ChildOptions {
  /** Milliseconds after which it is ended, whatever it does. */
  deadline: number
  env?: Record<string, string>
  cwd?: string
  /** Written to its standard input, which is then closed. Without it, input stays open until `endInput`. */
  input?: string | Uint8Array
}

/** Everything a peer's program prints is kept; none prints more than a payload or two. */
const OUTPUT_LIMIT = 16 * 1024 * 1024

const living = new Set<Child>()
let isOver = false
process.on('exit', () => {
  for (const child of living) child.kill()
})

/** A running program: its output so far, its exit, and the means to end it. */
export class Child {
  readonly command: string
  readonly exited: Promise<Exit>
  exit: Exit | undefined
  #process: ChildProcess
  #stdout: Buffer[] = []
  #stderr: Buffer[] = []
  #size = 0
  #watchers = new Set<() => void>()
  #timer: NodeJS.Timeout
  #overdue = false

  constructor(command: string, args: readonly string[], options: ChildOptions) {
    if (isOver) throw new Error(`${command} is not started any more: the run is over`)
    this.command = [command, ...args].join(' ')
    this.#process = spawn(command, args, {
      detached: true,
      stdio: 'pipe',
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
    })
    living.add(this)
    this.#process.stdout?.on('data', (chunk: Buffer) => this.#take(this.#stdout, chunk))
    this.#process.stderr?.on('data', (chunk: Buffer) => this.#take(this.#stderr, chunk))
    // A program that ended with input unread: its exit is what we report.
    this.#process.stdin?.on('error', () => {})
    this.#timer = setTimeout(() => {
      this.#overdue = true
      this.kill()
    }, options.deadline)
    this.exited = new Promise((resolve) => {
      const over = (exit: Exit): void => {
        if (this.exit) return
        clearTimeout(this.#timer)
        // Whatever it started in its group ends with it.
        this.kill()
        living.delete(this)
        this.exit = exit
        this.#wake()
        resolve(exit)
      }
      this.#process.on('error', (error) => {
        this.#stderr.push(Buffer.from(error.message))
        over({ code: null, signal: 'not started' })
      })
      this.#process.on('close', (code, signal) => over({ code, signal }))
    })
    if (options.input !== undefined) this.#process.stdin?.end(options.input)
  }

  get stdout(): Buffer {
    return Buffer.concat(this.#stdout)
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString('latin1')
  }

  /** Both outputs as text, for a person to read. */
  get output(): string {
    return this.stdout.toString('latin1') + this.stderr
  }

  write(data: string | Uint8Array): void {
    this.#process.stdin?.write(data)
  }

  endInput(): void {
    this.#process.stdin?.end()
  }

  /** Its standard input and output as one stream, which ends only if the program ends with code 0. */
  asDuplex(): Duplex {
    const duplex = new Duplex({
      read() {},
      write: (chunk: Buffer, _encoding, done) => {
        this.write(chunk)
        done()
      },
      final: (done) => {
        this.endInput()
        done()
      },
    })
    this.#process.stdout?.on('data', (chunk: Buffer) => duplex.push(chunk))
    void this.succeeded().then(
      () => duplex.push(null),
      (error: Error) => duplex.destroy(error),
    )
    return duplex
  }

  /** Resolves when `ready` answers something; rejects when the program ends or its deadline passes first. */
  async until<T>(what: string, ready: () => T | undefined | false | null): Promise<T> {
    for (;;) {
      const answer = ready()
      if (answer !== undefined && answer !== false && answer !== null) return answer
      if (this.exit) throw new Error(`${this.#ending()} before ${what}${this.#said()}`)
      await new Promise<void>((resolve) => {
        const watcher = (): void => {
          this.#watchers.delete(watcher)
          resolve()
        }
        this.#watchers.add(watcher)
      })
    }
  }

  /** Resolves when it has ended with code 0; rejects otherwise. */
  async succeeded(): Promise<void> {
    const exit = await this.exited
    if (exit.code !== 0) throw new Error(`${this.#ending()}${this.#said()}`)
  }

  /** Asks it to end, and ends it if it has not after a moment. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.exit) return
    this.kill(signal)
    const timer = setTimeout(() => this.kill(), 2000)
    await this.exited
    clearTimeout(timer)
  }

  /** Sends a signal to its process group. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    const { pid } = this.#process
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch {
      // Already gone.
    }
  }

  #take(into: Buffer[], chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size > OUTPUT_LIMIT) this.kill()
    else into.push(chunk)
    this.#wake()
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher()
  }

  #ending(): string {
    const name = this.command.split(' ', 1)[0]
    if (this.#overdue) return `${name} was ended at its deadline`
    return `${name} ended (${this.exit?.signal ?? `exit ${this.exit?.code}`})`
  }

  #said(): string {
    const text = this.output.trim()
    return text === '' ? '' : `: ${text.slice(-2000)}`
  }
}

/** Runs a program to its end and answers what it printed; throws when it fails. */
export async function run(command: string, args: readonly string[], options: ChildOptions): Promise<string> {
  const child = new Child(command, args, { input: '', ...options })
  await child.succeeded()
  return child.output
}

/** Where Debian and Go's own archive put programs that a plain PATH may lack. */
const ELSEWHERE = ['/usr/sbin', '/sbin', '/usr/local/go/bin']

/** The full path of a program, or undefined when it is nowhere. */
export function findCommand(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''), ...ELSEWHERE]
  for (const folder of folders) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not here.
    }
  }
  return undefined
}

/** Ends every program still running; no other is started from then on. */
export async function stopChildren(): Promise<void> {
  isOver = true
  await Promise.all([...living].map((child) => child.stop('SIGKILL')))
}
