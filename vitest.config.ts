import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { ClosingLine } from './scripts/closing-line.ts'

const config: ViteUserConfig = defineConfig({
  test: {
    pool: 'threads',
    // One module graph for all files: a hundred times faster to start. So no test leaves global state behind.
    isolate: false,
    include: [
      'packages/handfast/src/**/*.test.ts',
      'packages/handfast/test/**/*.test.ts',
      '{scripts,test}/**/*.test.ts',
    ],
    reporters: ['default', new ClosingLine()],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})

export default config
