import { describe, expect, test } from 'vitest'
import { issueCrl, pointsExtension } from '../../test/crl-maker.ts'
import { makeOcspError, makeOcspResponse } from '../../test/ocsp-maker.ts'
import { issue, issueCa, makeCa, type TestCertificate, writeGeneralName } from '../../test/pki.ts'
import {
  contextConstructed,
  writeContext,
  writeElement,
  writeInteger,
  writeOid,
  writePem,
  writeSequence,
  writeSetOf,
} from '../asn1/index.ts'
import { nodeProvider } from '../crypto/node.ts'
import { createTrustStore } from './trust-store.ts'
import { createPolicy, POLICIES } from './validation-policy.ts'
import type { Verdict, VerifyRequest, Wanted } from './verdict.ts'
import { type Fetch, type FetchLimits, verifyFetching } from './verify-fetching.ts'

const TIME = Date.UTC(2026, 0, 1)
const AIA = '1.3.6.1.5.5.7.1.1'
const CA_ISSUERS = '1.3.6.1.5.5.7.48.2'

const root = makeCa({ subject: 'Root' })
const top = issueCa(root, { subject: 'Top' })
const sub = issueCa(top, { subject: 'Sub', extensions: [pointingAt('http://ca.example/top')] })
const leaf = issue(sub, { dnsNames: ['a.example'], extensions: [pointingAt('http://ca.example/sub')] })

function pointingAt(...urls: string[]): { oid: string; value: Uint8Array } {
  const descriptions = urls.map((url) => writeSequence(writeOid(CA_ISSUERS), writeGeneralName(`URI:${url}`)))
  return { oid: AIA, value: writeSequence(...descriptions) }
}

function certsOnly(...elements: Uint8Array[]): Uint8Array {
  return writeSequence(
    writeOid('1.2.840.113549.1.7.2'),
    writeContext(
      0,
      writeSequence(
        writeInteger(1),
        writeSetOf(),
        writeSequence(writeOid('1.2.840.113549.1.7.1')),
        writeElement(contextConstructed(0), ...elements),
        writeSetOf(),
      ),
    ),
  )
}

interface Outcome {
  readonly verdict: Verdict
  readonly asked: readonly Wanted[]
  readonly warnings: readonly string[]
}

/** Judges a leaf alone, where addresses answer with bytes, or with an error. */
async function judge(
  answers: Readonly<Record<string, Uint8Array | Error>>,
  limits: Partial<FetchLimits> = {},
  chain: readonly Uint8Array[] = [leaf.certificate],
  more: Partial<VerifyRequest> = {},
): Promise<Outcome> {
  const asked: Wanted[] = []
  const fetch: Fetch = async (wanted) => {
    asked.push(wanted)
    const answer = answers[wanted.url] ?? new Error('not there')
    if (answer instanceof Error) throw answer
    return answer
  }
  const trust = createTrustStore([root.certificate])
  const request = { chain, trust, time: TIME, purpose: 'server', provider: nodeProvider, ...more } as const
  const verdict = await verifyFetching(request, fetch, limits)
  return { verdict, asked, warnings: verdict.warnings.map(({ message }) => message) }
}

const WHOLE = { 'http://ca.example/sub': sub.certificate, 'http://ca.example/top': top.certificate }

describe('issuers', () => {
  test('are fetched one after the other, each once', async () => {
    const { verdict, asked } = await judge(WHOLE)
    expect(verdict).toMatchObject({ trusted: true, reasons: [], warnings: [], wanted: [] })
    expect(verdict.path.map(({ subjectText }) => subjectText)).toEqual(['CN=a.example', 'CN=Sub', 'CN=Top', 'CN=Root'])
    expect(asked).toEqual([
      { kind: 'aia', url: 'http://ca.example/sub', for: 0 },
      { kind: 'aia', url: 'http://ca.example/top', for: 1 },
    ])
  })

  test.each<[string, Uint8Array]>([
    ['a certs-only message', certsOnly(top.certificate, sub.certificate)],
    ['PEM', new TextEncoder().encode(`issuers:\n${sub.pem}${top.pem}`)],
    [
      'a certs-only message in PEM',
      new TextEncoder().encode(writePem('PKCS7', certsOnly(sub.certificate, top.certificate))),
    ],
  ])('come as %s, too', async (_, answer) => {
    const { verdict, asked } = await judge({ 'http://ca.example/sub': answer })
    expect([verdict.trusted, asked.length]).toEqual([true, 1])
  })

  test('nothing is fetched for a chain that is whole, nor for one that cannot be saved', async () => {
    const whole = await judge(WHOLE, {}, leaf.chain)
    expect([whole.verdict.trusted, whole.asked.length]).toEqual([true, 0])
    const garbage = await judge(WHOLE, {}, [Uint8Array.of(1)])
    expect([garbage.verdict.trusted, garbage.asked.length]).toEqual([false, 0])
  })

  test('what was given keeps its number', async () => {
    const given = issueCa(makeCa(), { subject: 'Other' }).certificate
    const { verdict, asked } = await judge(WHOLE, {}, [leaf.certificate], { intermediates: [given] })
    expect(verdict.trusted).toBe(true)
    expect(asked.map((wanted) => wanted.for)).toEqual([0, 2])
  })
})

