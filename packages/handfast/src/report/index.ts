/** `handfast/report`: the record of a handshake, and its JSON Schema (`handfast/report/schema.json`). */
export * from './handshake-report.ts'
