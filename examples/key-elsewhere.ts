/**
 * A server whose private key cannot be exported: WebCrypto holds it, and signs when asked. An HSM or a
 * KMS takes the same place; `sign` may answer whenever it likes.
 *
 * Certificates as in echo.ts. From a clone: npx node --import ./examples/from-source.ts examples/key-elsewhere.ts certs
 */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect, createServer } from 'handfast'
import { webCryptoSchemes, webCryptoSigner } from 'handfast/web'
import { readCertificates, readPrivateKeyFile } from 'handfast/x509'

const folder = process.argv[2] ?? 'certs'
const read = (name: string): Buffer => readFileSync(join(folder, name))

const pkcs8 = Uint8Array.from(readPrivateKeyFile(read('localhost.key')))
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
const key = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign'])
console.log(`the key can be exported: ${key.extractable}`)

const chain = readCertificates(read('localhost.pem')).map((certificate) => certificate.der)
const server = createServer(
  { identities: [{ chain, signatureSchemes: webCryptoSchemes(key) }], sign: webCryptoSigner(key) },
  (socket) => socket.end('signed elsewhere\n'),
)
server.listen(0, 'localhost')
await once(server, 'listening')

const { port } = server.address() as AddressInfo
const socket = connect({ host: 'localhost', port, ca: read('ca.pem') })
for await (const data of socket) process.stdout.write(String(data))
console.log(`the client verified ${socket.negotiated?.peerSignatureScheme}`)
server.close()
