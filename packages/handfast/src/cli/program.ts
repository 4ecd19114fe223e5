/**
 * The verbs of `handfast` and their options. A verb's own file is loaded when it is called, so that
 * none waits for what another needs.
 */

import { readFileSync } from 'node:fs'
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { CommandError } from './command-error.ts'
import { EXIT, HELP_FOOTER, VERIFY_EXIT_CODES } from './exit-codes.ts'
import { escapeText } from './render/escape.ts'
import { glyphsOf } from './render/glyphs.ts'
import { paint } from './render/colour.ts'
import type { Streams } from './streams.ts'

/** Runs the command line `args` (without the names of program and script); resolves with the exit code. */
export async function runProgram(args: readonly string[], streams: Streams): Promise<number> {
  let exitCode: number = EXIT.success
  const program = createProgram(streams, (code) => (exitCode = code))
  endQuietly(streams)
  try {
    await program.parseAsync([...args], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return EXIT.success
      return reportError(usageError(error, program, args), streams)
    }
    return reportError(error, streams)
  }
}

function createProgram(streams: Streams, exitWith: (code: number) => void): Command {
  const program = new Command('handfast')
    .description('TLS handshakes: make them, see them, judge them')
    .version(readVersion(), '-V, --version')
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => void streams.stdout.write(text),
      writeErr: (text) => void streams.stderr.write(text),
      // Told by `usageError`, in the manner of all other errors.
      outputError: () => {},
      getOutHasColors: () => streams.out.colour,
      getErrHasColors: () => streams.err.colour,
      getOutHelpWidth: () => streams.out.width,
      getErrHelpWidth: () => streams.err.width,
    })
    .configureHelp({ styleTitle: (title) => paint({ ...streams.out, colour: true }, 'strong', title) })
    .exitOverride()
    .addHelpText('after', HELP_FOOTER)
  addDemo(program, streams, exitWith)
  addConnect(program, streams, exitWith)
  addServe(program, streams, exitWith)
  addVerify(program, streams, exitWith)
  addRoots(program, streams, exitWith)
  addCa(program, streams, exitWith)
  addEch(program, streams, exitWith)
  return program
}

function addDemo(program: Command, streams: Streams, exitWith: (code: number) => void): void {
  program
    .command('demo')
    .description('one mutually authenticated handshake over TCP, shown in its four stages, and five attacks on it')
    .option('--json', 'print {ok, handshake, attacks: [{name, stage, alert, stopped}]}')
    .action(async (options) => exitWith(await (await import('./demo.ts')).runDemo(options, streams)))
}

function addConnect(program: Command, streams: Streams, exitWith: (code: number) => void): void {
  const command = program
    .command('connect')
    .description(
      'make a handshake with a server and show it (on standard error), then carry standard input there and ' +
        'what comes back to standard output',
    )
    .addArgument(new Argument('<host:port>', 'port 443 if it is left out; addresses of IPv6 in brackets'))
    .option('--ca <file>', "certificates to trust, repeatable (default: the operating system's)", collect)
    .option('--cert <file>', 'own certificate, with those between it and its root')
    .option('--key <file>', 'its private key')
    .option('--raw-public-key', 'show the public half of --key as it is to a server that takes raw public keys')
    .option('--trust-key <sha256>', 'a raw public key to trust, hex or base64 of its SPKI hash; repeatable', collect)
    .option('--post-handshake-auth', 'let the server ask for the certificate after the handshake too')
    .option('--servername <name>', 'the name the server must prove (default: the host)')
    .option('--intermediates <file>', 'certificates at hand, should the server not send them; repeatable', collect)
    .option('--ech <configs>', 'hide the name: ECHConfigList in base64, as in the HTTPS record, or a file with one')
  addValidation(addNames(command))
    .option('--fetch', 'get what the verdict lacks: missing intermediates, CRLs, OCSP responses')
    .option('--fetch-any', "likewise, from any port and this machine's own networks too (default: public, 80 and 443)")
    .option('--insecure', 'accept any certificate: you will not know who the server is')
    .option('--keylog <file>', 'append the secrets for Wireshark (SSLKEYLOGFILE): who has them can read the connection')
    .option('--timeout <seconds>', 'for connecting and the handshake (default: 10)', readSeconds)
    .option('--json', 'print the report as JSON on standard output, carry nothing, and close')
    .option('--trace', 'show every handshake message with its fields')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  handfast connect example.com:443\n' +
        "  printf 'GET / HTTP/1.0\\r\\n\\r\\n' | handfast connect localhost:8443 --ca ./ca/ca.pem",
    )
    .action(async (target, options) =>
      exitWith(await (await import('./connect.ts')).runConnect(target, options, streams)),
    )
}

