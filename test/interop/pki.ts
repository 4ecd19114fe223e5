/**
 * The certificates of one run: for each signature scheme a root of that scheme, and under it a server's and a
 * client's certificate, so that a side which accepts nothing but that scheme accepts the whole chain
 * (RFC 9846 section 4.3.3: without signature_algorithms_cert the list is about certificates too). `chain` is the
 * everyday shape: an ECDSA certificate under an ECDSA intermediate under an RSA root.
 *
 * Made when first asked for, kept in files of the run's folder (the programs want files), never longer than the run.
 */
import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { writePem } from '../../packages/handfast/src/asn1/index.ts'
import type { HashName, SignatureAlgorithm } from '../../packages/handfast/src/crypto/provider.ts'
import {
  type TestCertificate,
  type TestKeyType,
  issue,
  issueCa,
  makeCa,
  makeKey,
} from '../../packages/handfast/test/pki.ts'
import { freshOcspResponse } from '../../packages/handfast/test/revocation-data.ts'
import { createEchKeyFile, nodeProvider } from '../../packages/handfast/src/node/index.ts'
import type { SchemeName } from './names.ts'

/** The kind of chain an identity has. `impostor` has every name of `chain` and other keys. */
export type IdentityKind = SchemeName | 'chain' | 'impostor'

/** A certificate chain with its key, as text and as files. */
export interface Identity {
  /** Unique within the run, usable as a file name. */
  name: string
  /** PEM: the leaf, then its intermediates. */
  chain: string
  /** PEM, PKCS #8. */
  key: string
  /** PEM: the root its chain ends in. */
  root: string
  /** DER: an OCSP response that says good of the leaf. */
  ocspResponse: Uint8Array
  /** SHA-256 of its SubjectPublicKeyInfo, hex. */
  keyHash: string
  files: { chain: string; key: string; publicKey: string; root: string; ocspResponse: string }
}

/** The name every server certificate holds, beside 127.0.0.1. */
export const SERVER_NAME = 'localhost'

/** The name that is seen where `SERVER_NAME` is hidden (RFC 9849); every server certificate holds it too. */
export const PUBLIC_NAME = 'public.example'

/** A server's ECH key: `current`, or `former`, which it has no more. */
export type EchKeyKind = 'current' | 'former'

export interface EchKey {
  /** PEM: the key, then its ECHConfigList (RFC 9934). */
  pem: string
  /** The ECHConfigList. */
  configs: Uint8Array
  /** `configs`: PEM without the key. */
  files: { key: string; configs: string }
}

/** What signs in the everyday chain. */
export const CHAIN_SCHEME: SchemeName = 'ecdsa_secp256r1_sha256'

/** Makes identities on demand. */
export class Pki {
  readonly folder: string
  #made = new Map<string, Promise<Identity>>()
  #echKeys = new Map<EchKeyKind, Promise<EchKey>>()

  constructor(folder: string) {
    this.folder = folder
  }

  /** The identity of a role with a certificate of a kind; the same one each time. */
  identity(role: 'server' | 'client', kind: IdentityKind): Promise<Identity> {
    const name = `${role}-${kind}`
    let made = this.#made.get(name)
    if (!made) {
      made = this.#make(name, role, kind)
      this.#made.set(name, made)
    }
    return made
  }

  /** The ECH key of a kind; the same one each time. */
  echKey(kind: EchKeyKind): Promise<EchKey> {
    let made = this.#echKeys.get(kind)
    if (!made) {
      made = this.#makeEchKey(kind)
      this.#echKeys.set(kind, made)
    }
    return made
  }

  async #makeEchKey(kind: EchKeyKind): Promise<EchKey> {
    const folder = join(this.folder, `ech-${kind}`)
    const files = { key: join(folder, 'key.pem'), configs: join(folder, 'configs.pem') }
    const { pem, configs } = createEchKeyFile(nodeProvider, { publicName: PUBLIC_NAME })
    await mkdir(folder, { recursive: true })
    await writeFile(files.key, pem, { mode: 0o600 })
    await writeFile(files.configs, pem.slice(pem.indexOf('-----BEGIN ECHCONFIG')))
    return { pem, configs, files }
  }

  async #make(name: string, role: 'server' | 'client', kind: IdentityKind): Promise<Identity> {
    const folder = join(this.folder, name)
    const files = {
      chain: join(folder, 'chain.pem'),
      key: join(folder, 'key.pem'),
      publicKey: join(folder, 'public-key.pem'),
      root: join(folder, 'root.pem'),
      ocspResponse: join(folder, 'ocsp.der'),
    }
    const { root, issuer, leaf } = issueLeaf(role, kind)
    const identity: Identity = {
      name,
      chain: leaf.chainPem,
      key: leaf.key.pem,
      root: root.pem,
      ocspResponse: freshOcspResponse(issuer, leaf, 'good', { thisUpdate: Date.now() - HOUR / 2 }),
      keyHash: createHash('sha256').update(leaf.key.subjectPublicKeyInfo).digest('hex'),
      files,
    }
    await mkdir(folder, { recursive: true })
    await writeFile(files.chain, identity.chain)
    await writeFile(files.key, identity.key, { mode: 0o600 })
    await writeFile(files.publicKey, writePem('PUBLIC KEY', leaf.key.subjectPublicKeyInfo))
    await writeFile(files.root, identity.root)
    await writeFile(files.ocspResponse, identity.ocspResponse)
    return identity
  }
}

