/**
 * Certificates whose cRLDistributionPoints or freshestCRL is critical: X.509 (clauses on both extensions) has such a
 * certificate used only by who checked it against a CRL from there, so that its status must be known, whatever the
 * policy's mode. RFC 5280 sections 4.2.1.13 and 4.2.1.15 want neither critical.
 */

import type { Certificate } from '../certificate.ts'
import { EXTENSION_OIDS, extensionPath, type Extension } from '../extensions.ts'
import { problem, type Problem } from '../rules/rule.ts'
import type { RevocationFinding } from './finding.ts'

/** True if the status of `certificate` must be known by what it says itself. */
export function demandsStatus(certificate: Certificate): boolean {
  return criticalPointer(certificate) !== undefined
}

/** What speaks against the certificates of `path`, leaf first, anchor last, that demand what was not found out. */
export function findUnknownStatus(
  path: readonly Certificate[],
  findings: readonly RevocationFinding[],
): readonly Problem[] {
  return path.slice(0, -1).flatMap((certificate) => {
    const pointer = criticalPointer(certificate)
    const status = findings.find((finding) => finding.certificate === certificate)?.status
    if (pointer === undefined || status === 'good' || status === 'revoked') return []
    const message = `${extensionPath(pointer)}: needs a current CRL or OCSP response, as it is critical, and the certificate's revocation status is not known`
    return [problem('revocation-unknown', certificate, message)]
  })
}

function criticalPointer({ extensions }: Certificate): Extension | undefined {
  return POINTERS.map((oid) => extensions.get(oid)).find((extension) => extension?.critical === true)
}

const POINTERS: readonly string[] = [EXTENSION_OIDS.cRLDistributionPoints, EXTENSION_OIDS.freshestCRL]
