import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeNow, listen } from '../listening.ts';
import type { Site } from './site.ts';

/** A port that behaves like a CloudFront distribution. */
export interface WebServer {
  readonly port: number;
  /** `http://<host>:<port>` without a trailing slash. */
  readonly url: string;
  /** Sets the site to serve; earlier requests have waited for this call. */
  serve(site: Site): void;
  stop(): Promise<void>;
}

/** Listens at once, since the APIs need its URL. @throws Error with `code` `EADDRINUSE` */
export const startWebServer = async (options: {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly log: (line: string) => void;
}): Promise<WebServer> => {
  const { host } = options;
  const ready = Promise.withResolvers<Site>();
  let isStopping = false;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const site = await ready.promise;
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const { headers, file } = site.answer(path);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(403, headers).end();
      return;
    }
    if (file === undefined) {
      // S3's response for a missing object to a caller without permission to list the bucket.
      response.writeHead(403, { ...headers, 'content-type': 'application/xml', 'cache-control': 'no-cache' });
      response.end('<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>');
      return;
    }
    const accepted = request.headers['accept-encoding'] ?? '';
    const encoding = (['br', 'gzip'] as const).find((name) => accepted.includes(name)) ?? 'identity';
    const described = { ...headers, etag: file.etag, vary: 'accept-encoding' };
    if (request.headers['if-none-match'] === file.etag) {
      response.writeHead(304, described).end();
      return;
    }
    const body = await file.bodyIn(encoding);
    response.writeHead(200, {
      ...described,
      'content-type': file.contentType,
      'content-length': body.length,
      ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!isStopping) options.log(`the chat page was not served: ${String(error)}`);
      response.destroy();
    });
  });
  const port = await listen(server, options.port, host);
  ready.promise.catch(() => undefined);
  return {
    port,
    url: `http://${host}:${port}`,
    serve: ready.resolve,
    stop: async () => {
      isStopping = true;
      ready.reject(new Error('The local cloud is stopping'));
      await closeNow(server);
    },
  };
};
