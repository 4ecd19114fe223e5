/** `handfast/web`: TLS where the Web's interfaces are, in browsers and elsewhere. */

export { type SigningKey, webCryptoSchemes, webCryptoSigner } from './signer.ts'
