/**
 * Cases that we hold to be wrong, by id, and why. They are judged and counted like all others: this is told
 * beside them where they fail, and nothing else depends on it.
 */
export const DISPUTED: ReadonlyMap<string, string> = new Map([
  [
    'bssl::many-names/ok-all-types',
    'the leaf has 341 DNS names, t0.test to t340.test, and its issuer permits t0.test to t170.test alone: RFC 5280 ' +
      'section 6.1.3 (b) refuses it. BoringSSL does not run this case.',
  ],
])
