/** Our own certificates and keys, which of them is shown, and how it signs. */

import { readFileSync } from 'node:fs'

import { equalBytes } from '../../../src/bytes/index.ts'
import { nodeProvider } from '../../../src/crypto/node.ts'
import { createIdentity, readPrivateKey } from '../../../src/node/identity.ts'
import {
  chooseIdentity,
  type ExternalPsk,
  type Identity,
  SIGNATURE_SCHEMES,
  type SignatureSchemeName,
  type Task,
} from '../../../src/tls/index.ts'
import { readCertificate } from '../../../src/x509/index.ts'
import { expectSame, type Feature, Mismatch, Refusal } from '../feature.ts'
import { type Flag, int, ints, noted, on, text } from './flag.ts'

interface Credential {
  /** A raw public key, that of the file. */
  isRaw?: boolean
  /** A pre-shared key, imported (RFC 9258). */
  psk?: { key?: Uint8Array; identity?: Uint8Array; context?: Uint8Array; hash?: 'sha256' | 'sha384' }
  certFile?: string
  keyFile?: string
  signingPrefs?: readonly number[]
  /** Only for a peer that names an authority of its chain. */
  mustMatchIssuer?: boolean
}

export interface CredentialOptions {
  /** In order of preference, before `defaultCredential`. */
  credentials?: readonly Credential[]
  defaultCredential?: Credential
  failCertCallback?: boolean
  expectSelectedCredential?: number
  clientCaList?: string
  expectClientCaList?: string
  /** The credential that was chosen; -1: the default one, or none. */
  selected?: number
}

export const credentialFeature: Feature<CredentialOptions> = {
  flags: {
    '-new-x509-credential': {
      takesValue: false,
      set: (options) => void (options.credentials = [...(options.credentials ?? []), {}]),
    },
    '-new-rpk-credential': {
      takesValue: false,
      set: (options) => void (options.credentials = [...(options.credentials ?? []), { isRaw: true }]),
    },
    '-new-psk-credential': {
      takesValue: false,
      set: (options) => void (options.credentials = [...(options.credentials ?? []), { psk: {} }]),
    },
    '-psk-importer-key': ofPsk('key'),
    '-psk-importer-identity': ofPsk('identity'),
    '-psk-importer-context': ofPsk('context'),
    '-psk-importer-sha256': {
      takesValue: false,
      set: (options) => void Object.assign(options.credentials?.at(-1)?.psk ?? {}, { hash: 'sha256' }),
    },
    '-psk-importer-sha384': {
      takesValue: false,
      set: (options) => void Object.assign(options.credentials?.at(-1)?.psk ?? {}, { hash: 'sha384' }),
    },
    '-cert-file': ofCredential(text('certFile')),
    '-key-file': ofCredential(text('keyFile')),
    '-signing-prefs': ofCredential(ints('signingPrefs')),
    '-must-match-issuer': ofCredential(on('mustMatchIssuer')),
    '-fail-cert-callback': on('failCertCallback'),
    '-expect-selected-credential': int('expectSelectedCredential'),
    '-use-client-ca-list': text('clientCaList'),
    '-expect-client-ca-list': text('expectClientCaList'),
    // A key that is slow: `-async` is slow enough.
    '-private-key-delay-ms': noted(true),
  },

  configure(options, config) {
    // `server_name` is answered by identities that cover it.
    config.psks = credentialsOf(options).flatMap(({ credential: { psk } }) => (psk === undefined ? [] : [pskOf(psk)]))
    config.identities = certificatesOf(options).map(({ credential }) => identityOf(credential))
    // One list says what is accepted and what is used to sign, where the tests restrict the first alone.
    if (config.signatureSchemes !== undefined) {
      const own = config.identities.flatMap((identity) => schemesOf(identity))
      config.signatureSchemes = [...new Set([...config.signatureSchemes, ...own])]
    }
    const names = options.clientCaList
    if (names !== undefined && !names.startsWith('<')) config.certificateAuthorities = namesOf(names)
  },

  answer(options, connection, task) {
    if (task.kind === 'sign') {
      const { key } = task.identity
      if (key === undefined) return false
      connection.resume<'sign'>(task.id, nodeProvider.sign(task.algorithm, key, task.input))
      return true
    }
    if (task.kind !== 'choose-identity') return false
    if (options.expectClientCaList !== undefined) {
      expectSame(
        'authorities',
        namesOf(options.expectClientCaList).map(hex).join(),
        task.certificateAuthorities.map(hex).join(),
      )
    }
    if (options.failCertCallback === true) {
      connection.refuse(task.id, new Refusal('CERT_CB_ERROR'))
      return true
    }
    const chosen = choose(options, task)
    // The engine would show no certificate. This host would rather fail, as the tests' host does.
    if (chosen === undefined && task.role === 'client' && certificatesOf(options).length > 0) {
      connection.refuse(task.id, new Refusal('NO_COMMON_SIGNATURE_ALGORITHMS'), 'handshake_failure')
      return true
    }
    options.selected = chosen?.number ?? -1
    connection.resume<'choose-identity'>(task.id, chosen?.identity)
    return true
  },

  check(options, { negotiated }) {
    const shared = negotiated.externalPsk
    if (shared !== undefined) {
      const found = credentialsOf(options).find(({ credential: { psk } }) => isOf(shared, psk))
      options.selected = found?.number ?? -1
    }
    expectSame('credential', options.expectSelectedCredential, options.selected ?? -1)
  },
}

