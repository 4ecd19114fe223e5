/**
 * Lets the examples of this folder import `handfast` from the sources of this repository, without a
 * build: `npx node --import ./examples/from-source.ts examples/echo.ts`. Where handfast is installed,
 * they need nothing of the kind: `node echo.ts`.
 */

import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'

const SOURCES = new URL('../packages/handfast/src/', import.meta.url)

registerHooks({
  resolve: (specifier, context, next) => {
    const [, subpath] = /^handfast(?:\/(.+))?$/.exec(specifier) ?? []
    if (subpath === undefined && specifier !== 'handfast') return next(specifier, context)
    const folder = new URL(`${subpath ?? 'node'}/index.ts`, SOURCES)
    return next(existsSync(folder) ? folder.href : new URL(`${subpath}.ts`, SOURCES).href, context)
  },
})
