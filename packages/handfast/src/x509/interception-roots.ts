/**
 * Keys of roots that are publicly documented to have intercepted connections, or to let anyone do so
 * who has the private key that was shipped with them. Facts only: a name as the certificate has it, the
 * SHA-256 of the SubjectPublicKeyInfo, and who documented it.
 *
 * The hashes are those that Chromium publishes in `net/cert/cert_verify_proc_blocklist.inc`, with the
 * certificates in `net/data/ssl/blocklist`. The list is short and no substitute for one that is kept
 * up to date: others can be given in its place.
 */

/** A key that is known to intercept. */
export interface InterceptionRoot {
  /** What its certificate calls it. */
  readonly name: string
  /** SHA-256 of its SubjectPublicKeyInfo, lower-case hex. */
  readonly key: string
  /** Where it is documented. */
  readonly source: string
}

/** When the list was made, milliseconds since the epoch. */
export const INTERCEPTION_ROOTS_DATE: number = Date.UTC(2026, 10, 23)

/** The keys that are known, as `knownInterceptionRoots` makes a set of them. */
export const INTERCEPTION_ROOTS: readonly InterceptionRoot[] = [
  {
    name: 'Qaznet Trust Network',
    key: 'b5ba8dd7f89564c2889d3d6453c84998c77824919b64ea0835aa62986591be50',
    source: 'https://security.googleblog.com/2019/08/protecting-chrome-users-in-kazakhstan.html',
  },
  {
    name: 'Information Security Certification Authority CA',
    key: '8e12d0cb3b7df3ea2257579489fd8658c95603ea6cf4b73163a41eb7b7e93fee',
    source: 'https://security.googleblog.com/2019/08/protecting-chrome-users-in-kazakhstan.html',
  },
  {
    name: 'Information Security Certification Authority',
    key: 'b13fa2e6131a888a01f3d62056fb0efbe999eb6b6e14927613e02ba8b8fb046e',
    source: 'https://security.googleblog.com/2019/08/protecting-chrome-users-in-kazakhstan.html',
  },
  {
    name: 'Superfish, Inc.',
    key: '4bb8f35ba1e126f8dde1b0c420625ed86dce61a7bddadbdea9aba578ff13145e',
    source: 'https://www.eff.org/deeplinks/2015/02/how-remove-superfish-adware-your-lenovo-computer',
  },
  {
    name: 'eDellRoot',
    key: 'cdee9f3305572a677e1a6c82dc1e02a35b11cae6a684338c9f37fe1ac8daec23',
    source: 'http://www.dell.com/support/article/us/en/19/SLN300321',
  },
  {
    name: 'DSDTestProvider',
    key: '130ad4e0633521290531b6651f5759b0bc7bc656709ff8f365c2143b0389b6f6',
    source: 'http://www.dell.com/support/article/us/en/19/SLN300321',
  },
  {
    name: 'the default certificate authority of Cyberoam devices',
    key: '1af56c98ff043ef92bebff54cebb4dd67a25ba956c817f3e6dd3c1e52eb584c1',
    source: 'Chromium, net/data/ssl/blocklist/README.md',
  },
  {
    name: 'an intermediate of Trustwave for inspection in enterprises',
    key: '32ecc96f912f96d889e73088cd031c7ded2c651c805016157a23b6f32f798a3b',
    source: 'https://bugzilla.mozilla.org/show_bug.cgi?id=724929',
  },
  {
    name: 'known-interception.badssl.com, which is there for tests',
    key: 'a4e9af01416e3a029b5d35e5b119de00cfe156c5cf95fc823cf6d05e3c1a8237',
    source: 'https://badssl.com/',
  },
]
