/**
 * What an identity can sign with, and which of several fits a peer (RFC 9846 section 4.5.1.2; RFC 7250 section 4.2).
 */

import { equalBytes } from '../../bytes/index.ts'
import type { CryptoProvider, KeyType, SignatureAlgorithm } from '../../crypto/provider.ts'
import { type Certificate, matchesDnsName, readCertificate } from '../../x509/index.ts'
import { certificateTypeOfIdentity, type Identity } from '../config.ts'
import {
  sameAlgorithm,
  SIGNATURE_SCHEMES,
  type SignatureScheme,
  type SignatureSchemeName,
  type TlsVersion,
} from '../registry.ts'
import type { Question } from './flow.ts'

interface Prepared {
  /** None for a raw public key. */
  readonly certificates: readonly Certificate[]
  readonly keyType: KeyType
  readonly schemes: Readonly<Record<TlsVersion, readonly SignatureScheme[]>>
  /** Of the signatures within the chain; a self-signed certificate's own proves nothing and is left out. */
  readonly chainAlgorithms: readonly (SignatureAlgorithm | null)[]
}

/** An identity serves many handshakes: its certificates are read once. */
const prepared = new WeakMap<Identity, Prepared>()

/** @throws {CertificateError} | {KeyImportError} our own certificate or key cannot be read. */
function prepare(provider: CryptoProvider, identity: Identity): Prepared {
  let known = prepared.get(identity)
  if (known === undefined) {
    const certificates = identity.chain.map((der) => readCertificate(der))
    const key = identity.rawPublicKey ?? (certificates[0] as Certificate).subjectPublicKeyInfo
    const { keyType } = provider.importPublicKey(key)
    const wanted = identity.signatureSchemes
    const schemesIn = (version: TlsVersion): readonly SignatureScheme[] => {
      const fitting = SIGNATURE_SCHEMES.filter((scheme) => scheme.fits(keyType, version))
      if (wanted === undefined) return fitting
      return wanted.flatMap((name) => fitting.find((scheme) => scheme.name === name) ?? [])
    }
    const schemes = { 'TLS 1.3': schemesIn('TLS 1.3'), 'TLS 1.2': schemesIn('TLS 1.2') }
    const chainAlgorithms = certificates
      .filter((certificate) => !certificate.isSelfIssued)
      .map((certificate) => certificate.signatureAlgorithm.algorithm)
    known = { certificates, keyType, schemes, chainAlgorithms }
    prepared.set(identity, known)
  }
  return known
}

/** The schemes that fit the identity's key, in its order of preference. */
export function identitySchemes(
  provider: CryptoProvider,
  identity: Identity,
  version: TlsVersion,
): readonly SignatureScheme[] {
  return prepare(provider, identity).schemes[version]
}

/**
 * The identity that suits a peer best: it must have a scheme in common; then a server's should cover
 * the name asked for, the chain should be signed by schemes that the peer accepts, and come from an
 * authority that was named; then the first wins. A raw public key has no name, chain or authority to fall short by.
 * A client whose server named authorities shows nothing rather than a certificate of another.
 */
export function chooseIdentity(
  provider: CryptoProvider,
  identities: readonly Identity[],
  question: Extract<Question, { kind: 'choose-identity' }>,
): Identity | undefined {
  let best: Identity | undefined
  let bestScore = -1
  for (const identity of identities) {
    const { certificates, keyType, schemes, chainAlgorithms } = prepare(provider, identity)
    if (!schemes[question.version].some((scheme) => question.signatureSchemes.includes(scheme.name))) continue
    if (!isOnCurve(keyType, question.curves)) continue
    if (!question.certificateTypes.includes(certificateTypeOfIdentity(identity))) continue
    const isRaw = identity.rawPublicKey !== undefined
    const isOfAuthority =
      isRaw ||
      question.certificateAuthorities.length === 0 ||
      certificates.some((certificate) =>
        question.certificateAuthorities.some((name) => equalBytes(name, certificate.issuerDer)),
      )
    if (question.role === 'client' && !isOfAuthority) continue
    const isAccepted = chainAlgorithms.every((algorithm) => isAmong(algorithm, question.signatureSchemesCert))
    const score =
      (question.serverName !== undefined && (isRaw || coversName(certificates[0], question.serverName)) ? 4 : 0) +
      (isAccepted ? 2 : 0) +
      (isOfAuthority ? 1 : 0)
    if (score > bestScore) {
      best = identity
      bestScore = score
    }
  }
  return best
}

function isOnCurve(keyType: KeyType, curves: readonly string[] | undefined): boolean {
  return keyType.type !== 'ec' || curves === undefined || curves.includes(keyType.curve)
}

function isAmong(algorithm: SignatureAlgorithm | null, names: readonly SignatureSchemeName[]): boolean {
  return SIGNATURE_SCHEMES.some(
    (scheme) => algorithm !== null && names.includes(scheme.name) && sameAlgorithm(scheme.algorithm, algorithm),
  )
}

/** True if the identity's certificate is for this name. */
export function coversServerName(provider: CryptoProvider, identity: Identity, serverName: string): boolean {
  return coversName(prepare(provider, identity).certificates[0], serverName)
}

function coversName(leaf: Certificate | undefined, serverName: string): boolean {
  return leaf !== undefined && matchesDnsName(leaf, serverName)
}
