/** How the four stages are called and numbered wherever they are shown. */

import { STAGES, type Stage } from '../../report/handshake-report.ts'

export const STAGE_NAMES: Readonly<Record<Stage, string>> = {
  establish: 'establish',
  certificates: 'certificates',
  'key-exchange': 'key exchange',
  verify: 'verify',
}

/** 1 to 4. */
export function stageNumber(stage: Stage): number {
  return STAGES.indexOf(stage) + 1
}
