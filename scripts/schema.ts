/**
 * `npm run schema`: writes the JSON Schemas of the records from their TypeScript declarations. The
 * results are committed, and a test says when one is not current.
 */

import { writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createGenerator } from 'ts-json-schema-generator'
import { HANDSHAKE_REPORT_VERSION } from '../packages/handfast/src/report/handshake-report.ts'
import { VERIFICATION_REPORT_VERSION } from '../packages/handfast/src/report/verification-report.ts'

const ROOT = resolve(import.meta.dirname, '..')
const REPORT = join(ROOT, 'packages/handfast/src/report')

/** A record, and where its committed schema lies. */
export interface Schema {
  readonly type: string
  readonly version: string
  /** Absolute path of the declaration. */
  readonly source: string
  /** Absolute path. */
  readonly file: string
}

function schemaOf(type: string, version: string, name: string): Schema {
  return { type, version, source: join(REPORT, `${name}.ts`), file: join(REPORT, `${name}.schema.json`) }
}

export const HANDSHAKE_SCHEMA: Schema = schemaOf('HandshakeReport', HANDSHAKE_REPORT_VERSION, 'handshake-report')
export const VERIFICATION_SCHEMA: Schema = schemaOf(
  'VerificationReport',
  VERIFICATION_REPORT_VERSION,
  'verification-report',
)

/** The schema as the text of its file. Takes about a second: the generator runs a TypeScript of its own. */
export function generateSchema({ type, version, source }: Schema): string {
  const { $schema, ...schema } = createGenerator({
    path: source,
    tsconfig: join(import.meta.dirname, 'tsconfig.schema.json'),
    type,
    additionalProperties: false,
  }).createSchema(type)
  return `${JSON.stringify({ $schema, title: `${type} ${version}`, ...schema }, null, 2)}\n`
}

const invoked = process.argv[1]
if (invoked !== undefined && import.meta.url === pathToFileURL(invoked).href) {
  for (const schema of [HANDSHAKE_SCHEMA, VERIFICATION_SCHEMA]) {
    writeFileSync(schema.file, generateSchema(schema))
    console.log(`wrote ${relative(process.cwd(), schema.file)}`)
  }
}
