import type { MessagePort } from 'node:worker_threads';

/**
 * A server on this machine that functions reach from thread to thread, instead of through the kernel (decision 86).
 * The requests that its thread does not answer that way come to `host` and `port` through TCP.
 */
export interface ServerInProcess {
  readonly host: string;
  readonly port: number;
  /** A part of every request that its thread may answer: others are not sent there first. */
  readonly accepts: string;
  /** Connects a worker, whose requests arrive on this port: the server's thread calls `answerRequests` with it. */
  readonly connect: (port: MessagePort) => void;
}

/** Concurrent requests of one worker, each an HTTP/1.1 text. */
export type Requests = readonly string[];

/** The responses to `Requests`, in their order; undefined for a request that has to come through TCP. */
export type Responses = readonly (string | undefined)[];

/** Answers the requests that arrive on a port. The port alone does not keep the thread alive. */
export const answerRequests = (port: MessagePort, answer: (request: string) => string | undefined): void => {
  port.on('message', (requests: Requests) => {
    const responses: Responses = requests.map(answer);
    port.postMessage(responses);
  });
  port.unref();
};

/** A request without a streamed body. */
export interface PlainRequest {
  /** Such as `POST /path HTTP/1.1`. */
  readonly line: string;
  /** The value of a header, whose name must be in lower case, as functions send it. */
  header(name: string): string | undefined;
  readonly body: string;
  /** The length of the body. */
  readonly bodyBytes: number;
}

/** Parses one request, provided that the text is all of it; undefined otherwise. */
export const readRequest = (text: string): PlainRequest | undefined => {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end + 2);
  const header = (name: string): string | undefined => {
    const start = head.indexOf(`\r\n${name}: `);
    const from = start + name.length + 4;
    return start < 0 ? undefined : head.slice(from, head.indexOf('\r\n', from));
  };
  const body = text.slice(end + 4);
  const bodyBytes = Buffer.byteLength(body);
  if (bodyBytes !== Number(header('content-length') ?? NaN)) return undefined;
  // What these ask for is done by HTTP servers.
  if (/\r\n(?:connection|expect|transfer-encoding|upgrade):/i.test(head)) return undefined;
  return { line: head.slice(0, head.indexOf('\r\n')), header, body, bodyBytes };
};
