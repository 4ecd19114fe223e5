/** Durations, sizes and dates for people. */

import type { Terminal } from './terminal.ts'

const SECOND = 1_000_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY_MS = 86_400_000

/** A duration of `microseconds` with three figures: `840 µs`, `2.41 ms`, `1.52 s`, `2 min 5 s`, `3 h 20 min`. */
export function formatDuration(microseconds: number, terminal: Terminal): string {
  const value = Math.max(0, Math.round(microseconds))
  if (value < 1000) return `${value} ${terminal.utf8 ? 'µs' : 'us'}`
  if (value < SECOND - 500) return `${threeFigures(value / 1000)} ms`
  if (value < MINUTE - SECOND / 2) return `${threeFigures(value / SECOND)} s`
  if (value < HOUR) return `${Math.floor(value / MINUTE)} min ${Math.floor((value % MINUTE) / SECOND)} s`
  return `${Math.floor(value / HOUR)} h ${Math.floor((value % HOUR) / MINUTE)} min`
}

/** Formats moments within a whole of `total` microseconds alike, so that a column of them can be compared: `0.31`, `12.40`. */
export interface Scale {
  readonly unit: 'ms' | 's'
  /** The number alone. */
  number(microseconds: number): string
  /** The number with its unit. */
  text(microseconds: number): string
}

/** The scale for moments of a whole of `total` microseconds. */
export function scaleFor(total: number): Scale {
  const seconds = total >= 10 * SECOND
  const digits = seconds ? 2 : total < 100_000 ? 2 : 1
  const unit = seconds ? 's' : 'ms'
  const number = (microseconds: number): string => (microseconds / (seconds ? SECOND : 1000)).toFixed(digits)
  return { unit, number, text: (microseconds) => `${number(microseconds)} ${unit}` }
}

/** A size in bytes, exact below 100,000: `517 B`, `1234 B`, `117 KiB`, `3.20 MiB`. */
export function formatSize(bytes: number): string {
  if (bytes < 100_000) return `${bytes} B`
  if (bytes < 2 ** 20) return `${threeFigures(bytes / 2 ** 10)} KiB`
  if (bytes < 2 ** 30) return `${threeFigures(bytes / 2 ** 20)} MiB`
  return `${threeFigures(bytes / 2 ** 30)} GiB`
}

/** A moment of RFC 3339 to the minute, in UTC: `2026-11-23 08:36`; what is no such moment comes back as it is. */
export function formatMoment(rfc3339: string): string {
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(rfc3339)
  return match === null ? rfc3339 : `${match[1]} ${match[2]}`
}

/** Time from `now` to `then` (both RFC 3339) for people: `in 89 days`, `3 hours ago`; empty if either is no moment. */
export function formatDistance(then: string, now: string): string {
  const distance = Date.parse(then) - Date.parse(now)
  if (Number.isNaN(distance)) return ''
  const amount = coarse(Math.abs(distance))
  return distance >= 0 ? `in ${amount}` : `${amount} ago`
}

/** A span between two moments in whole days or years: `90 days`, `10 years`. */
export function formatSpan(from: string, to: string): string {
  const span = Date.parse(to) - Date.parse(from)
  return Number.isNaN(span) || span < 0 ? '' : coarse(span)
}

function coarse(milliseconds: number): string {
  // A certificate's last second is part of its validity (RFC 5280 section 4.1.2.5): 90 days end at 23:59:59.
  const span = milliseconds + 1000
  const days = Math.floor(span / DAY_MS)
  if (days >= 730) return count(Math.round(days / 365.25), 'year')
  if (days >= 2) return count(days, 'day')
  const hours = Math.floor(span / 3_600_000)
  if (hours >= 2) return count(hours, 'hour')
  return count(Math.floor(span / 60_000), 'minute')
}

/** `1 day`, `2 days`. */
export function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`
}

function threeFigures(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)
}