function addServe(program: Command, streams: Streams, exitWith: (code: number) => void): void {
  const command = program
    .command('serve')
    .description(
      'serve TLS and tell every handshake in a line; SIGHUP reads --cert, --key, --ocsp, --client-ca and --ech anew',
    )
    .option('--port <n>', 'TCP port, 0 for any that is free', readPort, 8443)
    .option('--host <address>', 'address to listen on (default: all)')
    .option(
      '--cert <file>',
      'certificate, with those between it and its root; repeatable, each with its --key',
      collect,
    )
    .option('--key <file>', 'private key of the --cert in the same place', collect)
    .option('--ocsp <file>', 'OCSP response to staple to the --cert that it is about; repeatable', collect)
    .option('--client-ca <file>', 'ask clients for a certificate and trust these authorities; repeatable', collect)
    .option('--require-client-cert', 'refuse clients without a certificate')
    .option('--raw-public-key', 'show the public half of --key as it is to clients that take raw public keys')
    .option('--trust-key <sha256>', "a client's raw public key to trust, as for connect; repeatable", collect)
    .option('--ech <file>', 'key for clients that hide the name, as `handfast ech` makes it; repeatable', collect)
  addNames(command)
    .option('--www', 'answer an HTTP GET with a page that tells the handshake, then close')
    .option('--echo', 'send back what is received')
    .option('--json', 'print the report of every handshake as JSON, one a line')
    .addHelpText('after', '\nExample:\n  handfast serve --port 8443 --cert localhost.pem --key localhost.key --www')
    .action(async (options) => exitWith(await (await import('./serve.ts')).runServe(options, streams)))
}

/** Options that both ends have. */
function addNames(command: Command): Command {
  return command
    .option('--alpn <names>', 'application protocols in order of preference, separated by commas')
    .option('--groups <names>', 'key exchange groups likewise')
    .option('--cipher-suites <names>', 'cipher suites likewise')
    .option('--signature-schemes <names>', 'signature schemes likewise')
    .option('--certificate-compression <names>', 'how the peer may compress its certificates: brotli, zstd, zlib')
    .option('--record-size-limit <bytes>', 'longest record the peer may send, 64 to 16385', readRecordSize)
    .addOption(new Option('--min-version <version>', 'lowest version of TLS').choices(['1.2', '1.3']).default('1.2'))
    .addOption(new Option('--max-version <version>', 'highest version of TLS').choices(['1.2', '1.3']).default('1.3'))
}

