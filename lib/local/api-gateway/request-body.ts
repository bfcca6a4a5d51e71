import type { IncomingMessage } from 'node:http';

/**
 * Reads a request's body. Resolves with `too-large` as soon as it exceeds `limit` bytes, and with `aborted` when the
 * client disconnected. Node discards the rest of a body once the response is sent, so that the client can read the
 * refusal and the connection stays usable.
 */
export const readBody = (
  request: IncomingMessage,
  limit: number,
): Promise<Buffer | 'too-large' | 'aborted'> => {
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.resolve('too-large');
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) resolve('too-large');
      else chunks.push(chunk);
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', () => resolve('aborted'));
    request.once('close', () => resolve('aborted'));
  });
};
