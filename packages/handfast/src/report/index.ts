/**
 * `handfast/report`: the records of a handshake and of a verification, and their JSON Schemas
 * (`handfast/report/schema.json`, `handfast/report/verification-schema.json`).
 */
export { adviceFor } from './advice.ts'
export { certificateReport, examinedCertificateReport } from './certificate.ts'
export * from './handshake-report.ts'
export { createVerificationReport, type VerificationFacts } from './verification.ts'
export * from './verification-report.ts'
