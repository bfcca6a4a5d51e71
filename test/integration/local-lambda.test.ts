import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { suite, type TestContext } from 'node:test';
import { BroadcastChannel, type Worker } from 'node:worker_threads';
import type { InvocationReport, LambdaFunctionConfig } from '../../lib/local/lambda/function-config.ts';
import {
  createLambdaService,
  type LambdaService,
  type LambdaServiceOptions,
} from '../../lib/local/lambda/lambda-service.ts';
import { answerRequests, type ServerInProcess } from '../../lib/local/requests-in-process.ts';

type Code = {
  code: string;
  file?: string;
  /** Other files, by name. */
  beside?: Readonly<Record<string, string>>;
} & Partial<LambdaFunctionConfig>;

interface Started {
  lambda: LambdaService;
  lines: string[];
  reports: InvocationReport[];
  /** Resolves when the latest line has this text. */
  logged: (text: string) => Promise<string>;
}

/** A Lambda service with one function per module source; stopped after the test. */
const startLambda = (
  t: TestContext,
  functions: Record<string, Code>,
  options: Partial<LambdaServiceOptions> = {},
): Started => {
  const directory = mkdtempSync(join(tmpdir(), 'local-lambda-'));
  const lines: string[] = [];
  const reports: InvocationReport[] = [];
  let onLine = (): void => undefined;
  const configs = Object.entries(functions).map(([functionName, one]) => {
    const { code, file = 'index.mjs', beside = {}, ...config } = one;
    const codeDirectory = mkdtempSync(join(directory, `${functionName}-`));
    for (const [name, text] of Object.entries({ ...beside, [file]: code })) {
      writeFileSync(join(codeDirectory, name), text);
    }
    const defaults = { handler: 'index.handler', environment: {}, timeoutMs: 5000, memorySizeMb: 128 };
    return { functionName, codeDirectory, ...defaults, ...config };
  });
  const lambda = createLambdaService({
    functions: configs,
    log: (line) => {
      lines.push(line);
      onLine();
    },
    onInvocation: (report) => reports.push(report),
    ...options,
  });
  t.after(async () => {
    await lambda.stop(0);
    rmSync(directory, { recursive: true, force: true });
  });
  const logged = (text: string): Promise<string> =>
    new Promise((resolve) => {
      onLine = () => {
        const line = lines.at(-1);
        if (line?.includes(text) === true) resolve(line);
      };
      onLine();
    });
  return { lambda, lines, reports, logged };
};

/**
 * The source of a handler that signals its invocation, and returns the number of its thread once the gate is opened.
 */
const gatedFunction = (
  t: TestContext,
): {
  code: string;
  arrivals(count: number): Promise<void>;
  open(): void;
} => {
  const name = randomUUID();
  const arrived = new BroadcastChannel(`${name}-arrived`);
  const gate = new BroadcastChannel(`${name}-gate`);
  let seen = 0;
  let check = (): void => undefined;
  arrived.addEventListener('message', () => {
    seen += 1;
    check();
  });
  t.after(() => {
    arrived.close();
    gate.close();
  });
  const code = `
    import { threadId, BroadcastChannel } from 'node:worker_threads';
    export const handler = ({ pass }) => new Promise((resolve) => {
      if (pass) return resolve(threadId);
      const gate = new BroadcastChannel('${name}-gate');
      gate.onmessage = () => { gate.close(); resolve(threadId); };
      const arrived = new BroadcastChannel('${name}-arrived');
      arrived.postMessage('');
      arrived.close();
    });`;
  return {
    code,
    arrivals: (count) =>
      new Promise((resolve) => {
        check = () => {
          if (seen >= count) resolve();
        };
        check();
      }),
    open: () => gate.postMessage(''),
  };
};

const fails = (errorType: string, message?: RegExp): { errorType: string; message?: RegExp } => ({
  errorType,
  ...(message !== undefined && { message }),
});

