/**
 * What a request brings besides certificates: revocation lists, OCSP responses, timestamps. What
 * cannot be read is told by the name it has in the request, and counts as not given.
 */

import { CertificateError } from './certificate-error.ts'
import { type CertificateList, readCertificateList } from './revocation/certificate-list.ts'
import { type OcspResponse, readOcspResponse } from './revocation/ocsp-response.ts'
import type { RuleName } from './rules/rule.ts'
import { readTimestampList } from './transparency/timestamp-list.ts'
import type { ValidationPolicy } from './validation-policy.ts'
import type { VerdictReason, VerifyRequest } from './verdict.ts'

export interface Evidence {
  readonly crls: readonly CertificateList[]
  readonly ocspResponses: readonly OcspResponse[]
  /** Null if the peer was not asked to staple. */
  readonly stapled: readonly OcspResponse[] | null
  /** What cannot be read, and why. */
  readonly problems: readonly VerdictReason[]
}

const NONE: readonly never[] = []
export const NO_EVIDENCE: Evidence = { crls: NONE, ocspResponses: NONE, stapled: null, problems: NONE }

/** Reads what is given in bytes, if the policy looks at it. */
export function readEvidence(
  request: Pick<VerifyRequest, 'crls' | 'ocspResponses' | 'stapled' | 'timestampList'>,
  { rules }: Pick<ValidationPolicy, 'rules'>,
): Evidence {
  const problems: VerdictReason[] = []
  if (request.timestampList !== undefined && rules.transparency !== 'ignore') {
    checkTimestampList(request.timestampList, problems)
  }
  const { crls, ocspResponses, stapled } = request
  const isIgnored = rules.revocation === 'ignore' && rules['must-staple'] === 'ignore'
  if (isIgnored || (crls === undefined && ocspResponses === undefined && stapled === undefined)) {
    return problems.length === 0 ? NO_EVIDENCE : { ...NO_EVIDENCE, problems }
  }
  return {
    crls: readAll('crls', crls ?? NONE, readCertificateList, problems),
    ocspResponses: readAll('ocspResponses', ocspResponses ?? NONE, readOcspResponse, problems),
    stapled: stapled === undefined ? null : readAll('stapled', stapled, readOcspResponse, problems),
    problems,
  }
}

function readAll<T extends object>(
  name: string,
  given: readonly (Uint8Array | T)[],
  read: (der: Uint8Array) => T,
  problems: VerdictReason[],
): T[] {
  const all: T[] = []
  for (const [index, one] of given.entries()) {
    try {
      all.push(one instanceof Uint8Array ? read(one) : one)
    } catch (error) {
      problems.push(unreadable(`${name}[${index}]: `, error, 'revocation'))
    }
  }
  return all
}

function checkTimestampList(list: Uint8Array, problems: VerdictReason[]): void {
  try {
    readTimestampList(list)
  } catch (error) {
    problems.push(unreadable('', error, 'transparency'))
  }
}

/** As a warning. Whatever is not the bytes' fault is thrown on. @param name what its message does not say itself. */
function unreadable(name: string, error: unknown, rule: RuleName): VerdictReason {
  if (!(error instanceof CertificateError)) throw error
  return { reason: error.reason, certificate: null, message: `${name}${error.message}`, rule }
}
