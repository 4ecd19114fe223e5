/**
 * Differences that are not ours to mend: what they look like, and the rule by which handfast is right or free
 * to do as it does. The first entry that fits explains a difference; one that none fits fails the run.
 */

import type { Kind } from './comparison.ts'

export interface Explanation {
  /** RFC and section, and what it says. */
  readonly rule: string
  readonly kind: Kind
  /** Of what handfast did, as `told` tells it. */
  readonly ours: RegExp
  /** Of what the other did. */
  readonly theirs?: RegExp
  /** True: only where the other had not taken the handshake for complete yet. */
  readonly isEarly?: true
  /** Of the changes and of what followed the handshake, as `storyOf` tells them. */
  readonly story?: RegExp
}

export const EXPLANATIONS: readonly Explanation[] = [
  // --- handfast accepts ---
  {
    rule: 'RFC 9846 section 5.1: legacy_record_version must be ignored for all purposes',
    kind: 'only-handfast-accepts',
    ours: /^accepts/,
    theirs: /WRONG_VERSION_NUMBER|UNSUPPORTED_PROTOCOL/,
    story: /on the wire/,
  },
  {
    rule: 'RFC 9846 section 4.3: what is in an extension that is not implemented is not looked at',
    kind: 'only-handfast-accepts',
    ours: /^accepts/,
    theirs: /BAD_EXTENSION|POST_HANDSHAKE_AUTH_ENCODING_ERR|NO_RENEGOTIATION|LENGTH_MISMATCH/,
    story: /(client_hello|certificate_request): extension(_type)?:? /,
  },
  {
    rule: 'RFC 9846 section 4.7.1: a client may ignore tickets, and handfast reads none yet',
    kind: 'only-handfast-accepts',
    ours: /^accepts/,
    theirs: /LENGTH_MISMATCH|BAD_EXTENSION|EXCESSIVE_MESSAGE_SIZE|INVALID_TICKET/,
    story: /then [^;]*(stray|ticket)/,
  },
  {
    rule: 'RFC 9846 sections 6, 6.1: the level of an alert can be ignored, and user_canceled asks to read on',
    kind: 'only-handfast-accepts',
    ours: /^accepts/,
    story: /record 21 \[\d+ 90\]/,
  },
  {
    rule: 'RFC 9846 section 5: change_cipher_spec is dropped at any time after the first ClientHello',
    kind: 'only-handfast-accepts',
    isEarly: true,
    ours: /^accepts/,
    theirs: /UNEXPECTED_MESSAGE|BAD_CHANGE_CIPHER_SPEC|BAD_RECORD_TYPE/,
    story: /record (20|22)\/[12] .*moved|record 20 \[1\]|record 20\/1/,
  },
  {
    rule: 'RFC 9846 section 4: a message is judged when it is whole, and this one never is',
    kind: 'only-handfast-accepts',
    ours: /^accepts/,
    theirs: /UNEXPECTED_MESSAGE|EXCESSIVE_MESSAGE_SIZE/,
    story: /its length says|flight [1-3], record 22\/\d+/,
  },
  {
    rule: 'RFC 9846 section 4.5.1.2: a server without a chain signed as the client wants sends what it has',
    kind: 'only-handfast-accepts',
    ours: /^accepts/,
    theirs: /handshake_failure \(ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM/,
    story: /extension 50|extension_type/,
  },

  // --- handfast refuses ---
  {
    rule: 'RFC 9846 section 4.3: an extension that was not asked for is refused, known or not',
    kind: 'only-handfast-refuses',
    ours: /^unsupported_extension/,
  },
  {
    rule: 'RFC 9846 section 4.3: an extension that is known does not belong into every message',
    kind: 'only-handfast-refuses',
    ours: /^illegal_parameter \((client_hello|server_hello|hello_retry_request|encrypted_extensions|certificate(_request)?(\.certificate_list)?)\.[a-z_]+\)/,
    story: /extension \d+ added|extension_type/,
  },
  {
    rule: 'RFC 9846 section 4.2.2: after a HelloRetryRequest a ClientHello changes only where it must',
    kind: 'only-handfast-refuses',
    ours: /^illegal_parameter \(client_hello\.\w+\)/,
    story: /^retry|client_shares|extension_data|HelloRetryRequest/,
  },
  {
    rule: 'RFC 9846 section 4.3.8: key shares are for groups of supported_groups, each once and in its order',
    kind: 'only-handfast-refuses',
    ours: /^illegal_parameter \(client_hello\.key_share/,
  },
  {
    rule: 'RFC 9846 section 9.2: supported_groups and key_share are never without each other',
    kind: 'only-handfast-refuses',
    ours: /^missing_extension/,
  },
  {
    rule: 'RFC 9846 sections 4.2.2, 4.2.3: legacy_version is 0x0303',
    kind: 'only-handfast-refuses',
    ours: /^protocol_version \((client|server)_hello\.legacy_version/,
  },
  {
    rule: 'RFC 6066 section 3: a host name is ASCII, not empty, and of the form of DNS names',
    kind: 'only-handfast-refuses',
    ours: /^(decode_error|illegal_parameter) \(client_hello\.extensions\.server_name/,
  },
  {
    rule: 'RFC 9846 sections 4.3.2, 4.3.7: a cookie and a list of groups are not empty, and nothing follows them',
    kind: 'only-handfast-refuses',
    ours: /^decode_error \(\w+\.extensions\.(cookie|supported_groups)/,
  },
  {
    rule: 'RFC 9846 section 5.4: content, its type and padding are at most 2^14 + 1 bytes',
    kind: 'only-handfast-refuses',
    ours: /^record_overflow \(record\.content/,
    story: /too long/,
  },
  {
    rule: 'RFC 9846 section 5.1: no fragment of a handshake message is empty',
    kind: 'only-handfast-refuses',
    ours: /^unexpected_message \(handshake\)/,
    story: /record 22 \[\]|in \d records|with 0 bytes of/,
  },
  {
    rule: 'RFC 9846 section 5: change_cipher_spec is the byte 1, and never follows Finished',
    kind: 'only-handfast-refuses',
    ours: /^unexpected_message \((change_cipher_spec|record\.type)/,
  },
  {
    rule: 'RFC 9846 section 4: TLS 1.3 has no such message',
    kind: 'only-handfast-refuses',
    ours: /^unexpected_message \(handshake\.msg_type/,
  },
  {
    rule: 'RFC 9846 section 4.4.2: in a handshake certificate_request_context is empty',
    kind: 'only-handfast-refuses',
    ours: /^illegal_parameter \(certificate_request\.certificate_request_context/,
  },
  {
    rule: 'RFC 9846 section 6: an unknown alert is an error, whatever its level',
    kind: 'only-handfast-refuses',
    ours: /^ended/,
    story: /record 21 \[/,
  },

  // --- both refuse: why our alert is what it is ---
  {
    rule: 'RFC 9846 section 5.2: bad_record_mac for whatever does not open; the header is authenticated',
    kind: 'other-alert',
    ours: /^bad_record_mac \(record\.encrypted_record/,
  },
  {
    rule: 'RFC 9846 section 6: decode_error for what does not conform to the syntax',
    kind: 'other-alert',
    ours: /^decode_error/,
  },
  {
    rule: 'RFC 9846 section 6: illegal_parameter for what conforms to the syntax, and is wrong',
    kind: 'other-alert',
    ours: /^illegal_parameter/,
  },
  {
    rule: 'RFC 9846 sections 4.2.2, 4.2.3, 4.3.1: protocol_version for a version that is not spoken',
    kind: 'other-alert',
    ours: /^protocol_version/,
  },
  {
    rule: 'RFC 9846 sections 4, 5, 5.1, 5.4: unexpected_message for a message or record out of place',
    kind: 'other-alert',
    ours: /^unexpected_message/,
  },
  {
    rule: 'RFC 9846 sections 5.1, 5.2: record_overflow for a record that is too long',
    kind: 'other-alert',
    ours: /^record_overflow/,
  },
  {
    rule: 'RFC 9846 section 4.3: unsupported_extension for an extension that was not asked for',
    kind: 'other-alert',
    ours: /^unsupported_extension/,
  },
  {
    rule: 'RFC 9846 section 9.2: missing_extension for one that must be there',
    kind: 'other-alert',
    ours: /^missing_extension/,
  },
  {
    rule: 'RFC 7301 section 3.2: no_application_protocol where there is none in common',
    kind: 'other-alert',
    ours: /^no_application_protocol/,
  },
  {
    rule: 'RFC 9846 section 6.2: which alert tells why a certificate is refused is for the judge to say',
    kind: 'other-alert',
    ours: /^(bad_certificate|unsupported_certificate|certificate_\w+|unknown_ca) \(certificate/,
  },
  {
    rule: 'RFC 9846 section 6.2: an alert of the peer is the end, whatever its level, and no alert answers it',
    kind: 'other-alert',
    ours: /^(ended|waits)/,
    story: /record 21[ /]/,
  },
  {
    rule: 'RFC 9846 section 5.1: legacy_record_version must be ignored; the stream then ends before it is refused',
    kind: 'other-alert',
    ours: /^waits/,
    theirs: /WRONG_VERSION_NUMBER|UNSUPPORTED_PROTOCOL|BAD_RECORD_TYPE/,
  },
  {
    rule: 'RFC 9846 section 5: change_cipher_spec is dropped at any time after the first ClientHello',
    kind: 'other-alert',
    ours: /^waits/,
    theirs: /UNEXPECTED_MESSAGE/,
  },
  {
    rule: 'RFC 9846 section 4: a message is judged when it is whole, and this one never is',
    kind: 'other-alert',
    ours: /^waits/,
    theirs: /EXCESSIVE_MESSAGE_SIZE|DATA_LENGTH_TOO_LONG|NO_SUITABLE_SIGNATURE_ALGORITHM/,
  },
]
