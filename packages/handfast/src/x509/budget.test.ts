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
    [{ steps: 7 } as never, /^budgets: needs pathLength, pathSteps, .*, has 'steps'$/],
    [{ policyNodes: -1 }, 'budgets.policyNodes: needs a whole number from 0 on, has -1'],
    [null as never, 'budgets: needs an object, has null'],
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
      evidenceChecks: 0,
      nameComparisons: 10,
      policyNodes: 0,
      triedPaths: 4,
    })
  })

  test('what is found out by a getter is checked, and read once', () => {
    class Inherited {
      reads = 0
      get nameComparisons(): number {
        return this.reads++ === 0 ? 7 : Number.NaN
      }
    }
    const given = new Inherited()
    Object.defineProperty(given, 'reads', { enumerable: false })
    expect(readBudgets(given)).toEqual({ ...DEFAULT_BUDGETS, nameComparisons: 7 })
    expect(() => readBudgets(given)).toThrow('budgets.nameComparisons: needs a whole number from 0 on, has NaN')
  })

  test('policies that were one too many count as all there were', () => {
    const meter = new Meter(readBudgets({ policyNodes: 5 }))
    meter.policyNodes.nodes = -3
    expect([meter.exceeded, meter.used(0).policyNodes]).toEqual(['policyNodes', 5])
    expect(meter.message).toContain('budget policyNodes: 5 certificate policies')
  })

  test('comparisons of names that were one too many count as all there were', () => {
    const meter = new Meter(readBudgets({ nameComparisons: 5 }))
    meter.nameComparisons.comparisons = -1
    expect([meter.exceeded, meter.used(0).nameComparisons]).toEqual(['nameComparisons', 5])
  })

  test('of the checks of evidence, those who stand lower leave some to those above', () => {
    const meter = new Meter(readBudgets({ evidenceChecks: 6 }))
    const take = (standing: 'path' | 'given' | 'presented'): number => {
      let taken = 0
      while (meter.takeEvidenceCheck(standing)) taken++
      return taken
    }
    expect([take('presented'), take('given'), take('path'), take('path')]).toEqual([2, 2, 2, 0])
    expect([meter.used(0).evidenceChecks, meter.exceeded]).toEqual([6, null])
    const other = new Meter(readBudgets({ evidenceChecks: 6 }))
    const search = other.forEvidence('given')
    expect([1, 2, 3, 4, 5].map(() => search.takeSignatureCheck())).toEqual([true, true, true, true, false])
    expect([search.exceeded, other.exceeded, other.hasUnjudged]).toEqual(['evidenceChecks', null, true])
    expect(search.message).toContain('budget evidenceChecks: 6 signature checks of evidence')
  })
})
