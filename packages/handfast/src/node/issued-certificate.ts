/**
 * One certificate, encoded and signed.
 *
 * @peculiar/x509 encodes the tbsCertificate; it is loaded when first needed, which takes 90 ms. It
 * signs with WebCrypto keys alone, which know neither id-RSASSA-PSS nor, before Node 24, ML-DSA: so
 * the signature comes from the provider, and the outermost structure from here.
 */

import { randomBytes } from 'node:crypto'
import type { Extension, X509CertificateCreateParamsName } from '@peculiar/x509'
import {
  readDer,
  writeBitString,
  writeContext,
  writeInteger,
  writeNull,
  writeOid,
  writeSequence,
} from '../asn1/index.ts'
import { toHex } from '../bytes/index.ts'
import { nodeProvider } from '../crypto/node.ts'
import type {
  CryptoProvider,
  CurveName,
  HashName,
  KeyType,
  PrivateKey,
  SignatureAlgorithm,
} from '../crypto/provider.ts'
import { IssueError } from './issued-key.ts'

type Library = typeof import('@peculiar/x509')
let library: Promise<Library> | undefined

/** The library. Its types of extensions are how a profile is written down. */
export function loadLibrary(): Promise<Library> {
  // The library's container of parts reads the metadata that this polyfill keeps: it must be there first.
  library ??= import('reflect-metadata').then(() => import('@peculiar/x509'))
  return library
}

/** What a certificate says. */
export interface CertificateContents {
  /** Common name; empty for an empty subject. */
  readonly subject: string
  readonly key: PrivateKey
  /** Null: self-signed. */
  readonly issuer: { readonly certificate: Uint8Array } | null
  readonly signingKey: PrivateKey
  readonly extensions: readonly Extension[]
  readonly notBefore: Date
  readonly notAfter: Date
}

/**
 * Encodes and signs a certificate: DER. Key identifiers and the serial number are made here.
 * @throws {IssueError} if the key cannot sign certificates.
 */
export async function signCertificate(contents: CertificateContents): Promise<Uint8Array> {
  const { Name, X509Certificate, X509CertificateGenerator, ...library } = await loadLibrary()
  const subject = nameOf(contents.subject)
  const authority = contents.issuer === null ? null : new X509Certificate(asBuffer(contents.issuer.certificate))
  const keyIdentifier = deriveKeyIdentifier(contents.key)
  const signer = signerOf(contents.signingKey)
  const unsigned = await X509CertificateGenerator.create({
    serialNumber: createSerialNumber(),
    subject,
    issuer: authority === null ? subject : new Name(authority.subjectName.toArrayBuffer()),
    notBefore: contents.notBefore,
    notAfter: contents.notAfter,
    publicKey: asBuffer(contents.key.subjectPublicKeyInfo),
    signingAlgorithm: signer.named,
    // Any bytes of an even length: only the tbsCertificate is used.
    signature: new Uint8Array(2).fill(1),
    extensions: [
      ...contents.extensions,
      new library.SubjectKeyIdentifierExtension(keyIdentifier),
      ...(authority === null
        ? []
        : [
            new library.AuthorityKeyIdentifierExtension(
              authority.getExtension(library.SubjectKeyIdentifierExtension)?.keyId ??
                deriveKeyIdentifier(contents.signingKey),
            ),
          ]),
    ],
  })
  return signTbs(new Uint8Array(unsigned.rawData), contents.signingKey, signer, nodeProvider)
}

function nameOf(commonName: string): X509CertificateCreateParamsName {
  return commonName === '' ? [] : [{ CN: [commonName] }]
}

/** Signs the tbsCertificate of `unsigned` and puts it, the algorithm and the signature together. */
function signTbs(unsigned: Uint8Array, key: PrivateKey, signer: Signer, provider: CryptoProvider): Uint8Array {
  const certificate = readDer(unsigned, 'certificate')
  let tbs = certificate.element('tbsCertificate')
  let identifier = certificate.element('signatureAlgorithm')
  if (signer.identifier !== undefined) {
    identifier = signer.identifier
    const fields = readDer(tbs, 'tbsCertificate')
    const parts: Uint8Array[] = []
    while (fields.remaining > 0) parts.push(fields.element(parts.length))
    // version, serialNumber, signature, ...
    parts[2] = identifier
    tbs = writeSequence(...parts)
  }
  return writeSequence(tbs, identifier, writeBitString(provider.sign(signer.algorithm, key, tbs)))
}

