/**
 * What the suites ask, in handfast's words: each case becomes what a caller of `handfast/x509` would write,
 * and the answer what the suite has a word for. Nothing here looks at a case's id or at what it expects.
 */

import { DerReader } from '../../packages/handfast/src/asn1/der.ts'
import { DecodeError } from '../../packages/handfast/src/bytes/index.ts'
import { nodeProvider } from '../../packages/handfast/src/crypto/node.ts'
import {
  type AnchorRules,
  BARE_ANCHOR_RULES,
  type Certificate,
  CertificateError,
  createPolicy,
  createTrustStore,
  judgeByOcsp,
  KEY_USAGES,
  type KeyUsage,
  POLICIES,
  type Purpose,
  readCertificate,
  readOcspResponse,
  type ReferenceIdentity,
  type RevocationPolicy,
  RULE_NAMES,
  type RuleName,
  type TrustStore,
  type ValidationPolicy,
  type Verdict,
  verifyChain,
  verifySignature,
  writeOcspRequest,
} from '../../packages/handfast/src/x509/index.ts'
import { checkSignedData } from '../../packages/handfast/src/x509/signed-data.ts'
import {
  type CaseName,
  type ChainCase,
  type CrlCase,
  MalformedCaseError,
  type OcspCase,
  type SignatureCase,
  type Status,
  type SuiteCase,
} from './case.ts'

export type Profile = 'rfc5280' | 'webpki'

/** What handfast says to a case, and why. */
export interface Answer {
  readonly answer: 'SUCCESS' | 'FAILURE' | Status
  readonly reason: string
}

/**
 * Judges a case.
 * @param profile for chains.
 * @throws {MalformedCaseError} for what has no translation.
 */
export function judge(test: SuiteCase, profile: Profile): Answer {
  switch (test.type) {
    case 'chain':
      return judgeChain(test, profile)
    case 'crl':
      return judgeCrl(test)
    case 'ocsp':
      return judgeOcsp(test)
    case 'signature':
      return judgeSignature(test)
  }
}

/** Each name and each purpose is a question of its own: all must be answered with trust. */
function judgeChain(test: ChainCase, profile: Profile): Answer {
  const trust = trustOf(test)
  const identities = test.names.length === 0 ? [undefined] : test.names.map(identityOf)
  for (const identity of identities) {
    for (const purpose of purposesOf(test)) {
      const verdict = verifyChain({
        chain: [test.leaf, ...test.intermediates],
        crls: test.crls,
        trust,
        time: test.time ?? Date.now(),
        purpose,
        ...(identity === undefined ? {} : { identity }),
        provider: nodeProvider,
        policy: policyOf(test, profile),
      })
      if (!verdict.trusted) return { answer: 'FAILURE', reason: reasonsOf(verdict) }
      const unmet = unmetDemand(test, verdict.path)
      if (unmet !== null) return { answer: 'FAILURE', reason: unmet }
    }
  }
  return { answer: 'SUCCESS', reason: 'trusted' }
}

/** Whoever gives CRLs wants a certificate whose status they do not tell to be refused. */
function policyOf(test: ChainCase, profile: Profile): ValidationPolicy {
  const base = POLICIES[profile]
  const { policy } = test
  return createPolicy(base, {
    maxIntermediates: test.maxDepth,
    revocation: test.crls.length === 0 ? { ...base.revocation, mode: 'off' } : hardBy('crl', 'path', null),
    ...(policy !== null && {
      certificatePolicies: {
        initialPolicySet: policy.set,
        requireExplicitPolicy: policy.explicit,
        inhibitPolicyMapping: policy.inhibitMap,
        inhibitAnyPolicy: policy.inhibitAny,
      },
    }),
    rules: {
      ...base.rules,
      ...(test.digestPolicy === 'STRONG' && refusing('weak-signature-algorithm')),
      ...(test.kind.includes('_STRICT') && refusing('leaf-ca', 'leaf-extended-key-usage', 'any-extended-key-usage')),
      ...(test.kind.endsWith('_STRICT') && refusing('issuer-extended-key-usage')),
    },
  })
}

