/**
 * The memory bench: what an idle established connection holds. Each measurement is a child process of
 * its own (`idle.ts`) that opens many connections over loopback and says what it grew by for each end,
 * after collecting garbage: the process's resident set, and what V8 counts (heap and external).
 *
 * `tcp` is a bare net.Socket, which both TLS subjects have underneath; the cases `beyond TCP`
 * subtract it.
 */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createCredentials } from './credentials.ts'
import { IDLE_SUBJECTS, type IdleRequest, type IdleSubject, type Usage } from './idle.ts'
import { type Bench, resultOf, type Result } from './result.ts'

const CONNECTIONS = 750

export const memory: Bench = {
  title: `An end of an idle connection, of ${CONNECTIONS} connections over loopback in one process`,
  targets: 'Target: handfast / node:tls at most 0.50.',
  rounds: 3,
  run: runMemory,
}

async function runMemory(rounds: number): Promise<Result> {
  const credentials = await createCredentials()
  const measures: { readonly [S in IdleSubject]: Usage[] } = { handfast: [], 'node:tls': [], tcp: [] }
  for (let round = 0; round < rounds; round++) {
    for (const subject of IDLE_SUBJECTS) {
      measures[subject].push(await measure({ subject, connections: CONNECTIONS, credentials }))
    }
  }
  const samples = new Map<string, Map<string, number[]>>()
  for (const [name, amountOf] of [
    ['resident', (usage: Usage) => usage.resident],
    ['V8 heap and external', (usage: Usage) => usage.counted],
  ] as const) {
    const amounts = IDLE_SUBJECTS.map((subject) => [subject, measures[subject].map(amountOf)] as const)
    samples.set(name, new Map(amounts))
    const beneath = measures.tcp.map(amountOf)
    samples.set(
      `${name}, beyond TCP`,
      new Map(
        amounts
          .filter(([subject]) => subject !== 'tcp')
          .map(([subject, values]) => [subject, values.map((value, i) => value - (beneath[i] as number))]),
      ),
    )
  }
  return resultOf(samples, 'bytes', [['handfast', 'node:tls']])
}

/** Runs a child and reads its answer. */
function measure(request: IdleRequest): Promise<Usage> {
  const child = spawn(process.execPath, ['--expose-gc', fileURLToPath(new URL('idle.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stdin.end(
    JSON.stringify(request, (_, value: unknown) =>
      value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value,
    ),
  )
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(output) as Usage)
      else reject(new Error(`the child for ${request.subject} ended with code ${code}`))
    })
  })
}
