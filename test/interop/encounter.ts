/**
 * One meeting of the subject and a peer: both sides set up with a wiretap between them, data said and answered, and
 * everything each of them made of it brought back. Nothing is judged here.
 */
import { setTimeout as sleep } from 'node:timers/promises'

import { speakAsClient, speakAsServer } from './conversation.ts'
import type { Account, ClientSettings, Peer, Run, ServerSettings } from './peer.ts'
import type { Subject } from './subject.ts'
import { type Wire, startWiretap } from './wiretap.ts'

/** What came of a meeting. */
export interface Encounter {
  /** The subject's account of each connection that went well from handshake to close. */
  ours: Account[]
  /** The peer's account. */
  theirs: Account
  /** What came back to a peer that was the client. */
  answer?: Buffer
  /** What the subject met. */
  errors: unknown[]
  /** Why a peer that was the client gave up. */
  peerError?: unknown
  wires: Wire[]
  /** What a peer that was the server printed. */
  printed: string
}

export interface Sides {
  server: ServerSettings
  client: ClientSettings
  /** The subject moves to new keys in the middle of its data. */
  updatesKeys?: boolean
  /** The client is asked for its certificate in the middle of the data. */
  asksLate?: boolean
}

/** The subject as client. Rejects only when the peer doesn't start. */
export async function meetServer(subject: Subject, peer: Peer, sides: Sides, run: Run): Promise<Encounter> {
  if (!peer.server) throw new TypeError(`${peer.title} is no server`)
  const { speech } = peer.server
  const running = await peer.server.start(sides.server, run)
  const tap = await startWiretap(running.target)
  const encounter: Encounter = { ours: [], theirs: {}, errors: [], wires: tap.wires, printed: '' }
  try {
    const connecting = subject.connect(sides.client, tap.port, AbortSignal.timeout(run.deadline))
    const session = await within(run.deadline, connecting, 'the handshake')
    const { stream, updateKeys } = session
    if (!stream) throw new TypeError('a subject that is the client has a stream')
    const { payload, closer } = run
    const midway = sides.updatesKeys ? updateKeys : undefined
    const prelude = sides.asksLate ? peer.server.asksLate : undefined
    await within(run.deadline, speakAsClient(stream, { speech, payload, closer, prelude, midway }), 'the conversation')
    encounter.ours.push(session.account())
  } catch (error) {
    encounter.errors.push(error)
  } finally {
    encounter.theirs = await running.stop()
    encounter.printed = running.output()
    await tap.close()
  }
  return encounter
}

/** The subject as server. */
export async function meetClient(subject: Subject, peer: Peer, sides: Sides, run: Run): Promise<Encounter> {
  if (!peer.client) throw new TypeError(`${peer.title} is no client`)
  const { speech, leavesOpen = false } = peer.client
  const mayTruncate = leavesOpen && run.closer === 'server'
  const sessions: Promise<unknown>[] = []
  const encounter: Encounter = { ours: [], theirs: {}, errors: [], wires: [], printed: '' }
  const listening = await subject.listen(
    { ...sides.server, speech },
    ({ stream, account, updateKeys, requestCertificate }) => {
      const { payload, closer } = run
      const midway = sides.updatesKeys ? updateKeys : sides.asksLate ? requestCertificate : undefined
      const talk = stream ? speakAsServer(stream, { speech, payload, closer, midway }) : Promise.resolve()
      const tolerated = talk.catch((error: unknown) => {
        if (!mayTruncate || !subject.isTruncation(error)) throw error
      })
      const told = tolerated.then(() => encounter.ours.push(account()))
      sessions.push(told.catch((error: unknown) => encounter.errors.push(error)))
    },
    (error) => encounter.errors.push(error),
  )
  const tap = await startWiretap({ port: listening.port })
  encounter.wires = tap.wires
  try {
    const { answer, ...theirs } = await within(
      run.deadline,
      peer.client.run(sides.client, tap.port, run),
      "the peer's run",
    )
    Object.assign(encounter, { theirs, answer })
  } catch (error) {
    encounter.peerError = error
  }
  // What the peer did is still on its way to us.
  const isQuiet = (): boolean => sessions.length === 0 && encounter.errors.length === 0
  for (let waited = 0; waited < 1000 && isQuiet(); waited += 20) await sleep(20)
  await within(1000, Promise.all(sessions), "the end of the subject's sessions").catch((error: unknown) => {
    encounter.errors.push(error)
  })
  await tap.close()
  await listening.close()
  return encounter
}

async function within<T>(milliseconds: number, promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${milliseconds / 1000} s`)), milliseconds)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