function refusing(...names: readonly RuleName[]): Partial<ValidationPolicy['rules']> {
  return Object.fromEntries(names.map((name) => [name, 'refuse']))
}

function hardBy(
  source: 'crl' | 'ocsp',
  scope: RevocationPolicy['scope'],
  maxAge: RevocationPolicy['maxAge'],
): RevocationPolicy {
  return { ...POLICIES.rfc5280.revocation, mode: 'hard', scope, sources: [source], maxAge }
}

/** BoringSSL's trust settings (CertificateTrust): by itself an anchor is a name and a key, and no leaf. */
const TRUST_WORDS: Readonly<Record<string, Partial<AnchorRules>>> = {
  TRUSTED_ANCHOR: {},
  TRUSTED_ANCHOR_WITH_EXPIRATION: { dates: true },
  TRUSTED_ANCHOR_WITH_CONSTRAINTS: { constraints: true },
  TRUSTED_ANCHOR_WITH_EXPIRATION_AND_CONSTRAINTS: { dates: true, constraints: true },
  // Counts only where constraints do.
  TRUSTED_ANCHOR_WITH_REQUIRE_BASIC_CONSTRAINTS: {},
  TRUSTED_ANCHOR_WITH_CONSTRAINTS_REQUIRE_BASIC_CONSTRAINTS: { constraints: true, basicConstraints: true },
  TRUSTED_ANCHOR_OR_LEAF: { leaf: true },
  TRUSTED_LEAF: { leaf: true, issuer: false },
  TRUSTED_LEAF_REQUIRE_SELF_SIGNED: { leaf: true, selfSigned: true, issuer: false },
}

function trustOf({ trust, trusted }: ChainCase): TrustStore {
  if (trust === null) return createTrustStore(readable(trusted))
  if (trust === 'DISTRUSTED' || trust === 'UNSPECIFIED') return createTrustStore([])
  const rules = TRUST_WORDS[trust]
  if (rules === undefined) throw new MalformedCaseError(`trust: '${trust}' has no translation`)
  return createTrustStore(readable(trusted), { anchors: { ...BARE_ANCHOR_RULES, ...rules } })
}

/** What cannot be read anchors nothing, as with a store of roots. */
function readable(certificates: readonly Uint8Array[]): Certificate[] {
  return certificates.flatMap((der) => {
    try {
      return [readCertificate(der)]
    } catch (error) {
      if (error instanceof CertificateError) return []
      throw error
    }
  })
}

function identityOf({ kind, value }: CaseName): ReferenceIdentity {
  switch (kind) {
    case 'DNS':
      return { kind: 'dns', name: value }
    case 'IP':
      return { kind: 'ip', address: value }
    case 'RFC822':
      return { kind: 'email', address: value }
    default:
      throw new MalformedCaseError(`name.kind: '${kind}' has no translation`)
  }
}

const PURPOSES: Readonly<Record<string, Purpose>> = {
  SERVER: 'server',
  SERVER_AUTH: 'server',
  serverAuth: 'server',
  SERVER_AUTH_STRICT: 'server',
  SERVER_AUTH_STRICT_LEAF: 'server',
  CLIENT: 'client',
  CLIENT_AUTH_STRICT: 'client',
  CLIENT_AUTH_STRICT_LEAF: 'client',
  CLIENT_AUTH: 'client',
  clientAuth: 'client',
  ANY: 'any',
  ANY_EKU: 'any',
  anyExtendedKeyUsage: 'any',
  codeSigning: 'code-signing',
  emailProtection: 'email',
  timeStamping: 'time-stamping',
  OCSPSigning: 'ocsp-signing',
  // What C2PA's certificates are for: timestamps, and documents (RFC 9336).
  C2PA_TIMESTAMPING: 'time-stamping',
  C2PA_MANIFEST: '1.3.6.1.5.5.7.3.36',
  // GSMA's id-kp-rcsMlsClient.
  MLS_CLIENT_AUTH: '2.23.146.2.1.3',
}

