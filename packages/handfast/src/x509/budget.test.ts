import { describe, expect, test } from 'vitest'
import { DEFAULT_BUDGETS, Meter, readBudgets } from './budget.ts'

describe('budgets', () => {
  test('what is not given is the default', () => {
    expect(readBudgets(undefined)).toEqual(DEFAULT_BUDGETS)
    expect(readBudgets({ pathSteps: 5 })).toEqual({ ...DEFAULT_BUDGETS, pathSteps: 5 })
  })

  test.each([
    [{ pathSteps: -1 }, 'budgets.pathSteps: needs a whole number from 0 on, has -1'],
    [{ signatureChecks: 1.5 }, 'budgets.signatureChecks: needs a whole number from 0 on, has 1.5'],
    [{ nameComparisons: Number.NaN }, 'budgets.nameComparisons: needs a whole number from 0 on, has NaN'],
    [{ triedPaths: Infinity }, 'budgets.triedPaths: needs a whole number from 0 on, has Infinity'],
    [{ pathLength: 0 }, 'budgets.pathLength: needs a whole number from 1 on, has 0'],
    [{ pathSteps: '7' as never }, 'budgets.pathSteps: needs a whole number from 0 on, has 7'],
    [{ steps: 7 } as never, /^budgets: needs pathLength, pathSteps, .*, has steps$/],
  ])('nonsense is a mistake of the caller: %j', (given, message) => {
    expect(() => readBudgets(given)).toThrow(TypeError)
    expect(() => readBudgets(given)).toThrow(message)
  })

  test('a meter tells what was used, and the first budget that was exceeded', () => {
    const meter = new Meter(readBudgets({ pathSteps: 2, signatureChecks: 1, pathLength: 3 }))
    expect([meter.takeStep(), meter.takeStep(), meter.exceeded]).toEqual([true, true, null])
    expect([meter.takeSignatureCheck(), meter.takeSignatureCheck(), meter.takeStep()]).toEqual([true, false, false])
    expect(meter.exceeded).toBe('signatureChecks')
    expect(meter.message).toBe('No path was found within the budget signatureChecks: 1 signature checks.')
    expect([meter.allowsLength(3), meter.allowsLength(4)]).toEqual([true, false])
    meter.nameComparisons.comparisons -= 10
    expect(meter.used(4)).toEqual({
      pathLength: 3,
      pathSteps: 2,
      signatureChecks: 1,
      nameComparisons: 10,
      triedPaths: 4,
    })
  })

  test('comparisons of names that were one too many count as all there were', () => {
    const meter = new Meter(readBudgets({ nameComparisons: 5 }))
    meter.nameComparisons.comparisons = -1
    expect([meter.exceeded, meter.used(0).nameComparisons]).toEqual(['nameComparisons', 5])
  })
})