describe('revocation', () => {
  const OCSP = '1.3.6.1.5.5.7.48.1'
  const hard = createPolicy(POLICIES.tls, { name: 'hard', revocation: { mode: 'hard', scope: 'leaf' } })
  const time = Date.UTC(2026, 0, 2)
  const listed = issue(root, {
    dnsNames: ['a.example'],
    extensions: [
      pointsExtension({ uris: ['http://ca.example/crl'] }),
      { oid: AIA, value: writeSequence(writeSequence(writeOid(OCSP), writeGeneralName('URI:http://ca.example/ocsp'))) },
    ],
  })
  const { certificate } = listed
  const judgeStatus = async (answers: Readonly<Record<string, Uint8Array | Error>>): Promise<Outcome> =>
    await judge(answers, {}, [certificate], { policy: hard, time })

  test('comes from a list', async () => {
    const { verdict, asked } = await judgeStatus({ 'http://ca.example/crl': issueCrl(root) })
    expect(verdict).toMatchObject({ trusted: true, wanted: [] })
    expect(verdict.explanation?.revocation).toMatchObject([{ status: 'good', source: 'crl' }])
    expect(asked.map(({ kind }) => kind)).toContain('crl')
  })

  test('also in PEM, and also if that is bad news', async () => {
    const crl = issueCrl(root, { revoked: [{ certificate }] })
    const { verdict } = await judgeStatus({
      'http://ca.example/crl': new TextEncoder().encode(writePem('X509 CRL', crl)),
    })
    expect(verdict).toMatchObject({ trusted: false, reasons: [{ reason: 'revoked', certificate: 0 }] })
  })

  test('comes from a responder, which is asked with its request', async () => {
    const answer = makeOcspResponse({ signer: root, responses: [{ certificate, issuer: root }] })
    const { verdict, asked } = await judgeStatus({ 'http://ca.example/ocsp': answer })
    expect(verdict.trusted).toBe(true)
    expect(verdict.explanation?.revocation).toMatchObject([{ status: 'good', source: 'ocsp' }])
    const request = asked.find(({ kind }) => kind === 'ocsp')
    expect(request?.request?.[0]).toBe(0x30)
  })

  test.each<[string, Uint8Array | undefined, RegExp | null]>([
    ['silent', undefined, /^The OCSP response from 'http:\/\/ca\.example\/ocsp' could not be used: not there\.$/],
    ['talking nonsense', Uint8Array.of(0x30, 0), /^The OCSP response from .* could not be used: it is not one, /],
    ['out of order', makeOcspError(3), null],
    [
      'about another',
      makeOcspResponse({ signer: root, responses: [{ certificate: leaf.certificate, issuer: root }] }),
      null,
    ],
  ])('a responder that is %s leaves it unknown', async (_, answer, message) => {
    const { verdict, warnings } = await judgeStatus(answer === undefined ? {} : { 'http://ca.example/ocsp': answer })
    expect(verdict).toMatchObject({ trusted: false, reasons: [{ reason: 'revocation-unknown' }] })
    if (message !== null) expect(warnings).toContainEqual(expect.stringMatching(message))
  })

  test('a list that is no list is told, and asked for once', async () => {
    const { asked, warnings } = await judgeStatus({ 'http://ca.example/crl': certificate })
    expect(warnings).toContainEqual(expect.stringMatching(/^The revocation list from .* it is not one, /))
    expect(asked.filter(({ kind }) => kind === 'crl')).toHaveLength(1)
  })
})

