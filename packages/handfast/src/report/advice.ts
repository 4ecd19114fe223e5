/**
 * What to do about a certificate that was refused: one table from what is wrong to what whoever owns
 * or issued it can change, and, where that is a choice, whoever judges it.
 */

import { oidName } from '../asn1/index.ts'
import { readable } from '../x509/certificate-error.ts'
import type { Certificate } from '../x509/certificate.ts'
import type { RuleName } from '../x509/rules/rule.ts'
import type { CertificateReason, VerdictReason, VerifyRequest } from '../x509/verdict.ts'

interface Advice {
  /** If it is about the leaf, or the path as a whole. */
  readonly leaf: string
  /** If it is about a certificate above it. */
  readonly issuer?: string
  /** If it is about none of those given: a trust anchor. */
  readonly anchor?: string
}

const REISSUE = 'Have the certificate issued anew'
const OTHER_AUTHORITY = 'The authority must replace its certificate; until then, have yours issued by another'

const ADVICE: Readonly<Record<CertificateReason, Advice>> = {
  malformed: {
    leaf: `Compare the file with the original. If it is undamaged, ${lower(REISSUE)}: no verifier that is strict will read this one.`,
    issuer: 'Compare the file with what the authority publishes, and put that in its place.',
  },
  nonconforming: {
    leaf: `${REISSUE}, as the rule wants it; or judge by a policy that does not demand this.`,
    issuer: `${OTHER_AUTHORITY}; or judge by a policy that does not demand this.`,
  },
  'no-certificate': { leaf: 'Give the certificate that is to be judged.' },
  'unknown-issuer': {
    leaf:
      'Send the intermediate certificates along with the certificate (without the root). If its authority is one of ' +
      'your own, give the root of it as trusted.',
  },
  'self-signed': {
    leaf: 'Have a certificate issued by an authority that is trusted here. If you trust this very certificate, give it as a root.',
  },
  'unknown-key': {
    leaf: 'If you know by other means whose key it is, give it as trusted; if not, trust nobody by it.',
  },
  'bad-signature': {
    leaf: 'Check that the certificate is undamaged and that the issuer beside it is its own: an authority may have changed its key and kept its name.',
    issuer:
      'Replace this certificate by what the authority publishes: it is damaged, or of another key of the same name.',
  },
  'unsupported-signature-algorithm': {
    leaf: `${REISSUE}, signed with ECDSA or RSA and SHA-256 or better, Ed25519 or ML-DSA.`,
    issuer: OTHER_AUTHORITY + '.',
  },
  'unsupported-public-key': {
    leaf: `Make a key of a kind in use (ECDSA P-256, Ed25519, RSA from 2048 bits) and have a certificate issued for it.`,
    issuer: OTHER_AUTHORITY + '.',
  },
  'weak-key': {
    leaf: 'Make a new key (ECDSA P-256, Ed25519, RSA from 2048 bits), have a certificate issued for it, and have this one revoked.',
    issuer: OTHER_AUTHORITY + '.',
  },
  'weak-signature-algorithm': {
    leaf: `${REISSUE}, signed with SHA-256 or better.`,
    issuer: `Put the authority's current intermediate in its place, one signed with SHA-256 or better.`,
  },
  expired: {
    leaf: 'Renew it. If it was to be judged as of another time, or the clock is wrong, give that time.',
    issuer: "Put the authority's current certificate in its place: this one has expired.",
    anchor: 'Trust the successor of this root, and have the certificate issued below that.',
  },
  'not-yet-valid': {
    leaf: 'Wait until it is valid; if it should be already, check the clock that it is judged by.',
    issuer: 'Wait until it is valid, or put the one that is in its place.',
  },
  'not-a-ca': {
    leaf: 'Have it issued by an authority: the certificate that signed it may sign none.',
    issuer: 'Have the certificate below it issued by an authority: this one may sign none (basicConstraints).',
  },
  'path-too-long': {
    leaf: 'Have it issued by an authority nearer to the root: one above limits how many may stand below it.',
    issuer:
      'Have the certificates below it issued by an authority nearer to the root, or this one with a greater path length.',
  },
  'key-usage': {
    leaf: `${REISSUE}, with the key usage that is asked for.`,
    issuer: 'The authority needs a certificate whose key usage has keyCertSign.',
  },
  'extended-key-usage': {
    leaf: `${REISSUE} for this purpose (extendedKeyUsage), or use it for one that it has.`,
    issuer: 'Have it issued by an authority that may issue for this purpose: the one above is limited to others.',
  },
  'unknown-critical-extension': {
    leaf: `${REISSUE} without the extension, or with it not critical: what is critical and not understood must be refused.`,
    issuer: OTHER_AUTHORITY + '.',
  },
  'unsupported-constraint': {
    leaf: 'Have it issued by an authority whose constraints are of the usual kinds: DNS, IP, e-mail, URI or directory names.',
  },
  'name-constraint': {
    leaf: 'Have it issued by an authority that may issue for all of its names, or without those that are not permitted.',
  },
  'name-mismatch': {
    leaf:
      `${REISSUE} with this name among its subjectAltNames (the common name does not count), or use one of the names ` +
      'that it has.',
  },
  policy: { leaf: 'Have it issued under a policy that is required, or require one that is valid for the whole path.' },
  revoked: {
    leaf: 'Replace it: its authority has withdrawn it. If the key was compromised, make a new one first.',
    issuer: 'Have a certificate issued by another authority: this one was withdrawn.',
  },
  'revocation-unknown': {
    leaf: 'Give a current CRL or OCSP response for it, or let them be fetched. If its authority publishes none, judge revocation softly.',
  },
  'must-staple': {
    leaf: 'Turn OCSP stapling on in the server: this certificate demands it (TLS feature extension).',
  },
  transparency: {
    leaf: 'Have it issued by an authority that logs its certificates in enough logs of the list, and check that the list is current.',
  },
  blocked: {
    leaf: 'Do not use it: make a new key and have a certificate issued for that.',
    issuer: 'Have a certificate issued by another authority: this one is not to be trusted.',
  },
  'pin-mismatch': {
    leaf: 'If its key was changed on purpose, pin the new one. If not, ask who answers in its place.',
  },
  'key-changed': {
    leaf: 'If its key was changed on purpose, forget the one remembered. If not, ask who answers in its place.',
  },
  interception: {
    leaf: 'Somebody between reads along, by a root that was installed for it. Reach the peer by another way, or remove that root.',
  },
  'budget-exceeded': { leaf: 'Give the chain alone, without certificates that do not belong to it.' },
  'host-refused': { leaf: 'Ask whoever set the rule by which it was refused.' },
}

