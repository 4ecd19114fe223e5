/** Whom to trust when the caller does not say: the machine's roots. */

import { existsSync, readFileSync } from 'node:fs'
import * as tls from 'node:tls'
import { CertificateError, createTrustStore, readCertificate, type TrustStore } from '../x509/index.ts'
import { readPem } from '../asn1/index.ts'

/** Where Unix systems keep their roots in one file. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

const stores = new Map<'system' | 'bundled', TrustStore>()

/**
 * The operating system's roots, or those that come with Node; read once a process. Roots that cannot
 * be read are left out: they then anchor nothing.
 * @throws {TypeError} SSL_CERT_FILE names a file that cannot be read or holds no certificates.
 */
export function defaultRoots(kind: 'system' | 'bundled' = 'system'): TrustStore {
  let store = stores.get(kind)
  if (store === undefined) {
    store = createTrustStore(readableRoots(kind === 'system' ? readSystemRoots() : tls.rootCertificates))
    stores.set(kind, store)
  }
  return store
}

/** The operating system's roots as PEM texts. @throws {TypeError} as `defaultRoots`. */
export function readSystemRoots(): readonly string[] {
  // The variable by which OpenSSL's users name their roots, and so curl's and Go's.
  const named = process.env['SSL_CERT_FILE'] ?? ''
  if (named !== '') return [readNamed(named)]
  const bundle = BUNDLES.find((file) => existsSync(file))
  if (bundle !== undefined) return [readFileSync(bundle, 'latin1')]
  // Windows and macOS keep them behind an API, which Node has from 22.15 on.
  return tls.getCACertificates?.('system') ?? tls.rootCertificates
}

/** Whoever named roots meant these and no others: that they cannot be had must not widen trust. */
function readNamed(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'latin1')
  } catch (error) {
    throw new TypeError(`SSL_CERT_FILE: needs a readable file, has '${file}'`, { cause: error })
  }
  if (!text.includes('-----BEGIN ')) throw new TypeError(`SSL_CERT_FILE: needs certificates in PEM, '${file}' has none`)
  return text
}

function* readableRoots(texts: readonly string[]): Generator<ReturnType<typeof readCertificate>> {
  for (const text of texts) {
    for (const { bytes } of readPem(text)) {
      try {
        yield readCertificate(bytes)
      } catch (error) {
        if (!(error instanceof CertificateError)) throw error
      }
    }
  }
}
