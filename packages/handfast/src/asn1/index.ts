/** `handfast/asn1`: DER, object identifiers, times and PEM. */
export {
  contextConstructed,
  contextPrimitive,
  DerReader,
  MAX_DEPTH,
  readDer,
  TAG,
  tagText,
  type BitString,
} from './der.ts'
export {
  writeBitString,
  writeBoolean,
  writeContext,
  writeContextPrimitive,
  writeElement,
  writeIa5String,
  writeInteger,
  writeNamedBits,
  writeNull,
  writeOctetString,
  writeOid,
  writePrintableString,
  writeSequence,
  writeSetOf,
  writeUtf8String,
} from './der-writer.ts'
export { oidName, readOidText, writeOidContents } from './oid.ts'
export { OID_NAMES } from './oid-names.ts'
export { readBase64, readPem, writeBase64, writePem, type PemBlock } from './pem.ts'
export { type FileObject, isDer, PEM_LABELS, readPemFile, readPemOrDer } from './pem-or-der.ts'
export { readGeneralizedTime, readTime, writeTime } from './time.ts'
