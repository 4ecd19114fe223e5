/** An offer of ECH that means nothing, so that servers and networks keep letting it through (RFC 9849 section 6.2.1). */

import { HPKE_EXPANSION, cipherOf, kemOf } from '../../crypto/hpke.ts'
import type { CryptoProvider } from '../../crypto/provider.ts'
import type { ClientHelloParts } from '../message/client-hello.ts'
import { rawExtensions, type RawExtension } from '../message/extension.ts'
import { echExtension } from './client-offer.ts'
import { arrangeInner, encodeInner } from './encoding.ts'

const X25519 = 0x0020
const HKDF_SHA256 = 1

/**
 * An extension of random bytes, in form and length like one that hides `hello`; undefined if the provider could
 * offer no real one.
 */
export function greaseEch(
  provider: CryptoProvider,
  hello: ClientHelloParts,
  serverName: string | undefined,
): RawExtension | undefined {
  const kem = kemOf(provider, X25519)
  const aeads = [1, 2, 3].filter((aead) => cipherOf(provider, HKDF_SHA256, aead) !== undefined)
  if (kem === undefined || aeads.length === 0) return undefined
  const [configId, choice] = provider.random(2) as unknown as [number, number]
  using key = kem.group.generate()
  const own = rawExtensions('client_hello', { encrypted_client_hello: { type: 'inner' } })
  const inner = arrangeInner({ ...hello, extensions: [...hello.extensions, ...own] }, hello)
  const length = encodeInner(inner, serverName, 0).length + HPKE_EXPANSION
  return echExtension({
    kdf: HKDF_SHA256,
    aead: aeads[choice % aeads.length] as number,
    configId,
    enc: key.share,
    payload: provider.random(length),
  })
}
