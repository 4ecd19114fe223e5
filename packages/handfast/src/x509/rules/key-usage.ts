/** Rules on what a key may be used for: keyUsage (RFC 5280 section 4.2.1.3). */

import { KEY_USAGES, type KeyUsage } from '../extension-values.ts'
import type { Place } from './place.ts'
import { type CertificateRule, type PathContext, problem, type Problem } from './rule.ts'

/** Section 6.1.4 (n): who issues may sign certificates. */
export const KEY_USAGE: CertificateRule = { name: 'key-usage', on: 'held-issuer', check: checkKeyUsage }

/** RFC 9846 section 4.5.1.2: who proves in TLS who they are signs. The engine refuses the contrary under every policy. */
export const LEAF_KEY_USAGE: CertificateRule = { name: 'leaf-key-usage', on: 'leaf', check: checkLeafKeyUsage }

/** Baseline Requirements of the CA/Browser Forum, section 7.1.2.7.11: what a key of its kind is used for. */
export const LEAF_KEY_USAGE_KINDS: CertificateRule = { name: 'leaf-key-usage-kinds', on: 'leaf', check: checkKinds }

/** Sections 4.2.1.3 and 4.2.1.9: basicConstraints that say FALSE and keyCertSign contradict each other. */
export const KEY_USAGE_CONTRADICTION: CertificateRule = {
  name: 'key-usage-contradiction',
  on: 'held',
  check: checkContradiction,
}

/** Section 4.2.1.3: with keyCertSign, basicConstraints are there. */
export const KEY_CERT_SIGN_ALONE: CertificateRule = { name: 'key-cert-sign-alone', on: 'held', check: checkAlone }

/** Section 4.2.1.3: a CA's certificate has a keyUsage. Stores of anchors have long kept old ones without it. */
export const CA_KEY_USAGE: CertificateRule = { name: 'ca-key-usage', on: 'issued', check: checkCaKeyUsage }

function checkKeyUsage({ certificate }: Place): Problem | null {
  const usage = certificate.keyUsage
  if (usage === undefined || usage.keyCertSign) return null
  const message = 'keyUsage: needs keyCertSign in a certificate that issued another, lacks it'
  return problem('key-usage', certificate, message)
}

function checkLeafKeyUsage({ certificate }: Place, { purpose }: PathContext): Problem | null {
  if ((purpose !== 'server' && purpose !== 'client') || certificate.keyUsage?.digitalSignature !== false) return null
  return problem('key-usage', certificate, 'keyUsage: needs digitalSignature, as TLS signs with the key, lacks it')
}

/** An RSA key may be for key encipherment alone, as TLS 1.2 had it. */
const USAGES_OF_KEY: Readonly<Record<'rsa' | 'ec', readonly (keyof KeyUsage)[]>> = {
  rsa: ['digitalSignature', 'keyEncipherment', 'dataEncipherment'],
  ec: ['digitalSignature', 'keyAgreement'],
}

function checkKinds({ certificate }: Place): Problem | null {
  const usage = certificate.keyUsage
  const type = certificate.publicKeyInfo.keyType?.type
  // Other keys are told by `key-type`, and CAs by `leaf-ca`.
  if (usage === undefined || (type !== 'rsa' && type !== 'ec') || certificate.isCa) return null
  const allowed = USAGES_OF_KEY[type]
  const wrong = KEY_USAGES.filter((name) => usage[name] && !allowed.includes(name))
  const key = certificate.publicKeyText
  if (wrong.length > 0) {
    const message = `keyUsage: needs none but ${allowed.join(', ')}, as the key is ${key}, has ${wrong.join(', ')}`
    return problem('nonconforming', certificate, message)
  }
  if (type === 'rsa' || usage.digitalSignature) return null
  return problem('nonconforming', certificate, `keyUsage: needs digitalSignature, as the key is ${key}, lacks it`)
}

function checkContradiction({ certificate }: Place): Problem | null {
  if (certificate.keyUsage?.keyCertSign !== true) return null
  if (certificate.extensions.basicConstraints?.isCa !== false) return null
  const message = 'keyUsage.keyCertSign: needs to be left out, as cA is FALSE in basicConstraints, is there'
  return problem('nonconforming', certificate, message)
}

function checkAlone({ certificate, anchor }: Place): Problem | null {
  if (certificate.keyUsage?.keyCertSign !== true) return null
  if (certificate.extensions.basicConstraints !== undefined || anchor?.basicConstraints === false) return null
  const message = 'basicConstraints: needs to be there with cA TRUE, as keyUsage has keyCertSign, is missing'
  return problem('nonconforming', certificate, message)
}

function checkCaKeyUsage({ certificate }: Place): Problem | null {
  if (!certificate.isCa || certificate.keyUsage !== undefined) return null
  return problem('nonconforming', certificate, 'keyUsage: needs to be there in the certificate of a CA, is missing')
}
