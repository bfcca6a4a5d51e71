import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { suite, test, type TestContext } from 'node:test';
import sharp from 'sharp';
import { allRoutes } from '../../functions/contract/table.ts';
import { decodeImage } from '../../functions/files/contract.ts';
import { DecodeAnswer } from '../../functions/contract/image-decoding.ts';
import { bundleFunctions } from '../../lib/constructs/function-bundles.ts';
import { THIS_MACHINE } from '../../lib/constructs/native-packages.ts';
import { closeNow, listen } from '../../lib/local/listening.ts';
import { createLambdaService } from '../../lib/local/lambda/lambda-service.ts';

/** The decoder as bundled for this machine, in the local Lambda, with read access to one upload. */
const startDecoder = async (t: TestContext, upload: Buffer) => {
  const stored = new Map<string, Buffer>();
  let arrived = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const storage = createServer((request, response) => {
    const key = decodeURIComponent(request.url ?? '').replace(/^\/files\//, '');
    const answer = async (): Promise<void> => {
      if (request.method === 'PUT') {
        stored.set(key, await buffer(request));
        response.end();
        return;
      }
      response.writeHead(key === 'u/1' ? 200 : 404).end(key === 'u/1' ? upload : '');
      arrived();
    };
    void answer();
  });
  const port = await listen(storage, 0, '127.0.0.1');
  const lines: string[] = [];
  const lambda = createLambdaService({
    functions: [
      {
        functionName: 'decode-image',
        codeDirectory: (await bundleFunctions(allRoutes, 'eu-central-1', THIS_MACHINE)).directoryOf(
          decodeImage,
        ),
        handler: 'index.handler',
        environment: {
          STAGE: 'local',
          SERVICE_VERSION: '0',
          FILES_BUCKET: 'files',
          AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
        },
        timeoutMs: 15_000,
        memorySizeMb: 1769,
      },
    ],
    log: (line) => lines.push(line),
  });
  t.after(async () => {
    await lambda.stop(0);
    await closeNow(storage);
  });
  const decode = (name: string, key = 'u/1') =>
    lambda.invoke('decode-image', {
      purpose: 'message',
      upload: key,
      etag: '"1"',
      image: `d/${name}`,
      thumbnail: `d/${name}.thumbnail`,
    });
  return { lambda, decode, stored, lines, asked };
};

suite('the bundled image decoder', () => {
  test('finds its native parts in several workers at once, and logs no contents', async (t) => {
    const photo = await sharp({ create: { width: 90, height: 60, channels: 3, background: '#c00' } })
      .jpeg()
      .withMetadata({ orientation: 6 })
      .toBuffer();
    const { decode, stored, lines } = await startDecoder(t, photo);
    const answers = await Promise.all(['1', '2', '3'].map((name) => decode(name)));
    for (const answer of answers) {
      const decoded = DecodeAnswer.parse(answer);
      assert.ok(decoded.outcome === 'decoded');
      assert.deepEqual([decoded.width, decoded.height, decoded.is_rewritten], [60, 90, true]);
    }
    assert.deepEqual(
      [...stored.keys()].toSorted(),
      ['1', '2', '3'].flatMap((name) => [`d/${name}`, `d/${name}.thumbnail`]),
    );
    assert.deepEqual(DecodeAnswer.parse(await decode('4', 'u/2')), { outcome: 'absent' });
    await assert.rejects(decode('5', 'f/1'), { errorType: 'ZodError' });
    const outcomes = lines.filter((line) => line.includes('"invocation"'));
    assert.equal(outcomes.filter((line) => line.includes('"outcome":"decoded"')).length, 3);
    assert.ok(!lines.some((line) => line.includes('u/1') || line.includes('placeholder')));
  });

  test('can be ended while it decodes', async (t) => {
    const large = await sharp({ create: { width: 5000, height: 5000, channels: 3, background: '#0c0' } })
      .png({ compressionLevel: 1 })
      .toBuffer();
    const { lambda, decode, asked } = await startDecoder(t, large);
    const ended = assert.rejects(decode('1'));
    // A decoder that fails at once asks for nothing.
    await Promise.race([asked, ended]);
    await lambda.stop(0);
    await ended;
  });
});
