/**
 * BSON handled as bytes: documents are stored and sent as they arrived, so their types (int, long, double) stay as
 * the client wrote them, and a read costs no serialization.
 */
import { BSONError, deserialize, onDemand, serialize } from 'bson';
import type { BsonDocument } from './bson-values.ts';
import { CommandError } from './command-error.ts';

/** BSON element types used here (https://bsonspec.org/spec.html). */
const type = { double: 0x01, string: 0x02, document: 0x03, array: 0x04, int64: 0x12 } as const;

/**
 * Parses a document. Regular expressions stay BSON values, longs become numbers when they are safe integers. Throws
 * CommandError InvalidBSON when the bytes are not a document.
 */
export const readDocument = (bytes: Uint8Array, fieldsAsRaw: Record<string, true> = {}): BsonDocument => {
  try {
    return deserialize(bytes, { bsonRegExp: true, fieldsAsRaw });
  } catch (error) {
    if (error instanceof BSONError || error instanceof RangeError) {
      throw new CommandError('InvalidBSON', `invalid BSON: ${error.message}`);
    }
    throw error;
  }
};

/** Serializes a document; undefined fields are left out. */
export const writeDocument = (document: BsonDocument): Uint8Array =>
  serialize(document, { ignoreUndefined: true });

/** The name of a document's first field (for a command: its name), '' when the document is empty. */
export const firstFieldName = (bytes: Uint8Array): string => {
  if (bytes.length < 6) return '';
  const end = bytes.indexOf(0, 5);
  return end === -1 ? '' : Buffer.from(bytes.buffer, bytes.byteOffset + 5, end - 5).toString('utf8');
};

export type RawValue =
  | { string: string }
  | { document: Uint8Array }
  | { documents: readonly Uint8Array[] }
  | { long: bigint }
  | { double: number };

/** Composes a document from parts that are already serialized. */
export const composeDocument = (fields: ReadonlyArray<readonly [name: string, value: RawValue]>): Buffer => {
  let size = 5;
  const parts: Buffer[] = [];
  const push = (part: Buffer) => {
    parts.push(part);
    size += part.length;
  };
  for (const [name, value] of fields) {
    if ('string' in value) {
      const text = Buffer.from(`${value.string}\0`);
      push(Buffer.concat([elementHead(type.string, name), int32(text.length), text]));
    } else if ('long' in value) {
      const bytes = Buffer.allocUnsafe(8);
      bytes.writeBigInt64LE(value.long);
      push(Buffer.concat([elementHead(type.int64, name), bytes]));
    } else if ('double' in value) {
      const bytes = Buffer.allocUnsafe(8);
      bytes.writeDoubleLE(value.double);
      push(Buffer.concat([elementHead(type.double, name), bytes]));
    } else if ('document' in value) {
      push(elementHead(type.document, name));
      push(asBuffer(value.document));
    } else {
      const length = int32(0);
      push(elementHead(type.array, name));
      const start = size;
      push(length);
      value.documents.forEach((document, index) => {
        push(elementHead(type.document, String(index)));
        push(asBuffer(document));
      });
      push(Buffer.alloc(1));
      length.writeInt32LE(size - start);
    }
  }
  return Buffer.concat([int32(size), ...parts, Buffer.alloc(1)], size);
};

/**
 * A copy of a document with only the named top-level fields, or without them, byte for byte and in the
 * document's own order.
 */
export const pickFields = (bytes: Uint8Array, names: ReadonlySet<string>, keep: boolean): Uint8Array => {
  const source = asBuffer(bytes);
  const picked = Buffer.allocUnsafe(source.length);
  let size = 4;
  for (const [, nameOffset, nameLength, offset, length] of onDemand.parseToElements(bytes)) {
    const name = source.toString('utf8', nameOffset, nameOffset + nameLength);
    // An element is its type byte, its name, a zero and the value.
    if (names.has(name) === keep) size += source.copy(picked, size, nameOffset - 1, offset + length);
  }
  size = picked.writeUInt8(0, size);
  picked.writeInt32LE(size, 0);
  return picked.subarray(0, size);
};

/** The same document with its `_id` in front, where every stored document has it. */
export const withIdFirst = (bytes: Uint8Array): Uint8Array => {
  const source = asBuffer(bytes);
  const elements = [...onDemand.parseToElements(bytes)];
  const at = elements.findIndex(
    ([, offset, length]) => source.toString('utf8', offset, offset + length) === '_id',
  );
  const id = elements[at];
  if (id === undefined || at === 0) return bytes;
  // An element is its type byte, its name, a zero and the value.
  const [start, end] = [id[1] - 1, id[3] + id[4]];
  return Buffer.concat([
    source.subarray(0, 4),
    source.subarray(start, end),
    source.subarray(4, start),
    source.subarray(end),
  ]);
};

export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A copy that does not keep the network or file buffer alive from which the bytes came. */
export const detached = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength * 2 > bytes.buffer.byteLength ? bytes : Buffer.from(bytes);

const elementHead = (elementType: number, name: string): Buffer => {
  const head = Buffer.allocUnsafe(Buffer.byteLength(name) + 2);
  head[0] = elementType;
  head.write(name, 1);
  head[head.length - 1] = 0;
  return head;
};

const int32 = (value: number): Buffer => {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32LE(value);
  return bytes;
};
