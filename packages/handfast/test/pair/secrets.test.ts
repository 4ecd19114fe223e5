/**
 * What becomes of the secrets of a connection: every array that the provider made for one is kept here,
 * and has to be all zeros as soon as the connection has no use for it (RFC 9846 appendix C.2 and E.1).
 */

import { describe, expect, test } from 'vitest'
import { nodeProvider } from '../../src/crypto/node.ts'
import type { CryptoProvider, EphemeralKey, Hash, HashName, KeyExchangeGroup } from '../../src/crypto/provider.ts'
import { CLIENT, type Decide, identityOf, Pair, type PairOptions } from './pair.ts'

/** Known to everybody: constants, and what is sent. */
const PUBLIC: ReadonlySet<string> = new Set(['early secret', 'salt of the handshake secret', 'verify data'])

/** A provider that remembers every secret it made or was given. */
class Witness {
  readonly provider: CryptoProvider
  readonly #seen = new Map<Uint8Array, { readonly name: string; readonly length: number }>()

  constructor() {
    const hashes = Object.fromEntries(
      Object.entries(nodeProvider.hashes).map(([name, hash]) => [name, this.#hash(hash)]),
    ) as Record<HashName, Hash>
    this.provider = { ...nodeProvider, hashes, groups: nodeProvider.groups.map((group) => this.#group(group)) }
  }

  /** Names of the secrets that are not zeros yet. */
  alive(): string[] {
    return [...this.#seen]
      .filter(([bytes, { name, length }]) => !PUBLIC.has(name) && bytes.subarray(0, length).some((byte) => byte !== 0))
      .map(([, { name }]) => name)
      .toSorted()
  }

  /** Names of all it has seen. */
  names(): Set<string> {
    return new Set([...this.#seen.values()].map(({ name }) => name))
  }

  #keep(name: string, bytes: Uint8Array, length: number = bytes.length): Uint8Array {
    if (!this.#seen.has(bytes)) this.#seen.set(bytes, { name, length })
    return bytes
  }

  #hash(hash: Hash): Hash {
    return {
      ...hash,
      start: () => hash.start(),
      hmac: (key, data) => {
        const { name, length } = this.#describe(key, data, hash.length)
        // What is no output of ours is a copy that the record layer made of one.
        if (key.some((byte) => byte !== 0)) this.#keep('a copy', key)
        return this.#keep(name, hash.hmac(key, data), length)
      },
    }
  }

  /** By HkdfLabel (section 7.1) if there is one, or else by the key; with the bytes that are used. */
  #describe(key: Uint8Array, data: Uint8Array, full: number): { readonly name: string; readonly length: number } {
    const parent = this.#seen.get(key)?.name
    const label = new TextDecoder().decode(data.subarray(3, 3 + (data[2] as number)))
    if (label.startsWith('tls13 ')) {
      const length = ((data[0] as number) << 8) | (data[1] as number)
      if (label !== 'tls13 derived') return { name: label.slice(6), length }
      return { name: `salt of the ${parent === 'early secret' ? 'handshake' : 'main'} secret`, length }
    }
    if (parent === 'finished') return { name: 'verify data', length: full }
    if (parent === 'salt of the main secret') return { name: 'main secret', length: full }
    return { name: parent === undefined ? 'early secret' : 'handshake secret', length: full }
  }

  #group(group: KeyExchangeGroup): KeyExchangeGroup {
    return {
      name: group.name,
      clientShareLength: group.clientShareLength,
      serverShareLength: group.serverShareLength,
      generate: () => this.#ephemeral(group.generate()),
      respond: (share) => {
        const { share: own, secret } = group.respond(share)
        return { share: own, secret: this.#keep('shared secret', secret) }
      },
    }
  }

  #ephemeral(key: EphemeralKey): EphemeralKey {
    return {
      group: key.group,
      share: key.share,
      agree: (share) => this.#keep('shared secret', key.agree(share)),
      [Symbol.dispose]: () => key[Symbol.dispose](),
    }
  }
}

interface Watched {
  readonly pair: Pair
  readonly client: Witness
  readonly server: Witness
}

/** Both ends authenticate, unless a decision is in the way. */
function watch(decisions: { readonly client?: Decide; readonly server?: Decide } = {}): Watched {
  const [client, server] = [new Witness(), new Witness()]
  const options: PairOptions = {
    client: {
      provider: client.provider,
      cipherSuites: ['TLS_AES_128_GCM_SHA256'],
      identities: [identityOf(CLIENT)],
      ...(decisions.client === undefined ? {} : { decide: decisions.client }),
    },
    server: {
      provider: server.provider,
      clientAuthentication: 'required',
      ...(decisions.server === undefined ? {} : { decide: decisions.server }),
    },
  }
  return { pair: new Pair(options), client, server }
}

const refuse: Decide = (task, connection) => {
  if (task.kind !== 'verify-peer') return false
  connection.resume<'verify-peer'>(task.id, { accepted: false })
  return true
}

/** Of traffic, whose IVs go with the AEAD's own keys. */
const TRAFFIC = ['c ap traffic', 's ap traffic']
/** What an open connection needs: secrets of both directions for KeyUpdate, and for exporters. */
const NEEDED = ['c ap traffic', 'exp master', 's ap traffic']

function alive(witness: Witness): string[] {
  return witness.alive().filter((name) => name !== 'iv')
}

describe('secrets of a connection that is open', () => {
  test('all were seen, and only those it still needs are left', () => {
    const { pair, client, server } = watch()
    pair.run().talk()
    for (const witness of [client, server]) {
      expect([...witness.names()]).toEqual(
        expect.arrayContaining(['shared secret', 'handshake secret', 'c hs traffic', 's hs traffic', 'finished']),
      )
      expect([...witness.names()]).toEqual(
        expect.arrayContaining(['salt of the main secret', 'main secret', 'key', 'iv']),
      )
      expect(alive(witness)).toEqual(NEEDED)
      // One of each direction: those of the handshake are gone.
      expect(witness.alive().filter((name) => name === 'iv')).toHaveLength(2)
    }
  })

  test('old generations go with KeyUpdate', () => {
    const { pair, client, server } = watch()
    pair.run().talk()
    for (let i = 0; i < 3; i++) {
      pair.client.connection.updateKeys({ requestPeer: true })
      pair.run().talk()
      for (const witness of [client, server])
        expect(alive(witness)).toEqual(['exp master', 'traffic upd', 'traffic upd'])
    }
  })

  test('an exporter leaves nothing but its result', () => {
    const { pair, client } = watch()
    pair.run().talk()
    pair.client.connection.exportKeyingMaterial('EXPERIMENTAL-label', undefined, 32)
    expect(client.names()).toContain('EXPERIMENTAL-label')
    expect(alive(client)).toEqual(['c ap traffic', 'exp master', 'exporter', 's ap traffic'])
  })
})

describe('none is left', () => {
  const expectNothing = (...witnesses: readonly Witness[]): void => {
    for (const witness of witnesses) {
      expect(witness.names()).toContain('handshake secret')
      expect(witness.alive()).toEqual([])
    }
  }

  test('by a client that refuses the server, and by that server', () => {
    const { pair, client, server } = watch({ client: refuse })
    pair.run()
    expect(pair.client.connection.error).toMatchObject({ fault: 'host' })
    expect([...server.names()]).toEqual(expect.arrayContaining(TRAFFIC))
    expectNothing(client, server)
  })

  test('by a server that refuses the client, and by that client', () => {
    const { pair, client, server } = watch({ server: refuse })
    pair.run()
    expect(pair.server.connection.error).toMatchObject({ fault: 'host' })
    for (const witness of [client, server]) expect([...witness.names()]).toEqual(expect.arrayContaining(TRAFFIC))
    expectNothing(client, server)
  })

  test.each(['verify-peer', 'choose-identity', 'sign'] as const)('by a client disposed of while %s is open', (kind) => {
    const { pair, client } = watch({ client: (task) => task.kind === kind })
    pair.run()
    expect(pair.client.connection.task?.kind).toBe(kind)
    pair.client.connection[Symbol.dispose]()
    expectNothing(client)
  })

  test.each(['sign', 'verify-peer'] as const)('by a server disposed of while %s is open', (kind) => {
    const { pair, server } = watch({ server: (task) => task.kind === kind })
    pair.run()
    expect(pair.server.connection.task?.kind).toBe(kind)
    pair.server.connection[Symbol.dispose]()
    expectNothing(server)
  })

  test('by open connections that are disposed of', () => {
    const { pair, client, server } = watch()
    pair.run().talk()
    for (const { connection } of pair.ends) connection[Symbol.dispose]()
    expectNothing(client, server)
  })

  test('nor of later generations', () => {
    const { pair, client, server } = watch()
    pair.run().talk()
    pair.client.connection.updateKeys({ requestPeer: true })
    pair.run()
    for (const { connection } of pair.ends) connection[Symbol.dispose]()
    expect(client.names()).toContain('traffic upd')
    expectNothing(client, server)
  })

  test('by a connection that fails when it is open, at once', () => {
    const { pair, client } = watch()
    pair.run().talk()
    pair.client.connection.receive(Uint8Array.of(99))
    expect(pair.client.connection.state).toBe('failed')
    expectNothing(client)
  })
})
