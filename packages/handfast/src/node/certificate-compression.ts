/** Certificate compression (RFC 8879) by what node:zlib has: zstd is missing in older versions of Node. */

import * as zlib from 'node:zlib'
import type { CertificateCompression } from '../tls/index.ts'

type Name = CertificateCompression['name']

/** The better first. None of them ever holds more output than it is allowed. */
const ALGORITHMS: readonly Required<CertificateCompression>[] = [
  {
    name: 'brotli',
    compress: (bytes) => zlib.brotliCompressSync(bytes),
    decompress: (bytes, length) => zlib.brotliDecompressSync(bytes, { maxOutputLength: length }),
  },
  ...(typeof zlib.zstdCompressSync === 'function'
    ? [
        {
          name: 'zstd' as const,
          compress: (bytes: Uint8Array) => zlib.zstdCompressSync(bytes),
          decompress: (bytes: Uint8Array, length: number) =>
            zlib.zstdDecompressSync(bytes, { maxOutputLength: length }),
        },
      ]
    : []),
  {
    name: 'zlib',
    compress: (bytes) => zlib.deflateSync(bytes, { level: 9 }),
    decompress: (bytes, length) => zlib.inflateSync(bytes, { maxOutputLength: length }),
  },
]

/**
 * What the engine is given: all there are for our own certificates, these for those of peers, in this order.
 * @throws {TypeError} naming the option and the algorithm that there is not.
 */
export function readCertificateCompression(offered: readonly Name[]): CertificateCompression[] {
  const known = ALGORITHMS.map(({ name }) => name)
  const wanted = offered.map((name) => {
    const algorithm = ALGORITHMS.find((one) => one.name === name)
    if (algorithm !== undefined) return algorithm
    throw new TypeError(`certificateCompression: needs names among ${known.join(', ')}; has '${String(name)}'`)
  })
  const others = ALGORITHMS.filter(({ name }) => !offered.includes(name))
  return [...wanted, ...others.map(({ name, compress }) => ({ name, compress }))]
}
