/** What came of each rule of a policy, and which of them the policy takes more lightly than its profile. */

import { CERTIFICATE_RULES, PATH_RULES } from '../x509/rules/index.ts'
import type { RuleName } from '../x509/rules/rule.ts'
import { POLICIES, type ProfileName, type Severity, type ValidationPolicy } from '../x509/validation-policy.ts'
import type { TriedPath, Verdict, VerifyRequest } from '../x509/verdict.ts'
import type { CheckReport, LoosenedReport } from './verification-report.ts'

/** Rules that judge by something the caller gives, and nothing without it. */
const ASKED_BY: Readonly<Partial<Record<RuleName, keyof VerifyRequest>>> = {
  identity: 'identity',
  blocklist: 'blocklist',
  pins: 'pins',
  'known-keys': 'knownKeys',
  interception: 'interceptionRoots',
  transparency: 'logs',
  'must-staple': 'stapled',
}

/** Every rule of the policy. @param closest the path tried that came closest, if none was found. */
export function checksOf(request: VerifyRequest, verdict: Verdict, closest: TriedPath | undefined): CheckReport[] {
  const policy = policyOf(request)
  const refused = new Set(verdict.reasons.map(({ rule }) => rule))
  const warned = new Set(verdict.warnings.map(({ rule }) => rule))
  const held = heldOn(closest, verdict)
  return (Object.entries(policy.rules) as [RuleName, Severity][]).map(([rule, severity]) => {
    const outcome = refused.has(rule) ? 'refused' : warned.has(rule) ? 'warned' : unbroken(rule)
    return { rule, severity, outcome }
  })

  function unbroken(rule: RuleName): CheckReport['outcome'] {
    if (policy.rules[rule] === 'ignore') return 'ignored'
    if (rule === 'revocation') return revocationOutcome(policy, verdict)
    const asked = ASKED_BY[rule]
    if (asked !== undefined && request[asked] === undefined) return 'not-asked'
    return verdict.path.length > 0 || (policy.rules[rule] === 'refuse' && held.has(rule)) ? 'passed' : 'open'
  }
}

const NO_RULES: ReadonlySet<RuleName> = new Set()
const ON_CERTIFICATES: readonly RuleName[] = CERTIFICATE_RULES.map(({ name }) => name)
const ON_PATHS: readonly RuleName[] = PATH_RULES.map(({ name }) => name)

/**
 * The rules that hold, if they refuse, on a complete path that was refused in the end: those on each
 * certificate come before those on the path, these before timestamps, and those before revocation.
 */
function heldOn(closest: TriedPath | undefined, { reasons }: Verdict): ReadonlySet<RuleName> {
  const rule = closest?.reason.rule
  if (closest?.complete !== true || rule === undefined) return NO_RULES
  if (reasons.some(({ reason }) => reason === 'budget-exceeded')) return NO_RULES
  if (rule === 'revocation' || rule === 'must-staple')
    return new Set([...ON_CERTIFICATES, ...ON_PATHS, 'transparency'] as const)
  if (rule === 'transparency') return new Set([...ON_CERTIFICATES, ...ON_PATHS])
  return ON_PATHS.includes(rule) ? new Set(ON_CERTIFICATES) : NO_RULES
}

function revocationOutcome(policy: ValidationPolicy, { path, explanation }: Verdict): CheckReport['outcome'] {
  if (policy.revocation.mode === 'off') return 'ignored'
  if (path.length === 0 || explanation === undefined) return 'open'
  const { revocation } = explanation
  if (revocation.length === 0) return path.length === 1 ? 'passed' : 'unknown'
  const judged = policy.revocation.scope === 'leaf' ? revocation.slice(0, 1) : revocation
  return judged.every(({ status }) => status === 'good') ? 'passed' : 'unknown'
}

/** By which a request is judged. */
export function policyOf({ policy }: Pick<VerifyRequest, 'policy'>): ValidationPolicy {
  return policy ?? POLICIES.tls
}

const STRICTNESS: Readonly<Record<Severity, number>> = { ignore: 0, warn: 1, refuse: 2 }

/**
 * The rules that a policy takes more lightly than the profile it was made of.
 * @param profile if not given, by the policy's name; a policy of another name is held to what every profile demands.
 */
export function loosenedRules(policy: ValidationPolicy, profile?: ProfileName): LoosenedReport[] {
  const named = profile ?? policy.name.replace(/, changed$/, '')
  const bases = Object.hasOwn(POLICIES, named) ? [POLICIES[named as ProfileName]] : Object.values(POLICIES)
  return (Object.entries(policy.rules) as [RuleName, Severity][]).flatMap(([rule, severity]) => {
    const usual = bases
      .map(({ rules: usualRules }) => usualRules[rule])
      .reduce((a, b) => (STRICTNESS[a] <= STRICTNESS[b] ? a : b))
    return STRICTNESS[severity] < STRICTNESS[usual] ? [{ rule, severity, usual }] : []
  })
}