function addVerify(program: Command, streams: Streams, exitWith: (code: number) => void): void {
  const command = program
    .command('verify')
    .description('judge a certificate and explain the verdict; nothing is fetched unless --fetch is given')
    .addArgument(
      new Argument(
        '<file...>',
        'PEM (any number of certificates) or DER; the first certificate is judged, the rest may be in any order; - is standard input',
      ),
    )
    .option(
      '--name <name>',
      'what it must prove: a host, an address, a URI, a mailbox or a service (_imaps.example.com), by its form or as ' +
        'dns:, ip:, uri:, email:, srv: (default: nothing)',
      collect,
    )
    .option(
      '--purpose <purpose>',
      'server, client, email, code-signing, time-stamping, ocsp-signing, any, or an OID (default: email for a ' +
        'mailbox, else server)',
    )
    .option(
      '--roots <source>',
      'whom to trust: system, bundled, a file or a folder; repeatable; every certificate in it is trusted, an ' +
        'intermediate too (default: system)',
      collect,
    )
    .option('--at <time>', 'judge as of this time: 2026-11-23, or RFC 3339 (default: now)', readMoment)
    .option('--intermediates <file>', 'other certificates at hand, not trusted by themselves; repeatable', collect)
  addValidation(command)
    .option('--stapled <file>', 'OCSP response that the server stapled; repeatable', collect)
    .option('--timestamps <file>', 'SignedCertificateTimestampList of the handshake, as bytes')
    .option('--fetch', 'get what the verdict lacks: missing intermediates, CRLs, OCSP responses')
    .option('--fetch-any', "likewise, from any port and this machine's own networks too (default: public, 80 and 443)")
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `${VERIFY_EXIT_CODES}\n` +
        '\nExamples:\n' +
        '  handfast verify chain.pem --name example.com\n' +
        '  handfast verify leaf.pem issuer.der --roots ./ca/ca.pem --at 2026-11-23 --crl ca.crl --revocation hard',
    )
    .action(async (files, options) => exitWith(await (await import('./verify.ts')).runVerify(files, options, streams)))
}

function addRoots(program: Command, streams: Streams, exitWith: (code: number) => void): void {
  program
    .command('roots')
    .description('show the roots that would be trusted: where they are from, of what date, and each of them')
    .addArgument(new Argument('[source...]', "system (default), bundled (Node's), a file or a folder"))
    .option('--json', 'print them as JSON')
    .action(async (sources, options) =>
      exitWith(await (await import('./roots.ts')).runRoots(sources, options, streams)),
    )
}

/** Options that say how a certificate is judged. */
function addValidation(command: Command): Command {
  return command
    .addOption(new Option('--profile <name>', 'rules to judge by').choices(['rfc5280', 'webpki', 'tls']).default('tls'))
    .option('--policy <file>', 'JSON with changes to the profile: {"rules": {"version": "ignore"}}')
    .option('--rule <name=severity>', 'set one rule to refuse, warn or ignore; repeatable', collect)
    .addOption(
      new Option(
        '--revocation <mode>',
        'soft: revoked is refused; hard: unknown as well (default: as the profile)',
      ).choices(['off', 'soft', 'hard']),
    )
    .option('--max-depth <n>', 'most intermediates between the certificate and its root', readDepth)
    .option('--crl <file>', 'revocation list; repeatable', collect)
    .option('--ocsp <file>', 'OCSP response; repeatable', collect)
    .option('--pin <sha256>', 'a key that must be in the path, hex or base64 of its SPKI hash; repeatable', collect)
    .option('--blocklist <file>', 'certificates and keys that are refused, one a line, or JSON')
    .option('--weak-keys <file>', 'SPKI hashes of keys that are known to be shared or leaked, one a line')
    .option(
      '--interception-roots <file>',
      "SPKI hashes of roots that intercept, one a line; known: handfast's own list",
    )
    .option(
      '--known-keys <file>',
      'keys remembered by name (trust on first use); connect adds those it meets, verify only reads',
    )
    .option('--logs <file>', 'log_list.json: transparency logs whose timestamps count')
}

function collect(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value]
}

