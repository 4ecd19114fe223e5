import { describe, expect, test } from 'vitest'
import { fromHex } from '../../bytes/index.ts'
import { renderTrace } from './trace.ts'
import { displayWidth } from './width.ts'
import { PLAIN, type Terminal } from './terminal.ts'

const BOXES: Terminal = { ...PLAIN, boxes: true, utf8: true }
const RANDOM = '00112233445566778899aabbccddeeff'.repeat(2)

/** A handshake message of `type` with this body, in hex. */
function message(type: number, body: string): Uint8Array {
  const length = body.length / 2
  return fromHex(type.toString(16).padStart(2, '0') + length.toString(16).padStart(6, '0') + body)
}

/** A ClientHello with three suites, a server_name, an empty extended_master_secret and supported_groups. */
function clientHello(name: string): Uint8Array {
  const host = Buffer.from(name, 'latin1').toString('hex')
  const size = (bytes: number): string => bytes.toString(16).padStart(4, '0')
  const entry = `00${size(name.length)}${host}`
  const serverName = `0000${size(entry.length / 2 + 2)}${size(entry.length / 2)}${entry}`
  const extensions = `${serverName}00170000000a0006000411ec001d`
  return message(1, `0303${RANDOM}0000061301130213030100${size(extensions.length / 2)}${extensions}`)
}

describe('a traced message', () => {
  test('names its fields, their values and what those mean', () => {
    const lines = renderTrace({ direction: 'sent', raw: clientHello('server.example') }, BOXES).split('\n')
    expect(lines[0]).toMatch(/^ → client_hello {2}\d+ bytes$/)
    expect(lines).toContain('   legacy_version              0303 TLS 1.2')
    expect(lines).toContain('   legacy_session_id           empty')
    expect(lines).toContain('   cipher_suites               1301 TLS_AES_128_GCM_SHA256,')
    expect(lines).toContain('                               1302 TLS_AES_256_GCM_SHA384,')
    expect(lines).toContain('         host_name             "server.example"')
    expect(lines).toContain('       named_group_list        11ec X25519MLKEM768, 001d x25519')
    expect(lines.some((line) => /length|extension_type/.test(line))).toBe(false)
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(80)
  })

  test('an empty extension is named too', () => {
    const raw = message(8, '000400000000')
    expect(renderTrace({ direction: 'received', raw }, PLAIN)).toBe(
      ' <- encrypted_extensions  10 bytes\n   extensions\n     server_name               empty\n\n',
    )
  })

  test('long values are cut and counted, short ones shown whole', () => {
    const signature = (length: number): string =>
      renderTrace(
        { direction: 'sent', raw: message(15, `0403${length.toString(16).padStart(4, '0')}${'ab'.repeat(length)}`) },
        PLAIN,
      )
    expect(signature(32)).toContain('signature                   abababababababababababababababab\n')
    expect(signature(33)).toContain('abababababababababababab... (33 bytes)')
    expect(signature(33)).toContain('algorithm                   0403 ecdsa_secp256r1_sha256')
  })

  test('what cannot be read is shown as far as it goes, with the reason', () => {
    const raw = clientHello('a').subarray(0, 60)
    const text = renderTrace({ direction: 'received', raw }, PLAIN)
    expect(text).toContain('random ')
    expect(text).toMatch(/client_hello\.\S+: needs /)
    expect(renderTrace({ direction: 'received', raw: message(99, '00') }, PLAIN)).toContain('unknown(99)')
  })

  test('a name cannot steer the terminal', () => {
    const text = renderTrace({ direction: 'received', raw: clientHello('a\u001b[2Jb\u009b') }, BOXES)
    expect(text).not.toMatch(/[\p{Cc}](?<!\n)/u)
  })
})