const BY_NAME = `${REISSUE}, with the name as the standards write it (internationalised ones as A-labels, xn--...).`
const IDENTIFIERS = `${REISSUE}, with key identifiers that name its own key and its issuer's.`
const SERIAL =
  `${REISSUE}: its authority must give each a positive serial number of at most 20 bytes, with 64 bits or more of a ` +
  'random generator.'
const NEW_KEY =
  'Make a key that the policy allows (ECDSA P-256, RSA from 2048 bits) and have a certificate issued for it.'
const NEW_SIGNATURE = `${REISSUE}, signed with an algorithm that the policy allows (ECDSA or RSA with SHA-256).`
const ALT_NAMES = `${REISSUE}, with all of its names as subjectAltNames, the common name being one of them or absent.`
const OTHER_CA = ' Or have yours issued by an authority that does so already.'

/** For rules that say more than the reason does: what is nonconforming may be anything. */
const BY_RULE: Readonly<Partial<Record<RuleName, Advice>>> = {
  version: { leaf: `${REISSUE} as version 3: only that can carry extensions.` },
  'serial-number': { leaf: SERIAL },
  'serial-number-length': { leaf: SERIAL },
  'authority-key-identifier': { leaf: IDENTIFIERS },
  'subject-key-identifier': { leaf: IDENTIFIERS },
  'authority-key-identifier-form': { leaf: IDENTIFIERS },
  'key-identifier-match': { leaf: IDENTIFIERS },
  'dns-names': { leaf: BY_NAME },
  'a-labels': { leaf: BY_NAME },
  'email-addresses': { leaf: BY_NAME },
  uris: { leaf: BY_NAME },
  'validity-period': {
    leaf: 'Renew it for a shorter time: authorities that the public trusts may not issue for so long.',
  },
  'key-type': { leaf: NEW_KEY },
  'rsa-modulus-size': { leaf: NEW_KEY },
  'rsa-exponent': { leaf: NEW_KEY },
  'signature-type': { leaf: NEW_SIGNATURE },
  'signature-encoding': { leaf: NEW_SIGNATURE },
  'signature-hash': { leaf: NEW_SIGNATURE },
  'leaf-ca': {
    leaf: `${REISSUE} as no CA (basicConstraints): what can issue others does not belong in a server or client.`,
  },
  'leaf-extended-key-usage': {
    leaf: `${REISSUE}, with the purpose in its extendedKeyUsage: serverAuth for servers, clientAuth for clients.`,
  },
  'any-extended-key-usage': {
    leaf: `${REISSUE}, with the purposes that it is for in its extendedKeyUsage, and not any.`,
  },
  'leaf-extended-key-usage-kinds': {
    leaf: `${REISSUE} for serverAuth, clientAuth or both, and for its other purposes have other certificates issued.`,
  },
  'leaf-key-usage-kinds': {
    leaf: `${REISSUE}, with digitalSignature alone in its keyUsage: that is what TLS needs.`,
  },
  'issuer-extended-key-usage': {
    leaf: `${REISSUE} by an authority whose certificate has the purposes that it issues for.`,
    issuer: `Its authority must have it issued anew, with the purposes that it issues for in extendedKeyUsage.${OTHER_CA}`,
  },
  'subject-alt-name': { leaf: ALT_NAMES },
  'subject-alt-name-kinds': { leaf: `${REISSUE}, with DNS names and IP addresses as subjectAltNames, and no others.` },
  'common-name': { leaf: ALT_NAMES },
  'common-name-exact': { leaf: ALT_NAMES },
  wildcards: { leaf: `${REISSUE}, with * only as the whole first label, and not right below a public suffix.` },
  'internal-names': {
    leaf: `${REISSUE} with public names alone; for names of an internal network use an authority of your own, judged by another policy.`,
  },
  'reserved-addresses': {
    leaf: `${REISSUE} without addresses of internal networks; for those use an authority of your own, judged by another policy.`,
  },
  'certificate-policies': { leaf: `${REISSUE}, with a certificate policy of its authority.` },
  'authority-info-access': { leaf: `${REISSUE}, with the addresses of its authority's responder and certificate.` },
}

