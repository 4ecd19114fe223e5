#!/usr/bin/env node
/** The command `handfast`. */

import { runProgram } from './program.ts'
import { processStreams } from './streams.ts'

process.exitCode = await runProgram(process.argv.slice(2), processStreams())
