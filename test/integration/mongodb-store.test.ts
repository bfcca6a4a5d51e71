/** Which MongoDB the local cloud chooses, in which order, and that each kind keeps its data. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import {
  type LocalMongodb,
  type MongodbLookups,
  type RunningServer,
  realLookups,
  startMongodb,
} from '../../lib/local/stores/mongodb.ts';

describe('the MongoDB of the local cloud', () => {
  let dataDirectory: string;
  let lines: string[];
  const log = (line: string) => void lines.push(line);

  beforeEach(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'mongodb-store-'));
    lines = [];
  });

  afterEach(() => rm(dataDirectory, { recursive: true, force: true }));

  describe('is looked for', () => {
    let calls: string[];

    beforeEach(() => {
      calls = [];
    });

    /** Lookups that find nothing, reach nothing and write down what they were asked. */
    const lookups = (found: Partial<MongodbLookups> = {}): MongodbLookups => {
      const running = (url: string): RunningServer => ({ url, stop: () => Promise.resolve() });
      const noted: MongodbLookups = {
        ask: () => Promise.resolve(),
        findInstalled: () => undefined,
        findDownloaded: () => Promise.resolve(undefined),
        canReach: () => Promise.resolve(false),
        download: () => Promise.reject(new Error('no download')),
        runMongod: (binary, path) => Promise.resolve(running(`mongodb://${binary}${path}`)),
        runEmbedded: (path) => Promise.resolve(running(`mongodb://embedded${path}`)),
        ...found,
      };
      const note =
        <Arguments extends unknown[], Result>(name: string, run: (...given: Arguments) => Result) =>
        (...given: Arguments): Result => {
          calls.push(name);
          return run(...given);
        };
      return {
        ask: note('ask', noted.ask),
        findInstalled: note('findInstalled', noted.findInstalled),
        findDownloaded: note('findDownloaded', noted.findDownloaded),
        canReach: note('canReach', noted.canReach),
        download: note('download', noted.download),
        runMongod: note('runMongod', noted.runMongod),
        runEmbedded: note('runEmbedded', noted.runEmbedded),
      };
    };

    const startWith = (environment: NodeJS.ProcessEnv, found: Partial<MongodbLookups> = {}) =>
      startMongodb({ dataDirectory: '/data', log, environment }, lookups(found));

    it('first in MONGODB_URL, whose password is not shown', async () => {
      const url = 'mongodb+srv://me:secret@cluster.example/chat';
      const mongodb = await startWith({ MONGODB_URL: url });
      assert.deepEqual([mongodb.kind, mongodb.url], ['configured', url]);
      assert.match(mongodb.description, /MONGODB_URL .*cluster\.example/);
      assert.doesNotMatch(mongodb.description, /secret/);
      assert.deepEqual(calls, ['ask']);
    });

    it('then on the machine', async () => {
      const mongodb = await startWith({}, { findInstalled: () => '/bin/mongod' });
      assert.deepEqual([mongodb.kind, mongodb.url], ['mongod', 'mongodb:///bin/mongod/data/mongod']);
      assert.deepEqual(calls, ['findInstalled', 'runMongod']);
    });

    it('then among what was downloaded before, without asking the network', async () => {
      const mongodb = await startWith(
        { MONGODB_DOWNLOAD: 'off' },
        { findDownloaded: () => Promise.resolve('/cache/mongod') },
      );
      assert.deepEqual(
        [mongodb.kind, mongodb.url],
        ['memory-server', 'mongodb:///cache/mongod/data/mongod-downloaded'],
      );
      assert.deepEqual(calls, ['findInstalled', 'findDownloaded', 'runMongod']);
    });

    it('then by a download, where its host answers', async () => {
      const mongodb = await startWith(
        {},
        { canReach: () => Promise.resolve(true), download: () => Promise.resolve('/new/mongod') },
      );
      assert.equal(mongodb.kind, 'memory-server');
      assert.deepEqual(calls, ['findInstalled', 'findDownloaded', 'canReach', 'download', 'runMongod']);
    });

    it('and is the embedded one where nothing else is to be had', async () => {
      const mongodb = await startWith({});
      assert.deepEqual([mongodb.kind, mongodb.url], ['embedded', 'mongodb://embedded/data/mongodb-embedded']);
      assert.match(mongodb.description, /for development only/);
      assert.ok(!mongodb.description.includes('\n'));
      assert.deepEqual(calls, ['findInstalled', 'findDownloaded', 'canReach', 'runEmbedded']);
    });

    it('and is not downloaded with MONGODB_DOWNLOAD=off', async () => {
      const mongodb = await startWith({ MONGODB_DOWNLOAD: 'off' }, { canReach: () => Promise.resolve(true) });
      assert.equal(mongodb.kind, 'embedded');
      assert.deepEqual(calls, ['findInstalled', 'findDownloaded', 'runEmbedded']);
    });

    it('and a way that fails is logged, and the next one taken', async () => {
      const mongodb = await startWith(
        {},
        {
          findInstalled: () => '/bin/mongod',
          findDownloaded: () => Promise.reject(new Error('cache is a mess')),
          canReach: () => Promise.resolve(true),
          runMongod: () => Promise.reject(new Error('wrong library')),
        },
      );
      assert.equal(mongodb.kind, 'embedded');
      assert.deepEqual(lines, [
        '/bin/mongod did not start: wrong library',
        'the download cache could not be read: cache is a mess',
        'downloading MongoDB (once; MONGODB_DOWNLOAD=off prevents it)',
        'MongoDB could not be downloaded: no download',
      ]);
    });
  });

  describe('is really', () => {
    it('found on the PATH that it is given', async () => {
      const path = join(dataDirectory, 'mongod');
      await writeFile(path, '');
      const PATH = `/does/not/exist:${dataDirectory}`;
      assert.notEqual(realLookups.findInstalled({ PATH }), path, 'not executable');
      await chmod(path, 0o755);
      assert.equal(realLookups.findInstalled({ PATH }), path);
    });

    it('asked whether it answers, for no longer than it is told', async () => {
      const silent = createServer(() => {});
      const talking = createServer((_, response) => void response.writeHead(403).end());
      const url = async (server: typeof silent) => {
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        const address = server.address();
        return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
      };
      try {
        assert.equal(await realLookups.canReach(await url(talking), 2_000), true);
        assert.equal(await realLookups.canReach(await url(silent), 50), false);
        assert.equal(await realLookups.canReach('http://127.0.0.1:1', 2_000), false);
      } finally {
        silent.closeAllConnections();
        silent.close();
        talking.close();
      }
    });
  });

  /** Writes through one run of a store and reads in the next. */
  const assertSurvivesRestart = async (start: () => Promise<LocalMongodb>, kind: LocalMongodb['kind']) => {
    for (const expected of [0, 1]) {
      const mongodb = await start();
      const client = new MongoClient(mongodb.url, { serverSelectionTimeoutMS: 3_000 });
      try {
        assert.equal(mongodb.kind, kind);
        const things = client.db('test').collection('things');
        assert.equal(await things.countDocuments(), expected);
        await things.insertOne({ a: 1 });
      } finally {
        await client.close();
        await mongodb.stop();
        await mongodb.stop();
      }
      await assert.rejects(
        new MongoClient(mongodb.url, { serverSelectionTimeoutMS: 100 }).db('test').command({ ping: 1 }),
      );
    }
  };

  it('embedded: runs in a thread, keeps its data, refuses a second one', async () => {
    const environment = { MONGODB_DOWNLOAD: 'off', PATH: '' };
    const only = {
      ...realLookups,
      findInstalled: () => undefined,
      findDownloaded: () => Promise.resolve(undefined),
    };
    const start = () => startMongodb({ dataDirectory, log, environment }, only);
    await assertSurvivesRestart(start, 'embedded');
    const first = await start();
    await assert.rejects(start(), /is in use by process \d+/);
    await first.stop();
  });

  describe('as a program of its own', () => {
    let environment: NodeJS.ProcessEnv;

    /** Puts a `mongod` on the PATH that behaves in the given way. */
    const putMongod = async (behaviour = ''): Promise<void> => {
      const script = fileURLToPath(new URL('mongodb-fake-mongod.ts', import.meta.url));
      const path = join(dataDirectory, 'mongod-program', 'mongod');
      await writeFile(
        path,
        `#!/bin/sh\nFAKE_MONGOD=${behaviour} exec '${process.execPath}' '${script}' "$@"\n`,
      );
      await chmod(path, 0o755);
    };

    beforeEach(async () => {
      await mkdir(join(dataDirectory, 'mongod-program'));
      environment = { PATH: join(dataDirectory, 'mongod-program'), MONGODB_DOWNLOAD: 'off' };
    });

    const nothingDownloaded = { ...realLookups, findDownloaded: () => Promise.resolve(undefined) };
    const start = () => startMongodb({ dataDirectory, log, environment }, nothingDownloaded);

    it('keeps its data and is told to stop', async () => {
      await putMongod();
      await assertSurvivesRestart(start, 'mongod');
      assert.equal(
        await readFile(join(dataDirectory, 'mongod', 'mongod.lock'), 'utf8'),
        '',
        'it ended in order',
      );
      assert.deepEqual(lines, []);
    });

    it('gives way to the next kind when it does not start, and says why', async () => {
      await putMongod('broken');
      const mongodb = await start();
      await mongodb.stop();
      assert.equal(mongodb.kind, 'embedded');
      assert.match(
        lines.join('\n'),
        /did not start: it ended \(exit code \d+\): starting\nno space left on device/,
      );
    });

    it('is stopped first when an earlier run left it behind', async () => {
      await putMongod();
      const mongodb = await start();
      const lock = join(dataDirectory, 'mongod', 'mongod.lock');
      const orphan = Number(await readFile(lock, 'utf8'));
      const again = await start();
      assert.match(lines.join('\n'), new RegExp(`stopping a mongod \\(process ${orphan}\\)`));
      assert.notEqual(again.url, mongodb.url);
      await again.stop();
      await mongodb.stop();
    });

    it('is left alone when its number belongs to somebody else by now', async () => {
      await putMongod();
      const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      await mkdir(join(dataDirectory, 'mongod'));
      await writeFile(join(dataDirectory, 'mongod', 'mongod.lock'), `${other.pid}\n`);
      await (await start()).stop();
      assert.equal(other.exitCode, null);
      other.kill();
      await once(other, 'exit');
    });
  });
});
