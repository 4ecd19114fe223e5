/**
 * Judging what a server presented, from its bytes, by handfast and by others. Roots are read and their
 * keys imported beforehand. What is checked differs much: handfast judges by its policy `tls`, with the
 * name; pkijs by RFC 5280 as far as it has it; @peculiar/x509 builds the chain and checks signatures;
 * node:crypto has no judge of chains, so signatures, issuers, dates and the name are checked by hand.
 */

// oxlint-disable-next-line import/no-unassigned-import -- what @peculiar/x509 needs to be loaded first.
import 'reflect-metadata'
import { X509Certificate as NodeCertificate, webcrypto } from 'node:crypto'
import { X509Certificate as PeculiarCertificate, X509ChainBuilder } from '@peculiar/x509'
import {
  Certificate as PkijsCertificate,
  CertificateChainValidationEngine,
  CryptoEngine,
  type ICryptoEngine,
  setEngine,
} from 'pkijs'
import type { CryptoProvider, PublicKey } from '../packages/handfast/src/crypto/index.ts'
import {
  type Certificate,
  createTrustStore,
  readCertificate,
  verifyChain,
} from '../packages/handfast/src/x509/index.ts'
import { bufferOf } from './x509-readers.ts'
import type { RealChain } from './x509-samples.ts'

/** Judges once; throws if the chain is not trusted. */
export type Verify = () => void | Promise<void>

export function verifyByHandfast({ name, presented, root, time }: RealChain, provider: CryptoProvider): Verify {
  const trust = createTrustStore([root])
  const identity = { kind: 'dns', name } as const
  return () => {
    const verdict = verifyChain({ chain: presented, trust, time, purpose: 'server', identity, provider })
    if (!verdict.trusted) throw new Error(`handfast: ${name}: ${verdict.reasons[0]?.message}`)
  }
}

/** The chain's signatures alone: the keys of presented issuers imported, the root's ready. */
export function verifySignatures({ presented, root }: RealChain, provider: CryptoProvider): Verify {
  const rootKey = provider.importPublicKey(readCertificate(root).subjectPublicKeyInfo)
  const certificates = presented.map((der) => readCertificate(der))
  const steps = certificates.map((certificate, i) => stepOf(certificate, certificates[i + 1], rootKey, provider))
  return () => {
    for (const check of steps) if (!check()) throw new Error('signature: does not verify')
  }
}

function stepOf(
  certificate: Certificate,
  issuer: Certificate | undefined,
  rootKey: PublicKey,
  provider: CryptoProvider,
): () => boolean {
  const { algorithm } = certificate.signatureAlgorithm
  const { tbsCertificate, signature } = certificate
  if (algorithm === null) throw new Error(`${certificate.signatureAlgorithmText} is not supported`)
  if (issuer === undefined) return () => provider.verify(algorithm, rootKey, tbsCertificate, signature)
  const info = issuer.subjectPublicKeyInfo
  return () => provider.verify(algorithm, provider.importPublicKey(info), tbsCertificate, signature)
}

export function verifyByNode({ name, presented, root, time }: RealChain): Verify {
  const anchor = new NodeCertificate(root)
  const anchorKey = anchor.publicKey
  return () => {
    const chain = presented.map((der) => new NodeCertificate(der))
    for (const [i, certificate] of chain.entries()) {
      const issuer = chain[i + 1] ?? anchor
      const key = issuer === anchor ? anchorKey : issuer.publicKey
      if (!certificate.checkIssued(issuer) || !certificate.verify(key)) throw new Error(`node:crypto: ${name}: issuer`)
      if (Date.parse(certificate.validFrom) > time || Date.parse(certificate.validTo) < time)
        throw new Error(`node:crypto: ${name}: dates`)
    }
    if (chain[0]?.checkHost(name) === undefined) throw new Error(`node:crypto: ${name}: name`)
  }
}

export function verifyByPkijs({ name, presented, root, time }: RealChain): Verify {
  setEngine(
    'node',
    new CryptoEngine({ name: 'node', crypto: webcrypto as unknown as Crypto }) as unknown as ICryptoEngine,
  )
  const trustedCerts = [PkijsCertificate.fromBER(bufferOf(root))]
  return async () => {
    // It takes the last as the one to judge.
    const certs = presented.map((der) => PkijsCertificate.fromBER(bufferOf(der))).toReversed()
    const engine = new CertificateChainValidationEngine({ trustedCerts, certs, checkDate: new Date(time) })
    const { result, resultMessage } = await engine.verify()
    if (!result) throw new Error(`pkijs: ${name}: ${resultMessage}`)
  }
}

export function verifyByPeculiar({ name, presented, root, time }: RealChain): Verify {
  const anchor = new PeculiarCertificate(bufferOf(root))
  return async () => {
    const chain = presented.map((der) => new PeculiarCertificate(bufferOf(der)))
    const [leaf, ...others] = chain as [PeculiarCertificate, ...PeculiarCertificate[]]
    const path = await new X509ChainBuilder({ certificates: [...others, anchor] }).build(leaf)
    if (path.at(-1) !== anchor) throw new Error(`@peculiar/x509: ${name}: no path`)
    for (const certificate of path) {
      const issuer = path[path.indexOf(certificate) + 1] ?? anchor
      if (!(await certificate.verify({ publicKey: issuer, date: new Date(time) }))) {
        throw new Error(`@peculiar/x509: ${name}: signature or dates`)
      }
    }
  }
}