suite('a function', () => {
  test('gets its event and the context of Lambda, and answers as JSON', async (t) => {
    const { lambda } = startLambda(
      t,
      {
        echo: {
          timeoutMs: 3000,
          memorySizeMb: 512,
          code: `export const handler = async (event, context) => ({
            event, when: new Date(0), nothing: undefined,
            context: { ...context, remaining: context.getRemainingTimeInMillis() },
          });`,
        },
      },
      { accountId: '123456789012', region: 'eu-central-1' },
    );
    const result = (await lambda.invoke('echo', { at: new Date(1), gone: undefined, text: 'grüße 🙂' })) as {
      context: Record<string, unknown>;
    };
    const { context, ...rest } = result;
    assert.deepEqual(rest, {
      event: { at: '1970-01-01T00:00:00.001Z', text: 'grüße 🙂' },
      when: '1970-01-01T00:00:00.000Z',
    });
    const { awsRequestId, logStreamName, remaining, ...fixed } = context;
    assert.deepEqual(fixed, {
      callbackWaitsForEmptyEventLoop: true,
      functionName: 'echo',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:echo',
      memoryLimitInMB: '512',
      logGroupName: '/aws/lambda/echo',
    });
    assert.match(String(awsRequestId), /^[\da-f-]{36}$/);
    assert.match(String(logStreamName), /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][\da-f]{32}$/);
    assert.ok(Number(remaining) > 0 && Number(remaining) <= 3000);
  });

  test('answers null when it returns nothing', async (t) => {
    const { lambda } = startLambda(t, { quiet: { code: 'export const handler = () => undefined;' } });
    assert.equal(await lambda.invoke('quiet', undefined), null);
  });

  test("sees its own environment and Lambda's, and not this process's", async (t) => {
    process.env['LOCAL_LAMBDA_LEAK'] = 'leaked';
    const compileCacheDirectory = mkdtempSync(join(tmpdir(), 'local-lambda-cache-'));
    const { lambda } = startLambda(
      t,
      {
        env: { code: 'export const handler = () => ({ ...process.env });', environment: { TABLE: 'chats' } },
      },
      { region: 'eu-west-1', compileCacheDirectory },
    );
    // After the service has stopped, for its workers write to the cache as they end.
    t.after(() => {
      delete process.env['LOCAL_LAMBDA_LEAK'];
      rmSync(compileCacheDirectory, { recursive: true, force: true });
    });
    const environment = (await lambda.invoke('env', {})) as Record<string, string>;
    assert.equal(environment['TABLE'], 'chats');
    assert.equal(environment['AWS_REGION'], 'eu-west-1');
    assert.equal(environment['AWS_LAMBDA_FUNCTION_NAME'], 'env');
    assert.equal(environment['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'], '128');
    assert.equal(environment['_HANDLER'], 'index.handler');
    assert.equal(environment['TZ'], ':UTC');
    assert.match(environment['AWS_EXECUTION_ENV'] ?? '', /^AWS_Lambda_nodejs\d+\.x$/);
    for (const name of ['LOCAL_LAMBDA_LEAK', 'HOME', 'NODE_COMPILE_CACHE', 'NODE_OPTIONS']) {
      assert.equal(environment[name], undefined, name);
    }
  });

  test('is loaded once, and its environment used again', async (t) => {
    const code = 'let calls = 0; export const handler = () => ++calls;';
    const { lambda, reports } = startLambda(t, { counter: { code } });
    assert.equal(await lambda.invoke('counter', {}), 1);
    assert.equal(await lambda.invoke('counter', {}), 2);
    assert.equal(await lambda.invoke('counter', {}), 3);
    assert.equal(reports.length, 3);
    assert.ok((reports[0]?.initDurationMs ?? 0) > 0);
    assert.equal(reports[1]?.initDurationMs, undefined);
    assert.ok((reports[1]?.durationMs ?? 0) > 0);
  });

  test('may be CommonJS, and have another name', async (t) => {
    const code = 'exports.main = async () => "here";';
    const { lambda } = startLambda(t, { common: { code, file: 'app.cjs', handler: 'app.main' } });
    assert.equal(await lambda.invoke('common', {}), 'here');
  });

  test('is warm before its first event', async (t) => {
    const { lambda, reports } = startLambda(t, { warmed: { code: 'export const handler = () => 1;' } });
    await lambda.warm('warmed');
    await lambda.warm('warmed');
    assert.equal(await lambda.invoke('warmed', {}), 1);
    assert.equal(reports.length, 1);
  });

  test('that is not there is not found', async (t) => {
    const { lambda } = startLambda(t, {});
    await assert.rejects(lambda.invoke('nobody', {}), fails('ResourceNotFoundException', /function:nobody/));
  });
});

