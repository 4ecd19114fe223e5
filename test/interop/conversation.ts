/**
 * Application data: what is said over a connection once the handshake stands, from the client's and the server's
 * side, over any Duplex. What comes back is compared with what was sent, byte for byte, and the end of the other
 * side's stream must be told by close_notify (RFC 9846 section 6.1): a Duplex ends without an error only then.
 */
import { createHash } from 'node:crypto'
import type { Duplex } from 'node:stream'

import type { Closer, Speech } from './peer.ts'

/** Text of `size` bytes in lines of 64 characters, the same for the same name and different everywhere in it. */
export function makePayload(name: string, size: number): Buffer {
  const lines: string[] = []
  for (let at = 0; at < size; at += 65) lines.push(createHash('sha256').update(`${name} ${at}`).digest('hex'))
  return Buffer.from(`${lines.join('\n').slice(0, size - 1)}\n`)
}

/** Collects what a stream brings. */
export class Inbox {
  #chunks: Buffer[] = []
  #length = 0
  #error: Error | undefined
  #ended = false
  #waiting = new Set<() => void>()

  constructor(stream: Duplex) {
    stream.on('data', (chunk: Uint8Array) => {
      this.#chunks.push(Buffer.from(chunk))
      this.#length += chunk.length
      this.#wake()
    })
    stream.on('end', () => {
      this.#ended = true
      this.#wake()
    })
    stream.on('error', (error: Error) => {
      this.#error ??= error
      this.#wake()
    })
    stream.on('close', () => {
      if (!this.#ended) this.#error ??= new Error('the stream closed before its end')
      this.#wake()
    })
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  /** Resolves with what came once `enough` is true of it; rejects when the stream fails or ends before. */
  async until(what: string, enough: (length: number) => boolean): Promise<Buffer> {
    while (!enough(this.#length)) {
      if (this.#error) throw this.#error
      if (this.#ended) throw new Error(`the stream ended with ${this.#length} bytes, before ${what}`)
      await this.#change()
    }
    return this.bytes
  }

  /** Resolves with the first `length` bytes, which are gone from the inbox then. */
  async take(what: string, length: number): Promise<Buffer> {
    const bytes = await this.until(what, (held) => held >= length)
    this.#chunks = [bytes.subarray(length)]
    this.#length -= length
    return bytes.subarray(0, length)
  }

  /** Resolves with everything once the other side closed properly. */
  async end(): Promise<Buffer> {
    while (!this.#ended) {
      if (this.#error) throw this.#error
      await this.#change()
    }
    return this.bytes
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve)
    })
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}

/** What a server of this speech answers to a payload; for HTTP the body. */
export function answerTo(speech: Speech, payload: Buffer): Buffer {
  if (speech !== 'reverse') return payload
  const lines = payload.toString('latin1').split('\n')
  return Buffer.from(lines.map((line) => [...line].toReversed().join('')).join('\n'), 'latin1')
}

/** Throws unless the answer is the expected one. */
export function checkAnswer(answer: Buffer, expected: Buffer): void {
  if (answer.equals(expected)) return
  const differs = expected.findIndex((byte, at) => answer[at] !== byte)
  throw new Error(
    `sent ${expected.length} bytes, ${answer.length} came back, different from byte ${differs < 0 ? expected.length : differs} on`,
  )
}

/** What is said, and how it ends. */
export interface Conversation {
  speech: Speech
  payload: Buffer
  closer: Closer
  /** What a client says before all else, and hears in answer. */
  prelude?: { readonly say: string; readonly hear: string } | undefined
  /** Called once some of our data is on its way and some is not. */
  midway?: (() => void) | undefined
}

/** Sends the payload, checks the answer, and sees the connection closed properly in the given order. */
export async function speakAsClient(stream: Duplex, conversation: Conversation): Promise<void> {
  const { speech, payload, closer, prelude, midway } = conversation
  const inbox = new Inbox(stream)
  if (prelude !== undefined) {
    stream.write(prelude.say)
    checkAnswer(await inbox.take('the answer to the prelude', prelude.hear.length), Buffer.from(prelude.hear))
  }
  const request = speech === 'http' ? postRequest(payload) : speech === 'mirror' ? mirrorRequest(payload) : payload
  // Behind a line: s_server reverses what it reads at once.
  const half = request.indexOf('\n', request.length >> 1) + 1
  stream.write(request.subarray(0, half))
  midway?.()
  stream.write(request.subarray(half))
  if (speech === 'http' || speech === 'mirror') {
    const response = await inbox.end()
    if (speech === 'http') checkAnswer(bodyOf(response), payload)
    else if (!response.includes(request)) {
      throw new Error(`the answer doesn't hold the request: ${response.subarray(0, 200).toString('latin1')}`)
    }
  } else {
    const answer = await inbox.until('the whole answer came', (length) => length >= payload.length)
    checkAnswer(answer, answerTo(speech, payload))
    // s_server closes when it is told this word.
    if (speech === 'reverse' && closer === 'server') stream.write('CLOSE\n')
    if (closer === 'client') stream.end()
    await inbox.end()
  }
  await ended(stream)
}

/** Answers as a server, `echo` or `http`, and sees the connection closed properly in the given order. */
export async function speakAsServer(stream: Duplex, { speech, payload, closer, midway }: Conversation): Promise<void> {
  const inbox = new Inbox(stream)
  if (speech === 'http') {
    const answer = await answerRequest(inbox)
    const half = answer.length >> 1
    stream.write(answer.subarray(0, half))
    midway?.()
    stream.write(answer.subarray(half))
    stream.end()
  } else {
    let echoed = 0
    await inbox.until('the whole payload came', (length) => {
      if (length > echoed) {
        if (echoed === 0) midway?.()
        stream.write(inbox.bytes.subarray(echoed))
      }
      echoed = length
      return length >= payload.length
    })
    if (closer === 'server') stream.end()
    checkAnswer(await inbox.end(), payload)
  }
  await ended(stream)
}

/** Ends our side, if it isn't yet, and waits until the stream is closed. */
async function ended(stream: Duplex): Promise<void> {
  if (!stream.writableEnded) stream.end()
  if (stream.closed) return
  await new Promise<void>((resolve, reject) => {
    stream.once('close', resolve)
    stream.once('error', reject)
  })
}

function postRequest(body: Buffer): Buffer {
  const head = `POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), body])
}

function mirrorRequest(payload: Buffer): Buffer {
  const lines = payload.toString('latin1').trimEnd().split('\n')
  return Buffer.from(`GET / HTTP/1.0\r\n${lines.map((line, at) => `X-${at}: ${line}\r\n`).join('')}\r\n`)
}

/** The body of an HTTP response of known length. */
function bodyOf(response: Buffer): Buffer {
  const head = response.indexOf('\r\n\r\n')
  if (head < 0) throw new Error(`not an HTTP response: ${response.subarray(0, 200).toString('latin1')}`)
  const status = response.subarray(0, head).toString('latin1').split('\r\n', 1)[0] ?? ''
  if (!status.includes(' 200 ')) throw new Error(`the answer was ${status}`)
  return response.subarray(head + 4)
}

/** Reads one request and answers a POST with its body and a GET with a page that does such a POST. */
async function answerRequest(inbox: Inbox): Promise<Buffer> {
  let body: Buffer = Buffer.alloc(0)
  let isPost = false
  await inbox.until('the whole request came', () => {
    const { bytes } = inbox
    const head = bytes.indexOf('\r\n\r\n')
    if (head < 0) return false
    const text = bytes.subarray(0, head).toString('latin1')
    isPost = text.startsWith('POST ')
    body = bytes.subarray(head + 4)
    return body.length >= Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0)
  })
  const answer = isPost ? body : Buffer.from(POSTING_PAGE)
  const type = isPost ? 'text/plain' : 'text/html'
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nConnection: close\r\nContent-Length: ${answer.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), answer])
}

/** Posts what its address says after # and shows the answer; waits for it, so that the page is whole when loaded. */
const POSTING_PAGE = `<!doctype html><html><head><link rel="icon" href="data:,"></head><body><pre id="answer"></pre><script>
const request = new XMLHttpRequest()
request.open('POST', '/echo', false)
request.send(decodeURIComponent(location.hash.slice(1)))
document.getElementById('answer').textContent = request.responseText
</script></body></html>`
