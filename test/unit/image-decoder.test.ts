import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { suite, test, type TestContext } from 'node:test';
import { createImageDecoder } from '../../functions/gateways/image-decoder.ts';
import { StoreUnavailableError } from '../../functions/platform/store-unavailable.ts';
import { closeNow, listen } from '../../lib/local/listening.ts';

const request = {
  purpose: 'message',
  upload: 'u/1',
  etag: '"1"',
  image: 'd/1',
  thumbnail: 'd/1.thumbnail',
} as const;

/** A decoder whose Lambda always returns the same result. */
const decoderThat = async (
  t: TestContext,
  answer: { readonly status?: number; readonly failed?: boolean; readonly body: object },
) => {
  const server = createServer((_, response) => {
    response
      .writeHead(answer.status ?? 200, answer.failed === true ? { 'x-amz-function-error': 'Unhandled' } : {})
      .end(JSON.stringify(answer.body));
  });
  const port = await listen(server, 0, '127.0.0.1');
  t.after(() => closeNow(server));
  process.env['AWS_ACCESS_KEY_ID'] = 'local';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'local';
  return createImageDecoder('decode-image', {
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${port}`,
  });
};

suite('an image that is decoded elsewhere', () => {
  test('is refused when it takes the decoder down', async (t) => {
    for (const body of [
      { errorType: 'Runtime.OutOfMemory', errorMessage: 'RequestId: 1 Error: Runtime exited' },
      { errorType: 'Runtime.ExitError', errorMessage: 'RequestId: 1 Error: Runtime exited with error' },
      {
        errorType: 'Sandbox.Timedout',
        errorMessage: 'RequestId: 1 Error: Task timed out after 15.00 seconds',
      },
      { errorMessage: '2026-11-26T21:49:24.123Z 1 Task timed out after 15.00 seconds' },
    ]) {
      const decoder = await decoderThat(t, { failed: true, body });
      assert.deepEqual(await decoder.decode(request), { outcome: 'refused' });
    }
  });

  test('is not refused for what is not its fault', async (t) => {
    for (const answer of [
      { failed: true, body: { errorType: 'StoreUnavailableError', errorMessage: 's3' } },
      { failed: true, body: { errorType: 'Runtime.ImportModuleError', errorMessage: 'no sharp' } },
      { status: 429, body: { Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded' } },
    ]) {
      const decoder = await decoderThat(t, answer);
      await assert.rejects(decoder.decode(request), StoreUnavailableError);
    }
  });
});
