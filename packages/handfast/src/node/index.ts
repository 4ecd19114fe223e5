/** `handfast`: TLS over Node's sockets. */

export { nodeProvider } from '../crypto/node.ts'
export type { HandshakeReport } from '../report/handshake-report.ts'
export {
  createReplayMemory,
  createSessionCache,
  createTicketKeys,
  type ExternalPsk,
  type HelloShape,
  type Identity,
  type PeerJudgement,
  type ReplayStore,
  type SessionCache,
  type Task,
  type TicketKeyStore,
  TlsError,
} from '../tls/index.ts'
export { nodeClock } from './clock.ts'
export { connect, type ConnectOptions } from './connect.ts'
export type { Decisions } from './decisions.ts'
export { createEchKeyFile, type EchConfigInput, type EchKeyInput, readEchConfigs, readEchKeys } from './ech.ts'
export { ERROR_MEANINGS, type HandfastError, type HandfastErrorCode } from './error.ts'
export { createFetcher, type Fetcher, type FetcherOptions } from './fetcher.ts'
export {
  type CertificateInput,
  createIdentity,
  createRawIdentity,
  type KeyInput,
  readCertificates,
  readPrivateKey,
} from './identity.ts'
export type { SharedOptions } from './options.ts'
export { type KnownKeysFile, openKnownKeys } from './known-keys-file.ts'
export { defaultRoots, readRoots, readRootsAt, type Roots, type SkippedRoot } from './roots.ts'
export { type CertificateAndKey, createServer, type SecureContext, type ServerOptions, TlsServer } from './server.ts'
export { createReplayFolder, createTicketKeyFile } from './session-store.ts'
export { TlsSocket } from './socket.ts'
export { ABSENT_FROM_NODE_TLS } from './surface.ts'
export type { ValidationOptions } from './validation.ts'
