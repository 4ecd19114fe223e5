/**
 * Chains of three for the tests of rules: as they should be, but for what a `Breach` changes.
 */

import { writeOid, writeSequence } from '../src/asn1/index.ts'
import { nodeProvider } from '../src/crypto/node.ts'
import { type Certificate, readCertificate } from '../src/x509/certificate.ts'
import { type PathContext, RULE_NAMES, type RuleName } from '../src/x509/rules/rule.ts'
import { createTrustStore } from '../src/x509/trust-store.ts'
import { createPolicy, type DeepPartial, type Severity, type ValidationPolicy } from '../src/x509/validation-policy.ts'
import type { ReferenceIdentity, VerifyRequest } from '../src/x509/verdict.ts'
import {
  issue,
  issueCa,
  type IssueOptions,
  makeCa,
  type TestCertificate,
  type TestExtension,
  writeGeneralName,
} from './pki.ts'

export const TIME: number = Date.UTC(2026, 4, 1)
export const SERVER: string = '1.3.6.1.5.5.7.3.1'
export const CLIENT: string = '1.3.6.1.5.5.7.3.2'

const POLICIES_VALUE = writeSequence(writeSequence(writeOid('2.23.140.1.2.1')))
export const ACCESS: TestExtension = {
  oid: '1.3.6.1.5.5.7.1.1',
  value: writeSequence(writeSequence(writeOid('1.3.6.1.5.5.7.48.2'), writeGeneralName('URI:http://ca.example.com/ca'))),
}
const POLICY: TestExtension = { oid: '2.5.29.32', value: POLICIES_VALUE }

/** One that no rule of any profile has anything against. */
export const LEAF: IssueOptions = {
  subject: [['2.5.4.10', 'Example']],
  dnsNames: ['example.com'],
  notBefore: Date.UTC(2026, 3, 1),
  notAfter: Date.UTC(2026, 6, 1),
  extensions: [ACCESS, POLICY],
}
export const CA: IssueOptions = { extKeyUsage: [SERVER], extensions: [POLICY] }

export interface Breach {
  readonly leaf?: IssueOptions
  readonly ca?: IssueOptions
  /** Another CA between `ca` and the leaf. */
  readonly lower?: IssueOptions
  readonly root?: IssueOptions
  readonly time?: number
  readonly identity?: ReferenceIdentity | null
  readonly policy?: DeepPartial<ValidationPolicy>
  readonly lists?: (path: readonly Certificate[]) => PathContext['request']
  /** What cannot but be broken as well. */
  readonly also?: readonly RuleName[]
  /** The signature is of no use, so no path comes about. */
  readonly isUnsigned?: boolean
  /** Part of the message. */
  readonly says: RegExp
}

/** A signature algorithm that is none of its issuer's: the signature is of no use. */
export function bothAlgorithms(der: Uint8Array): IssueOptions {
  return { innerAlgorithm: der, outerAlgorithm: der }
}

export interface Chain {
  readonly root: TestCertificate
  readonly leaf: TestCertificate
  /** Leaf first, root last. */
  readonly path: readonly Certificate[]
}

export function chainOf({ root, ca, lower, leaf }: Breach): Chain {
  const top = makeCa(root)
  const issuer = issueCa(top, { ...CA, ...ca })
  const last = lower === undefined ? issuer : issueCa(issuer, { ...CA, subject: 'lower', ...lower })
  const made = issue(last, { ...LEAF, ...leaf })
  return { root: top, leaf: made, path: [...made.chain, top.certificate].map((der) => readCertificate(der)) }
}

export function identityOf({ identity }: Breach): ReferenceIdentity | undefined {
  return identity === null ? undefined : (identity ?? { kind: 'dns', name: 'example.com' })
}

export function contextOf(breach: Breach, path: readonly Certificate[]): PathContext {
  return {
    time: breach.time ?? TIME,
    purpose: 'server',
    identity: identityOf(breach),
    provider: nodeProvider,
    policy: createPolicy('webpki', breach.policy),
    nameComparisons: { comparisons: 1000 },
    request: breach.lists?.(path) ?? {},
  }
}

export function onlyRule(name: RuleName, severity: Severity, breach: Breach): ValidationPolicy {
  const rules = Object.fromEntries(RULE_NAMES.map((rule) => [rule, rule === name ? severity : 'ignore']))
  return createPolicy(createPolicy('webpki', breach.policy), { rules })
}

export function requestOf(breach: Breach, { root, leaf, path }: Chain, policy: ValidationPolicy): VerifyRequest {
  const identity = identityOf(breach)
  return {
    chain: leaf.chain,
    trust: createTrustStore([root.certificate]),
    time: breach.time ?? TIME,
    purpose: 'server',
    ...(identity === undefined ? {} : { identity }),
    provider: nodeProvider,
    policy,
    ...breach.lists?.(path),
  }
}
