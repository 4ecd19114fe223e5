/** How the shim runs: where the runner waits, how often it connects, and how its host behaves. */

import type { Feature } from '../feature.ts'
import { int, noted, on } from './flag.ts'

export interface ProcessOptions {
  port?: number
  shimId?: number
  isIpv6?: boolean
  isServer?: boolean
  /** Connections after the first. */
  resumeCount?: number
  /** Bytes arrive one by one, and each task is answered later. */
  isAsync?: boolean
}

export const processFeature: Feature<ProcessOptions> = {
  flags: {
    '-port': int('port'),
    '-shim-id': int('shimId'),
    '-ipv6': on('isIpv6'),
    '-server': on('isServer'),
    '-resume-count': int('resumeCount'),
    '-async': on('isAsync'),
    // Other ways to call BoringSSL for the same result.
    '-implicit-handshake': noted(false),
    '-use-early-callback': noted(false),
    '-use-old-client-cert-callback': noted(false),
    '-no-op-extra-handshake': noted(false),
    '-handshake-twice': noted(false),
    '-partial-write': noted(false),
    '-read-size': noted(true),
    // What the shim must not see, it does not see: the handshake then never completes.
    '-handshake-never-done': noted(false),
  },
}
