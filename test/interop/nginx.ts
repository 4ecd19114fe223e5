/**
 * nginx as an HTTPS server, on a Unix socket behind the tap. A POST to it is passed to a plain HTTP echo in this
 * process, so that the body travels both ways.
 */
import { type Server, createServer } from 'node:http'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { Child, findCommand, run } from './child.ts'
import {
  ALL_SUITES,
  ALL_SUITES_12,
  CLASSIC_GROUPS,
  CLASSIC_SCHEMES,
  HYBRID_GROUPS,
  MLDSA_SCHEMES,
  opensslSuite,
  PKCS1_SCHEMES,
  suiteOfOpenssl,
} from './names.ts'
import { CURVES } from './openssl.ts'
import type { Peer, ServerSettings } from './peer.ts'
import { NotAvailable } from './peer.ts'
import { programOf } from './program.ts'

export const nginxPeer: Peer = {
  name: 'nginx',
  title: 'nginx',
  subset: true,
  async version() {
    const output = await run(programOf('nginx'), ['-V'], { deadline: 10_000 })
    const number = /nginx version: nginx\/(\S+)/.exec(output)?.[1]
    const library = /(?:built|running) with OpenSSL (\S+)/.exec(output)?.[1]
    if (!number || !output.includes('http_ssl_module')) throw new NotAvailable('this nginx has no http_ssl_module')
    return `${number} (OpenSSL ${library ?? (await systemOpenssl())})`
  },
  knows(version) {
    const [major = 0, minor = 0] = (/OpenSSL (\S+)\)/.exec(version)?.[1] ?? '').split('.').map(Number)
    const modern = major > 3 || (major === 3 && minor >= 5)
    return {
      groups: modern ? [...HYBRID_GROUPS, ...CLASSIC_GROUPS] : CLASSIC_GROUPS,
      schemes: modern ? [...CLASSIC_SCHEMES, ...MLDSA_SCHEMES] : CLASSIC_SCHEMES,
      suites: ALL_SUITES,
      alpn: ['http/1.1'],
    }
  },
  knows12: () => ({
    groups: CLASSIC_GROUPS,
    schemes: [...CLASSIC_SCHEMES, ...PKCS1_SCHEMES],
    suites: ALL_SUITES_12,
    alpn: ['http/1.1'],
  }),
  server: {
    speech: 'http',
    closers: ['server'],
    refusal: /the answer was HTTP\/1\.1 400/,
    async start(settings, { folder, deadline }) {
      const socket = join(folder, 'nginx.sock')
      const upstream = join(folder, 'echo.sock')
      const log = join(folder, 'access.log')
      const echo = await startEcho(upstream)
      await mkdir(join(folder, 'temp'))
      await writeFile(join(folder, 'nginx.conf'), configuration(settings, { folder, socket, upstream, log }))
      const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr']
      const child = new Child(programOf('nginx'), args, { deadline })
      try {
        await child.until('it listened', () => /start worker process|event method|using the/.test(child.output))
      } catch (error) {
        echo.close()
        throw error
      }
      return {
        target: { path: socket },
        async stop() {
          await child.stop('SIGQUIT')
          echo.closeAllConnections()
          echo.close()
          const text = await readFile(log, 'latin1').catch(() => '')
          const [version, suite, verified, alpn] = text.trim().split(' ')
          if (!version) return {}
          return {
            version,
            suite: suiteOfOpenssl(suite),
            clientCertificate: verified === 'SUCCESS',
            ...(alpn && { alpn: alpn === '-' ? null : alpn }),
          }
        },
        output: () => child.output,
      }
    },
  },
}

/** An nginx that doesn't tell its OpenSSL uses the system's. */
async function systemOpenssl(): Promise<string> {
  const openssl = findCommand('openssl')
  const output = openssl ? await run(openssl, ['version'], { deadline: 10_000 }) : ''
  return /^OpenSSL (\S+)/.exec(output)?.[1] ?? 'unknown'
}

function startEcho(path: string): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      response.writeHead(200, { 'content-length': body.length }).end(body)
    })
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => resolve(server))
  })
}

interface Places {
  folder: string
  socket: string
  upstream: string
  log: string
}

function configuration(settings: ServerSettings, { folder, socket, upstream, log }: Places): string {
  const { version, identity, client, groups, schemes, suites } = settings
  const tls = [`ssl_protocols ${version ? 'TLSv1.2' : 'TLSv1.3'}`, `ssl_certificate ${identity.files.chain}`]
  tls.push(`ssl_certificate_key ${identity.files.key}`, 'ssl_session_tickets off')
  if (client) tls.push('ssl_verify_client on', `ssl_client_certificate ${client.files.root}`)
  if (groups) tls.push(`ssl_ecdh_curve ${groups.map((group) => CURVES[group] ?? group).join(':')}`)
  if (suites && version) tls.push(`ssl_ciphers ${suites.map(opensslSuite).join(':')}`)
  else if (suites) tls.push(`ssl_conf_command Ciphersuites ${suites.join(':')}`)
  if (schemes) tls.push(`ssl_conf_command SignatureAlgorithms ${schemes.join(':')}`)
  if (schemes) tls.push(`ssl_conf_command ClientSignatureAlgorithms ${schemes.join(':')}`)
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr info;
events { worker_connections 32; }
http {
  client_body_temp_path ${folder}/temp/body;
  proxy_temp_path ${folder}/temp/proxy;
  fastcgi_temp_path ${folder}/temp/fastcgi;
  uwsgi_temp_path ${folder}/temp/uwsgi;
  scgi_temp_path ${folder}/temp/scgi;
  log_format tls '$ssl_protocol $ssl_cipher $ssl_client_verify';
  access_log ${log} tls;
  server {
    listen unix:${socket} ssl;
    ${tls.map((line) => `${line};`).join('\n    ')}
    location / { proxy_pass http://unix:${upstream}:; }
  }
}
`
}
