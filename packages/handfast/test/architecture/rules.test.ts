/** The rules of the house, tried on sources made up to break them, and on sources that look as if they did. */

import { describe, expect, test } from 'vitest'
import { checkComments } from './comments.ts'
import { checkFlows } from './flows.ts'
import { checkImports } from './imports.ts'
import { checkEntries, checkLength, checkName, LONGEST_FILE } from './layout.ts'
import { checkPurity } from './purity.ts'
import { parseSource, type SourceFile, type Violation } from './source.ts'

type Rule = (source: SourceFile) => Violation[]

function expectCaught(rule: Rule, path: string, text: string, message: RegExp): void {
  const found = rule(parseSource(path, text))
  expect(found, `nothing was found in: ${text}`).toHaveLength(1)
  expect(found[0]?.message).toMatch(message)
}

function expectAllowed(rule: Rule, path: string, text: string): void {
  expect(rule(parseSource(path, text))).toEqual([])
}

describe('imports', () => {
  test.each([
    ['bytes/reader.ts', `import { readDer } from '../asn1/der.ts'`, /bytes imports asn1, which stands above it/],
    ['x509/name.ts', `import type { Stage } from '../report/index.ts'`, /imports point down only/],
    ['report/x.ts', `export * from '../tls/alert.ts'`, /report imports tls/],
    ['report/x.ts', `export { a } from '../tls/alert.ts'`, /report imports tls/],
    ['report/x.ts', `type A = import('../tls/alert.ts').Alert`, /report imports tls/],
    ['report/x.ts', `const a = await import('../tls/alert.ts')`, /report imports tls/],
    ['tls/x.ts', `import { connect } from 'handfast'`, /tls imports node/],
    ['crypto/x.ts', `import { a } from 'handfast/x509'`, /crypto imports x509/],
    ['node/x.ts', `import { a } from '../web/index.ts'`, /never import each other/],
    ['web/x.ts', `import { a } from '../node/index.ts'`, /never import each other/],
    ['bytes/x.test.ts', `import { a } from '../asn1/der.ts'`, /bytes imports asn1/],
    ['bytes/x.ts', `import { a } from '../../../bench/main.ts'`, /outside the folders of src/],
    ['attic/x.ts', `import { a } from '../bytes/index.ts'`, /no place in the order/],
    ['main.ts', `import { a } from './bytes/index.ts'`, /directly in src/],
    ['tls/x.ts', `import { nodeProvider } from '../crypto/node.ts'`, /a pure module imports crypto\/node\.ts/],
    ['crypto/index.ts', `export * from './node.ts'`, /a pure module imports crypto\/node\.ts/],
    ['tls/x.ts', `import { createHash } from 'node:crypto'`, /Node built-ins/],
    ['tls/x.ts', `import { createHash } from 'crypto'`, /Node built-ins/],
    ['tls/x.ts', `import type { Duplex } from 'node:stream'`, /Node built-ins/],
    ['web/x.ts', `import { Duplex } from 'node:stream'`, /Node built-ins/],
    ['crypto/portable.ts', `import { randomBytes } from 'node:crypto'`, /Node built-ins/],
    ['x509/x.ts', `import { sha256 } from '@noble/hashes/sha2.js'`, /the package @noble\/hashes/],
    ['crypto/x.ts', `import { Command } from 'commander'`, /the package commander/],
    ['x509/x.ts', `import { parse } from 'tldts-icann'`, /the package tldts-icann/],
  ])('%s: %s is caught', (path, text, message) => expectCaught(checkImports, path, text, message))

  test.each([
    ['asn1/der.ts', `import { Reader } from '../bytes/index.ts'`],
    ['tls/message/finished.ts', `import { Reader } from '../../bytes/index.ts'`],
    ['tls/message/finished.ts', `import { alert } from '../alert.ts'`],
    ['tls/x.test.ts', `import { nodeProvider } from '../crypto/node.ts'`],
    ['tls/x.test.ts', `import { readFileSync } from 'node:fs'\nimport { test } from 'vitest'`],
    [
      'crypto/node.ts',
      `import { createHash } from 'node:crypto'\nimport { ml_kem768 } from '@noble/post-quantum/ml-kem.js'`,
    ],
    ['crypto/portable.ts', `import { x25519 } from '@noble/curves/ed25519.js'`],
    ['x509/public-suffix.ts', `import { parse } from 'tldts-icann'`],
    ['node/index.ts', `import { nodeProvider } from '../crypto/node.ts'\nimport { connect } from 'node:net'`],
    ['cli/main.ts', `import { connect } from 'handfast'\nimport { Command } from 'commander'`],
  ])('%s: %s is allowed', (path, text) => expectAllowed(checkImports, path, text))
})

