/** `handfast/tls`: the TLS engine, without I/O. */

import { type ClientConfig, clientSettings, type ServerConfig, serverSettings } from './config.ts'
import { Connection } from './connection.ts'
import { client } from './handshake/client.ts'
import { server } from './handshake/server.ts'

/**
 * A client's end of a connection. Its ClientHello is in `takeOutput()` at once.
 * @throws {TypeError} for a configuration that makes no sense.
 */
export function clientConnection(config: ClientConfig): Connection {
  const settings = clientSettings(config)
  return new Connection('client', settings, config.beganAt, (hs) => client(hs, settings))
}

/**
 * A server's end of a connection.
 * @throws {TypeError} for a configuration that makes no sense.
 */
export function serverConnection(config: ServerConfig): Connection {
  const settings = serverSettings(config)
  return new Connection('server', settings, config.beganAt, (hs) => server(hs, settings))
}

export {
  ALERT_CODES,
  ALERT_OF_REASON,
  type AlertDescription,
  type EchRejection,
  type Fault,
  TlsError,
} from './alert.ts'
export type { CertificateCompression } from './certificate-compression.ts'
export {
  type ClientConfig,
  type Clock,
  DEFAULT_LIMITS,
  type Identity,
  type Limits,
  type ServerConfig,
} from './config.ts'
export { Connection } from './connection.ts'
export { type EchConfig, readEchConfig, readEchConfigList, writeEchConfigList } from './ech/config.ts'
export { createEchKey, type EchKey, type EchKeyOptions, type EchKeyRequest, generateEchKey } from './ech/key.ts'
export type { ConnectionEvent, ConnectionState, Negotiated, Task } from './event.ts'
export type { Answers, ClientHelloSummary, PeerJudgement, Question } from './handshake/flow.ts'
export { chooseIdentity } from './handshake/identity.ts'
export { type ExternalPsk } from './psk.ts'
export { createReplayMemory, type ReplayMemoryOptions, type ReplayStore } from './replay.ts'
export { readSession, type Session, type SessionState, writeSession } from './session.ts'
export { createSessionCache, type SessionCache, type SessionCacheOptions } from './session-cache.ts'
export {
  createTicketKeys,
  openTicket,
  type RotatingKeysOptions,
  sealTicket,
  type TicketKey,
  type TicketKeyStore,
} from './ticket.ts'
export type { HelloExtension, HelloShape, HelloValue } from './hello-shape.ts'
export { type FieldMap, mapFields } from './message/field-map.ts'
export {
  answerSession,
  answerTasks,
  judgementOf,
  judgePeer,
  type LocalHost,
  type Validation,
  verifyPeerRequest,
} from './host.ts'
export {
  CIPHER_SUITES,
  type CipherSuite,
  type CipherSuiteName,
  COMPRESSION_CODES,
  type CompressionName,
  type CertificateType,
  GROUP_CODES,
  SIGNATURE_SCHEMES,
  type SignatureScheme,
  type SignatureSchemeName,
  TLS_VERSIONS,
  type TlsVersion,
} from './registry.ts'
