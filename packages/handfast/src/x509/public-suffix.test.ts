import { describe, expect, test } from 'vitest'
import { isPublicSuffix } from './public-suffix.ts'

describe('public suffixes', () => {
  test.each(['com', 'CO.UK', 'co.uk', 'xn--p1ai', 'unlisted', 'anything.ck'])('%s is one', (name) => {
    expect(isPublicSuffix(name)).toBe(true)
  })
  test.each(['example.com', 'example.co.uk', 'www.ck', 'host.unlisted', 'github.io'])('%s is none', (name) => {
    expect(isPublicSuffix(name)).toBe(false)
  })
})
