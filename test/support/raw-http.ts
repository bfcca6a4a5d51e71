import { Agent, request } from 'node:http';
import type { HttpAnswer } from '../../lib/bench/plain-http-client.ts';

const agent = new Agent({ keepAlive: true, maxSockets: 8 });

/**
 * Sends a request as given: the path is not normalized, and only headers that HTTP requires are added.
 *
 * @returns the response; its body is parsed when it is JSON
 */
export const sendRaw = (
  url: string,
  given: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string | Buffer | undefined;
    /** The local address from which the request is sent. */
    readonly from?: string;
  },
): Promise<HttpAnswer<unknown>> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const { method, path, headers, body, from } = given;
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const outgoing = request(
      {
        agent,
        ...(from === undefined ? {} : { localAddress: from }),
        hostname,
        port,
        method,
        path,
        headers: { ...headers, ...(bytes === undefined ? {} : { 'content-length': bytes.length }) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const isJson = text !== '' && response.headers['content-type']?.startsWith('application/json');
          const parsed: unknown = isJson === true ? JSON.parse(text) : text;
          resolve({
            status: response.statusCode ?? 0,
            headers: new Headers(
              Object.entries(response.headers).map(([name, value]): [string, string] => [
                name,
                String(value),
              ]),
            ),
            body: text === '' ? null : parsed,
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(bytes);
  });