function addCa(program: Command, streams: Streams, exitWith: (code: number) => void): void {
  const ca = program
    .command('ca')
    .description('make an authority, issue certificates, show any certificate')
    .helpCommand(false)
  ca.command('new')
    .description('make a certificate authority: DIR/ca.pem and DIR/ca.key')
    .requiredOption('--name <name>', 'its common name')
    .requiredOption('--out <dir>', 'where to put it')
    .addOption(keyTypeOption())
    .option('--days <n>', 'how long it is valid', readDays, 3650)
    .option('--force', 'overwrite what is there')
    .option('--json', 'print what was made as JSON')
    .addHelpText('after', "\nExample:\n  handfast ca new --name 'Example root' --out ./ca")
    .action(async (options) => exitWith(await (await import('./ca.ts')).runCaNew(options, streams)))
  ca.command('issue')
    .description('issue a certificate: DIR/NAME.pem (with what belongs between it and the root) and DIR/NAME.key')
    .requiredOption('--ca <dir>', 'the authority, as `ca new` made it')
    .option('--server <name...>', 'for a server: DNS names and IP addresses')
    .option('--client <name>', 'for a client: its name, an email address or a URI')
    .option('--authority <name>', 'for an intermediate authority: DIR/ca.pem (its certificate alone) and DIR/ca.key')
    .addOption(keyTypeOption())
    .option(
      '--days <n>',
      'how long it is valid, at most as long as the authority (default: 90, an authority 1825)',
      readDays,
    )
    .option('--out <dir>', 'where to put it', '.')
    .option('--force', 'overwrite what is there')
    .option('--json', 'print what was made as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  handfast ca issue --ca ./ca --server localhost 127.0.0.1 ::1\n' +
        '  handfast ca issue --ca ./ca --client alice@example.com --key-type ml-dsa-65',
    )
    .action(async (options) => exitWith(await (await import('./ca.ts')).runCaIssue(options, streams)))
  ca.command('show')
    .description('show certificates and chains as trees')
    .addArgument(new Argument('<file...>', 'PEM (any number of certificates) or DER; - is standard input'))
    .option('--json', 'print them as JSON')
    .action(async (files, options) => exitWith(await (await import('./ca.ts')).runCaShow(files, options, streams)))
}

function addEch(program: Command, streams: Streams, exitWith: (code: number) => void): void {
  program
    .command('ech')
    .description('make a key for clients that hide the name they want (Encrypted Client Hello)')
    .requiredOption('--public-name <name>', 'the name that everybody may see; the server needs a certificate for it')
    .requiredOption('--out <file>', 'where to put the key with its configuration')
    .option('--max-name-length <n>', 'length of the longest name that is hidden (default: 64)', readLength)
    .option('--force', 'overwrite what is there')
    .option('--json', 'print what was made as JSON')
    .addHelpText('after', '\nExample:\n  handfast ech --public-name cover.example --out ech.pem')
    .action(async (options) => exitWith((await import('./ech.ts')).runEch(options, streams)))
}

/** The names of issue.ts are given here once more, so that help does not wait for it; a test holds them together. */
export const KEY_TYPES: Readonly<Record<string, string>> = {
  ecdsa: 'ecdsa-p256',
  'ecdsa-p256': 'ecdsa-p256',
  'ecdsa-p384': 'ecdsa-p384',
  'ecdsa-p521': 'ecdsa-p521',
  ed25519: 'ed25519',
  rsa: 'rsa-2048',
  'rsa-2048': 'rsa-2048',
  'rsa-3072': 'rsa-3072',
  'rsa-4096': 'rsa-4096',
  'rsa-pss': 'rsa-pss-2048',
  'rsa-pss-2048': 'rsa-pss-2048',
  'rsa-pss-3072': 'rsa-pss-3072',
  'rsa-pss-4096': 'rsa-pss-4096',
  'ml-dsa': 'ml-dsa-65',
  'ml-dsa-44': 'ml-dsa-44',
  'ml-dsa-65': 'ml-dsa-65',
  'ml-dsa-87': 'ml-dsa-87',
}

function keyTypeOption(): Option {
  const description = 'ecdsa[-p256|-p384|-p521], ed25519, rsa[-2048|-3072|-4096], rsa-pss[-...], ml-dsa[-44|-65|-87]'
  return new Option('--key-type <type>', description).default('ecdsa-p256').argParser((value) => {
    const type = Object.hasOwn(KEY_TYPES, value.toLowerCase()) ? KEY_TYPES[value.toLowerCase()] : undefined
    if (type === undefined) throw new InvalidArgumentError(`There is ${Object.keys(KEY_TYPES).join(', ')}.`)
    return type
  })
}