suite('the log', () => {
  test('has every line of both streams under the name of the function', async (t) => {
    const code = `export const handler = () => { console.log('one\\ntwo'); console.error('three'); process.stdout.write('four'); };`;
    const { lambda, lines } = startLambda(t, { talker: { code } });
    await lambda.invoke('talker', {});
    await lambda.stop();
    assert.deepEqual(lines.toSorted(), ['talker: four', 'talker: one', 'talker: three', 'talker: two']);
  });

  test('takes a great deal without holding the function up', async (t) => {
    const code = `export const handler = () => { for (let i = 0; i < 20000; i += 1) console.log(String(i) + 'x'.repeat(200)); return 'done'; };`;
    const { lambda, lines, logged } = startLambda(t, { shouter: { code } });
    assert.equal(await lambda.invoke('shouter', {}), 'done');
    await logged('19999x');
    assert.equal(lines.length, 20_000);
  });

  test('has what a function said before it hung', async (t) => {
    const code = `export const handler = () => { console.log('before'); console.log('just before'); for (;;); };`;
    const { lambda, lines } = startLambda(t, { hanging: { code, timeoutMs: 300 } });
    await assert.rejects(lambda.invoke('hanging', {}), fails('Sandbox.Timedout'));
    await lambda.stop();
    assert.ok(lines.includes('hanging: before'));
    assert.ok(lines.includes('hanging: just before'));
    assert.ok(lines.some((line) => line.endsWith('Task timed out after 0.30 seconds')));
  });
});

suite('a failing function', () => {
  test('that throws rejects with the name and the message of the error', async (t) => {
    const code = `
      class ChatError extends Error { name = 'ChatError'; }
      export const handler = async ({ what }) => { if (what === 'text') throw 'just text'; throw new ChatError('no such chat'); };`;
    const { lambda, reports, lines } = startLambda(t, { thrower: { code } });
    await assert.rejects(lambda.invoke('thrower', {}), fails('ChatError', /^no such chat$/));
    await assert.rejects(lambda.invoke('thrower', { what: 'text' }), fails('string', /^just text$/));
    assert.deepEqual(
      reports.map(({ errorType }) => errorType),
      ['ChatError', 'string'],
    );
    assert.equal(reports[1]?.initDurationMs, undefined, 'the environment lives on');
    assert.ok(lines.some((line) => /^thrower: [\da-f-]{36} Invoke Error: /.test(line)));
  });

  for (const [what, body] of [
    ['waits', 'return new Promise(() => {});'],
    ['spins', 'for (;;);'],
  ]) {
    test(`that ${what} too long is ended, and the next event gets a new environment`, async (t) => {
      const code = `import { threadId } from 'node:worker_threads';
        export const handler = ({ hang }) => { if (!hang) return threadId; ${body} };`;
      const { lambda } = startLambda(t, { slow: { code, timeoutMs: 400 } });
      const first = await lambda.invoke('slow', {});
      const timedOut = fails('Sandbox.Timedout', /^Task timed out after 0\.40 seconds$/);
      await assert.rejects(lambda.invoke('slow', { hang: true }), timedOut);
      assert.notEqual(await lambda.invoke('slow', {}), first);
    });
  }

  for (const [what, statement] of [
    ['exits', 'process.exit(3)'],
    ['has an uncaught exception', 'setImmediate(() => { throw new Error("late"); })'],
    ['leaves a rejection unhandled', 'Promise.reject(new Error("unheard"))'],
    [
      'needs more memory than there is',
      'const all = []; for (;;) all.push(new Array(1e6).fill(Math.random()))',
    ],
  ]) {
    test(`that ${what} is replaced`, async (t) => {
      const code = `export const handler = async ({ die }) => { if (die) { ${statement}; await new Promise(() => {}); } return 'alive'; };`;
      const { lambda } = startLambda(t, { mortal: { code, timeoutMs: 20_000 } });
      assert.equal(await lambda.invoke('mortal', {}), 'alive');
      await assert.rejects(lambda.invoke('mortal', { die: true }), fails('Runtime.ExitError'));
      assert.equal(await lambda.invoke('mortal', {}), 'alive');
    });
  }

  for (const [what, code, errorType] of [
    ['does not load', 'throw new RangeError("bad configuration");', 'RangeError'],
    ['is no JavaScript', 'export const = ;', 'Runtime.UserCodeSyntaxError'],
    ['imports what is not there', 'import "./missing.mjs";', 'Runtime.ImportModuleError'],
    ['has no handler', 'export const other = 1;', 'Runtime.HandlerNotFound'],
    ['exits while it loads', 'process.exit(1);', 'Runtime.ExitError'],
  ] as const) {
    test(`that ${what} fails every event and every warm-up`, async (t) => {
      const { lambda } = startLambda(t, { broken: { code } });
      await assert.rejects(lambda.invoke('broken', {}), fails(errorType));
      const both = await Promise.allSettled([lambda.invoke('broken', {}), lambda.warm('broken')]);
      assert.deepEqual(
        both.map(({ status }) => status),
        ['rejected', 'rejected'],
      );
    });
  }

  test('without a file says so', async (t) => {
    const { lambda } = startLambda(t, { missing: { code: '', file: 'other.mjs' } });
    await assert.rejects(
      lambda.invoke('missing', {}),
      fails('Runtime.ImportModuleError', /Cannot find module/),
    );
  });

  test('is held to 6 MB, both ways', async (t) => {
    const code = `export const handler = ({ length }) => 'x'.repeat(length);`;
    const { lambda } = startLambda(t, { big: { code } });
    const limit = 6 * 1024 * 1024;
    assert.equal(((await lambda.invoke('big', { length: limit - 2 })) as string).length, limit - 2);
    const tooLarge = fails('Function.ResponseSizeTooLarge');
    await assert.rejects(lambda.invoke('big', { length: limit - 1 }), tooLarge);
    await assert.rejects(lambda.invoke('big', 'é'.repeat(limit / 2)), fails('RequestTooLargeException'));
  });
});