/** What can be done about a reason: sentences for people. */
export function adviceFor({
  reason,
  certificate,
  rule,
}: Pick<VerdictReason, 'reason' | 'certificate' | 'rule'>): string {
  const byRule = rule === undefined || reason !== 'nonconforming' ? undefined : BY_RULE[rule]
  return chosen(byRule, certificate) ?? chosen(ADVICE[reason], certificate) ?? ADVICE[reason].leaf
}

/** What can be done about a reason to refuse this very leaf; null if there is no more to be said than `adviceFor` does. */
export function adviceOnLeaf(
  { reason }: Pick<VerdictReason, 'reason'>,
  leaf: Certificate,
  { identity, purpose }: Pick<VerifyRequest, 'identity' | 'purpose'>,
): string | null {
  if (reason === 'name-mismatch') return nameAdvice(leaf, identity)
  if (reason === 'extended-key-usage') return purposeAdvice(leaf, purpose)
  return null
}

function nameAdvice(leaf: Certificate, identity: VerifyRequest['identity']): string | null {
  const names = readable(() => leaf.subjectAltNameTexts) ?? null
  if (names?.length === 0) {
    return `It has no subjectAltName at all, and the common name does not count: ${lower(REISSUE)}, with this name as one.`
  }
  if (identity?.kind !== 'uri' || names?.some((name) => name.startsWith('URI:')) !== false) return null
  const host = /^[^:]+:\/\/(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]+)/.exec(identity.uri)?.[1]
  if (host === undefined) return null
  return (
    `A whole URI was asked for, and the certificate names none. Servers are asked for by their host: give ${host} as ` +
    'the name.'
  )
}

/** Purposes that can be asked for by name, by the names that extendedKeyUsage has for them. */
const ASKED_AS: Readonly<Record<string, string>> = {
  serverAuth: 'server',
  clientAuth: 'client',
  emailProtection: 'email',
  codeSigning: 'code-signing',
  timeStamping: 'time-stamping',
  OCSPSigning: 'ocsp-signing',
}

function purposeAdvice(leaf: Certificate, purpose: VerifyRequest['purpose']): string | null {
  const oids = readable(() => leaf.extensions.extKeyUsage) ?? []
  const named = oids.flatMap((oid) => ASKED_AS[oidName(oid) ?? ''] ?? [])
  if (named.length === 0 || named.includes(purpose)) return null
  return (
    `It is for ${named.join(', ')}, and was judged for the purpose ${purpose}: if that is what it is used for, judge it ` +
    `for ${named[0]}; if not, ${lower(REISSUE)} for ${purpose}.`
  )
}

function chosen(advice: Advice | undefined, certificate: number | null): string | undefined {
  if (certificate === null) return advice?.anchor
  return certificate > 0 ? advice?.issuer : advice?.leaf
}

function lower(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1)
}
