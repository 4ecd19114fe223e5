/**
 * `npm run schema`: writes the JSON Schema of HandshakeReport from its TypeScript declaration. The
 * result is committed, and a test says when it is not current.
 */

import { writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createGenerator } from 'ts-json-schema-generator'
import { HANDSHAKE_REPORT_VERSION } from '../packages/handfast/src/report/handshake-report.ts'

const ROOT = resolve(import.meta.dirname, '..')
const REPORT = join(ROOT, 'packages/handfast/src/report')

/** Where the committed schema lies: an absolute path. */
export const SCHEMA_FILE: string = join(REPORT, 'handshake-report.schema.json')

/** The schema as the text of its file. Takes about a second: the generator runs a TypeScript of its own. */
export function generateSchema(): string {
  const { $schema, ...schema } = createGenerator({
    path: join(REPORT, 'handshake-report.ts'),
    tsconfig: join(import.meta.dirname, 'tsconfig.schema.json'),
    type: 'HandshakeReport',
    additionalProperties: false,
  }).createSchema('HandshakeReport')
  const title = `HandshakeReport ${HANDSHAKE_REPORT_VERSION}`
  return `${JSON.stringify({ $schema, title, ...schema }, null, 2)}\n`
}

const invoked = process.argv[1]
if (invoked !== undefined && import.meta.url === pathToFileURL(invoked).href) {
  writeFileSync(SCHEMA_FILE, generateSchema())
  console.log(`wrote ${relative(process.cwd(), SCHEMA_FILE)}`)
}
