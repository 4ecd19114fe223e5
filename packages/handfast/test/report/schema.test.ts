import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { generateSchema, HANDSHAKE_SCHEMA, VERIFICATION_SCHEMA } from '../../../../scripts/schema.ts'
import { mutual, refused, silent } from '../sample-reports.ts'

const text = readFileSync(HANDSHAKE_SCHEMA.file, 'utf8')
const report = mutual()
const validate = new Ajv({ allErrors: true }).compile(JSON.parse(text))

describe('the JSON Schema of HandshakeReport', () => {
  test('is current: `npm run schema` writes it', () => {
    expect(text).toBe(generateSchema(HANDSHAKE_SCHEMA))
  })

  test.each([mutual, refused, silent])('accepts the sample report "$name"', (sample) => {
    validate(sample())
    expect(validate.errors).toBeNull()
  })

  test.each([
    ['an unknown property', { ...report, secret: 'x' }],
    ['an unknown property further in', { ...report, negotiated: { ...report.negotiated, key: 'x' } }],
    ['a missing property', { ...report, stages: undefined }],
    ['an unknown stage', { ...report, stages: [{ ...report.stages[0], stage: 'greet' }] }],
    ['an unknown outcome', { ...report, outcome: 'perhaps' }],
    ['a time that is no number', { ...report, duration: '4 ms' }],
    ['record compression', { ...report, negotiated: { ...report.negotiated, compression: 'deflate' } }],
  ])('refuses %s', (_, changed) => {
    expect(validate(changed)).toBe(false)
  })
})

describe('the JSON Schema of VerificationReport', () => {
  test('is current: `npm run schema` writes it', () => {
    expect(readFileSync(VERIFICATION_SCHEMA.file, 'utf8')).toBe(generateSchema(VERIFICATION_SCHEMA))
  })
})