/** Of the credential begun last, or of the one there is by default. */
function ofCredential(flag: Flag<Credential>): Flag<CredentialOptions> {
  return {
    takesValue: flag.takesValue,
    set: (options, value) => flag.set(options.credentials?.at(-1) ?? (options.defaultCredential ??= {}), value),
  }
}

interface Numbered {
  readonly credential: Credential
  readonly number: number
}

function credentialsOf({ credentials = [], defaultCredential }: CredentialOptions): readonly Numbered[] {
  const numbered = credentials.map((credential, number) => ({ credential, number }))
  return defaultCredential === undefined ? numbered : [...numbered, { credential: defaultCredential, number: -1 }]
}

function certificatesOf(options: CredentialOptions): readonly Numbered[] {
  return credentialsOf(options).filter(({ credential }) => credential.psk === undefined)
}

type PskCredential = NonNullable<Credential['psk']>

function ofPsk(field: 'key' | 'identity' | 'context'): Flag<CredentialOptions> {
  return {
    takesValue: true,
    set: (options, value) => {
      const psk = options.credentials?.at(-1)?.psk
      if (psk !== undefined) psk[field] = new Uint8Array(Buffer.from(value, 'base64'))
    },
  }
}

function pskOf({ key, identity, context, hash }: PskCredential): ExternalPsk {
  const none = new Uint8Array(0)
  return {
    key: key ?? none,
    identity: identity ?? none,
    hash: hash ?? 'sha256',
    importer: { context: context ?? none },
  }
}

/** Whether an ImportedIdentity, whose first field is behind its length, is of this key. */
function isOf(imported: Uint8Array, psk: PskCredential | undefined): boolean {
  const identity = psk?.identity
  return identity !== undefined && equalBytes(imported.subarray(2, 2 + identity.length), identity)
}

/** The first that fits: the tests expect the order to decide, where the engine's own choice would weigh names. */
function choose(
  options: CredentialOptions,
  question: Extract<Task, { kind: 'choose-identity' }>,
): { readonly identity: Identity; readonly number: number } | undefined {
  for (const { credential, number } of certificatesOf(options)) {
    const identity = identityOf(credential)
    if (credential.mustMatchIssuer === true && !isOfAuthority(identity, question.certificateAuthorities)) continue
    const asked = { ...question, certificateAuthorities: [] }
    if (chooseIdentity(nodeProvider, [identity], asked) !== undefined) return { identity, number }
  }
  return undefined
}

function isOfAuthority({ chain }: Identity, names: readonly Uint8Array[]): boolean {
  return chain.some((der) => names.some((name) => equalBytes(name, readCertificate(der).issuerDer)))
}

function schemesOf(identity: Identity): readonly SignatureSchemeName[] {
  if (identity.signatureSchemes !== undefined) return identity.signatureSchemes
  const spki = identity.rawPublicKey ?? readCertificate(identity.chain[0] as Uint8Array).subjectPublicKeyInfo
  const { keyType } = nodeProvider.importPublicKey(spki)
  return SIGNATURE_SCHEMES.filter((scheme) => scheme.versions.some((version) => scheme.fits(keyType, version))).map(
    ({ name }) => name,
  )
}

const identities = new WeakMap<Credential, Identity>()

function identityOf(credential: Credential): Identity {
  let identity = identities.get(credential)
  if (identity === undefined) {
    identity = credential.isRaw === true ? readRawKey(credential) : readIdentity(credential)
    const { signingPrefs } = credential
    if (signingPrefs !== undefined) identity = { ...identity, signatureSchemes: signingPrefs.flatMap(schemeName) }
    identities.set(credential, identity)
  }
  return identity
}

function readIdentity({ certFile, keyFile }: Credential): Identity {
  if (certFile === undefined) throw new Mismatch('-cert-file: needs one, has none')
  return createIdentity(nodeProvider, readFileSync(certFile), keyFile === undefined ? undefined : readFileSync(keyFile))
}

function readRawKey({ keyFile }: Credential): Identity {
  if (keyFile === undefined) throw new Mismatch('-key-file: needs one, has none')
  const key = readPrivateKey('-key-file', nodeProvider, readFileSync(keyFile))
  return { chain: [], rawPublicKey: key.subjectPublicKeyInfo, key }
}

/** Schemes that there are none of here are left out: SHA-1 is preferred by nobody. */
export function schemeName(code: number): readonly SignatureSchemeName[] {
  return SIGNATURE_SCHEMES.flatMap((scheme) => (scheme.code === code ? [scheme.name] : []))
}

/** Names in DER, in hex and between commas. */
function namesOf(list: string): readonly Uint8Array[] {
  if (list.startsWith('<')) return []
  return list.split(',').map((name) => new Uint8Array(Buffer.from(name, 'hex')))
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
