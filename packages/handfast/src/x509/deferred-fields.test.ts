import { expect, test } from 'vitest'
import { deferFields } from './deferred-fields.ts'

test('fields are found out when they are read, each time, by the object they belong to', () => {
  let asked = 0
  const one = deferFields({ name: 'one' }, { size: () => ++asked, text: () => 'a' })
  const other = deferFields({ name: 'other' }, { size: () => -1 })
  expect(asked).toBe(0)
  expect([one.size, one.size, one.text, other.size]).toEqual([1, 2, 'a', -1])
  expect('text' in other).toBe(false)
})

test('they are fields like others, in JSON and in copies', () => {
  const found = deferFields({ a: 1 }, { b: () => [2] })
  expect(Object.keys(found)).toEqual(['a', 'b'])
  expect(JSON.stringify(found)).toBe('{"a":1,"b":[2]}')
  const copy = { ...found }
  expect(copy).toEqual({ a: 1, b: [2] })
  expect(copy.b).toBe(copy.b)
  expect(Object.getOwnPropertySymbols(copy)).toEqual([])
})

test('what throws, throws to whoever asks', () => {
  const found = deferFields(
    {},
    {
      a: (): number => {
        throw new RangeError('no')
      },
    },
  )
  expect(() => found.a).toThrow(RangeError)
})