function purposesOf(test: ChainCase): readonly Purpose[] {
  return [...new Set([test.kind, ...test.keyPurposes].map(purposeOf))]
}

function purposeOf(word: string): Purpose {
  const purpose = /^\d+(\.\d+)+$/.test(word) ? (word as Purpose) : PURPOSES[word]
  if (purpose === undefined) throw new MalformedCaseError(`kind: '${word}' has no translation`)
  return purpose
}

/** What some suites demand and no judge of chains is asked: the user of the verdict checks it. */
function unmetDemand(test: ChainCase, path: readonly Certificate[]): string | null {
  const usage = path[0]?.keyUsage
  const missing = test.keyUsages.find((name) => usage !== undefined && !usage[usageOf(name)])
  if (missing !== undefined) return `The leaf's keyUsage has no ${missing}.`
  if (test.signatureAlgorithms.length === 0) return null
  const other = path.slice(0, -1).find((one) => !test.signatureAlgorithms.includes(algorithmWord(one)))
  return other === undefined ? null : `${algorithmWord(other)} is none of ${test.signatureAlgorithms.join(', ')}.`
}

/** RFC 5280 section 4.2.1.3 has two names for bit 1. */
function usageOf(name: string): keyof KeyUsage {
  const usage = KEY_USAGES.find((one) => one === (name === 'contentCommitment' ? 'nonRepudiation' : name))
  if (usage === undefined) throw new MalformedCaseError(`ku: '${name}' has no translation`)
  return usage
}

/** `RSA_WITH_SHA256`, `RSASSA_PSS`, `ECDSA_WITH_SHA384`, `ED25519`: of our own `RSA PKCS#1 with SHA-256` and so on. */
function algorithmWord(certificate: Certificate): string {
  const [family, hash] = certificate.signatureAlgorithmText.toUpperCase().split(' WITH ')
  if (family?.includes('PSS') === true) return 'RSASSA_PSS'
  const [first] = (family ?? '').split(/[ -]/)
  return hash === undefined ? (family ?? '') : `${first}_WITH_${hash.replace(/^SHA-/, 'SHA').replaceAll(/[-/]/g, '_')}`
}

const WEEK = 7 * 24 * 3600 * 1000

/** The times and the oldest age for which BoringSSL's CRLs and OCSP responses were made. */
const CRL_TIME = Date.UTC(2017, 2, 9)
const OCSP_TIME = Date.UTC(2017, 2, 5)

function judgeCrl({ crl, certificate, issuers }: CrlCase): Answer {
  return statusOf(
    verifyChain({
      // The second issued the first: the same authority's old key and its new one.
      chain: [certificate, ...issuers.slice(0, -1)],
      trust: createTrustStore(issuers.slice(-1), { anchors: BARE_ANCHOR_RULES }),
      crls: [crl],
      time: CRL_TIME,
      purpose: 'any',
      provider: nodeProvider,
      policy: statusPolicy('crl'),
    }),
  )
}

function judgeOcsp({ response, certificate: der, issuer, request, verifyResult }: OcspCase): Answer {
  // The suite's own validator is told to read such serial numbers; of the certificate itself it judges nothing.
  const certificate = readCertificate(der, { paddedSerialNumber: true })
  const { status, message } = judgeByOcsp({
    certificate,
    issuer: readCertificate(issuer),
    responses: [response],
    context: {
      time: OCSP_TIME,
      provider: nodeProvider,
      policy: statusPolicy('ocsp'),
      verify: (signed, signer) => checkSignedData(signed, signer, nodeProvider).status === 'valid',
    },
  })
  const read = readResultOf(response)
  const isRead = READ_RESULTS.has(verifyResult) ? read === verifyResult : read === ''
  if (!isRead) throw new Error(`the response is ${read === '' ? 'read' : read}, should be ${verifyResult}`)
  if (request !== null && !isOwnRequest(request, certificate, issuer)) throw new Error('the request would be another')
  return { answer: STATUS_WORDS[status], reason: message }
}

