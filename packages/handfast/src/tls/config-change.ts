/** What of a server's configuration may change once the ClientHello has come. */

import { type ServerConfig, type ServerSettings, serverSettings } from './config.ts'

/**
 * A server's settings after `choose-config`. Provider, clock, limits and key log stay as they are.
 * @throws {TypeError}
 */
export function mergeServerConfig(settings: ServerSettings, change: Partial<ServerConfig>): ServerSettings {
  const { provider, clock } = settings
  const changed = serverSettings({ ...change, provider, clock })
  const merged: Record<string, unknown> = { ...settings }
  for (const name of CHOOSABLE) {
    if (change[name] !== undefined) merged[name] = changed[name]
  }
  return merged as unknown as ServerSettings
}

/** Options that still matter once the ClientHello has come. */
const CHOOSABLE = [
  'alpnProtocols',
  'versions',
  'cipherSuites',
  'groups',
  'signatureSchemes',
  'identities',
  'certificateAuthorities',
  'clientAuthentication',
  'clientCertificateTypes',
  'certificateSignatureSchemes',
  'requestOcsp',
  'requestTimestamps',
  'cookie',
  'rejectUnknownServerName',
  'requireExtendedMasterSecret',
  'psks',
  'resumptionContext',
  'tickets',
  'maxEarlyData',
] as const
