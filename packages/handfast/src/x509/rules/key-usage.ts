/** Rules on what a key may be used for: keyUsage (RFC 5280 section 4.2.1.3). */

import { type CertificateRule, isHeld, type Place, problem, type Problem } from './rule.ts'

/** Section 6.1.4 (n): who issues may sign certificates. What a leaf's key is used for, its user checks. */
export const KEY_USAGE: CertificateRule = { name: 'key-usage', check: checkKeyUsage }

/** Sections 4.2.1.3 and 4.2.1.9: basicConstraints that say FALSE and keyCertSign contradict each other. */
export const KEY_USAGE_CONTRADICTION: CertificateRule = { name: 'key-usage-contradiction', check: checkContradiction }

/** Section 4.2.1.3: with keyCertSign, basicConstraints are there. */
export const KEY_CERT_SIGN_ALONE: CertificateRule = { name: 'key-cert-sign-alone', check: checkAlone }

/** Section 4.2.1.3: a CA's certificate has a keyUsage. */
export const CA_KEY_USAGE: CertificateRule = { name: 'ca-key-usage', check: checkCaKeyUsage }

function checkKeyUsage(place: Place): Problem | null {
  const { certificate, isLeaf } = place
  if (isLeaf || !isHeld(place)) return null
  const usage = certificate.keyUsage
  if (usage === undefined || usage.keyCertSign) return null
  const message = 'keyUsage: needs keyCertSign in a certificate that issued another, lacks it'
  return problem('key-usage', certificate, message)
}

function checkContradiction(place: Place): Problem | null {
  const { certificate } = place
  if (certificate.keyUsage?.keyCertSign !== true || !isHeld(place)) return null
  if (certificate.extensions.basicConstraints?.isCa !== false) return null
  const message = 'keyUsage.keyCertSign: needs to be left out, as cA is FALSE in basicConstraints, is there'
  return problem('nonconforming', certificate, message)
}

function checkAlone(place: Place): Problem | null {
  const { certificate, anchor } = place
  if (certificate.keyUsage?.keyCertSign !== true || !isHeld(place)) return null
  if (certificate.extensions.basicConstraints !== undefined || anchor?.basicConstraints === false) return null
  const message = 'basicConstraints: needs to be there with cA TRUE, as keyUsage has keyCertSign, is missing'
  return problem('nonconforming', certificate, message)
}

/** Stores of anchors have long kept old ones without it. */
function checkCaKeyUsage({ certificate, isAnchor }: Place): Problem | null {
  if (isAnchor || !certificate.isCa || certificate.keyUsage !== undefined) return null
  return problem('nonconforming', certificate, 'keyUsage: needs to be there in the certificate of a CA, is missing')
}