describe('what cannot be had', () => {
  test.each<[string, Uint8Array | Error | undefined, RegExp]>([
    ['nothing', undefined, /^The issuer from 'http:\/\/ca\.example\/sub' could not be used: not there\.$/],
    ['an error', new Error('connect ECONNREFUSED\u001b[2J.'), /could not be used: connect ECONNREFUSED\\1B\[2J\.$/],
    ['a long error', new Error('x'.repeat(5000)), /x{300}\.\.\.\.$/],
    ['no bytes', 'text' as unknown as Uint8Array, /the fetcher gave no bytes\.$/],
    ['a page', new TextEncoder().encode('<html>'), /there is none in it\.$/],
    ['an empty answer', new Uint8Array(0), /there is none in it\.$/],
    [
      'half a certificate',
      sub.certificate.subarray(0, 200),
      /its certificate 1 is not one, certificate: needs \d+ bytes/,
    ],
    ['half a message', certsOnly(sub.certificate).subarray(0, 200), /it is not one, contentInfo: needs/],
    [
      'damaged PEM',
      new TextEncoder().encode(sub.pem.replace('M', '!')),
      /it is not one, CERTIFICATE \(block 1, line 1\)/,
    ],
    ['an empty message', certsOnly(), /there is none in it\.$/],
  ])('%s is a warning with the address', async (_, answer, message) => {
    const { verdict, warnings } = await judge(answer === undefined ? {} : { 'http://ca.example/sub': answer })
    expect(verdict).toMatchObject({ trusted: false, reasons: [{ reason: 'unknown-issuer' }] })
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatch(message)
    expect(verdict.warnings[0]).toMatchObject({ reason: 'unknown-issuer', certificate: 0 })
  })

  test('a function that throws instead of promising is no different', async () => {
    const trust = createTrustStore([root.certificate])
    const request = { chain: [leaf.certificate], trust, time: TIME, purpose: 'server', provider: nodeProvider } as const
    const fetch = (() => {
      throw new Error('at once')
    }) as Fetch
    const verdict = await verifyFetching(request, fetch)
    expect(verdict.warnings[0]?.message).toMatch(/at once\.$/)
  })

  test('one certificate of a bundle that is damaged does not keep the others out', async () => {
    const answer = certsOnly(writeSequence(writeInteger(1)), sub.certificate, top.certificate)
    const { verdict, warnings } = await judge({ 'http://ca.example/sub': answer })
    expect(verdict.trusted).toBe(true)
    expect(warnings[0]).toMatch(/its certificate 1 is not one, tbsCertificate/)
  })

  test('the issuer of another is no warning, and does not help', async () => {
    const { verdict, warnings } = await judge({ 'http://ca.example/sub': makeCa().certificate })
    expect([verdict.trusted, warnings]).toEqual([false, []])
  })
})

/** A leaf that is revoked, whose issuer is to be fetched, behind a junk issuer that points at many places. */
function crowding(
  count: number,
  answer: Uint8Array | Error,
): {
  readonly chain: Uint8Array[]
  readonly answers: Record<string, Uint8Array | Error>
  readonly status: ReturnType<typeof createTrustStore>
} {
  const issuer = issueCa(root, { subject: 'Sub', key: sub.key })
  const { certificate } = issue(sub, {
    dnsNames: ['a.example'],
    extensions: [pointingAt('http://ca.example/sub'), pointsExtension({ uris: ['http://ca.example/crl'] })],
  })
  const urls = Array.from({ length: count }, (_, i) => `http://evil.example/${i}`)
  const junk = issueCa(makeCa({ subject: 'Nowhere' }), {
    subject: 'Sub',
    subjectPublicKeyInfo: sub.key.subjectPublicKeyInfo,
    extensions: [pointingAt(...urls)],
  })
  return {
    chain: [certificate, junk.certificate],
    answers: {
      ...Object.fromEntries(urls.map((url) => [url, answer])),
      'http://ca.example/sub': issuer.certificate,
      'http://ca.example/crl': issueCrl(sub, { revoked: [{ certificate }] }),
    },
    status: createTrustStore([issuer.certificate, root.certificate, top.certificate]),
  }
}

describe('an abort', () => {
  const request = {
    chain: [leaf.certificate],
    trust: createTrustStore([root.certificate]),
    time: TIME,
    purpose: 'server',
    provider: nodeProvider,
  } as const

  test('ends it, though the function does not hear', async () => {
    const controller = new AbortController()
    let heard: AbortSignal | undefined
    const judged = verifyFetching(
      request,
      (_, { signal }) => {
        heard = signal
        controller.abort(new Error('gone'))
        return new Promise(() => {})
      },
      {},
      controller.signal,
    )
    await expect(judged).rejects.toThrow(/^gone$/)
    expect(heard).toBe(controller.signal)
  })
})

describe('what was of no use is to be forgotten', () => {
  const forgotten = async (answer: Uint8Array, more: Partial<VerifyRequest> = {}): Promise<string[]> => {
    const urls: string[] = []
    const fetch: Fetch = Object.assign(async () => answer, { forget: ({ url }: Wanted) => void urls.push(url) })
    const trust = createTrustStore([root.certificate])
    const chain = [leaf.certificate]
    await verifyFetching({ chain, trust, time: TIME, purpose: 'server', provider: nodeProvider, ...more }, fetch)
    return urls
  }
  const uris = ['http://ca.example/crl']
  const listed = issue(root, { dnsNames: ['a.example'], extensions: [pointsExtension({ uris })] })
  const hour = 3_600_000

  test.each<[string, Uint8Array, Partial<VerifyRequest>, string[]]>([
    ['junk', Uint8Array.of(1), {}, ['http://ca.example/sub']],
    ['an issuer that is another', makeCa().certificate, {}, ['http://ca.example/sub']],
    ['a list of another', issueCrl(makeCa()), { chain: [listed.certificate] }, uris],
    ['a list that counts', issueCrl(root), { chain: [listed.certificate], time: TIME + hour }, []],
    ['the issuer', sub.certificate, { trust: createTrustStore([top.certificate]) }, []],
  ])('%s', async (_, answer, more, urls) => {
    expect([...new Set(await forgotten(answer, more))]).toEqual(urls)
  })
})

describe('limits', () => {
  test('of rounds', async () => {
    const { verdict, asked } = await judge(WHOLE, { rounds: 1 })
    expect([verdict.trusted, asked.length]).toEqual([false, 1])
    expect((await judge(WHOLE, { rounds: 0 })).asked).toEqual([])
  })

  test('of fetches, and those not made are still wanted', async () => {
    const { verdict, asked, warnings } = await judge(WHOLE, { fetches: 1 })
    expect([verdict.trusted, asked.length]).toEqual([false, 1])
    expect(verdict.wanted).toContainEqual({ kind: 'aia', url: 'http://ca.example/top', for: 1 })
    expect(warnings).toEqual([
      "The issuer from 'http://ca.example/top' was not asked for: the limits of fetching are reached.",
    ])
  })

  test('of bytes in all', async () => {
    const { verdict, warnings } = await judge(WHOLE, { bytes: sub.certificate.length + 1 })
    expect(verdict.trusted).toBe(false)
    expect(warnings[0]).toMatch(/top' could not be used: \d+ bytes are more than the 1 that it may have\.$/)
    const enough = sub.certificate.length + top.certificate.length
    expect((await judge(WHOLE, { bytes: enough })).verdict.trusted).toBe(true)
  })

  test('the fetcher is told how many bytes are left', async () => {
    const trust = createTrustStore([root.certificate])
    const request = { chain: [leaf.certificate], trust, time: TIME, purpose: 'server', provider: nodeProvider } as const
    const told: number[] = []
    await verifyFetching(
      request,
      async ({ url }, { maxBytes }) => {
        told.push(maxBytes)
        return url.endsWith('sub') ? sub.certificate : top.certificate
      },
      { bytes: 100_000 },
    )
    expect(told).toEqual([100_000, 100_000 - sub.certificate.length])
  })

  test.each([
    ['16 addresses of one junk issuer', 16, new Error('404')],
    ['answers as long as they may be', 3, new Uint8Array(1 << 20)],
  ])('%s do not use up what revocation is told by', async (_, count, answer) => {
    // Whoever has stolen a key leaves the issuer out, and presents another certificate for its name and key.
    const { chain, answers } = crowding(count, answer)
    const { verdict, asked, warnings } = await judge(answers, {}, chain, { time: TIME + 86_400_000 })
    expect(asked.map(({ url }) => url)).toContain('http://ca.example/crl')
    expect(verdict).toMatchObject({ trusted: false, reasons: [{ reason: 'revoked', certificate: 0 }] })
    expect(warnings.filter((text) => text.includes('evil')).length).toBeLessThanOrEqual(2)
  })

  test('an issuer that comes late leaves rounds to ask for revocation', async () => {
    const tops = Array.from({ length: 5 }, (_, i) => makeCa({ subject: `Junk ${i}` }))
    const { answers, status } = crowding(1, new Error('404'))
    const junk = tops.map((issuer, i) =>
      issueCa(issuer, {
        subject: i === 0 ? 'Sub' : `Junk ${i - 1}`,
        subjectPublicKeyInfo: (i === 0 ? sub : (tops[i - 1] as TestCertificate)).key.subjectPublicKeyInfo,
        extensions: [pointingAt(`http://evil.example/late/${i}`)],
      }),
    )
    const late = Object.fromEntries(
      junk.map((_, i) => [`http://evil.example/late/${i}`, junk[i + 1]?.certificate ?? sub.certificate]),
    )
    const { certificate } = issue(sub, {
      dnsNames: ['a.example'],
      extensions: [pointsExtension({ uris: ['http://ca.example/crl'] })],
    })
    const chain = [certificate, (junk[0] as TestCertificate).certificate]
    const list = issueCrl(sub, { revoked: [{ certificate }] })
    const { verdict } = await judge({ ...answers, ...late, 'http://ca.example/crl': list }, {}, chain, {
      time: TIME + 86_400_000,
      trust: status,
    })
    expect(verdict.reasons).toMatchObject([{ reason: 'revoked' }])
  })

  test('a leaf does not keep its issuer’s list from being asked for', async () => {
    const uris = Array.from({ length: 4 }, (_, i) => `http://evil.example/${i}`)
    const middle = issueCa(root, {
      subject: 'Stolen',
      extensions: [pointsExtension({ uris: ['http://ca.example/root.crl'] })],
    })
    const { certificate } = issue(middle, { dnsNames: ['a.example'], extensions: [pointsExtension({ uris })] })
    const list = issueCrl(root, { revoked: [{ certificate: middle.certificate }] })
    const { verdict } = await judge(
      { 'http://ca.example/root.crl': list },
      { fetches: 2 },
      [certificate, middle.certificate],
      { time: TIME + 86_400_000 },
    )
    expect(verdict.reasons).toMatchObject([{ reason: 'revoked', certificate: 1 }])
  })

  test('what was wanted and not asked for, as too much was asked, is told', async () => {
    const uris = ['http://ca.example/a', 'http://ca.example/b']
    const { certificate } = issue(root, { dnsNames: ['a.example'], extensions: [pointsExtension({ uris })] })
    const { verdict, warnings } = await judge({}, { fetches: 1 }, [certificate])
    expect(verdict.trusted).toBe(true)
    expect(warnings).toContain(
      "The revocation list from 'http://ca.example/b' was not asked for: the limits of fetching are reached.",
    )
  })

  test('no more is fetched at once than bytes are left for', async () => {
    let atOnce = 0
    let most = 0
    const uris = Array.from({ length: 4 }, (_, i) => `http://ca.example/${i}`)
    const { certificate } = issue(root, { dnsNames: ['a.example'], extensions: [pointsExtension({ uris })] })
    const trust = createTrustStore([root.certificate])
    const request = { chain: [certificate], trust, time: TIME, purpose: 'server', provider: nodeProvider } as const
    await verifyFetching(request, async (_, { maxBytes }) => {
      atOnce += maxBytes
      most = Math.max(most, atOnce)
      await Promise.resolve()
      atOnce -= maxBytes
      throw new Error('404')
    })
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(32 << 20)
  })

  test('an address is asked once, in whatever form it comes', async () => {
    const uris = ['http://ca.example/a', 'HTTP://CA.example/a#b', 'http://ca.example:80/a#c']
    const { certificate } = issue(root, { dnsNames: ['a.example'], extensions: [pointsExtension({ uris })] })
    expect((await judge({}, {}, [certificate])).asked).toHaveLength(1)
  })

  test('a chain that always points at one more comes to an end', async () => {
    let made = 0
    let newest: TestCertificate = makeCa({ subject: 'CA 0', extensions: [pointingAt('http://ca.example/0')] })
    const trust = createTrustStore([root.certificate])
    const endless = issue(newest, { dnsNames: ['a.example'], extensions: [pointingAt('http://ca.example/x')] })
    const request = {
      chain: [endless.certificate],
      trust,
      time: TIME,
      purpose: 'server',
      provider: nodeProvider,
    } as const
    const verdict = await verifyFetching(request, async () => {
      const issuer = issueCa(makeCa({ subject: `CA ${made + 1}` }), {
        subject: `CA ${made}`,
        key: newest.key,
        extensions: [pointingAt(`http://ca.example/${++made}`)],
      })
      newest = makeCa({ subject: `CA ${made}`, key: newest.key })
      return issuer.certificate
    })
    expect(verdict.trusted).toBe(false)
    expect(made).toBeLessThanOrEqual(16)
  })

  test.each([{ rounds: -1 }, { fetches: 1.5 }, { bytes: Number.NaN }])('%j is a mistake', async (limits) => {
    await expect(judge(WHOLE, limits)).rejects.toThrow(/^limits\.\w+: needs a whole number/)
  })
})
