import type { WebSocketLimits } from './limits.ts';

/**
 * The reason for refusing a frame, as a WebSocket close code: 1003 for a binary frame, 1009 for one that is too big.
 */
export type Refusal = 1003 | 1009;

/**
 * Watches the bytes that a client sends and finds the first frame that API Gateway would refuse. `ws` limits only
 * whole messages, API Gateway also single frames, so this class parses the frame headers (RFC 6455, section 5.2) in
 * parallel with `ws`, from the same chunks, and skips the payloads. Extensions are never negotiated, so the length in
 * a header is the size of the payload.
 */
export class FrameGuard {
  readonly #limits: Pick<WebSocketLimits, 'frameBytes' | 'messageBytes'>;
  readonly #onRefusal: (code: Refusal) => void;
  /** The longest header: 2 bytes, 8 of length, 4 of mask. */
  readonly #header = Buffer.alloc(14);
  #headerBytes = 0;
  #payloadLeft = 0;
  #messageBytes = 0;
  #completeMessages = 0;
  #refused = false;

  constructor(
    limits: Pick<WebSocketLimits, 'frameBytes' | 'messageBytes'>,
    onRefusal: (code: Refusal) => void,
  ) {
    this.#limits = limits;
    this.#onRefusal = onRefusal;
  }

  /** How many messages were complete before the refused frame; these may still be delivered. */
  get acceptedMessages(): number {
    return this.#refused ? this.#completeMessages : Infinity;
  }

  /** Takes the next bytes of the connection. */
  inspect(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length && !this.#refused) {
      if (this.#payloadLeft > 0) {
        const skipped = Math.min(this.#payloadLeft, chunk.length - offset);
        this.#payloadLeft -= skipped;
        offset += skipped;
        continue;
      }
      this.#header[this.#headerBytes] = chunk[offset] ?? 0;
      this.#headerBytes += 1;
      offset += 1;
      if (this.#headerBytes >= 2 && this.#headerBytes === this.#headerLength()) this.#takeFrame();
    }
  }

  #headerLength(): number {
    const second = this.#header.readUInt8(1);
    const length = second & 0x7f;
    const extended = length === 126 ? 2 : length === 127 ? 8 : 0;
    return 2 + extended + ((second & 0x80) === 0 ? 0 : 4);
  }

  #takeFrame(): void {
    const first = this.#header.readUInt8(0);
    const opcode = first & 0x0f;
    this.#payloadLeft = this.#payloadLength();
    this.#headerBytes = 0;
    // Control frames have their own, small, limit, which ws checks.
    if (opcode >= 0x8) return;
    if (opcode === 0x2) return this.#refuse(1003);
    if (opcode === 0x1) this.#messageBytes = 0;
    this.#messageBytes += this.#payloadLeft;
    if (this.#payloadLeft > this.#limits.frameBytes || this.#messageBytes > this.#limits.messageBytes) {
      return this.#refuse(1009);
    }
    if ((first & 0x80) !== 0) this.#completeMessages += 1;
  }

  #payloadLength(): number {
    const length = this.#header.readUInt8(1) & 0x7f;
    if (length === 126) return this.#header.readUInt16BE(2);
    return length === 127 ? Number(this.#header.readBigUInt64BE(2)) : length;
  }

  #refuse(code: Refusal): void {
    this.#refused = true;
    this.#onRefusal(code);
  }
}
