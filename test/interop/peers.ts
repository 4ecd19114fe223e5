/** The peers of the matrix, in the order of the table. */
import { chromiumPeer } from './chromium.ts'
import { curlPeer } from './curl.ts'
import { gnutlsPeer } from './gnutls.ts'
import { goPeer } from './go.ts'
import { javaPeer } from './java.ts'
import { nginxPeer } from './nginx.ts'
import { nodePeer } from './node.ts'
import { nssPeer } from './nss.ts'
import { opensslPeer } from './openssl.ts'
import type { Peer } from './peer.ts'

export const PEERS: readonly Peer[] = [
  opensslPeer,
  gnutlsPeer,
  nssPeer,
  curlPeer,
  nginxPeer,
  nodePeer,
  goPeer,
  javaPeer,
  chromiumPeer,
]
