import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { postFormOf } from '../../../lib/client/files/post-form.ts';
import { platformOf } from '../../../lib/client/platform.ts';

test('an upload that is aborted while it tells its progress is rejected as such, and nothing is sent', async () => {
  let requests = 0;
  const server = createServer((_, response) => {
    requests += 1;
    response.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const upload = {
      expires_at: new Date().toISOString(),
      fields: {},
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    };
    const post = postFormOf(platformOf());
    const controller = new AbortController();
    const file = new Blob(['hello']);
    const aborted = post(upload, file, 'a.txt', {
      onProgress: () => controller.abort(),
      signal: controller.signal,
    });
    await assert.rejects(aborted, { name: 'AbortError' });
    const { signal } = new AbortController();
    assert.equal(await post(upload, file, 'a.txt', { onProgress: () => undefined, signal }), 204);
    assert.equal(requests, 1);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
