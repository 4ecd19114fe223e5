/** A certificate and its key from the two files that `--cert` and `--key` name, or the key alone. */

import { createIdentity, createRawIdentity, nodeProvider, type Identity } from '../node/index.ts'
import { CommandError } from './command-error.ts'
import { EXIT } from './exit-codes.ts'
import { readCertificateFile, readKeyFile } from './files.ts'

/**
 * Reads both.
 * @throws {CommandError} naming the file that is at fault, or both if they do not belong together.
 */
export function readIdentity(certFile: string, keyFile: string): Identity {
  const certificates = readCertificateFile(certFile)
  const key = readKeyFile(keyFile)
  try {
    return createIdentity(nodeProvider, certificates, key)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const message = error.message.replace(/^key: /, '')
    throw new CommandError(
      EXIT.file,
      `the key in '${keyFile}', for the certificate in '${certFile}': ${message}`,
      'Give each --cert with the --key that was made for it.',
    )
  }
}

/** The key of a file as a raw public key (RFC 7250). @throws {CommandError} naming the file. */
export function readRawIdentity(keyFile: string): Identity {
  const key = readKeyFile(keyFile)
  try {
    return createRawIdentity(nodeProvider, key)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new CommandError(EXIT.file, `the key in '${keyFile}': ${error.message.replace(/^key: /, '')}`)
  }
}
