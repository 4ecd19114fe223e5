/**
 * Certificates as trees of plain text: data for whoever shows them. Nothing in it needs escaping.
 */

import { oidName } from '../asn1/oid.ts'
import { toHex } from '../bytes/hex.ts'
import type { Hash } from '../crypto/provider.ts'
import type { Certificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import { KEY_USAGES, type DistributionPoint } from './extension-values.ts'
import { type Extension, EXTENSION_OIDS, type Extensions } from './extensions.ts'
import { type GeneralName, generalNameText } from './general-name.ts'
import { timeText } from './time-text.ts'

/** A line and the lines below it. */
export interface TreeNode {
  readonly label: string
  readonly value?: string
  readonly children: readonly TreeNode[]
}

/**
 * A certificate, field by field. What cannot be read is shown as such, with the reason.
 * @param hash for the fingerprint; without it none is shown.
 */
export function describeCertificate(certificate: Certificate, hash?: Hash): TreeNode {
  const children = [
    leaf('subject', certificate.subject.isEmpty ? '(empty)' : certificate.subjectText),
    leaf('issuer', certificate.issuer.isEmpty ? '(empty)' : certificate.issuerText),
    leaf('serial number', certificate.serialNumberHex),
    leaf('version', String(certificate.version)),
    node('validity', [
      leaf('not before', timeText(certificate.notBefore)),
      leaf('not after', timeText(certificate.notAfter)),
    ]),
    describeIfReadable('public key', () => leaf('public key', certificate.publicKeyText)),
    describeIfReadable('signature algorithm', () => leaf('signature algorithm', certificate.signatureAlgorithmText)),
  ]
  const { all } = certificate.extensions
  if (all.length > 0)
    children.push(
      node(
        'extensions',
        all.map((extension) => describeExtension(certificate.extensions, extension)),
      ),
    )
  if (hash !== undefined) children.push(leaf(`fingerprint (${hash.name})`, certificate.fingerprint(hash)))
  return {
    label: 'certificate',
    value: certificate.subject.isEmpty ? '(no subject)' : certificate.subjectText,
    children,
  }
}

function leaf(label: string, value: string): TreeNode {
  return { label, value, children: [] }
}

function node(label: string, children: readonly TreeNode[]): TreeNode {
  return { label, children }
}

function list(label: string, values: readonly string[], suffix: string): TreeNode {
  const [only] = values
  if (values.length === 1 && only !== undefined) return leaf(label + suffix, only)
  return node(
    label + suffix,
    values.map((value) => ({ label: value, children: [] })),
  )
}

function describeIfReadable(label: string, describe: () => TreeNode): TreeNode {
  try {
    return describe()
  } catch (error) {
    if (error instanceof CertificateError) return leaf(label, `malformed: ${error.message}`)
    throw error
  }
}

function describeExtension(extensions: Extensions, extension: Extension): TreeNode {
  const name = oidName(extension.oid) ?? extension.oid
  const suffix = extension.critical ? ' (critical)' : ''
  const describe = DESCRIBED[extension.oid]
  if (describe === undefined) return leaf(name + suffix, toHex(extension.value))
  return describeIfReadable(name + suffix, () => describe(extensions, name, suffix))
}

type Describe = (extensions: Extensions, name: string, suffix: string) => TreeNode

const DESCRIBED: Readonly<Record<string, Describe>> = {
  [EXTENSION_OIDS.authorityKeyIdentifier]: describeAuthorityKeyIdentifier,
  [EXTENSION_OIDS.subjectKeyIdentifier]: (extensions, name, suffix) =>
    leaf(name + suffix, toHex(extensions.subjectKeyIdentifier ?? new Uint8Array(0))),
  [EXTENSION_OIDS.keyUsage]: (extensions, name, suffix) => {
    const { keyUsage } = extensions
    return leaf(name + suffix, KEY_USAGES.filter((usage) => keyUsage?.[usage] === true).join(', '))
  },
  [EXTENSION_OIDS.subjectAltName]: (extensions, name, suffix) => names(name, extensions.subjectAltName, suffix),
  [EXTENSION_OIDS.issuerAltName]: (extensions, name, suffix) => names(name, extensions.issuerAltName, suffix),
  [EXTENSION_OIDS.basicConstraints]: (extensions, name, suffix) => {
    const { isCa = false, pathLength } = extensions.basicConstraints ?? {}
    const limit =
      pathLength === undefined ? '' : `, at most ${pathLength} intermediate CA${pathLength === 1 ? '' : 's'} below`
    return leaf(name + suffix, isCa ? `CA${limit}` : 'not a CA')
  },
  [EXTENSION_OIDS.nameConstraints]: (extensions, name, suffix) =>
    node(name + suffix, [
      ...(extensions.nameConstraints?.permitted ?? []).map((base) => leaf('permitted', generalNameText(base))),
      ...(extensions.nameConstraints?.excluded ?? []).map((base) => leaf('excluded', generalNameText(base))),
    ]),
  [EXTENSION_OIDS.cRLDistributionPoints]: (extensions, name, suffix) =>
    points(name, extensions.cRLDistributionPoints, suffix),
  [EXTENSION_OIDS.freshestCRL]: (extensions, name, suffix) => points(name, extensions.freshestCRL, suffix),
  [EXTENSION_OIDS.certificatePolicies]: (extensions, name, suffix) =>
    list(
      name,
      (extensions.certificatePolicies ?? []).map(({ policy }) => named(policy)),
      suffix,
    ),
  [EXTENSION_OIDS.policyMappings]: (extensions, name, suffix) =>
    list(
      name,
      (extensions.policyMappings ?? []).map((m) => `${named(m.issuerDomainPolicy)} = ${named(m.subjectDomainPolicy)}`),
      suffix,
    ),
  [EXTENSION_OIDS.policyConstraints]: (extensions, name, suffix) => {
    const { requireExplicitPolicy, inhibitPolicyMapping } = extensions.policyConstraints ?? {}
    return node(name + suffix, [
      ...(requireExplicitPolicy === undefined ? [] : [leaf('requireExplicitPolicy', String(requireExplicitPolicy))]),
      ...(inhibitPolicyMapping === undefined ? [] : [leaf('inhibitPolicyMapping', String(inhibitPolicyMapping))]),
    ])
  },
  [EXTENSION_OIDS.extKeyUsage]: (extensions, name, suffix) =>
    leaf(name + suffix, (extensions.extKeyUsage ?? []).map(named).join(', ')),
  [EXTENSION_OIDS.inhibitAnyPolicy]: (extensions, name, suffix) =>
    leaf(name + suffix, String(extensions.inhibitAnyPolicy)),
  [EXTENSION_OIDS.authorityInfoAccess]: (extensions, name, suffix) =>
    access(name, extensions.authorityInfoAccess, suffix),
  [EXTENSION_OIDS.subjectInfoAccess]: (extensions, name, suffix) => access(name, extensions.subjectInfoAccess, suffix),
  [EXTENSION_OIDS.tlsFeature]: (extensions, name, suffix) =>
    leaf(
      name + suffix,
      (extensions.tlsFeature ?? []).map((feature) => (feature === 5 ? 'status_request' : String(feature))).join(', '),
    ),
}

function named(oid: string): string {
  return oidName(oid) ?? oid
}

function names(name: string, values: readonly GeneralName[] | undefined, suffix: string): TreeNode {
  return list(name, (values ?? []).map(generalNameText), suffix)
}

function describeAuthorityKeyIdentifier(extensions: Extensions, name: string, suffix: string): TreeNode {
  const { keyIdentifier, authorityCertIssuer, authorityCertSerialNumber } = extensions.authorityKeyIdentifier ?? {}
  if (keyIdentifier !== undefined && authorityCertIssuer === undefined && authorityCertSerialNumber === undefined) {
    return leaf(name + suffix, toHex(keyIdentifier))
  }
  return node(name + suffix, [
    ...(keyIdentifier === undefined ? [] : [leaf('keyIdentifier', toHex(keyIdentifier))]),
    ...(authorityCertIssuer ?? []).map((issuer) => leaf('authorityCertIssuer', generalNameText(issuer))),
    ...(authorityCertSerialNumber === undefined
      ? []
      : [leaf('authorityCertSerialNumber', toHex(authorityCertSerialNumber))]),
  ])
}

function points(name: string, values: readonly DistributionPoint[] | undefined, suffix: string): TreeNode {
  const texts = (values ?? []).flatMap((point) =>
    [...(point.fullName ?? []), ...(point.crlIssuer ?? [])].map(generalNameText),
  )
  return list(name, texts, suffix)
}

function access(
  name: string,
  values: readonly { readonly method: string; readonly location: GeneralName }[] | undefined,
  suffix: string,
): TreeNode {
  return node(
    name + suffix,
    (values ?? []).map(({ method, location }) => leaf(named(method), generalNameText(location))),
  )
}
