import { request } from 'node:http';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Sends a request exactly as given: unlike `fetch`, it only adds the headers `Host` and `Connection`. */
export const send = (
  url: string,
  options: { method?: string; headers?: OutgoingHttpHeaders; body?: string | Buffer } = {},
): Promise<Answer> => {
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const origin = new URL(url).origin;
    const { hostname, port } = new URL(origin);
    // The path as it was written: URL would normalize it.
    const path = url.slice(origin.length) || '/';
    const outgoing = request({ host: hostname, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
};