function readSeconds(value: string): number {
  const seconds = Number(value)
  if (!(seconds > 0 && seconds <= 86_400)) throw new InvalidArgumentError('It needs a number of seconds above 0.')
  return seconds * 1000
}

function readPort(value: string): number {
  const port = Number(value)
  if (!/^\d+$/.test(value) || port > 65_535) throw new InvalidArgumentError('It needs a number from 0 to 65535.')
  return port
}

function readRecordSize(value: string): number {
  const size = Number(value)
  if (/^\d+$/.test(value) && size >= 64 && size <= 16_385) return size
  throw new InvalidArgumentError('It needs a number from 64 to 16385.')
}

function readLength(value: string): number {
  const length = Number(value)
  if (!/^\d+$/.test(value) || length > 255) throw new InvalidArgumentError('It needs a number from 0 to 255.')
  return length
}

function readDepth(value: string): number {
  const depth = Number(value)
  if (!/^\d+$/.test(value) || depth > 1000) throw new InvalidArgumentError('It needs a whole number, 0 or more.')
  return depth
}

/** A day (its beginning in UTC) or a moment of RFC 3339, as milliseconds since the epoch. */
function readMoment(value: string): number {
  const match = /^(\d{4}-\d\d-(\d\d))(?:[Tt ](\d\d:\d\d:\d\d(?:\.\d{1,9})?)([Zz]|[+-]\d\d:\d\d))?$/.exec(value)
  const [, day = '', ofMonth, time = '00:00:00', zone = 'Z'] = match ?? []
  const moment = Date.parse(`${day}T${time}${zone.toUpperCase()}`)
  // Date knows a 31st of February and means a day in March by it.
  if (match === null || Number.isNaN(moment) || new Date(Date.parse(day)).getUTCDate() !== Number(ofMonth)) {
    throw new InvalidArgumentError('It needs a day or a moment with its zone, as 2026-11-23 or 2026-11-23T08:36:22Z.')
  }
  return moment
}

function readDays(value: string): number {
  const days = Number(value)
  if (!(days > 0 && days <= 3_000_000)) throw new InvalidArgumentError('It needs a number of days above 0.')
  return days
}

/** What the parser of options has to say. Its message may end in a suggestion, in parentheses. */
function usageError(error: CommanderError, program: Command, args: readonly string[]): CommandError {
  let command = program
  for (const arg of args) {
    const next = command.commands.find((candidate) => candidate.name() === arg)
    if (next === undefined) break
    command = next
  }
  const names: string[] = []
  for (let at: Command | null = command; at !== null; at = at.parent) names.unshift(at.name())
  if (error.code === 'commander.help') return new CommandError(EXIT.usage, '')
  const message = error.message
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
    .trim()
  return new CommandError(EXIT.usage, message, `See ${names.join(' ')} --help.`)
}

/** Prints what is wrong and what to do next; answers the exit code. */
function reportError(error: unknown, streams: Streams): number {
  const { err: terminal } = streams
  const mark = paint(terminal, 'bad', glyphsOf(terminal).bad)
  const say = (message: string, advice: string): void => {
    const sentence = escapeText(message, terminal, 600)
    const next = advice === '' ? '' : `${paint(terminal, 'faint', ' ')} ${escapeText(advice, terminal, 1000)}\n`
    streams.stderr.write(`${mark} ${sentence}${/[.!?)]$/.test(sentence) ? '' : '.'}\n${next}`)
  }
  if (error instanceof CommandError) {
    if (error.message !== '') say(error.message, error.advice)
    return error.exitCode
  }
  const name = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  say(`internal error: ${name}`, 'This is a defect of handfast: please report it with the command you ran.')
  if (process.env.HANDFAST_DEBUG !== undefined && error instanceof Error) streams.stderr.write(`${error.stack}\n`)
  return EXIT.internal
}

/** Whoever reads our output may stop (`| head`): that is no error. */
function endQuietly(streams: Streams): void {
  for (const stream of [streams.stdout, streams.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      process.exit(EXIT.success)
    })
  }
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '?'
}
