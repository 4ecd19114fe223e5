/**
 * Chains of three for the tests of rules: as they should be, but for what a `Breach` changes.
 */

import { writeOid, writeSequence } from '../src/asn1/index.ts'
import { nodeProvider } from '../src/crypto/node.ts'
import { type Certificate, readCertificate } from '../src/x509/certificate.ts'
import { type PathContext, type Problem, RULE_NAMES, type RuleName } from '../src/x509/rules/rule.ts'
import { type AnchorRules, createTrustStore, type TrustStore } from '../src/x509/trust-store.ts'
import { findSignatureProblem, findWarnings } from '../src/x509/validate-path.ts'
import { createPolicy, type DeepPartial, type Severity, type ValidationPolicy } from '../src/x509/validation-policy.ts'
import type { Purpose, ReferenceIdentity, VerifyRequest } from '../src/x509/verdict.ts'
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

/** What of a chain is other than it should be. */
export interface ChainChange {
  readonly leaf?: IssueOptions
  readonly ca?: IssueOptions
  /** Another CA between `ca` and the leaf. */
  readonly lower?: IssueOptions
  readonly root?: IssueOptions
  /** Which certificate is the anchor, and ends the path; the root if not told. */
  readonly anchor?: 'leaf' | 'ca'
  /** What it is held to, where not as `DEFAULT_ANCHOR_RULES` has it. */
  readonly anchors?: Partial<AnchorRules>
  readonly time?: number
  readonly identity?: ReferenceIdentity | null
  /** Default `server`. */
  readonly purpose?: Purpose
  readonly policy?: DeepPartial<ValidationPolicy>
  readonly lists?: (path: readonly Certificate[]) => PathContext['request']
}

/** A change that breaks a rule. */
export interface Breach extends ChainChange {
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
  readonly leaf: TestCertificate
  /** Leaf first, anchor last. */
  readonly path: readonly Certificate[]
}

export function chainOf({ root, ca, lower, leaf, anchor }: ChainChange): Chain {
  const top = makeCa(root)
  const issuer = issueCa(top, { ...CA, ...ca })
  const last = lower === undefined ? issuer : issueCa(issuer, { ...CA, subject: 'lower', ...lower })
  const made = issue(last, { ...LEAF, ...leaf })
  const whole = [...made.chain, top.certificate].map((der) => readCertificate(der))
  return { leaf: made, path: anchor === undefined ? whole : anchor === 'ca' ? whole.slice(0, -1) : whole.slice(0, 1) }
}

export function identityOf({ identity }: ChainChange): ReferenceIdentity | undefined {
  return identity === null ? undefined : (identity ?? { kind: 'dns', name: 'example.com' })
}

export function contextOf(breach: ChainChange, path: readonly Certificate[]): PathContext {
  return {
    time: breach.time ?? TIME,
    purpose: breach.purpose ?? 'server',
    identity: identityOf(breach),
    provider: nodeProvider,
    policy: createPolicy('webpki', breach.policy),
    trust: trustOf(breach, path),
    nameComparisons: { comparisons: 1000 },
    policyNodes: { nodes: 1000 },
    isSelfSigned: (certificate) => findSignatureProblem(certificate, certificate, nodeProvider) === null,
    request: breach.lists?.(path) ?? {},
  }
}

function trustOf({ anchors = {} }: ChainChange, path: readonly Certificate[]): TrustStore {
  return createTrustStore(path.slice(-1), { anchors })
}

/** What all rules have against a path, each named in its problem. */
export function findProblems(change: ChainChange, path: readonly Certificate[]): readonly Problem[] {
  const rules = Object.fromEntries(RULE_NAMES.map((name) => [name, 'warn' as const]))
  const context = contextOf(change, path)
  return findWarnings(path, true, { ...context, policy: createPolicy(context.policy, { rules }) })
}

export function onlyRule(name: RuleName, severity: Severity, breach: ChainChange): ValidationPolicy {
  const rules = Object.fromEntries(RULE_NAMES.map((rule) => [rule, rule === name ? severity : 'ignore']))
  return createPolicy(createPolicy('webpki', breach.policy), { rules })
}

export function requestOf(breach: ChainChange, { leaf, path }: Chain, policy: ValidationPolicy): VerifyRequest {
  const identity = identityOf(breach)
  return {
    chain: leaf.chain,
    trust: trustOf(breach, path),
    time: breach.time ?? TIME,
    purpose: breach.purpose ?? 'server',
    ...(identity === undefined ? {} : { identity }),
    provider: nodeProvider,
    policy,
    ...breach.lists?.(path),
  }
}
