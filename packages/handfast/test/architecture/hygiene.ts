/** What no file of the repository may hold: paths and hosts of a machine, a superseded standard, unpinned tools. */

export interface Finding {
  /** From the root of the repository. */
  readonly path: string
  /** From 1. */
  readonly line: number
  readonly message: string
}

interface Forbidden {
  readonly pattern: RegExp
  readonly message: string
}

// Written so that this file does not hold what it looks for.
const MACHINE_PATH = new RegExp(
  String.raw`(?<![\w.~$}-])/(?:${['work', 'root', String.raw`home/[\w.-]+`, String.raw`Users/[\w.-]+`].join('|')})/`,
)
const REGISTRY = /\/\/registry\.|\bregistry\.npm|\bregistry\s*=\s*["']?http|_auth(?:Token)?\s*=/i
const OBSOLETE = new RegExp(`RFC ?${8000 + 446}`)

const FORBIDDEN: readonly Forbidden[] = [
  { pattern: MACHINE_PATH, message: 'a path of one machine: make it relative, or take it from the environment' },
  { pattern: REGISTRY, message: 'names a package registry: the reader has their own, leave it out' },
  { pattern: OBSOLETE, message: 'cites the obsolete TLS 1.3 document: cite RFC 9846 and its section' },
]

/** Looks through one file's text. `hosts`: names this machine is configured with, which must not be in it either. */
export function findForbidden(path: string, text: string, hosts: readonly string[] = []): Finding[] {
  return text.split('\n').flatMap((content, index) =>
    FORBIDDEN.filter(({ pattern }) => pattern.test(content))
      .map(({ message }) => message)
      .concat(hosts.filter((host) => content.includes(host)).map(() => 'names a host this machine is configured with'))
      .map((message) => ({ path, line: index + 1, message })),
  )
}

/** The parts of package.json and package-lock.json that are looked at. */
export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export interface LockFile {
  readonly packages: Readonly<Record<string, Manifest & { readonly resolved?: string; readonly link?: boolean }>>
}

/** Every version of a manifest is one exact version. */
export function findUnpinned(path: string, manifest: Manifest): Finding[] {
  const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }
  return Object.entries(all)
    .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
    .map(([name, version]) => ({ path, line: 1, message: `${name} is "${version}": pin one exact version` }))
}

/** The lock file names no host, and holds an entry for every optional dependency, without which `npm ci` fails elsewhere. */
export function findLockFaults(path: string, lock: LockFile): Finding[] {
  const entries = Object.entries(lock.packages)
  const names = new Set(
    entries.map(([place]) => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)),
  )
  const hosts = entries
    .filter(([, entry]) => entry.link !== true && entry.resolved !== undefined)
    .map(([place]) => `${place} has "resolved": keep omit-lockfile-registry-resolved=true in .npmrc and lock again`)
  const missing = entries.flatMap(([place, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => !names.has(name))
      .map((name) => `${place || 'the root'} wants ${name}, which has no entry: npm ci fails where it is needed`),
  )
  return [...hosts, ...missing].map((message) => ({ path, line: 1, message }))
}
