/** Moments for people. */

/** A time in milliseconds since the epoch, as messages show it: `2026-01-01T00:00:00Z`. */
export function timeText(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z')
}
