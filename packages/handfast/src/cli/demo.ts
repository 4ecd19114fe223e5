/**
 * `handfast demo`: one mutually authenticated handshake over TCP on loopback, shown in its four
 * stages, and five attacks on it. Everything it needs it makes in memory; nothing touches the disk.
 */

import { renderAttack, renderConclusion, renderProof } from './render/demo.ts'
import { runAttacks, type AttackResult } from './demo/attacks.ts'
import { runHandshake, type HandshakeResult } from './demo/handshake.ts'
import { createParties } from './demo/parties.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { innerWidth, joinLines, renderHeading } from './render/box.ts'
import { paint } from './render/colour.ts'
import { formatDuration } from './render/quantity.ts'
import { renderReport } from './render/report.ts'
import { wrapText } from './render/width.ts'
import { printJson, type Streams } from './streams.ts'

export interface DemoOptions {
  readonly json?: boolean
}

/** Handshakes before the one that is shown: code that has never run is slow, and would be what the times tell. */
const WARM_UPS = 3

/** Runs the demonstration; success only if everything behaved. */
export async function runDemo(options: DemoOptions, streams: Streams): Promise<ExitCode> {
  const parties = await createParties()
  const first = await runHandshake(parties)
  for (let i = 1; i < WARM_UPS && first.ok; i++) await runHandshake(parties)
  const handshake = await runHandshake(parties)
  if (options.json !== true) showHandshake(handshake, first, streams)
  const attacks = await runAttacks(parties, (attack, number) => {
    if (options.json !== true) streams.stdout.write(renderAttack(attack, number, streams.out))
  })
  const stopped = attacks.filter((attack) => attack.stopped).length
  const ok = handshake.ok && stopped === attacks.length
  if (options.json === true) printJson(streams, { ok, handshake: handshake.client, attacks: attacks.map(asJson) })
  else streams.stdout.write(`\n${renderConclusion(ok, stopped, attacks.length, streams.out)}`)
  return ok ? EXIT.success : EXIT.internal
}

function showHandshake(handshake: HandshakeResult, first: HandshakeResult, streams: Streams): void {
  const terminal = streams.out
  const warm = formatDuration(first.client.duration ?? 0, terminal)
  // The client's record says all but what the server made of the client.
  const report = { ...handshake.client, client: handshake.server.client }
  streams.stdout.write(
    joinLines([
      renderHeading('handfast demo', terminal),
      ...wrapText(
        'An authority, a server and a client, made in memory just now. Their handshake runs over real TCP on ' +
          `loopback, after ${WARM_UPS} that warmed the code up; the very first took ${warm}.`,
        innerWidth(terminal),
      ).map((line) => paint(terminal, 'faint', line)),
      '',
    ]) +
      renderReport(report, terminal) +
      `\n${renderProof(handshake, terminal)}\n` +
      joinLines([renderHeading('Five attacks by a man in the middle', terminal)]),
  )
}

function asJson({ name, stage, alert, stopped }: AttackResult): object {
  return { name, stage, alert, stopped }
}
