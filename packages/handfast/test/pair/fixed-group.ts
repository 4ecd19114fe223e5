/** Key exchange with keys that are given instead of drawn, so that a run can be repeated byte for byte. */

import { x25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { toHex } from '../../src/bytes/index.ts'
import { nodeProvider } from '../../src/crypto/node.ts'
import { InvalidShareError, type KeyExchangeGroup } from '../../src/crypto/provider.ts'
import { checkPointForm, checkShareLength, createEphemeralKey } from '../../src/crypto/share.ts'

/** A group whose every key is this one, but for those that are imported. Agreements are remembered: the same share comes again and again. */
export function fixedGroup(name: 'x25519' | 'secp256r1', secretKey: Uint8Array): KeyExchangeGroup {
  const share = name === 'x25519' ? x25519.getPublicKey(secretKey) : p256.getPublicKey(secretKey, false)
  const nodeGroup = nodeProvider.groups.find((group) => group.name === name) as Required<KeyExchangeGroup>
  const known = new Map<string, Uint8Array>()
  const agree = (peer: Uint8Array): Uint8Array => {
    const text = toHex(peer)
    let secret = known.get(text)
    if (secret === undefined) known.set(text, (secret = compute(peer)))
    return secret.slice()
  }
  const compute = (peer: Uint8Array): Uint8Array => {
    if (name === 'x25519') checkShareLength(name, share.length, peer)
    else checkPointForm(name, share.length, peer)
    try {
      return name === 'x25519'
        ? x25519.getSharedSecret(secretKey, peer)
        : p256.getSharedSecret(secretKey, peer).slice(1)
    } catch (error) {
      throw new InvalidShareError(`${name} share: ${error instanceof Error ? error.message : 'bad'}`)
    }
  }
  return {
    name,
    clientShareLength: share.length,
    serverShareLength: share.length,
    generate: () => createEphemeralKey({ group: name, share, agree }),
    respond: (clientShare) => ({ share, secret: agree(clientShare) }),
    importKey: nodeGroup.importKey.bind(nodeGroup),
  }
}