interface Issued {
  root: TestCertificate
  /** Whose key signed the leaf. */
  issuer: TestCertificate
  leaf: TestCertificate
}

function issueLeaf(role: 'server' | 'client', kind: IdentityKind): Issued {
  const name = `${role}-${kind === 'impostor' ? 'chain' : kind}`
  const scheme = schemeOf(kind)
  const keyType = KEY_TYPES[scheme]
  const names =
    role === 'server' ? { dnsNames: [SERVER_NAME, PUBLIC_NAME], ips: ['127.0.0.1'] } : { dnsNames: ['client.example'] }
  const order = {
    ...validity(),
    subject: name,
    usage: role,
    keyType,
    ...names,
    // Some verifiers want keyEncipherment of every RSA key, whatever the key exchange.
    keyUsage:
      keyType === 'rsa-2048' ? (['digitalSignature', 'keyEncipherment'] as const) : (['digitalSignature'] as const),
  }
  if (kind === 'chain' || kind === 'impostor') {
    // A key of its own: the pool's come round again, and an impostor must not have the same.
    const root = makeCa({ ...validity(), subject: `${name} root`, key: makeKey('rsa-2048') })
    const issuing = issueCa(root, { ...validity(), subject: `${name} issuing`, keyType, pathLength: 0 })
    return { root, issuer: issuing, leaf: issue(issuing, order) }
  }
  const signing = signatureFor(scheme)
  const root = makeCa({ ...validity(), subject: `${name} root`, keyType, ...signing })
  return { root, issuer: root, leaf: issue(root, { ...order, ...signing }) }
}

function schemeOf(kind: IdentityKind): SchemeName {
  return kind === 'chain' || kind === 'impostor' ? CHAIN_SCHEME : kind
}

const HOUR = 3_600_000

function validity(): { notBefore: number; notAfter: number } {
  return { notBefore: Date.now() - HOUR, notAfter: Date.now() + 24 * HOUR }
}

const KEY_TYPES: Readonly<Record<SchemeName, TestKeyType>> = {
  ecdsa_secp256r1_sha256: 'ecdsa-p256',
  ecdsa_secp384r1_sha384: 'ecdsa-p384',
  ecdsa_secp521r1_sha512: 'ecdsa-p521',
  ed25519: 'ed25519',
  rsa_pss_rsae_sha256: 'rsa-2048',
  rsa_pss_rsae_sha384: 'rsa-2048',
  rsa_pss_rsae_sha512: 'rsa-2048',
  rsa_pss_pss_sha256: 'rsa-pss-2048',
  rsa_pss_pss_sha384: 'rsa-pss-2048',
  rsa_pss_pss_sha512: 'rsa-pss-2048',
  rsa_pkcs1_sha256: 'rsa-2048',
  rsa_pkcs1_sha384: 'rsa-2048',
  rsa_pkcs1_sha512: 'rsa-2048',
  mldsa44: 'ml-dsa-44',
  mldsa65: 'ml-dsa-65',
  mldsa87: 'ml-dsa-87',
}

const HASH_LENGTHS: Readonly<Partial<Record<HashName, number>>> = { sha256: 32, sha384: 48, sha512: 64 }

/** How certificates of a scheme's chain are signed, where the key leaves a choice. */
function signatureFor(scheme: SchemeName): { signatureAlgorithm?: SignatureAlgorithm } {
  const hash = scheme.slice(-6) as HashName
  if (scheme.startsWith('rsa_pkcs1')) return { signatureAlgorithm: { kind: 'rsa-pkcs1', hash } }
  if (!scheme.startsWith('rsa_pss')) return {}
  return { signatureAlgorithm: { kind: 'rsa-pss', hash, mgfHash: hash, saltLength: HASH_LENGTHS[hash] ?? 0 } }
}
