/**
 * Differences where handfast goes on, or waits for the rest, and another implementation does not. Each is a risk:
 * so each asks what the other says, and what was done.
 */

import type { Explanation } from './explanation.ts'

const ACCEPTS: Explanation['kinds'] = ['only-handfast-accepts']
const ALERTS: Explanation['kinds'] = ['other-alert']

export const ACCEPTING: readonly Explanation[] = [
  {
    rule: 'RFC 9846 section 5.1: legacy_record_version must be ignored for all purposes',
    version: 'TLS 1.3',
    kinds: ACCEPTS,
    ours: /^accepts/,
    theirs: /WRONG_VERSION_NUMBER/,
    story: /on the wire: its version is/,
  },
  {
    rule: 'RFC 9846 section 5.1: legacy_record_version must be ignored until a ServerHello chooses TLS 1.2',
    version: 'TLS 1.2',
    kinds: ACCEPTS,
    ours: /^accepts/,
    theirs: /WRONG_VERSION_NUMBER/,
    story: /flight 0, record (0|1) on the wire: its version is/,
  },
  {
    rule: 'RFC 9846 section 6.2: a record or a message is judged when it is whole, and this one never is',
    kinds: ACCEPTS,
    ours: /^accepts/,
    theirs:
      /UNEXPECTED_MESSAGE|EXCESSIVE_MESSAGE_SIZE|BAD_RECORD_TYPE|WRONG_VERSION_NUMBER|ENCRYPTED_LENGTH_TOO_LONG|LENGTH_MISMATCH/,
    story: /ends within a (record|message); then/,
  },
  {
    rule: 'RFC 9846 section 4.3: what is in an extension that is not implemented is not looked at',
    kinds: ACCEPTS,
    ours: /^accepts/,
    theirs: /BAD_EXTENSION|POST_HANDSHAKE_AUTH_ENCODING_ERR|INVALID_MAX_FRAGMENT_LENGTH|MISSING_PSK_KEX_MODES/,
    story:
      /client_hello: (extension (1|5|14|27|28|41|42|49) added|extension_type: (spoilt to )?0x(1|5|e|1b|1c|29|2a|31);)/,
  },
  {
    rule: 'RFC 9846 section 9.3: a client ignores what it does not know in a CertificateRequest or NewSessionTicket',
    version: 'TLS 1.3',
    kinds: ACCEPTS,
    ours: /^accepts/,
    theirs: /BAD_EXTENSION/,
    story:
      /(certificate_request|new_session_ticket): (extension (0|1|5|18|22|27|34|13172) added|extension_type: (spoilt to )?0x(0|1|5|12|16|1b|22|3374);)/,
  },
  {
    rule: 'RFC 9846 sections 6, 6.1: the level of an alert can be ignored, and user_canceled asks to read on',
    kinds: ACCEPTS,
    ours: /^accepts/,
    theirs: /^ended|UNEXPECTED_MESSAGE/,
    story: /record 21 \[\d 90\] \(keys 0\)/,
  },
  {
    rule: 'RFC 5246 section 7.2.2: no_renegotiation is a warning, and after a warning a connection can go on',
    version: 'TLS 1.2',
    kinds: ACCEPTS,
    ours: /^accepts/,
    theirs: /NO_RENEGOTIATION/,
    story: /record 21 \[1 100\]/,
  },
  {
    rule: 'RFC 5246 sections 7.2.1, 7.2.2: a warning is no message of a handshake and stands between any of them',
    version: 'TLS 1.2',
    kinds: ACCEPTS,
    ours: /^accepts/,
    theirs: /DATA_BETWEEN_CCS_AND_FINISHED/,
    story: /record 21 \[1 \d+\]/,
  },
  {
    rule: 'RFC 5246 section 7.2.1: close_notify closes, and nothing depends on its level',
    version: 'TLS 1.2',
    kinds: ACCEPTS,
    ours: /^accepts/,
    theirs: /^illegal_parameter$/,
    story: /record 21(\/1 \(keys \d\) as record 21\/\d+| \[\d+ 0\])/,
  },
  {
    rule: 'RFC 9846 section 5: change_cipher_spec is dropped at any time after the first ClientHello',
    version: 'TLS 1.3',
    kinds: ACCEPTS,
    isEarly: true,
    ours: /^accepts/,
    theirs: /UNEXPECTED_MESSAGE|BAD_CHANGE_CIPHER_SPEC|BAD_RECORD_TYPE/,
    story: /record (20|22)\/[12] .*moved|record 20 \[1\]|record 20\/1/,
  },
  {
    rule: 'RFC 9846 section 4.5.1.2: a server without a chain signed as the client wants sends what it has',
    version: 'TLS 1.3',
    kinds: ACCEPTS,
    ours: /^accepts/,
    theirs: /handshake_failure \(ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM/,
    story: /extension 50 added/,
  },
  {
    rule: 'RFC 9846 section 4.3.3: in TLS 1.2 nobody must heed signature_algorithms_cert',
    version: 'TLS 1.2',
    kinds: ACCEPTS,
    ours: /^accepts/,
    theirs: /handshake_failure \(ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM/,
    story: /extension 50 added/,
  },
]

export const WAITING: readonly Explanation[] = [
  {
    rule: 'RFC 9846 section 5.1: legacy_record_version must be ignored; the stream then ends before anything is refused',
    kinds: ALERTS,
    ours: /^waits/,
    theirs: /WRONG_VERSION_NUMBER/,
    story: /on the wire: its version is|ends within a record/,
  },
  {
    rule: 'RFC 9846 section 5: change_cipher_spec is dropped, and what should follow it never comes',
    version: 'TLS 1.3',
    kinds: ALERTS,
    ours: /^waits/,
    theirs: /UNEXPECTED_MESSAGE|BAD_RECORD_TYPE/,
    story: /left out|record 20|moved/,
  },
  {
    rule: 'RFC 9846 section 6.2: a record or a message is judged when it is whole, and this one never is',
    kinds: ALERTS,
    ours: /^waits/,
    story: /ends within a (record|message); then/,
  },
  {
    rule: 'RFC 9846 section 4.2.4: a server asks for another share first, and looks for a certificate when that comes',
    version: 'TLS 1.3',
    kinds: ALERTS,
    ours: /^waits/,
    theirs: /NO_SUITABLE_SIGNATURE_ALGORITHM/,
    story: /^retry/,
  },
  {
    rule: 'RFC 9846 section 6.2: a message is judged when it is whole, and one whose length was changed on the wire never is',
    kinds: ALERTS,
    ours: /^waits/,
    theirs: /EXCESSIVE_MESSAGE_SIZE/,
    story: /on the wire: (byte [678] is|bytes changed)/,
  },
  {
    rule: 'RFC 9846 section 4.3: what is in an extension that is not implemented is not looked at, and who changed it knows no keys',
    kinds: ALERTS,
    ours: /^waits/,
    theirs: /BAD_EXTENSION/,
    story: /flight 0, record (0 on the wire|22\/1 )/,
  },
]