const STATUS_WORDS = { good: 'GOOD', revoked: 'REVOKED', unknown: 'UNKNOWN' } as const

/** How far a response can be read at all, in BoringSSL's words. What a response is worth has no words of ours. */
const READ_RESULTS: ReadonlySet<string> = new Set([
  'PARSE_RESPONSE_ERROR',
  'PARSE_RESPONSE_DATA_ERROR',
  'ERROR_RESPONSE',
])

function readResultOf(response: Uint8Array): string {
  try {
    return readOcspResponse(response).basic === null ? 'ERROR_RESPONSE' : ''
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error
    const isSigned = error.path?.startsWith('responseBytes.response.tbsResponseData') === true
    return isSigned ? 'PARSE_RESPONSE_DATA_ERROR' : 'PARSE_RESPONSE_ERROR'
  }
}

function isOwnRequest(request: Uint8Array, certificate: Certificate, issuer: Uint8Array): boolean {
  const own = writeOcspRequest({
    certificate,
    issuer: readCertificate(issuer),
    provider: nodeProvider,
  })
  return Buffer.compare(own, request) === 0
}

/**
 * The question is the status alone: whatever else a certificate may be blamed for is passed over. The suites' own
 * validator is one of the Web PKI, where nobody leaves revocations to others.
 */
function statusPolicy(source: 'crl' | 'ocsp'): ValidationPolicy {
  const ignored = Object.fromEntries(RULE_NAMES.map((name) => [name, 'ignore'])) as ValidationPolicy['rules']
  return createPolicy('rfc5280', {
    name: 'status',
    rules: { ...ignored, revocation: 'refuse' },
    // As the suite's own validator, which is one of the Web PKI.
    revocation: { ...hardBy(source, 'leaf', WEEK), clockSkew: 0, indirectCrls: false, requireCrlNumber: false },
  })
}

/** A certificate that is refused for anything else has no status to tell. */
function statusOf(verdict: Verdict): Answer {
  const reason = verdict.explanation?.revocation[0]?.message ?? reasonsOf(verdict)
  if (verdict.trusted) return { answer: 'GOOD', reason }
  const refusal = verdict.reasons[0]?.reason
  if (refusal === 'revoked') return { answer: 'REVOKED', reason: reasonsOf(verdict) }
  if (refusal === 'revocation-unknown') return { answer: 'UNKNOWN', reason: reasonsOf(verdict) }
  throw new Error(`the certificate is refused for something else than revocation: ${reasonsOf(verdict)}`)
}

function judgeSignature({ publicKey, algorithm, data, signature }: SignatureCase): Answer {
  try {
    const reader = new DerReader(signature, 'signature', 0, signature.length)
    const octets = reader.bitStringBytes('')
    reader.end()
    const result = verifySignature({
      provider: nodeProvider,
      algorithm,
      subjectPublicKeyInfo: publicKey,
      data,
      signature: octets,
      // As the suite's own validator, which is one of the Web PKI.
      pssKeys: false,
    })
    if (result.status === 'valid') return { answer: 'SUCCESS', reason: 'valid' }
    return { answer: 'FAILURE', reason: `${result.status}: the ${result.at} ${result.message}` }
  } catch (error) {
    if (!(error instanceof DecodeError) && !(error instanceof CertificateError)) throw error
    return { answer: 'FAILURE', reason: error.message }
  }
}

function reasonsOf(verdict: Verdict): string {
  return verdict.reasons.map(({ reason, certificate, message }) => `${reason} (${certificate}): ${message}`).join(' | ')
}