suite('concurrency', () => {
  test('gives each of several events an environment of its own', async (t) => {
    const gated = gatedFunction(t);
    const { lambda } = startLambda(t, { gated });
    const running = [1, 2, 3].map(() => lambda.invoke('gated', {}));
    await gated.arrivals(3);
    gated.open();
    assert.equal(new Set(await Promise.all(running)).size, 3);
  });

  test('has a cap, beyond which events wait in line', async (t) => {
    const gated = gatedFunction(t);
    const { lambda } = startLambda(t, { gated }, { concurrency: 2 });
    const running = [1, 2, 3].map(() => lambda.invoke('gated', {}));
    await gated.arrivals(2);
    gated.open();
    await gated.arrivals(3);
    gated.open();
    assert.equal(new Set(await Promise.all(running)).size, 2);
  });

  test('waits for an environment that is busy, for a while, before it starts another', async (t) => {
    const gated = gatedFunction(t);
    const { lambda } = startLambda(t, { gated }, { waitBeforeLoadMs: 60_000 });
    const running = [1, 2].map(() => lambda.invoke('gated', {}));
    await gated.arrivals(1);
    gated.open();
    await gated.arrivals(2);
    gated.open();
    assert.equal(new Set(await Promise.all(running)).size, 1);
  });

  test('does not let them wait for ever', async (t) => {
    const gated = gatedFunction(t);
    const { lambda } = startLambda(t, { gated }, { concurrency: 1, queueTimeoutMs: 50 });
    await lambda.warm('gated');
    const running = lambda.invoke('gated', {});
    await gated.arrivals(1);
    await assert.rejects(lambda.invoke('gated', {}), fails('TooManyRequestsException'));
    gated.open();
    await running;
  });

  test('that is reserved throttles beyond it', async (t) => {
    const gated = gatedFunction(t);
    const { lambda } = startLambda(t, { gated: { ...gated, reservedConcurrency: 2 } });
    const running = [1, 2].map(() => lambda.invoke('gated', {}));
    await assert.rejects(lambda.invoke('gated', {}), fails('TooManyRequestsException', /Rate Exceeded/));
    await gated.arrivals(2);
    await assert.rejects(lambda.invoke('gated', {}), fails('TooManyRequestsException'));
    gated.open();
    await Promise.all(running);
  });

  test('uses the environment that was used last', async (t) => {
    const gated = gatedFunction(t);
    const { lambda } = startLambda(t, { gated });
    const running = [1, 2].map(() => lambda.invoke('gated', {}));
    await gated.arrivals(2);
    gated.open();
    await Promise.all(running);
    const last = await lambda.invoke('gated', { pass: true });
    for (let i = 0; i < 5; i += 1) assert.equal(await lambda.invoke('gated', { pass: true }), last);
  });

  test('of all functions together is capped: the one idle longest makes room', async (t) => {
    const code = `import { threadId } from 'node:worker_threads'; export const handler = () => threadId;`;
    const { lambda } = startLambda(t, { a: { code }, b: { code }, c: { code } }, { maxEnvironments: 2 });
    const a = await lambda.invoke('a', {});
    const b = await lambda.invoke('b', {});
    await lambda.invoke('c', {});
    assert.equal(await lambda.invoke('b', {}), b, 'b was used after a');
    assert.notEqual(await lambda.invoke('a', {}), a);
  });

  test('of all functions together lets nobody starve behind a busy function', async (t) => {
    const gated = gatedFunction(t);
    const code = 'export const handler = () => "served";';
    const { lambda } = startLambda(t, { gated, other: { code } }, { maxEnvironments: 1 });
    const first = lambda.invoke('gated', {});
    await gated.arrivals(1);
    const other = lambda.invoke('other', {});
    const second = lambda.invoke('gated', {});
    gated.open();
    await first;
    assert.equal(await other, 'served');
    await gated.arrivals(2);
    gated.open();
    await second;
  });

  test('ends with idleness: environments are retired', async (t) => {
    const code = `import { threadId } from 'node:worker_threads'; export const handler = () => threadId;`;
    const { lambda } = startLambda(t, { idler: { code } }, { idleTimeoutMs: 20 });
    const started = once(process, 'worker') as Promise<[Worker]>;
    const first = await lambda.invoke('idler', {});
    const [worker] = await started;
    await once(worker, 'exit');
    assert.notEqual(await lambda.invoke('idler', {}), first);
  });
});

