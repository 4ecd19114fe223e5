/** Moments as text, in messages and in reports alike. */

/**
 * A time in milliseconds since the epoch as RFC 3339 has it, in UTC and without a fraction if that is zero:
 * `2026-01-01T00:00:00Z`, `2026-01-01T00:00:00.250Z`.
 * @throws {RangeError} beyond what a Date holds, 8.64e15 milliseconds to either side.
 */
export function timeText(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z')
}
