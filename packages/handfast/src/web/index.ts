/** `handfast/web`: TLS where the Web's interfaces are, in browsers and elsewhere. */

export { createFetcher, type WebFetcher, type WebFetcherOptions } from './fetcher.ts'
export { type SigningKey, webCryptoSchemes, webCryptoSigner } from './signer.ts'