suite('functions that share a worker', () => {
  test('see variables of their own and log under their own names, also in what they do between events', async (t) => {
    const gated = gatedFunction(t);
    const name = randomUUID();
    const code = `
      import { BroadcastChannel } from 'node:worker_threads';
      const loadedAs = process.env.WHO;
      new BroadcastChannel('${name}').onmessage = () => console.log('between events', loadedAs, process.env.WHO);
      export const handler = () => { process.env.COUNT = 1; return [process.env.WHO, process.env.COUNT, Object.keys(process.env).length]; };`;
    const { lambda, logged } = startLambda(
      t,
      {
        one: { code, environment: { WHO: 'one' } },
        two: { code: 'export const handler = () => [process.env.WHO, process.env.COUNT];' },
        gated,
      },
      { maxWorkers: 1 },
    );
    const [who, count] = (await lambda.invoke('one', {})) as unknown[];
    assert.deepEqual([who, count], ['one', '1']);
    assert.deepEqual(await lambda.invoke('two', {}), [null, null]);
    const running = lambda.invoke('gated', {});
    await gated.arrivals(1);
    const channel = new BroadcastChannel(name);
    channel.postMessage('');
    assert.equal(await logged('between events'), 'one: between events one one');
    channel.close();
    gated.open();
    await running;
  });

  test('load a library once, and what is their own each for itself', async (t) => {
    const counter = 'let calls = 0; export const count = () => (calls += 1);';
    const code = (library: string) => `
      import { count } from './${library}';
      import { count as ownCount } from './own.mjs';
      export const handler = () => [count(), ownCount()];`;
    const using = (library: string) => ({
      code: code(library),
      beside: { [library]: counter, 'own.mjs': counter },
    });
    const { lambda } = startLambda(
      t,
      {
        one: using('counter-2ILKTVJF.mjs'),
        two: using('counter-2ILKTVJF.mjs'),
        newer: using('counter-KNLNQTZ5.mjs'),
      },
      { maxWorkers: 1 },
    );
    assert.deepEqual(await lambda.invoke('one', {}), [1, 1]);
    assert.deepEqual(await lambda.invoke('two', {}), [2, 1]);
    assert.deepEqual(await lambda.invoke('newer', {}), [1, 1]);
  });

  test('run one at a time', async (t) => {
    const gated = gatedFunction(t);
    const code = 'export const handler = () => "served";';
    const { lambda } = startLambda(t, { gated, other: { code } }, { maxWorkers: 1 });
    await lambda.warm('other');
    const running = lambda.invoke('gated', {});
    await gated.arrivals(1);
    let isServed = false;
    const other = lambda.invoke('other', {}).then((result) => {
      isServed = true;
      return result;
    });
    // Both travel the same way: what comes back from `gated` would have been behind what comes back from `other`.
    gated.open();
    await running;
    assert.equal(isServed, false);
    assert.equal(await other, 'served');
  });

  test('do not fail with one that crashes between its events', async (t) => {
    const gated = gatedFunction(t);
    const name = randomUUID();
    const code = `
      import { threadId, BroadcastChannel } from 'node:worker_threads';
      new BroadcastChannel('${name}').onmessage = () => { throw new Error('too late'); };
      export const handler = () => threadId;`;
    const { lambda, logged } = startLambda(t, { crashing: { code }, gated }, { maxWorkers: 1 });
    const worker = await lambda.invoke('crashing', {});
    const running = lambda.invoke('gated', {});
    await gated.arrivals(1);
    const channel = new BroadcastChannel(name);
    channel.postMessage('');
    assert.match(await logged('the runtime crashed'), /^crashing: .*too late/);
    channel.close();
    gated.open();
    assert.equal(await running, worker);
    assert.notEqual(await lambda.invoke('crashing', {}), worker, 'its worker ended after the event');
  });

  test('are killed without what another one runs', async (t) => {
    const gated = gatedFunction(t);
    const code = `import { threadId } from 'node:worker_threads'; export const handler = () => threadId;`;
    const { lambda } = startLambda(t, { killed: { code }, gated }, { maxWorkers: 1 });
    const worker = await lambda.invoke('killed', {});
    const running = lambda.invoke('gated', {});
    await gated.arrivals(1);
    await lambda.kill('killed');
    gated.open();
    assert.equal(await running, worker);
    assert.notEqual(await lambda.invoke('killed', {}), worker);
  });
});

