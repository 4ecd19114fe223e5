import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../bytes/index.ts'
import { nodeProvider } from '../../crypto/node.ts'
import { createPortableProvider } from '../../crypto/portable.ts'
import {
  deriveExport12,
  deriveExtendedMasterSecret,
  deriveKeyBlock,
  deriveMasterSecret,
  deriveVerifyData12,
  prf,
} from './prf12.ts'

/** Posted to the list of the TLS working group in 2009; the label is `test label`. */
const PRF = [
  {
    hash: 'sha256',
    secret: '9bbe436ba940f017b17652849a71db35',
    seed: 'a0ba9f936cda311827a6f796ffd5198c',
    output:
      'e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66',
  },
  {
    hash: 'sha384',
    secret: 'b80b733d6ceefcdc71566ea48e5567df',
    seed: 'cd665cf6a8447dd6ff8b27555edb7465',
    output:
      '7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f',
  },
] as const

/** NIST CAVP, TLS 1.2 key derivation with SHA-256, first case. */
const CAVP = {
  preMasterSecret: 'f8938ecc9edebc5030c0c6a441e213cd24e6f770a50dda07876f8d55da062bcadb386b411fd4fe4313a604fce6c17fbc',
  serverHelloRandom: 'f6c9575ed7ddd73e1f7d16eca115415812a43c2b747daaaae043abfb50053fce',
  clientHelloRandom: '36c129d01a3200894b9179faac589d9835d58775f9b5ea3587cb8fd0364cae8c',
  serverRandom: 'ae6c806f8ad4d80784549dff28a4b58fd837681a51d928c3e30ee5ff14f39868',
  clientRandom: '62e1fd91f23f558a605f28478c58cf72637b89784d959df7e946d3f07bd1b616',
  masterSecret: '202c88c00f84a17a20027079604787461176455539e705be730890602c289a5001e34eeb3a043e5d52a65e66125188bf',
  keyBlock:
    'd06139889fffac1e3a71865f504aa5d0d2a2e89506c6f2279b670c3e1b74f531016a2530c51a3a0f7e1d6590d0f0566b2f387f8d11fd4f731cdd572d2eae927f6f2f81410b25e6960be68985add6c38445ad9f8c64bf8068bf9a6679485d966f1ad6f68b43495b10a683755ea2b858d70ccac7ec8b053c6bd41ca299d4e51928',
}

describe.each([nodeProvider, createPortableProvider()])('with the provider $name', ({ hashes }) => {
  test.each(PRF)('the PRF with $hash', ({ hash, secret, seed, output }) => {
    expect(toHex(prf(hashes[hash], fromHex(secret), 'test label', fromHex(seed), output.length / 2))).toBe(output)
  })

  test('master secret and key block', () => {
    const masterSecret = deriveMasterSecret(hashes.sha256, fromHex(CAVP.preMasterSecret), {
      client: fromHex(CAVP.clientHelloRandom),
      server: fromHex(CAVP.serverHelloRandom),
    })
    expect(toHex(masterSecret)).toBe(CAVP.masterSecret)
    const randoms = { client: fromHex(CAVP.clientRandom), server: fromHex(CAVP.serverRandom) }
    const { client, server } = deriveKeyBlock(hashes.sha256, masterSecret, randoms, 32, 32)
    expect([client.key, server.key, client.iv, server.iv].map((bytes) => toHex(bytes)).join('')).toBe(CAVP.keyBlock)
  })
})

const { sha256 } = nodeProvider.hashes
const secret = new Uint8Array(48).fill(1)
const randoms = { client: new Uint8Array(32).fill(2), server: new Uint8Array(32).fill(3) }

test('the two master secrets are 48 bytes and never the same', () => {
  const plain = deriveMasterSecret(sha256, secret, randoms)
  const extended = deriveExtendedMasterSecret(sha256, secret, new Uint8Array(64).fill(2, 0, 32).fill(3, 32))
  expect([plain.length, extended.length]).toEqual([48, 48])
  expect(plain).not.toEqual(extended)
})

test('verify_data is 12 bytes, and each sender has its own', () => {
  const [client, server] = (['client', 'server'] as const).map((sender) =>
    toHex(deriveVerifyData12(sha256, secret, sender, new Uint8Array(32))),
  )
  expect(client).toHaveLength(24)
  expect(client).not.toBe(server)
})

test('an exporter without a context is another than with an empty one', () => {
  const value = (context: readonly number[] | undefined): string =>
    toHex(deriveExport12(sha256, secret, randoms, 'EXPORTER-test', context && Uint8Array.from(context), 20))
  expect(new Set([value(undefined), value([]), value([0]), value([0, 0])]).size).toBe(4)
})
