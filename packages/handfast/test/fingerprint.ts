/**
 * What a ClientHello looks like to those who sort clients by it: its JA3 string and its JA4, computed from the message
 * by their published rules.
 */

import { createHash } from 'node:crypto'
import { type ClientHello, readClientHello } from '../src/tls/message/client-hello.ts'
import { extensionCode } from '../src/tls/message/extension.ts'
import { isGrease } from '../src/tls/registry.ts'

/** The first ClientHello in what a client sent: one record. */
export function helloIn(flight: Uint8Array): ClientHello {
  return readClientHello({
    type: 'client_hello',
    raw: flight.slice(5, 5 + (((flight[3] as number) << 8) | (flight[4] as number))),
  })
}

/** Version, suites, extensions, groups, point formats, as decimal numbers without GREASE. */
export function ja3(hello: ClientHello): string {
  const { supported_groups: groups = [], ec_point_formats: formats = [] } = hello.extensions
  const lists = [hello.cipherSuites, hello.extensionOrder, groups, formats]
  return [hello.legacyVersion, ...lists.map((list) => meant(list).join('-'))].join(',')
}

/** Of a TCP connection. */
export function ja4(hello: ClientHello): string {
  const suites = meant(hello.cipherSuites)
  const extensions = meant(hello.extensionOrder)
  const { supported_versions: versions = [hello.legacyVersion] } = hello.extensions
  const version = Math.max(...meant(versions)) === 0x0304 ? '13' : '12'
  const name = hello.extensions.server_name === undefined ? 'i' : 'd'
  const [protocol = new Uint8Array(0)] = hello.extensions.application_layer_protocol_negotiation ?? []
  const alpn = protocol.length === 0 ? '00' : String.fromCharCode(protocol[0] as number, protocol.at(-1) as number)
  const count = (list: readonly number[]): string => String(Math.min(list.length, 99)).padStart(2, '0')
  const unsaid = new Set([extensionCode('server_name'), extensionCode('application_layer_protocol_negotiation')])
  const sorted = extensions
    .filter((code) => !unsaid.has(code))
    .map(hex)
    .toSorted()
  const schemes = (hello.extensions.signature_algorithms ?? []).map(hex)
  return [
    `t${version}${name}${count(suites)}${count(extensions)}${alpn}`,
    digest(suites.map(hex).toSorted().join(',')),
    digest(`${sorted.join(',')}_${schemes.join(',')}`),
  ].join('_')
}

function meant(values: readonly number[]): readonly number[] {
  return values.filter((value) => !isGrease(value))
}

function hex(value: number): string {
  return value.toString(16).padStart(4, '0')
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