describe('purity', () => {
  test.each([
    ['tls/x.ts', `const a = Date.now()`, /Date\.now/],
    ['tls/x.ts', `const a = Date['now']()`, /Date\.now/],
    ['tls/x.ts', `const now = Date.now`, /Date\.now/],
    ['tls/x.ts', `const a = new Date()`, /new Date/],
    ['tls/x.ts', `const a = Date()`, /Date\(\)/],
    ['tls/x.ts', `const a = Math.random()`, /Math\.random/],
    ['tls/x.ts', `setTimeout(() => {}, 1)`, /setTimeout/],
    ['tls/x.ts', `const later = setTimeout`, /setTimeout/],
    ['tls/x.ts', `queueMicrotask(() => {})`, /queueMicrotask/],
    ['tls/x.ts', `console.log('x')`, /console/],
    ['tls/x.ts', `const a = performance.now()`, /performance/],
    ['tls/x.ts', `const a = globalThis.process`, /globalThis/],
    ['tls/x.ts', `const a = { console }`, /console/],
    ['tls/x.ts', `const a = Buffer.from('x')`, /Uint8Array/],
    ['tls/x.ts', `function f(a: Buffer): void {}`, /Uint8Array/],
    ['tls/x.ts', `const a = process.env['X']`, /process/],
    ['tls/x.ts', `const a = import.meta.url`, /import\.meta/],
    ['tls/x.ts', `crypto.getRandomValues(new Uint8Array(1))`, /CryptoProvider/],
    ['web/x.ts', `const a = Buffer.from('x')`, /Uint8Array/],
    ['web/x.ts', `const a = process.pid`, /process/],
    ['crypto/portable.ts', `const a = Buffer.alloc(1)`, /Uint8Array/],
    ['crypto/portable.ts', `const a = globalThis.performance`, /globalThis/],
    ['tls/x.ts', `globalThis.crypto.getRandomValues(a)`, /globalThis/],
  ])('%s: %s is caught', (path, text, message) => expectCaught(checkPurity, path, text, message))

  test.each([
    ['tls/x.ts', `const a = new Date(milliseconds)`],
    ['tls/x.ts', `const a = clock.now() + Date.UTC(2026, 0, 1) + Math.max(1, 2)`],
    ['tls/x.ts', `interface A { process: number; now(): number }\nconst a: A = b\na.process`],
    ['tls/x.ts', `import { performance } from './performance.ts'\nperformance()`],
    ['tls/x.ts', `function f(crypto: CryptoProvider): void { crypto.random(1) }`],
    ['tls/x.ts', `type F = (process: number) => void`],
    ['tls/x.ts', `// Date.now() and Buffer are only spoken of\nconst a = 'process.env'`],
    ['tls/x.test.ts', `console.log(Date.now(), Buffer.from('x'))`],
    ['crypto/portable.ts', `crypto.getRandomValues(a)\nglobalThis.crypto.getRandomValues(a)`],
    ['crypto/node.ts', `const a = Buffer.from('x')`],
    ['web/x.ts', `setTimeout(() => console.log(Date.now()), 1)`],
    ['node/x.ts', `process.once('exit', () => console.log(Buffer.from('x')))`],
  ])('%s: %s is allowed', (path, text) => expectAllowed(checkPurity, path, text))
})