suite('stopping', () => {
  test('lets what runs end, refuses what waits and what comes', async (t) => {
    const gated = gatedFunction(t);
    const { lambda } = startLambda(t, { gated }, { concurrency: 1 });
    const running = lambda.invoke('gated', {});
    await gated.arrivals(1);
    const waiting = assert.rejects(lambda.invoke('gated', {}), fails('ServiceException'));
    const stopped = lambda.stop();
    await waiting;
    await assert.rejects(lambda.invoke('gated', {}), fails('ServiceException'));
    gated.open();
    assert.equal(typeof (await running), 'number');
    await stopped;
  });

  test('does not wait for ever', async (t) => {
    const gated = gatedFunction(t);
    const { lambda } = startLambda(t, { gated });
    const running = assert.rejects(lambda.invoke('gated', {}), fails('Runtime.ExitError'));
    await gated.arrivals(1);
    await lambda.stop(10);
    await running;
  });

  test('kills one function as a crash would, and it comes back', async (t) => {
    const gated = gatedFunction(t);
    const { lambda } = startLambda(t, { gated });
    const running = assert.rejects(lambda.invoke('gated', {}), fails('Runtime.ExitError'));
    await gated.arrivals(1);
    await lambda.kill('gated');
    await running;
    const again = lambda.invoke('gated', {});
    await gated.arrivals(2);
    gated.open();
    assert.equal(typeof (await again), 'number');
  });

  test('leaves nothing that keeps a process alive', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'local-lambda-'));
    writeFileSync(
      join(directory, 'index.mjs'),
      'export const handler = () => 1; setInterval(() => {}, 1000);',
    );
    const service = new URL('../../lib/local/lambda/lambda-service.ts', import.meta.url).href;
    const script = `
      import { createLambdaService } from ${JSON.stringify(service)};
      const lambda = createLambdaService({ log: () => {}, functions: [{ functionName: 'f', codeDirectory: ${JSON.stringify(directory)},
        handler: 'index.handler', environment: {}, timeoutMs: 5000, memorySizeMb: 128 }] });
      await lambda.invoke('f', {});
      await lambda.stop();`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
    const [code] = (await once(child, 'exit')) as [number];
    rmSync(directory, { recursive: true, force: true });
    assert.equal(code, 0);
  });
});

