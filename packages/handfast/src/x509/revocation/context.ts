/** What revocation is judged by: the part of a request that CRLs and OCSP responses share. */

import type { CryptoProvider } from '../../crypto/provider.ts'
import type { Certificate } from '../certificate.ts'
import type { SignedData } from '../signed-data.ts'
import type { ValidationPolicy } from '../validation-policy.ts'

export interface RevocationContext {
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly provider: CryptoProvider
  readonly policy: ValidationPolicy
  /** All other certificates at hand: possible signers of CRLs and OCSP responses. */
  readonly certificates: readonly Certificate[]
  /**
   * Whether `signer` signed `signed`, within the budget for signature checks: false once it is spent.
   * @param path what is known of the path from the signer, which it begins with, to its anchor: for keys that
   * inherit parameters from their issuer's (RFC 3279 section 2.3.2).
   */
  verify(signed: SignedData, signer: Certificate, path: readonly Certificate[]): boolean
  /** A valid path, for any purpose, from `signer`, its first, to the anchor of the path that is judged; null if there is none. */
  pathTo(signer: Certificate): readonly Certificate[] | null
}
