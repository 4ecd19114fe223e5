/**
 * Differences where handfast refuses. Its own words say why, and the rule gives the alert for just that. Another
 * implementation that goes on may end later or not at all: so most entries don't ask what became of it.
 */

import type { Explanation } from './explanation.ts'

const REFUSES: Explanation['kinds'] = ['only-handfast-refuses', 'other-alert']
const ALERTS: Explanation['kinds'] = ['other-alert']
/** Of more than one change. */
const SEVERAL = /^[^;]+;.+; then /

/** What is wrong with records. */
const RECORDS: readonly Explanation[] = [
  {
    rule: 'RFC 9846 section 5.2: bad_record_mac for whatever does not open; the header is authenticated',
    version: 'TLS 1.3',
    kinds: ALERTS,
    ours: /^bad_record_mac \(record\.encrypted_record: needs to authenticate/,
  },
  {
    rule: 'RFC 5246 sections 6.2.3.3, 7.2.2: bad_record_mac for whatever does not open',
    version: 'TLS 1.2',
    kinds: ALERTS,
    ours: /^bad_record_mac \(record\.fragment: needs to authenticate/,
  },
  {
    rule: 'RFC 5246 section 6.2.3.3: what has no room for a nonce and a tag does not open',
    version: 'TLS 1.2',
    kinds: ['only-handfast-refuses'],
    ours: /^bad_record_mac \(record\.fragment: needs to authenticate/,
    story: /on the wire: byte 4 is (1?\d|2[0-3]); ends within a record; then/,
  },
  {
    rule: 'RFC 9846 section 5.4: content, its type and padding are at most 2^14 + 1 bytes',
    version: 'TLS 1.3',
    kinds: REFUSES,
    ours: /^record_overflow \(record\.content: needs at most 16384 bytes/,
    story: /too long/,
  },
  {
    rule: 'RFC 9846 sections 5.1, 5.2: record_overflow for a length that no record may have',
    version: 'TLS 1.3',
    kinds: ALERTS,
    ours: /^record_overflow \(record\.length: needs at most 16(384|640) bytes/,
  },
  {
    rule: 'RFC 5246 sections 6.2.1, 6.2.3: content is at most 2^14 bytes, to which our suites add 24',
    version: 'TLS 1.2',
    kinds: REFUSES,
    ours: /^record_overflow \(record\.length: needs at most 16(384|640) bytes/,
  },
  {
    rule: 'RFC 9846 section 5.1, RFC 5246 section 6.2.1: no fragment of a handshake message is empty',
    kinds: REFUSES,
    ours: /^unexpected_message \(handshake: needs at least one byte in a record/,
    story: /record 22 \[\]|in \d records|with (0|all) bytes of|, 0 bytes and|on the wire|behind its end|bytes of/,
  },
  {
    rule: 'RFC 9846 section 5, RFC 5246 section 6: unexpected_message for a type of record that there is not',
    kinds: REFUSES,
    ours: /^unexpected_message \(record\.(type: needs a content type of TLS|content_type: needs a record of the handshake)/,
    theirs: /^(?!accepts)/,
  },
  {
    rule: 'RFC 9846 section 5, RFC 5246 section 6: a type of record that there is not is known by its first byte',
    kinds: REFUSES,
    ours: /^unexpected_message \(record\.type: needs a content type of TLS/,
    theirs: /^accepts/,
    story: /ends within a record; then/,
  },
  {
    rule: 'RFC 9846 section 5.1: no data before keys are agreed, and none unprotected afterwards',
    kinds: ALERTS,
    ours: /^unexpected_message \(record\.type: needs (no application_data before keys|protected records once keys)/,
  },
  {
    rule: 'RFC 9846 section 5: change_cipher_spec never comes before ClientHello or after Finished, nor within a message',
    kinds: REFUSES,
    ours: /^unexpected_message \(record\.type: needs no change_cipher_spec here/,
    story: /record 20|record 22|on the wire|ends within a message/,
  },
  {
    rule: 'RFC 9846 section 5, RFC 5246 section 7.1: change_cipher_spec is the byte 1',
    kinds: REFUSES,
    ours: /^unexpected_message \(change_cipher_spec: needs the single byte 1/,
    story: /record 20|on the wire/,
  },
  {
    rule: 'RFC 9846 section 5.1: nothing comes between the parts of a handshake message',
    version: 'TLS 1.3',
    kinds: REFUSES,
    ours: /^unexpected_message \(record\.type: needs the rest of a handshake message/,
    story: /behind \d+ bytes|ends within a message|in \d records|record 2[123]|its length says|on the wire/,
  },
  {
    rule: 'RFC 5246 section 6.2.1: data may come between the parts of a message of a later handshake, and there is none',
    version: 'TLS 1.2',
    kinds: REFUSES,
    ours: /^unexpected_message \(record\.type: needs the rest of a handshake message/,
    story: /behind \d+ bytes|ends within a message|in \d records|record 2[123]|its length says|on the wire/,
  },
  {
    rule: 'RFC 9846 section 5.1: a record of alerts holds exactly one',
    version: 'TLS 1.3',
    kinds: ALERTS,
    ours: /^decode_error \(alert: needs two bytes/,
  },
  {
    rule: 'RFC 9846 section 5.4: unexpected_message for an alert without content',
    version: 'TLS 1.3',
    kinds: ALERTS,
    ours: /^unexpected_message \(alert: needs two bytes, has none/,
  },
  {
    rule: 'RFC 5246 sections 7.2, 7.2.2: an alert is two bytes; decode_error for one whose length is wrong',
    version: 'TLS 1.2',
    kinds: REFUSES,
    ours: /^decode_error \(alert: needs two bytes/,
    story: /record 21|byte 0 is 21/,
  },
  {
    rule: 'RFC 5246 section 6.2.1: the version of a record is that of the connection, 0x0303',
    version: 'TLS 1.2',
    kinds: ALERTS,
    ours: /^protocol_version \(record\.version: needs 0x0303/,
  },
]

/** What is wrong with the alerts of the mutant, and what they end. */
const ENDINGS: readonly Explanation[] = [
  {
    rule: 'RFC 9846 section 6: every alert but closure alerts is an error, whatever its level',
    version: 'TLS 1.3',
    kinds: ['only-handfast-refuses'],
    ours: /^ended/,
    story: /record 21 \[\d (?!0\]|90\])\d+\]|record 21\/\d/,
  },
  {
    rule: 'RFC 9846 section 6: until a ServerHello chooses TLS 1.2 there are no warnings',
    version: 'TLS 1.2',
    kinds: ['only-handfast-refuses'],
    ours: /^ended/,
    story: /flight 0, record 21 \[1 \d+\] \(keys 0\) at 0/,
  },
  {
    rule: 'RFC 5246 section 7.2: a fatal alert is the end, whether it is known or not',
    version: 'TLS 1.2',
    kinds: ['only-handfast-refuses'],
    ours: /^ended/,
    story: /record 21 \[2 \d+\]/,
  },
  {
    rule: 'RFC 9846 section 6.2, RFC 5246 section 7.2: after an alert that ends the connection none is sent',
    kinds: ALERTS,
    ours: /^ended/,
    story: /record 21[ /]| as record 21|byte 0 is 21|then .*close/,
  },
]

/** Messages that are not due. */
const ORDER: readonly Explanation[] = [
  {
    rule: 'RFC 9846 section 4, RFC 5246 section 7.4: there is no such message',
    kinds: REFUSES,
    ours: /^unexpected_message \(handshake\.msg_type: needs a handshake type of TLS/,
  },
  {
    rule: 'RFC 9846 section 4: TLS 1.3 has no HelloRequest, and before its choice there is no TLS 1.2',
    kinds: REFUSES,
    ours: /^unexpected_message \(handshake: needs [a-z_ ]+, has hello_request/,
    story: /record 22 \[0 0 0 0\]|record 22\/0/,
  },
  {
    rule: 'RFC 9846 section 4, RFC 5246 section 7.3: unexpected_message for a message that is not due',
    kinds: ALERTS,
    ours: /^unexpected_message \((handshake|change_cipher_spec): needs (?!at most|at least|the single)[a-z_ ]+, has [a-z_]+\)/,
  },
  {
    rule: 'RFC 5246 section 7.2.2: renegotiation that is not wanted is declined with no_renegotiation',
    version: 'TLS 1.2',
    kinds: REFUSES,
    ours: /^no_renegotiation \(client_hello: needs no renegotiation/,
    story: /stray|client_hello|record 22\/1|message \d|flight 2/,
  },
  {
    rule: 'RFC 5246 section 7.4.1.1: a client may ignore a HelloRequest, and a flood of them is an attack',
    version: 'TLS 1.2',
    kinds: REFUSES,
    ours: /^unexpected_message \(handshake: needs at most 32 messages without data in a row/,
    story: /\d{3,} of padding/,
  },
  {
    rule: 'RFC 9846 section 5.1: messages end with a record where keys change',
    version: 'TLS 1.3',
    kinds: ALERTS,
    ours: /^unexpected_message \(handshake: needs messages to end with a record where keys change/,
  },
]

/** What cannot be parsed: in the Reader's own words. */
const SYNTAX: readonly Explanation[] = [
  {
    rule: 'RFC 9846 section 6, RFC 5246 section 7.2.2: decode_error for what does not conform to the syntax',
    kinds: ALERTS,
    ours: /^decode_error \([a-z_0-9.[\]]+: needs (((at least|at most) )?\d+ bytes?|nothing more), has \d+/,
  },
  {
    rule: 'RFC 6066 section 3: a host name is not empty',
    kinds: REFUSES,
    ours: /^decode_error \(client_hello\.extensions\.server_name\.server_name_list\.host_name: needs at least 1 bytes/,
    story: /client_hello: (host_)?name: (empty|now 0 bytes|spoilt)|name_list|on the wire|record 22\/1/,
  },
  {
    rule: 'RFC 9846 section 4.3.2: a cookie is not empty, and nothing follows it',
    version: 'TLS 1.3',
    kinds: REFUSES,
    ours: /^decode_error \((client_hello|hello_retry_request)\.extensions\.cookie\.cookie/,
  },
  {
    rule: 'RFC 9846 section 4.3.7: a list of groups is not empty, and nothing follows it',
    version: 'TLS 1.3',
    kinds: REFUSES,
    ours: /^decode_error \(encrypted_extensions\.extensions\.supported_groups/,
  },
  {
    rule: 'RFC 9846 sections 4.3, 6: an extension that the receiver has must be right, also where it is of no use',
    kinds: REFUSES,
    ours: /^decode_error \(client_hello\.extensions\.(renegotiation_info|extended_master_secret|ec_point_formats|encrypted_client_hello|certificate_authorities|psk_key_exchange_modes|client_certificate_type|server_certificate_type|status_request|compress_certificate|record_size_limit|signed_certificate_timestamp|post_handshake_auth|pre_shared_key|early_data|key_share|cookie|supported_versions)\b/,
  },
  {
    rule: 'RFC 7627 section 5.1: extended_master_secret is empty',
    version: 'TLS 1.2',
    kinds: REFUSES,
    ours: /^decode_error \(server_hello\.extensions\.extended_master_secret: needs nothing more/,
  },
  {
    rule: 'RFC 5746 section 3.2: renegotiation_info is one vector, and nothing follows it',
    version: 'TLS 1.2',
    kinds: REFUSES,
    ours: /^decode_error \(server_hello\.extensions\.renegotiation_info/,
  },
  {
    rule: 'RFC 5246 section 7.4.4: a CertificateRequest names at least one type',
    version: 'TLS 1.2',
    kinds: REFUSES,
    ours: /^decode_error \(certificate_request\.certificate_types: needs at least 1 bytes/,
  },
]

/** Extensions, whatever they say. */
const EXTENSIONS: readonly Explanation[] = [
  {
    rule: 'RFC 9846 section 4.3, RFC 5246 section 7.4.1.4: an extension that was not asked for is refused, known or not',
    kinds: REFUSES,
    ours: /^unsupported_extension \((server_hello|hello_retry_request|encrypted_extensions|certificate\.certificate_list)\.\w+: needs an extension that was offered/,
    story: /extension \d+ added|extension_type|one of \d+ bytes added|behind its end|on the wire|record 22/,
  },
  {
    rule: 'RFC 9846 section 4.3: an extension that is known does not belong into every message',
    kinds: REFUSES,
    ours: /^illegal_parameter \([a-z_.]+\.[a-z_]+: needs no such extension in [a-z_12]+, has one\)/,
    story: /extension \d+ added|extension_type|one of \d+ bytes added|behind its end|on the wire|record 22/,
  },
  {
    rule: 'RFC 9846 section 4.3, RFC 5246 section 7.4.1.4: there is one extension of a type',
    kinds: REFUSES,
    ours: /^illegal_parameter \([a-z_.]+\.\w+: needs one extension of a type, has two\)/,
    story: /extension \d+ (added|twice)|extension_type|behind its end|on the wire|record 22/,
  },
  {
    rule: 'RFC 9846 section 9.2: supported_groups and key_share are never without each other, nor without schemes',
    version: 'TLS 1.3',
    kinds: REFUSES,
    ours: /^missing_extension \(client_hello\.(supported_groups|key_share|signature_algorithms): needs to be there/,
    story: /extension \d+ dropped|extension_type|on the wire|record 22|extensions: empty/,
  },
  {
    rule: 'RFC 9846 section 9.2: key_share is required of a server that agrees on a key by it',
    version: 'TLS 1.3',
    kinds: ALERTS,
    ours: /^missing_extension \(server_hello\.key_share: needs to be there/,
  },
  {
    rule: 'RFC 7301 section 3.2: no_application_protocol where there is none in common',
    kinds: ALERTS,
    ours: /^no_application_protocol \(client_hello\.application_layer_protocol_negotiation/,
  },
  {
    rule: 'RFC 6066 section 3: one name of a type, and the only type is host_name',
    kinds: ALERTS,
    ours: /^illegal_parameter \(client_hello\.extensions\.server_name\.server_name_list(\.name_type: needs host_name|: needs one host_name)/,
  },
  {
    rule: 'RFC 6066 section 3: a host name is ASCII, and of the form of DNS names',
    kinds: REFUSES,
    ours: /^illegal_parameter \(client_hello\.extensions\.server_name\.(server_name_list\.)?host_name: needs (printable ASCII|at most 255)/,
  },
  {
    rule: 'RFC 8449 section 4: a record_size_limit is two bytes, from 64 on, and a server keeps to what the version allows',
    kinds: REFUSES,
    ours: /^(illegal_parameter|decode_error) \((client_hello|server_hello|encrypted_extensions)\.(extensions\.)?record_size_limit(: needs (at (least|most) )?\d+ bytes?|: needs nothing more|\.)/,
    story: /extension 28 added|extension_type: (spoilt to )?0x1c;/,
  },
  {
    rule: 'RFC 8422 sections 5.1.2, 5.2: whoever lists point formats lists the uncompressed one',
    version: 'TLS 1.2',
    kinds: REFUSES,
    ours: /^illegal_parameter \((client|server)_hello\.ec_point_formats: needs uncompressed/,
  },
  {
    rule: 'RFC 5746 sections 3.4, 3.6: in an initial handshake renegotiation_info is empty',
    version: 'TLS 1.2',
    kinds: ALERTS,
    ours: /^handshake_failure \((client|server)_hello\.renegotiation_info: needs no bytes/,
  },
  {
    rule: 'RFC 9325 section 3.5: handshake_failure where a server does not answer renegotiation_info',
    version: 'TLS 1.2',
    kinds: REFUSES,
    ours: /^handshake_failure \(server_hello\.renegotiation_info: needs to be there/,
  },
  {
    rule: 'RFC 9849 section 7: illegal_parameter for an offer of ECH that only servers behind servers get, or nobody',
    kinds: REFUSES,
    ours: /^illegal_parameter \(client_hello\.extensions\.encrypted_client_hello(\.type: needs outer|: needs nothing behind type inner)|^illegal_parameter \(client_hello\.encrypted_client_hello/,
  },
]

/** Other fields, and what was agreed. */
const FIELDS: readonly Explanation[] = [
  {
    rule: 'RFC 9846 section 4.2.2: after a HelloRetryRequest a ClientHello changes only where it must',
    version: 'TLS 1.3',
    kinds: REFUSES,
    ours: /^illegal_parameter \(client_hello\.\w+: needs the same as in the first ClientHello/,
    story: /^retry|client_shares|extension_data|message 1, client_hello/,
  },
  {
    rule: 'RFC 9846 section 4.2.2: after a HelloRetryRequest there is no early_data any more',
    version: 'TLS 1.3',
    kinds: ALERTS,
    ours: /^illegal_parameter \(client_hello\.early_data: needs none after a HelloRetryRequest/,
  },
  {
    rule: 'RFC 9846 section 4.3.8: key shares are for groups of supported_groups, each once and in its order',
    version: 'TLS 1.3',
    kinds: REFUSES,
    ours: /^illegal_parameter \(client_hello\.key_share: needs groups of supported_groups, each once and in its order/,
    story: /client_hello|on the wire|record 22\/1/,
  },
  {
    rule: 'RFC 9846 section 4.2.2: after a HelloRetryRequest there is one share, of the group that was asked for',
    version: 'TLS 1.3',
    kinds: ALERTS,
    ours: /^illegal_parameter \(client_hello\.key_share: needs one share for \w+ as asked/,
  },
  {
    rule: 'RFC 9846 section 4.3.2: no cookie in a ClientHello unless one was given',
    version: 'TLS 1.3',
    kinds: REFUSES,
    ours: /^illegal_parameter \(client_hello\.cookie: needs none, none was sent/,
    story: /extension 44 added|extension_type/,
  },
  {
    rule: 'RFC 9846 sections 4.2.2, 4.2.3: legacy_version is 0x0303',
    version: 'TLS 1.3',
    kinds: REFUSES,
    ours: /^protocol_version \((client|server)_hello\.legacy_version: needs 0x0303/,
    story: /legacy_version|on the wire|record 22\/[12]/,
  },
  {
    rule: 'RFC 9846 section 4.3.1: protocol_version where no version is in common',
    kinds: ALERTS,
    ours: /^protocol_version \((client|server)_hello\.(supported_versions|client_version|server_version)/,
  },
  {
    rule: 'RFC 9846 section 4.2.2: of compression methods there is the null one alone',
    version: 'TLS 1.3',
    kinds: ALERTS,
    ours: /^illegal_parameter \(client_hello\.legacy_compression_methods: needs the single byte 0/,
  },
  {
    rule: 'RFC 9846 section 4.4.2: in a handshake certificate_request_context is empty',
    version: 'TLS 1.3',
    kinds: REFUSES,
    ours: /^illegal_parameter \(certificate_request\.certificate_request_context: needs none in a handshake/,
    story: /certificate_request: |record 22\/13/,
  },
  {
    rule: 'RFC 9846 section 4.5.1: in a handshake the context of a Certificate is empty, or that of the request',
    version: 'TLS 1.3',
    kinds: ALERTS,
    ours: /^illegal_parameter \(certificate\.certificate_request_context: needs none in a handshake/,
  },
  {
    rule: 'RFC 9846 section 6.2: illegal_parameter for an application protocol that was not offered',
    kinds: ALERTS,
    ours: /^illegal_parameter \((encrypted_extensions|server_hello)\.application_layer_protocol_negotiation: needs a protocol that was offered/,
  },
  {
    rule: 'RFC 9846 section 4.7.1: no ticket lives longer than 604800 seconds',
    version: 'TLS 1.3',
    kinds: REFUSES,
    ours: /^illegal_parameter \(new_session_ticket\.ticket_lifetime: needs at most 604800/,
    story: /new_session_ticket|record 22\/4/,
  },
  {
    rule: 'RFC 9846 section 4.7.3: illegal_parameter for a request_update that is neither 0 nor 1',
    version: 'TLS 1.3',
    kinds: ALERTS,
    ours: /^illegal_parameter \(key_update\.request_update: needs 0 or 1/,
  },
  {
    rule: 'RFC 9846 section 6.2, RFC 5246 section 7.2.2: illegal_parameter for what conforms to the syntax, and is wrong',
    kinds: ALERTS,
    ours: /^illegal_parameter \((client_hello|server_hello|hello_retry_request)\.(legacy_session_id(_echo)?|session_id|cipher_suites?|compression_method|legacy_compression_methods?|key_share|random): needs|^illegal_parameter \(((server|client)_key_exchange|(client|server)_hello\.key_share)\.\w+: |^illegal_parameter \(certificate_verify\.algorithm: needs/,
  },
  {
    rule: 'RFC 9846 section 6.2, RFC 5246 section 7.2.2: decrypt_error for a signature or a Finished that does not verify',
    kinds: ALERTS,
    ours: /^decrypt_error \((certificate_verify\.signature|server_key_exchange\.signature|finished\.verify_data): needs/,
    // Where something else is wrong as well, which is seen first is for no rule to say.
    story: SEVERAL,
  },
  {
    rule: 'RFC 8422 section 5.4: the signature of a ServerKeyExchange is verified, and before its point is used',
    version: 'TLS 1.2',
    kinds: ALERTS,
    ours: /^decrypt_error \(server_key_exchange\.signature: needs/,
    theirs: /BAD_ECPOINT/,
    story: /server_key_exchange: |record 22\/12|on the wire/,
  },
  {
    rule: 'RFC 9846 section 6.2: which alert tells why a certificate is refused is for the judge to say',
    kinds: ALERTS,
    ours: /^(bad_certificate|unsupported_certificate|certificate_\w+|unknown_ca) \(certificate[ .]/,
  },
  {
    rule: 'RFC 9846 section 4.2.1, RFC 5246 section 7.4.1.3: handshake_failure where nothing is in common',
    kinds: ALERTS,
    ours: /^handshake_failure \((client_hello\.(supported_groups|cipher_suites|signature_algorithms)|identities): needs/,
  },
  {
    rule: 'RFC 5246 section 7.4.6: handshake_failure where a client shows no certificate and should',
    version: 'TLS 1.2',
    kinds: ALERTS,
    ours: /^handshake_failure \(certificate\.certificate_list: needs the client's certificate/,
  },
  {
    rule: "RFC 8422 section 5.1: a server's ECDSA key is on a curve that the client supports",
    version: 'TLS 1.2',
    kinds: ['only-handfast-refuses'],
    ours: /^handshake_failure \(identities: needs a certificate for the schemes and suites that the client accepts/,
    story: /client_hello: (code|list|supported_groups)|on the wire|record 22\/1/,
  },
]

export const REFUSED: readonly Explanation[] = [...RECORDS, ...ENDINGS, ...ORDER, ...SYNTAX, ...EXTENSIONS, ...FIELDS]