/** A TCP server that counts its connections and answers each request with its own text. */
const echoServer = async (
  t: TestContext,
): Promise<{ port: number; texts: string[]; connections: () => number }> => {
  const texts: string[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.on('data', (bytes) => {
      texts.push(String(bytes));
      socket.write(`tcp ${String(bytes)}`);
    });
    socket.on('end', () => socket.end());
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, texts, connections: () => connections };
};

/** A function that writes texts, each to a socket of its own, and returns what comes back on each. */
const writingFunction = `
  import { connect } from 'node:net';
  const ask = (port, texts) => new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const got = [];
    socket.setTimeout(3000);
    socket.once('connect', () => got.push('connected'));
    socket.on('data', (bytes) => {
      got.push(String(bytes), process.env.WHO);
      if (texts.length > 0) socket.write(texts.shift());
      else socket.end();
    });
    socket.on('end', () => got.push('ended'));
    socket.on('error', reject);
    socket.on('close', () => resolve(got));
    socket.write(texts.shift());
  });
  export const handler = ({ port, sockets }) => Promise.all(sockets.map((texts) => ask(port, texts)));`;

suite('functions that call a server of this process', () => {
  const answered = ['connected', 'direct', 'one'];

  const startWith = async (t: TestContext, code = writingFunction) => {
    const tcp = await echoServer(t);
    const batches: (readonly string[])[] = [];
    const server: ServerInProcess = {
      host: '127.0.0.1',
      port: tcp.port,
      accepts: 'known',
      connect: (port) => {
        port.on('message', (requests: readonly string[]) => batches.push(requests));
        answerRequests(port, (text) => (text.startsWith('known') ? 'direct' : undefined));
      },
    };
    const { lambda } = startLambda(
      t,
      {
        one: { code, environment: { WHO: 'one' } },
      },
      { servers: [server] },
    );
    const ask = (...sockets: string[][]) => lambda.invoke('one', { port: tcp.port, sockets });
    return { tcp, batches, ask, lambda };
  };

  test('send concurrent requests together, without a connection', async (t) => {
    const { tcp, batches, ask } = await startWith(t);
    assert.deepEqual(await ask(['known 1'], ['known 2'], ['known ü']), [
      [...answered, 'ended'],
      [...answered, 'ended'],
      [...answered, 'ended'],
    ]);
    assert.deepEqual(batches, [['known 1', 'known 2', 'known ü']]);
    assert.equal(tcp.connections(), 0);
  });

  test('send one request after the other on a socket', async (t) => {
    const { batches, ask } = await startWith(t);
    assert.deepEqual(await ask(['known 1', 'known 2']), [[...answered, 'direct', 'one', 'ended']]);
    assert.deepEqual(batches, [['known 1'], ['known 2']]);
  });

  test('send through TCP what the server does not accept or answer, and nothing else', async (t) => {
    const { tcp, batches, ask } = await startWith(t);
    assert.deepEqual(await ask(['known 1', 'other', 'known 2', 'not known', 'known 3']), [
      [...answered, 'tcp other', 'one', 'direct', 'one', 'tcp not known', 'one', 'direct', 'one', 'ended'],
    ]);
    assert.deepEqual(batches, [['known 1'], ['known 2'], ['not known'], ['known 3']]);
    assert.deepEqual(tcp.texts, ['other', 'not known']);
    assert.equal(tcp.connections(), 1);
  });

  test('go on without a TCP connection that its server has closed while a request is under way', async (t) => {
    const closing = createServer((socket) => {
      socket.once('data', (bytes) => socket.write(`tcp ${String(bytes)}`));
      closeIdle = () => socket.end();
    });
    let closeIdle = (): void => undefined;
    await new Promise<void>((resolve) => closing.listen(0, '127.0.0.1', resolve));
    t.after(() => closing.close());
    const { port } = closing.address() as AddressInfo;
    const server: ServerInProcess = {
      host: '127.0.0.1',
      port,
      accepts: 'known',
      connect: (messages) => {
        messages.on('message', () => {
          const left = once(closing, 'left');
          closeIdle();
          void left.then(() => messages.postMessage(['direct']));
        });
      },
    };
    closing.on('connection', (socket: Socket) => socket.on('close', () => closing.emit('left')));
    const { lambda } = startLambda(
      t,
      { one: { code: writingFunction, environment: { WHO: 'one' } } },
      { servers: [server] },
    );
    assert.deepEqual(await lambda.invoke('one', { port, sockets: [['other', 'known']] }), [
      ['connected', 'tcp other', 'one', 'direct', 'one', 'ended'],
    ]);
  });

  test('hear each response for themselves, and fail for themselves', async (t) => {
    const gated = gatedFunction(t);
    const { promise: held, resolve: hold } = Promise.withResolvers<() => void>();
    const code = `
      import { connect } from 'node:net';
      export const handler = ({ port }) => {
        const socket = connect({ host: '127.0.0.1', port });
        socket.on('data', () => {
          console.log('heard by', process.env.WHO);
          throw new Error('too late');
        });
        socket.write('known');
      };`;
    const server: ServerInProcess = {
      host: '127.0.0.1',
      port: 1,
      accepts: 'known',
      connect: (port) => void port.on('message', () => hold(() => port.postMessage(['late']))),
    };
    const { lambda, lines, logged } = startLambda(
      t,
      { one: { code, environment: { WHO: 'one' } }, gated },
      { maxWorkers: 1, servers: [server] },
    );
    await lambda.invoke('one', { port: 1 });
    const answer = await held;
    const running = lambda.invoke('gated', {});
    await gated.arrivals(1);
    answer();
    assert.match(await logged('the runtime crashed'), /^one: .*too late/);
    assert.ok(lines.includes('one: heard by one'), lines.join('\n'));
    gated.open();
    assert.equal(typeof (await running), 'number');
  });

  test('send bytes through TCP, and reach other servers as ever', async (t) => {
    const { ask, lambda } = await startWith(
      t,
      writingFunction.replaceAll('texts.shift()', 'Buffer.from(texts.shift())'),
    );
    assert.deepEqual(await ask(['known 1']), [['connected', 'tcp known 1', 'one', 'ended']]);
    const other = await echoServer(t);
    assert.deepEqual(await lambda.invoke('one', { port: other.port, sockets: [['known 1']] }), [
      ['connected', 'tcp known 1', 'one', 'ended'],
    ]);
  });

  test('turn to TCP when the thread of the server has ended', async (t) => {
    const tcp = await echoServer(t);
    const { lambda } = startLambda(
      t,
      { one: { code: writingFunction, environment: { WHO: 'one' } } },
      {
        servers: [
          {
            host: '127.0.0.1',
            port: tcp.port,
            accepts: '',
            connect: (port) => port.once('message', () => port.close()),
          },
        ],
      },
    );
    const ask = () => lambda.invoke('one', { port: tcp.port, sockets: [['x']] });
    const answered = [['connected', 'tcp x', 'one', 'ended']];
    assert.deepEqual([await ask(), await ask()], [answered, answered]);
  });

  test('learn that a server is gone when it neither answers nor listens', async (t) => {
    const { lambda } = startLambda(
      t,
      { one: { code: writingFunction } },
      {
        servers: [
          {
            host: '127.0.0.1',
            port: 1,
            accepts: '',
            connect: (port) => answerRequests(port, () => undefined),
          },
        ],
      },
    );
    await assert.rejects(lambda.invoke('one', { port: 1, sockets: [['x']] }), { message: /ECONNREFUSED/ });
  });

  test('wait no longer than they want for a response, and never get it on another socket', async (t) => {
    const held: (() => void)[] = [];
    const code = `
      import { connect } from 'node:net';
      export const handler = ({ port, first, second }) => new Promise((resolve) => {
        const silent = connect({ host: '127.0.0.1', port });
        silent.setTimeout(20);
        silent.on('data', () => resolve('too late'));
        silent.on('timeout', () => {
          silent.destroy();
          const socket = connect({ host: '127.0.0.1', port });
          socket.on('data', (bytes) => resolve(String(bytes)));
          socket.write(second);
        });
        silent.write(first);
      });`;
    const { lambda } = startLambda(
      t,
      { one: { code } },
      {
        servers: [
          {
            host: '127.0.0.1',
            port: 1,
            accepts: '',
            connect: (port) => {
              port.on('message', ([text]: string[]) => {
                const answer = (): void => port.postMessage([`to ${text}`]);
                held.push(answer);
                if (text === 'second') for (const one of held.splice(0)) one();
              });
            },
          },
        ],
      },
    );
    assert.equal(await lambda.invoke('one', { port: 1, first: 'first', second: 'second' }), 'to second');
  });
});
