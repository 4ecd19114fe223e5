import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { issue, issueCa, makeCa, TEST_KEY_TYPES } from '../../test/pki.ts'
import { writeOid, writeSequence } from '../asn1/der-writer.ts'
import { nodeProvider } from '../crypto/node.ts'
import { readCertificates } from './bundle.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { CertificateError } from './certificate-error.ts'
import { describeCertificate } from './tree.ts'
import { createTrustStore } from './trust-store.ts'
import { verifyChain } from './verify.ts'

const time = Date.UTC(2026, 0, 1)

/** Reads everything there is to read. */
function readWhole(der: Uint8Array): void {
  const certificate = readCertificate(der)
  describeCertificate(certificate, nodeProvider.hashes.sha256)
  certificate.extensions.check()
  void [certificate.publicKeyText, certificate.signatureAlgorithmText, certificate.isCa, certificate.isSelfIssued]
}

function expectBounded(der: Uint8Array): void {
  try {
    readWhole(der)
  } catch (error) {
    expect(error).toBeInstanceOf(CertificateError)
    expect((error as CertificateError).message.length).toBeLessThan(2000 + 4 * der.length)
  }
}

const root = makeCa({ subject: 'Root' })
const sub = issueCa(root, {
  subject: 'Sub',
  pathLength: 0,
  permitted: ['DNS:example.com'],
  excluded: ['IP:192.0.2.0/255.255.255.0'],
})
const leaf = issue(sub, {
  dnsNames: ['example.com', '*.example.com'],
  emails: ['a@example.com'],
  uris: ['https://example.com/'],
  extensions: [{ oid: '2.5.29.32', value: writeSequence(writeSequence(writeOid('2.5.29.32.0'))) }],
})
const samples = [root, sub, leaf, ...TEST_KEY_TYPES.map((keyType) => makeCa({ keyType }))].map(
  ({ certificate }) => certificate,
)

const sample = fc.constantFrom(...samples)
const change = fc.record({ at: fc.nat(), octet: fc.nat(255), kind: fc.constantFrom('set', 'insert', 'remove', 'cut') })

function mutated(der: Uint8Array, changes: readonly { at: number; octet: number; kind: string }[]): Uint8Array {
  let octets = [...der]
  for (const { at, octet, kind } of changes) {
    const index = at % Math.max(1, octets.length)
    if (kind === 'set') octets[index] = octet
    else if (kind === 'insert') octets.splice(index, 0, octet)
    else if (kind === 'remove') octets.splice(index, 1)
    else octets = octets.slice(0, index)
  }
  return Uint8Array.from(octets)
}

describe('mutated certificates', () => {
  test('are read, or refused with a CertificateError', () => {
    fc.assert(
      fc.property(sample, fc.array(change, { minLength: 1, maxLength: 4 }), (der, changes) => {
        expectBounded(mutated(der, changes))
      }),
      { numRuns: 3000 },
    )
  })

  test('every single byte of one, set to telling values', () => {
    for (let at = 0; at < leaf.certificate.length; at++) {
      for (const octet of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
        const der = leaf.certificate.slice()
        der[at] = octet
        expectBounded(der)
      }
    }
  })

  test('in a chain never throw, and are never trusted', () => {
    const trust = createTrustStore([root.certificate])
    const position = fc.nat(1)
    const identity = { kind: 'dns', name: 'example.com' } as const
    fc.assert(
      fc.property(position, fc.array(change, { minLength: 1, maxLength: 3 }), (at, changes) => {
        const chain = [leaf.certificate, sub.certificate]
        const original = chain[at] as Uint8Array
        const der = mutated(original, changes)
        fc.pre(Buffer.compare(der, original) !== 0)
        chain[at] = der
        const verdict = verifyChain({ chain, trust, time, purpose: 'server', identity, provider: nodeProvider })
        expect(verdict.trusted).toBe(false)
        expect(verdict.reasons.length).toBeGreaterThan(0)
      }),
      { numRuns: 1000 },
    )
  })

  test('random bytes are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(() => readCertificate(bytes)).toThrow(CertificateError)
      }),
    )
  })
})

const SYSTEM_ROOTS = '/etc/ssl/certs'

describe('real certificates', () => {
  const files = existsSync(SYSTEM_ROOTS) ? readdirSync(SYSTEM_ROOTS).filter((name) => /\.(pem|crt)$/.test(name)) : []

  test(`those of ${SYSTEM_ROOTS} are all read`, ({ skip }) => {
    skip(files.length === 0, `there are no roots in ${SYSTEM_ROOTS}`)
    const all: Certificate[] = files.flatMap((name) => readCertificates(readFileSync(join(SYSTEM_ROOTS, name))))
    expect(all.length).toBeGreaterThan(0)
    for (const { der } of all) readWhole(der)
    expect(createTrustStore(all).certificates.length).toBeGreaterThan(0)
  })
})
