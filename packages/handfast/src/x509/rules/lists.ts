/** Rules by lists of the caller: each holds only if the list is given. */

import type { BlocklistEntry } from '../blocklist.ts'
import type { Certificate } from '../certificate.ts'
import { INTERCEPTION_ROOTS } from '../interception-roots.ts'
import { pinText } from '../key-set.ts'
import { meetingOf } from '../known-keys.ts'
import { printableText, quotedText } from '../printable-text.ts'
import { type PathContext, type PathRule, problem, type Problem } from './rule.ts'

/** No certificate of the path, the anchor included, is on the blocklist. */
export const BLOCKLIST: PathRule = { name: 'blocklist', check: findBlocked }

/** No key of the path, the anchor's included, is known to intercept. */
export const INTERCEPTION: PathRule = { name: 'interception', check: findInterception }

/** At least one key of the path, the anchor's included, is pinned. */
export const PINS: PathRule = { name: 'pins', check: findPinProblem }

/** The leaf's key is one remembered for its name; nothing to say without a name, and of a first meeting. */
export const KNOWN_KEYS: PathRule = { name: 'known-keys', check: findKeyChange }

function findBlocked(path: readonly Certificate[], { request, provider }: PathContext): Problem | null {
  const { blocklist } = request
  if (blocklist === undefined) return null
  for (const [index, certificate] of path.entries()) {
    const issuer = path[index + 1] ?? (certificate.isSelfIssued ? certificate : null)
    const entry = blocklist.find(certificate, issuer, provider.hashes.sha256)
    if (entry === null) continue
    const remark = entry.remark === undefined ? '' : ` (${printableText(entry.remark.slice(0, 200))})`
    const message = `The certificate must not be on ${quotedText(blocklist.name)}; it is, ${entryText(entry)}${remark}.`
    return problem('blocked', certificate, message)
  }
  return null
}

function entryText(entry: BlocklistEntry): string {
  switch (entry.kind) {
    case 'certificate':
    case 'certificate-or-key':
      return `by its SHA-256 ${entry.hash}`
    case 'key':
      return `by its key ${pinText(entry.hash)}`
    default:
      return `by its issuer and serial number ${entry.serialNumber}`
  }
}

function findInterception(path: readonly Certificate[], { request, provider }: PathContext): Problem | null {
  const { interceptionRoots } = request
  if (interceptionRoots === undefined) return null
  for (const certificate of path) {
    const key = certificate.publicKeyHash(provider.hashes.sha256)
    if (!interceptionRoots.has(key)) continue
    const known = INTERCEPTION_ROOTS.find((root) => root.key === key)
    const has = known === undefined ? pinText(key) : `${pinText(key)}, ${known.name}`
    const message = `No key of the path may be on ${quotedText(interceptionRoots.name)}; this one is (${has}).`
    return problem('interception', certificate, message)
  }
  return null
}

function findPinProblem(path: readonly Certificate[], { request, provider }: PathContext): Problem | null {
  const { pins } = request
  if (pins === undefined) return null
  const keys = path.map((certificate) => certificate.publicKeyHash(provider.hashes.sha256))
  if (keys.some((key) => pins.has(key))) return null
  const pinned = `${pins.size} of ${quotedText(pins.name)}`
  const shown = keys.map(pinText).join(', ')
  const message = `One key of the path must be among the ${pinned}; its keys, leaf first, are ${shown}.`
  return problem('pin-mismatch', null, message)
}

function findKeyChange(path: readonly Certificate[], context: PathContext): Problem | null {
  const meeting = meetingOf(path, context)
  if (meeting === null) return null
  const { leaf, name, key, remembered } = meeting
  if (remembered.length === 0 || remembered.includes(key)) return null
  const known = remembered.map(pinText).join(' or ')
  const message = `The key of ${quotedText(name)} must be the one remembered, ${known}; it is ${pinText(key)}.`
  return problem('key-changed', leaf, message)
}
