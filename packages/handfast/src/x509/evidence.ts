/**
 * What a request brings besides certificates: revocation lists, OCSP responses, timestamps. What
 * cannot be read is told by the name it has in the request, and counts as not given.
 */

import { isDer, PEM_LABELS, readPemOrDer } from '../asn1/pem-or-der.ts'
import { DecodeError } from '../bytes/decode-error.ts'
import { CertificateError } from './certificate-error.ts'
import { readBytes } from './given-bytes.ts'
import { CertificateList, readCertificateList } from './revocation/certificate-list.ts'
import { type OcspResponse, readOcspResponse } from './revocation/ocsp-response.ts'
import type { RuleName } from './rules/rule.ts'
import { readTimestampList } from './transparency/timestamp-list.ts'
import type { ValidationPolicy } from './validation-policy.ts'
import type { VerdictReason, VerifyRequest } from './verdict.ts'

/** Revocation data of a request, read. */
export interface Evidence {
  readonly crls: readonly CertificateList[]
  readonly ocspResponses: readonly OcspResponse[]
  /** Null if the peer was not asked to staple. */
  readonly stapled: readonly OcspResponse[] | null
  /** What cannot be read, and why. */
  readonly problems: readonly VerdictReason[]
}

const NONE: readonly never[] = []
/** Of a request that brings none, or whose policy looks at none. */
export const NO_EVIDENCE: Evidence = { crls: NONE, ocspResponses: NONE, stapled: null, problems: NONE }

/** Reads what is given in bytes, if the policy looks at it. @throws {TypeError} for what is neither bytes nor read before. */
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
    crls: readAll(
      'crls',
      unwrapped(crls, PEM_LABELS.certificateList),
      readCertificateList,
      isCertificateList,
      problems,
    ),
    ocspResponses: readAll(
      'ocspResponses',
      unwrapped(ocspResponses, PEM_LABELS.ocspResponse),
      readOcspResponse,
      isOcspResponse,
      problems,
    ),
    stapled: stapled === undefined ? null : readAll('stapled', stapled, readOcspResponse, isOcspResponse, problems),
    problems,
  }
}

/** What the caller has from files may be PEM; what has no such block stays as it is, and is told as no DER. */
function unwrapped<T extends object>(
  given: readonly (Uint8Array | T)[] | undefined,
  labels: readonly string[],
): readonly (Uint8Array | T)[] {
  if (given?.some((one) => one instanceof Uint8Array && !isDer(one)) !== true) return given ?? NONE
  return given.flatMap((one): readonly (Uint8Array | T)[] =>
    one instanceof Uint8Array && !isDer(one) ? blocksOf(one, labels) : [one],
  )
}

function blocksOf(file: Uint8Array, labels: readonly string[]): readonly Uint8Array[] {
  try {
    const objects = readPemOrDer(file, labels)
    return objects.length === 0 ? [file] : objects.map(({ bytes }) => bytes)
  } catch (error) {
    if (error instanceof DecodeError) return [file]
    throw error
  }
}

function readAll<T extends object>(
  name: string,
  given: readonly (Uint8Array | T)[],
  read: (der: Uint8Array) => T,
  isRead: (one: unknown) => one is T,
  problems: VerdictReason[],
): T[] {
  const all: T[] = []
  for (const [index, one] of given.entries()) {
    try {
      if (isRead(one)) all.push(one)
      else all.push(read(one instanceof Uint8Array ? one : readBytes(`${name}[${index}]`, one, 'what was read of one')))
    } catch (error) {
      problems.push(unreadable(`${name}[${index}]: `, error, 'revocation'))
    }
  }
  return all
}

function isCertificateList(one: unknown): one is CertificateList {
  return one instanceof CertificateList
}

/** Of which there is no class. */
function isOcspResponse(one: unknown): one is OcspResponse {
  return typeof one === 'object' && one !== null && 'basic' in one
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
