/** `serve --www`: just enough of HTTP/1.1 (RFC 9112) to answer a GET with the page of the connection's own handshake. */

import type { TlsSocket } from '../node/index.ts'
import { renderPage } from './render/page.ts'

const LONGEST_HEAD = 16_384
/** Milliseconds for the request's head, and again for taking the answer. */
const PATIENCE = 10_000

/** Reads one request, answers it, and closes; `patience` as above. */
export function answerWithPage(socket: TlsSocket, patience: number = PATIENCE): void {
  let head = ''
  const read = (chunk: Buffer): void => {
    head += chunk.toString('latin1')
    if (!/\r?\n\r?\n/.test(head) && head.length <= LONGEST_HEAD) return
    socket.removeListener('data', read)
    deadline.refresh()
    const answer = respond(socket, head)
    if (typeof answer === 'string') socket.end(answer)
    // If the connection ends meanwhile, there is nobody to answer.
    else answer.then((text) => socket.end(text)).catch(() => {})
    // A client that sends on must not find its connection reset before it has read the answer.
    socket.resume()
  }
  socket.on('data', read)
  // From the first byte to the last, and once more from the answer to the end: a trickle gains no time.
  const deadline = setTimeout(() => socket.destroy(), patience)
  socket.once('close', () => clearTimeout(deadline))
}

function respond(socket: TlsSocket, head: string): string | Promise<string> {
  if (head.length > LONGEST_HEAD)
    return response('431 Request Header Fields Too Large', 'text/plain', 'too long\n', true)
  const line = /^([A-Z]+) (\S+) HTTP\/1\.[01]\r?\n/.exec(head)
  if (line === null) return response('400 Bad Request', 'text/plain', 'this is not HTTP/1.1\n', true)
  const [, method, target = '/'] = line
  const hasBody = method !== 'HEAD'
  if (method !== 'GET' && method !== 'HEAD') {
    return response('405 Method Not Allowed', 'text/plain', 'GET is answered\n', true, 'Allow: GET, HEAD\r\n')
  }
  const path = target.replace(/[?#].*$/, '')
  if (path === '/report.json') {
    return response('200 OK', 'application/json', `${JSON.stringify(socket.report, null, 2)}\n`, hasBody)
  }
  if (path === '/reauth') return reauthenticate(socket, hasBody)
  if (path !== '/') return response('404 Not Found', 'text/plain', 'there are /, /report.json and /reauth\n', hasBody)
  return response('200 OK', 'text/html', renderPage(socket.report), hasBody)
}

/** Asks the client who it is before it is answered (RFC 9846 section 4.7.2), and tells what came of it. */
async function reauthenticate(socket: TlsSocket, hasBody: boolean): Promise<string> {
  let isAuthenticated: boolean
  try {
    isAuthenticated = await socket.requestClientCertificate()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return response('409 Conflict', 'text/plain', `${error.message}\n`, hasBody)
  }
  const answer = { authenticated: isAuthenticated, client: isAuthenticated ? socket.report.client : null }
  return response('200 OK', 'application/json', `${JSON.stringify(answer, null, 2)}\n`, hasBody)
}

function response(status: string, type: string, body: string, hasBody: boolean, more = ''): string {
  const length = Buffer.byteLength(body)
  return (
    `HTTP/1.1 ${status}\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Length: ${length}\r\n` +
    `${more}Cache-Control: no-store\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n` +
    `X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n${hasBody ? body : ''}`
  )
}
