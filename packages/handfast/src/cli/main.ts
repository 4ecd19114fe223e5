#!/usr/bin/env node
/** The command `handfast`. */

import { runProgram } from './program.ts'
import { processStreams } from './streams.ts'

// `npm run handfast` runs in the workspace's root: paths mean what they mean where it was called.
if (process.env.npm_lifecycle_event === 'handfast' && process.env.INIT_CWD !== undefined) {
  try {
    process.chdir(process.env.INIT_CWD)
  } catch {
    // It may be gone by now; then there is nothing better than where we are.
  }
}
process.exitCode = await runProgram(process.argv.slice(2), processStreams())