interface Signer {
  readonly algorithm: SignatureAlgorithm
  /** As the library calls it. */
  readonly named: Algorithm & { readonly hash?: string; readonly saltLength?: number }
  /** The AlgorithmIdentifier, where the library's own will not do. */
  readonly identifier?: Uint8Array
}

type Algorithm = { readonly name: string }

/** How an authority's key signs certificates: with the hash of its strength. */
function signerOf({ keyType }: PrivateKey): Signer {
  switch (keyType.type) {
    case 'ec': {
      const hash = CURVE_HASHES[keyType.curve]
      if (hash === undefined) throw new IssueError(`certificates cannot be signed with a key on ${keyType.curve}`)
      return { algorithm: { kind: 'ecdsa', hash }, named: { name: 'ECDSA', hash: hash.replace('sha', 'SHA-') } }
    }
    case 'ed25519':
      return { algorithm: { kind: 'ed25519' }, named: { name: 'Ed25519' } }
    case 'rsa':
      return { algorithm: { kind: 'rsa-pkcs1', hash: 'sha256' }, named: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } }
    case 'rsa-pss':
      return pssSigner(keyType)
    case 'ml-dsa-44':
    case 'ml-dsa-65':
    case 'ml-dsa-87':
      return { algorithm: { kind: keyType.type }, named: { name: keyType.type.toUpperCase() } }
    default:
      throw new IssueError(`certificates cannot be signed with a key of type ${keyType.type}`)
  }
}

const CURVE_HASHES: Readonly<Partial<Record<CurveName, HashName>>> = {
  secp256r1: 'sha256',
  secp384r1: 'sha384',
  secp521r1: 'sha512',
}
const PSS_HASHES: Readonly<Partial<Record<HashName, { readonly oid: string; readonly length: number }>>> = {
  sha256: { oid: '2.16.840.1.101.3.4.2.1', length: 32 },
  sha384: { oid: '2.16.840.1.101.3.4.2.2', length: 48 },
  sha512: { oid: '2.16.840.1.101.3.4.2.3', length: 64 },
}

/** The library leaves out the hashes' NULL parameters, which RFC 4055 section 2.1 has. A restricted key sets the hash. */
function pssSigner(keyType: Extract<KeyType, { type: 'rsa-pss' }>): Signer {
  const restricted = keyType.restriction?.hash ?? 'sha256'
  const hashAlgorithm = PSS_HASHES[restricted]
  if (hashAlgorithm === undefined) {
    const name = restricted === 'sha1' ? 'SHA-1' : restricted
    throw new IssueError(`certificates cannot be signed with a key restricted to ${name}`)
  }
  const { oid, length } = hashAlgorithm
  const saltLength = Math.max(length, keyType.restriction?.saltLength ?? 0)
  const hash = writeSequence(writeOid(oid), writeNull())
  return {
    algorithm: { kind: 'rsa-pss', hash: restricted, mgfHash: restricted, saltLength },
    named: { name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32 },
    identifier: writeSequence(
      writeOid('1.2.840.113549.1.1.10'),
      writeSequence(
        writeContext(0, hash),
        writeContext(1, writeSequence(writeOid('1.2.840.113549.1.1.8'), hash)),
        writeContext(2, writeInteger(saltLength)),
      ),
    ),
  }
}

/** 16 bytes in hex: random but for the first two bits, so that the number is positive and always as long. */
function createSerialNumber(): string {
  const serial = randomBytes(16)
  serial[0] = ((serial[0] as number) & 0x3f) | 0x40
  return toHex(serial)
}

/** The leftmost 160 bits of the SHA-256 of the key's bits (RFC 7093 section 2 method 1), in hex. */
function deriveKeyIdentifier({ subjectPublicKeyInfo }: PrivateKey): string {
  const info = readDer(subjectPublicKeyInfo, 'subjectPublicKeyInfo')
  info.skip('algorithm')
  const bits = info.bitStringBytes('subjectPublicKey')
  return toHex(nodeProvider.hashes.sha256.digest(bits).subarray(0, 20))
}

/** The bytes in an array of their own: what the library's types ask for. */
export function asBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes)
}
