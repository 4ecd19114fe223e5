/** The clock of Node for the engine. */

import type { Clock } from '../tls/index.ts'

export const nodeClock: Clock = {
  now: () => performance.now() * 1000,
  wall: () => Date.now(),
}
