/** A thread that ends a run in which one case goes on without an end, and names the case. */

import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'

const MOST_SECONDS = 30

/** The seed, and how many cases there were. */
const watch = workerData as Int32Array
let seen = -1
let seconds = 0
setInterval(() => {
  const cases = Atomics.load(watch, 1)
  seconds = cases === seen ? seconds + 1 : 0
  seen = cases
  if (seconds < MOST_SECONDS) return
  writeSync(2, `fuzz:differential: seed ${watch[0]} has no end\n`)
  process.kill(process.pid, 'SIGKILL')
}, 1000)
