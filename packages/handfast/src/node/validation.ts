/**
 * The options that say how a peer's chain is judged: policy, lists and what else `VerifyRequest` takes,
 * in the forms that Node users have. All is read once, when the options are.
 */

import { PEM_LABELS, readPemOrDer } from '../asn1/index.ts'
import { DecodeError } from '../bytes/index.ts'
import type { Validation } from '../tls/index.ts'
import {
  type Blocklist,
  type Budgets,
  type Certificate,
  CertificateError,
  type CertificateList,
  createKeySet,
  createPolicy,
  type KeyMemory,
  type KeySet,
  type LogList,
  type OcspResponse,
  type POLICIES,
  readBudgets,
  readCertificate,
  readCertificateList,
  readOcspResponse,
  type ValidationPolicy,
} from '../x509/index.ts'
import type { CertificateInput } from './identity.ts'

/** Named as in `VerifyRequest` of handfast/x509. */
export interface ValidationOptions {
  /**
   * Which rules the peer's chain is held to, and how strictly: the name of a profile, or a policy made
   * with `createPolicy`. Default `tls`. With the revocation mode `hard`, give lists or `fetch`.
   */
  readonly policy?: ValidationPolicy | keyof typeof POLICIES
  /** Certificates that a peer may have left out; tried behind those it sends. */
  readonly intermediates?: CertificateInput | readonly (CertificateInput | Certificate)[]
  /** Revocation lists, full and delta, in PEM or DER, or read already. They grow old: `setValidation` of a server replaces them. */
  readonly crls?: CertificateInput | readonly (CertificateInput | CertificateList)[]
  /** OCSP responses likewise. */
  readonly ocspResponses?: CertificateInput | readonly (CertificateInput | OcspResponse)[]
  /** Keys of which one must be in the peer's path: a set, or SHA-256 hashes of SubjectPublicKeyInfo in hex or base64. */
  readonly pins?: KeySet | readonly string[]
  /**
   * Raw public keys (RFC 7250) that are trusted: a set, or SHA-256 hashes of SubjectPublicKeyInfo in hex or base64. With
   * it such keys are taken from the peer, and preferred to certificates. Default: none is trusted.
   */
  readonly trustedKeys?: KeySet | readonly string[]
  /** Certificates and keys that are refused whoever issued them. */
  readonly blocklist?: Blocklist
  /** Keys that are known to be shared or leaked. */
  readonly weakKeys?: KeySet
  /**
   * Trust on first use: the keys remembered by name. A memory that can learn (`createKeyMemory`) is
   * told the key of a name met for the first time, once its peer is trusted and accepted.
   */
  readonly knownKeys?: KeyMemory
  /** Roots that are known to intercept. */
  readonly interceptionRoots?: KeySet
  /** Transparency logs whose timestamps count. */
  readonly logs?: LogList
  /** Narrows or widens the work done for one verdict. */
  readonly budgets?: Partial<Budgets>
}

/** @throws {TypeError} naming the option, what it needs and what it has. */
export function readValidation(options: ValidationOptions): Validation {
  const { policy, intermediates, crls, ocspResponses, pins, blocklist, weakKeys, knownKeys } = options
  const { interceptionRoots, logs, budgets, trustedKeys } = options
  return {
    ...(policy === undefined ? {} : { policy: readPolicy(policy) }),
    ...(intermediates === undefined
      ? {}
      : { intermediates: readObjects('intermediates', intermediates, PEM_LABELS.certificate, readCertificate) }),
    ...(crls === undefined ? {} : { crls: readObjects('crls', crls, PEM_LABELS.certificateList, readCertificateList) }),
    ...(ocspResponses === undefined
      ? {}
      : { ocspResponses: readObjects('ocspResponses', ocspResponses, PEM_LABELS.ocspResponse, readOcspResponse) }),
    ...(pins === undefined ? {} : { pins: readPins('pins', pins) }),
    ...(trustedKeys === undefined ? {} : { trustedKeys: readPins('trustedKeys', trustedKeys) }),
    ...(blocklist === undefined
      ? {}
      : { blocklist: checkList('blocklist', blocklist, 'find', 'createBlocklist, readBlocklist') }),
    ...(weakKeys === undefined ? {} : { weakKeys: checkKeySet('weakKeys', weakKeys) }),
    ...(knownKeys === undefined ? {} : { knownKeys: checkList('knownKeys', knownKeys, 'recall', 'createKeyMemory') }),
    ...(interceptionRoots === undefined
      ? {}
      : { interceptionRoots: checkKeySet('interceptionRoots', interceptionRoots) }),
    ...(logs === undefined ? {} : { logs: checkList('logs', logs, 'find', 'readLogList') }),
    ...(budgets === undefined ? {} : { budgets: readBudgets(budgets) }),
  }
}

/** Every field of a policy is checked: one that lacks a rule would not hold it. */
function readPolicy(policy: ValidationPolicy | keyof typeof POLICIES): ValidationPolicy {
  return typeof policy === 'string' ? createPolicy(policy) : createPolicy(policy, policy)
}

function readObjects<T extends { readonly der: Uint8Array }>(
  option: string,
  input: CertificateInput | readonly (CertificateInput | T)[],
  labels: readonly string[],
  read: (der: Uint8Array) => T,
): T[] {
  const inputs: readonly unknown[] = Array.isArray(input) ? input : [input]
  return inputs.flatMap((one, index) => {
    const name = Array.isArray(input) ? `${option}[${index}]` : option
    if (isRead<T>(one)) return [one]
    if (typeof one !== 'string' && !(one instanceof Uint8Array)) {
      throw new TypeError(`${name}: needs text or bytes, has ${one === null ? 'null' : typeof one}`)
    }
    try {
      return encodedObjects(name, one, labels).map((der) => read(der))
    } catch (error) {
      if (error instanceof CertificateError || error instanceof DecodeError) {
        throw new TypeError(`${name}: ${error.message}`, { cause: error })
      }
      throw error
    }
  })
}

function isRead<T>(one: unknown): one is T {
  return typeof one === 'object' && one !== null && 'der' in one
}

function encodedObjects(name: string, input: string | Uint8Array, labels: readonly string[]): Uint8Array[] {
  const objects = readPemOrDer(input, labels)
  if (objects.length === 0) throw new TypeError(`${name}: needs -----BEGIN ${labels[0]}----- or DER, has neither`)
  // What comes from a file may be a view into a shared pool: DER is kept, so it is copied.
  return objects.map(({ bytes }) => Uint8Array.from(bytes))
}

function readPins(option: 'pins' | 'trustedKeys', keys: KeySet | readonly string[]): KeySet {
  if (!Array.isArray(keys)) return checkKeySet(option, keys as KeySet)
  // An empty list would refuse everybody; whoever gives one means no list, or has lost it.
  if (keys.length === 0) throw new TypeError(`${option}: needs at least one, has none`)
  try {
    return createKeySet({ name: option, hashes: keys as readonly string[] })
  } catch (error) {
    if (error instanceof TypeError) throw new TypeError(error.message.replace(/^hashes/, option), { cause: error })
    throw error
  }
}

function checkKeySet(option: string, keys: KeySet): KeySet {
  return checkList(option, keys, 'has', 'createKeySet, readKeySet')
}

function checkList<T extends object>(option: string, list: T, method: keyof T & string, makers: string): T {
  // An array has a `find` of its own, and is none of ours.
  if (!Array.isArray(list) && typeof list?.[method] === 'function') return list
  throw new TypeError(`${option}: needs a list (${makers}), has ${list === null ? 'null' : typeof list}`)
}
