/** The relevant parts of a response's head. */
interface ResponseHead {
  readonly status: number;
  /** Length of the body in bytes; `undefined` for a body that ends when the connection closes. */
  readonly length: number | 'chunked' | undefined;
  /** Whether the server keeps the connection open for another request. */
  readonly keepsOpen: boolean;
  /** The status line and the header lines. */
  readonly text: string;
}

const readHead = (text: string): ResponseHead => {
  const [, minor = '', code = ''] = /^HTTP\/1\.([01]) (\d{3})(?: |\r\n|$)/.exec(text) ?? [];
  const status = Number(code);
  // The client sends no requests that lead to 1xx responses.
  if (status < 200) throw new Error('The answer is no HTTP response');
  const encoding = /\r\ntransfer-encoding:[ \t]*([^\r]*)/i.exec(text)?.[1]?.trim().toLowerCase();
  if (encoding !== undefined && encoding !== 'chunked') throw new Error(`The answer is encoded: ${encoding}`);
  const size = /\r\ncontent-length:[ \t]*(\d+)[ \t]*(?:\r\n|$)/i.exec(text)?.[1];
  const hasNoBody = status === 204 || status === 304;
  const length = hasNoBody ? 0 : (encoding ?? (size === undefined ? undefined : Number(size)));
  const closes = minor === '0' || /\r\nconnection:[ \t]*close/i.test(text);
  return { status, length, keepsOpen: !closes && length !== undefined, text };
};

const HEAD_END = '\r\n\r\n';
const NEWLINE = 0x0a;

/**
 * Parses one response (RFC 9112) to a request other than `HEAD`, from a connection's bytes in pieces of any size.
 * Throws on anything that is not a valid response, and on bytes after its end.
 */
export class ResponseReader {
  /** Undefined until the head is complete. */
  head: ResponseHead | undefined;
  isComplete = false;
  #start: Buffer | undefined;
  readonly #parts: Buffer[] = [];
  /** Bytes still missing from the body, or from the current chunk. */
  #missing = 0;
  /** For a chunked body: what the next line is. `#line` holds the part of it that has arrived. */
  #next: 'size' | 'end of chunk' | 'trailer' = 'size';
  #line = '';

  /** The body received so far. */
  get text(): string {
    const [first] = this.#parts;
    if (first === undefined) return '';
    return this.#parts.length === 1 ? first.toString() : Buffer.concat(this.#parts).toString();
  }

  /** The value of a header, once the head is complete. */
  header(name: string): string | undefined {
    return new RegExp(`\\r\\n${name}:([^\\r]*)`, 'i').exec(this.head?.text ?? '')?.[1]?.trim();
  }

  /** Parses the next bytes. @throws Error when they do not belong to a valid response */
  take(bytes: Buffer): void {
    if (this.isComplete) throw new Error('There is more than the answer');
    if (this.head !== undefined) {
      this.#takeBody(bytes);
      return;
    }
    const known = this.#start === undefined ? bytes : Buffer.concat([this.#start, bytes]);
    const end = known.indexOf(HEAD_END);
    if (end < 0) {
      this.#start = known;
      return;
    }
    this.head = readHead(known.toString('latin1', 0, end));
    if (typeof this.head.length === 'number') this.#missing = this.head.length;
    this.#takeBody(known.subarray(end + HEAD_END.length));
  }

  /** Signals that the connection has ended. @throws Error when the response is incomplete */
  end(): void {
    if (this.head === undefined || this.head.length !== undefined) throw new Error('The answer broke off');
    this.isComplete = true;
  }

  #takeBody(bytes: Buffer): void {
    if (this.head?.length === undefined) {
      this.#parts.push(bytes);
    } else if (this.head.length === 'chunked') {
      this.#takeChunks(bytes);
    } else {
      if (this.#takePart(bytes) < bytes.length) throw new Error('There is more than the answer');
      this.isComplete = this.#missing === 0;
    }
  }

  /** @returns how many of the bytes belong to the body or the chunk */
  #takePart(bytes: Buffer): number {
    const size = Math.min(this.#missing, bytes.length);
    if (size > 0) this.#parts.push(size === bytes.length ? bytes : bytes.subarray(0, size));
    this.#missing -= size;
    return size;
  }

  #takeChunks(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      if (this.isComplete) throw new Error('There is more than the answer');
      if (this.#missing > 0) {
        at += this.#takePart(bytes.subarray(at));
        continue;
      }
      const newline = bytes.indexOf(NEWLINE, at);
      const end = newline < 0 ? bytes.length : newline;
      this.#line += bytes.toString('latin1', at, end);
      at = end + 1;
      if (newline < 0) return;
      this.#takeLine(this.#line.trimEnd());
      this.#line = '';
    }
  }

  #takeLine(line: string): void {
    switch (this.#next) {
      case 'size': {
        const [, size] = /^([\da-f]{1,8})(?:[ \t]*;.*)?$/i.exec(line) ?? [];
        if (size === undefined) throw new Error('A chunk has no size');
        this.#missing = Number.parseInt(size, 16);
        this.#next = this.#missing === 0 ? 'trailer' : 'end of chunk';
        return;
      }
      case 'end of chunk':
        if (line !== '') throw new Error('A chunk is longer than its size');
        this.#next = 'size';
        return;
      case 'trailer':
        this.isComplete = line === '';
    }
  }
}
