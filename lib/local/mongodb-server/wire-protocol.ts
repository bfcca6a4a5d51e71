/**
 * The framing of the MongoDB wire protocol (manual: "MongoDB Wire Protocol"): splits a byte stream into messages,
 * parses requests, encodes replies. OP_MSG is supported with both section kinds; OP_QUERY only because drivers still
 * open a connection with it. Compression is never offered.
 */
import { asBuffer } from './raw-bson.ts';

/** The limits that `hello` announces to clients (manual: "MongoDB Limits and Thresholds"). */
export const limits = {
  maxBsonObjectSize: 16 * 1024 * 1024,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
} as const;

const opCodes = { reply: 1, query: 2004, message: 2013 } as const;
const flags = { checksumPresent: 1 << 0, moreToCome: 1 << 1, exhaustAllowed: 1 << 16 } as const;
const headerBytes = 16;

/** A message violates the protocol; the connection that sent it cannot be trusted any further. */
class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

export interface WireRequest {
  readonly requestId: number;
  readonly kind: 'message' | 'query';
  /** The command document, still as bytes. */
  readonly body: Uint8Array;
  /** Document sequences (kind 1 sections): field name → documents as bytes. */
  readonly sequences: ReadonlyMap<string, Uint8Array[]>;
  /** The client wants no reply (`w: 0`). */
  readonly wantsReply: boolean;
}

/**
 * Returns a function that takes chunks as they arrive on a socket and returns complete messages. It throws
 * ProtocolError on a length that no message can have.
 */
export const messageSplitter = (): ((chunk: Buffer) => Buffer[]) => {
  let chunks: Buffer[] = [];
  let held = 0;
  let wanted = headerBytes;
  return (chunk) => {
    chunks.push(chunk);
    held += chunk.length;
    const messages: Buffer[] = [];
    while (held >= wanted) {
      let buffer = chunks.length === 1 ? chunks[0] : undefined;
      buffer ??= Buffer.concat(chunks, held);
      const length = buffer.readInt32LE(0);
      if (length < headerBytes || length > limits.maxMessageSizeBytes) {
        throw new ProtocolError(
          `message length ${length} is outside ${headerBytes}…${limits.maxMessageSizeBytes}`,
        );
      }
      if (held >= length) {
        messages.push(buffer.subarray(0, length));
        buffer = buffer.subarray(length);
        wanted = headerBytes;
      } else {
        wanted = length;
      }
      held = buffer.length;
      chunks = held === 0 ? [] : [buffer];
    }
    return messages;
  };
};

/** Parses a complete message. Throws ProtocolError on anything that the format does not allow. */
export const parseRequest = (message: Buffer): WireRequest => {
  const requestId = message.readInt32LE(4);
  const opCode = message.readInt32LE(12);
  if (opCode === opCodes.message) return parseMessage(message, requestId);
  if (opCode === opCodes.query) return parseQuery(message, requestId);
  throw new ProtocolError(`operation code ${opCode} is not supported`);
};

/** Encodes the reply to a request, in the format in which the request was sent. */
export const encodeReply = (request: WireRequest, body: Uint8Array): Buffer => {
  const isMessage = request.kind === 'message';
  const start = headerBytes + (isMessage ? 5 : 20);
  const reply = Buffer.alloc(start + body.length);
  reply.writeInt32LE(reply.length, 0);
  reply.writeInt32LE(0, 4);
  reply.writeInt32LE(request.requestId, 8);
  reply.writeInt32LE(isMessage ? opCodes.message : opCodes.reply, 12);
  // OP_MSG: no flags, one section of kind 0. OP_REPLY: flags, cursor and start are 0, one document.
  if (!isMessage) reply.writeInt32LE(1, headerBytes + 16);
  reply.set(body, start);
  return reply;
};

const parseMessage = (message: Buffer, requestId: number): WireRequest => {
  if (message.length < headerBytes + 4) throw new ProtocolError('OP_MSG without flags');
  const flagBits = message.readUInt32LE(headerBytes);
  const required = flagBits & 0xffff & ~(flags.checksumPresent | flags.moreToCome);
  if (required !== 0) throw new ProtocolError(`unknown required OP_MSG flags ${required}`);
  // The checksum is optional for both sides; over a local TCP connection it adds nothing.
  const end = message.length - ((flagBits & flags.checksumPresent) === 0 ? 0 : 4);
  const sequences = new Map<string, Uint8Array[]>();
  let body: Uint8Array | undefined;
  let at = headerBytes + 4;
  while (at < end) {
    const kind = message[at];
    at += 1;
    if (kind === 0) {
      if (body !== undefined) throw new ProtocolError('OP_MSG with two bodies');
      body = documentAt(message, at, end);
      at += body.length;
    } else if (kind === 1) {
      const size = sizeAt(message, at, end, 5);
      const sectionEnd = at + size;
      const nameEnd = message.indexOf(0, at + 4);
      if (nameEnd === -1 || nameEnd >= sectionEnd)
        throw new ProtocolError('document sequence without a name');
      const name = message.toString('utf8', at + 4, nameEnd);
      if (sequences.has(name)) throw new ProtocolError(`document sequence ${name} is given twice`);
      const documents: Uint8Array[] = [];
      at = nameEnd + 1;
      while (at < sectionEnd) {
        const document = documentAt(message, at, sectionEnd);
        documents.push(document);
        at += document.length;
      }
      sequences.set(name, documents);
    } else {
      throw new ProtocolError(`unknown OP_MSG section kind ${kind}`);
    }
  }
  if (body === undefined) throw new ProtocolError('OP_MSG without a body');
  return { requestId, kind: 'message', body, sequences, wantsReply: (flagBits & flags.moreToCome) === 0 };
};

const parseQuery = (message: Buffer, requestId: number): WireRequest => {
  const nameStart = headerBytes + 4;
  const nameEnd = message.indexOf(0, nameStart);
  if (nameEnd === -1) throw new ProtocolError('OP_QUERY without a collection name');
  // numberToSkip and numberToReturn stand between the name and the query.
  const body = documentAt(message, nameEnd + 9, message.length);
  return { requestId, kind: 'query', body, sequences: new Map(), wantsReply: true };
};

const documentAt = (message: Buffer, at: number, end: number): Uint8Array => {
  const size = sizeAt(message, at, end, 5);
  if (message[at + size - 1] !== 0) throw new ProtocolError('document without its end');
  return asBuffer(message.subarray(at, at + size));
};

const sizeAt = (message: Buffer, at: number, end: number, least: number): number => {
  if (at + 4 > end) throw new ProtocolError('section runs past the end of its message');
  const size = message.readInt32LE(at);
  if (size < least || at + size > end) throw new ProtocolError('section runs past the end of its message');
  return size;
};