describe('flows', () => {
  const flow = parseSource(
    'tls/handshake/flow.ts',
    `export type Flow<T> = Generator<Wait, T, unknown>
     export function* message(): Flow<Uint8Array> { return (yield { kind: 'message' }) as Uint8Array }
     export function start<T>(flow: Flow<T>): Story<T> { return new Story(flow) }
     export function later<T>(make: () => Flow<T>): Story<T> { return new Story(make) }`,
  )
  const authenticate = parseSource(
    'tls/handshake/authenticate.ts',
    `import { message, type Flow } from './flow.ts'
     export interface Signer { sign(input: Uint8Array): Flow<Uint8Array>; readonly judge: (chain: Chain) => Flow<void> }
     export function* authenticate(): Flow<void> { yield* message() }`,
  )
  const index = parseSource('tls/index.ts', `export { authenticate } from './handshake/authenticate.ts'`)
  const IMPORTS = `import { later, message, start, type Flow } from './flow.ts'\nimport { authenticate } from './authenticate.ts'\n`
  const rule: Rule = (source) => checkFlows([flow, authenticate, index, source])

  test('the sources the others are tried with are in order', () => {
    expect(checkFlows([flow, authenticate, index])).toEqual([])
  })

  test.each([
    ['tls/handshake/client13.ts', `function* f(): Flow<void> { yield { kind: 'message' } }`, /a bare yield/],
    ['tls/connection.ts', `function* f(): Generator<number> { yield 1 }`, /a bare yield/],
    ['x509/build-path.ts', `function* f(): Flow<void> { yield 1 }`, /a bare yield/],
    ['tls/handshake/client13.ts', `function* f() { yield* message() }`, /declare its return type/],
    [
      'tls/handshake/client13.ts',
      `function* f(): Generator<Wait, void> { yield* message() }`,
      /declare its return type/,
    ],
    ['tls/handshake/client13.ts', `const a = { *f() { yield* message() } }`, /declare its return type/],
    ['tls/handshake/client13.ts', `function* f(): Flow<void> { message() }`, /the flow message without yield\*/],
    ['tls/handshake/client13.ts', `function* f(): Flow<void> { const m = message() }`, /the flow message/],
    ['tls/handshake/client13.ts', `function* f(): Flow<void> { authenticate() }`, /the flow authenticate/],
    ['tls/handshake/client13.ts', `function* f(): Flow<void> { return authenticate() }`, /the flow authenticate/],
    ['tls/handshake/client13.ts', `function* f(): Flow<void> { log(authenticate()) }`, /the flow authenticate/],
    ['tls/handshake/client13.ts', `function* f(s: Signer): Flow<void> { s.sign(a) }`, /the flow sign/],
    ['tls/handshake/client13.ts', `function* f(s: Signer): Flow<void> { s.judge(a) }`, /the flow judge/],
    ['tls/handshake/client13.ts', `class A { *#go(): Flow<void> {}\n run(): void { this.#go() } }`, /the flow #go/],
    ['tls/handshake/client13.ts', `function f(each: () => Flow<void>): void { each() }`, /the flow each/],
    ['tls/handshake/client13.ts', `const f = function* (): Flow<void> {}\nf()`, /the flow f/],
    [
      'tls/handshake/client13.ts',
      `function f(): void { for (const a of [1]) authenticate() }`,
      /the flow authenticate/,
    ],
    ['tls/handshake/client13.ts', `elsewhere(() => authenticate())`, /the flow authenticate/],
    ['tls/handshake/client13.ts', `const m: Message = message()`, /the flow message/],
    ['tls/handshake/client13.ts', `class A { #m: Message\n f(): void { this.#m = message() } }`, /the flow message/],
    ['tls/handshake/client13.ts', `class B { constructor(a: Message) {} }\nnew B(message())`, /the flow message/],
  ])('%s: %s is caught', (path, text, message) => expectCaught(rule, path, IMPORTS + text, message))

  test('a flow imported under another name, or through an index, is still a flow', () => {
    expectCaught(
      rule,
      'tls/x.ts',
      `import { authenticate as go } from './handshake/authenticate.ts'\ngo()`,
      /the flow go/,
    )
    expectCaught(
      rule,
      'node/x.ts',
      `import { authenticate } from '../tls/index.ts'\nauthenticate()`,
      /the flow authenticate/,
    )
  })

  test.each([
    ['tls/handshake/client13.ts', `function* f(): Flow<void> { const m = yield* message() }`],
    ['tls/handshake/client13.ts', `function* f(a: boolean): Flow<void> { yield* a ? authenticate() : message() }`],
    ['tls/handshake/client13.ts', `function* f(s: Signer): Flow<void> { const a = wrap(yield* s.sign(b)) }`],
    ['tls/handshake/client13.ts', `function f(): Flow<void> { return authenticate() }`],
    ['tls/handshake/client13.ts', `const f = (): Flow<void> => authenticate()`],
    ['tls/handshake/client13.ts', `const story = start(authenticate())\nconst other = later(() => authenticate())`],
    [
      'tls/handshake/client13.ts',
      `const story: Flow<void> = authenticate()\nlet other: Flow | undefined = authenticate()`,
    ],
    [
      'tls/handshake/client13.ts',
      `class A { #story: Flow<void> | undefined; f(a: boolean): void { this.#story = a ? authenticate() : message() } }`,
    ],
    ['tls/handshake/client13.ts', `class B { constructor(story: Flow<void>) {} }\nnew B(authenticate())`],
    [
      'tls/handshake/client13.ts',
      `type Teller = () => Flow<void>\nclass B { constructor(tell: Teller) {} }\nnew B(() => authenticate())`,
    ],
    [
      'tls/handshake/client13.ts',
      `class A { #run(story: Flow<void>): void {}\n f(): void { this.#run(authenticate()) } }`,
    ],
    ['x509/names.ts', `export function* names(): Generator<string> { yield 'a' }`],
    ['node/x.ts', `function authenticate(): void {}\nauthenticate()`],
    ['tls/x.test.ts', `function* f() { yield 1 }\nauthenticate()`],
  ])('%s: %s is allowed', (path, text) =>
    expectAllowed(rule, path, path.startsWith('tls/handshake/') ? IMPORTS + text : text),
  )
})

describe('layout', () => {
  test('a long file is caught, a file just at the limit and a long test are not', () => {
    const long = 'const a = 1\n'.repeat(LONGEST_FILE)
    expectCaught(checkLength, 'tls/x.ts', `${long}const b = 2\n`, /501 lines/)
    expectAllowed(checkLength, 'tls/x.ts', long)
    expectAllowed(checkLength, 'tls/x.test.ts', long + long)
  })

  test.each(['tls/utils.ts', 'tls/util.test.ts', 'tls/helpers/der.ts', 'common/a.ts', 'x509/misc.ts'])(
    'the name %s is caught',
    (path) => expectCaught(checkName, path, '', /does not say what is inside/),
  )

  test('names that only contain such a word are allowed', () => {
    expectAllowed(checkName, 'x509/common-name.ts', '')
  })

  test('a folder without its index is caught', () => {
    const sources = ['bytes/index.ts', 'bytes/hex.ts', 'tls/alert.ts', 'cli/main.ts'].map((path) =>
      parseSource(path, ''),
    )
    expect(checkEntries(sources).map(({ path }) => path)).toEqual(['tls/index.ts'])
  })
})

describe('comments', () => {
  test.each([
    [`/** The head. */\n\nexport const a = 1`, /^a is exported without a doc comment/],
    [`export const a = 1, b = 2`, /^a, b is exported/],
    [`// Said to no tool.\nexport function f(): void {}`, /^f is/],
    [`/* Nor this. */\nexport class A {}`, /^A is/],
    [`/** */\nexport interface A {}`, /^A is/],
    [`/** Of something else. */\nconst a = 1\nexport type A = typeof a`, /^A is/],
    [`/** One. */\nexport const a = 1\nexport const b = 2`, /^b is/],
    [`function f(): void {}\nexport { f }`, /^f is/],
    [`export function f(a: string): void\nexport declare function f(a: number): void`, /^f is/],
  ])('%s is caught', (text, message) => {
    const [first] = checkComments(parseSource('x509/x.ts', text))
    expect(first?.message).toMatch(message)
  })

  test.each([
    ['x509/x.ts', `/** One. */\nexport const a = 1\n\n/**\n * Two.\n */\nexport class A {}`],
    ['x509/x.ts', `/** The first says it. */\nexport function f(a: string): void\nexport function f(a: number): void`],
    ['x509/x.ts', `/** Here. */\nfunction f(): void {}\nconst a = 1\nexport { f }`],
    ['x509/x.ts', `export { a } from './a.ts'\nexport * from './b.ts'\nimport { c } from './c.ts'\nexport { c }`],
    ['x509/x.ts', `const a = 1\ninterface A {}`],
    ['x509/x.test.ts', `export const a = 1`],
    ['tls/handshake/x.ts', `export const a = 1`],
  ])('%s: %s is allowed', (path, text) => expectAllowed(checkComments, path, text))
})
