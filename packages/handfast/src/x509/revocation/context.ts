/** What judging by CRLs (RFC 5280 section 6.3) and judging by OCSP (RFC 6960) both need to be given. */

import type { CryptoProvider } from '../../crypto/provider.ts'
import type { Standing } from '../budget.ts'
import type { Certificate } from '../certificate.ts'
import type { SignedData } from '../signed-data.ts'
import type { ValidationPolicy } from '../validation-policy.ts'

/**
 * What CRLs and OCSP responses are judged with: time, policy, possible signers, and how signatures and signers are
 * checked.
 */
export interface RevocationContext {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly provider: CryptoProvider
  readonly policy: ValidationPolicy
  /** All other certificates at hand: possible signers of CRLs and OCSP responses. */
  readonly certificates: readonly Certificate[]
  /** True for a certificate that the peer sent: it is tried after those of the host. Absent: none did. */
  readonly isPresented?: (certificate: Certificate) => boolean
  /** False if no certificate at hand has the name of its issuer. Absent: not known. */
  readonly hasIssuer?: (certificate: Certificate) => boolean
  /**
   * Whether `signer` signed `signed`, within the budget for such checks: false once it is spent.
   * @param path what is known of the path from the signer, which it begins with, to its anchor: for keys that
   * inherit parameters from their issuer's (RFC 3279 section 2.3.2).
   * @param standing of those who have a part in it.
   */
  verify(signed: SignedData, signer: Certificate, path: readonly Certificate[], standing: Standing): boolean
  /** A valid path, for any purpose, from `signer`, its first, to the anchor of the path that is judged; null if there is none. */
  pathTo(signer: Certificate): readonly Certificate[] | null
  /** The same to whatever anchor is trusted. Absent: there is no other. */
  readonly pathToAny?: (signer: Certificate) => readonly Certificate[] | null
  /** True once evidence was left unjudged, so that nothing can be said to be good. */
  readonly hasUnjudged?: () => boolean
  /** Notes that evidence is left unjudged: a limit ends the search for who signed it. */
  readonly leaveUnjudged?: () => void
}
