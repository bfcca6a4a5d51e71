import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendMessage } from '../../functions/messages/contract.ts';
import { inputValidator, type HttpEvent } from '../../functions/transport/http-middleware.ts';

/** Reads a body as API Gateway passes it. */
const read = async (body: string, contentLength: number | undefined): Promise<unknown> => {
  const event = {
    body,
    isBase64Encoded: false,
    rawQueryString: '',
    headers: {
      'content-type': 'application/json',
      ...(contentLength === undefined ? {} : { 'content-length': String(contentLength) }),
    },
  } as unknown as HttpEvent;
  const { before } = inputValidator(sendMessage);
  await before?.({ event } as Parameters<NonNullable<typeof before>>[0]);
  const { body: read } = event.input ?? {};
  return (read as { content: string } | undefined)?.content;
};

test('a body whose bytes a gateway has replaced is refused, one that says U+FFFD itself is not', async () => {
  const body = JSON.stringify({ chat_id: 1, content: 'a\ufffdb' });
  const bytes = Buffer.byteLength(body);
  assert.equal(await read(body, bytes), 'a\ufffdb');
  assert.equal(await read(body, undefined), 'a\ufffdb');
  // One byte was sent where three are now.
  await assert.rejects(read(body, bytes - 2), { error: 'malformed_json' });
  // Nothing was replaced, so the length is somebody else's business.
  assert.equal(await read(JSON.stringify({ chat_id: 1, content: 'ab' }), 7), 'ab');
});
