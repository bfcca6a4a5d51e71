import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUILD_DIRECTORY, projectRoot } from '../../constructs/build-cache.ts';
import type { Figure } from '../figures.ts';
import type { Section } from './section.ts';

const MB = 1024 * 1024;
const SAMPLE_MS = 50;
const TICKS_PER_SECOND = 100;

interface Sample {
  readonly parent: number;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly program: string;
}

/** All processes of the machine. Requires /proc. */
const processes = (): Map<number, Sample> => {
  const found = new Map<number, Sample>();
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')
        .map(Number);
      const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1] ?? 0;
      found.set(Number(name), {
        parent: fields[1] ?? 0,
        cpuSeconds: ((fields[11] ?? 0) + (fields[12] ?? 0)) / TICKS_PER_SECOND,
        residentBytes: Number(kilobytes) * 1024,
        program: readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0', 1)[0] ?? '',
      });
    } catch {
      // The process has ended in the meantime.
    }
  }
  return found;
};

interface Start {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** The largest memory of any process of esbuild. */
  readonly esbuildBytes: number;
}

/**
 * Runs the command of `npm start` until it is ready, and stops it. @throws Error with its output when it does not start
 */
const measureStart = async (folder: string, hasProc: boolean): Promise<Start> => {
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=4', join(projectRoot, 'bin/local.ts'), '--data', join(folder, 'data')],
    {
      env: {
        ...process.env,
        PORT: '0',
        WS_PORT: '0',
        WEB_PORT: '0',
        [BUILD_DIRECTORY]: join(folder, 'build'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const cpuSeconds = new Map<number, number>();
  let esbuildBytes = 0;
  const sample = (): void => {
    const all = processes();
    const isOurs = (pid: number): boolean =>
      pid === child.pid || (all.has(pid) && isOurs(all.get(pid)?.parent ?? 0));
    for (const [pid, one] of all) {
      if (!isOurs(pid)) continue;
      cpuSeconds.set(pid, one.cpuSeconds);
      if (one.program.endsWith('/esbuild')) esbuildBytes = Math.max(esbuildBytes, one.residentBytes);
    }
  };
  const sampling = hasProc ? setInterval(sample, SAMPLE_MS) : undefined;
  let output = '';
  const ready = Promise.withResolvers<number>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (/^Ready in /m.test(output)) ready.resolve(performance.now() - startedAt);
    });
  }
  const exited = once(child, 'exit').then(() =>
    ready.reject(new Error(`npm start did not start:\n${output}`)),
  );
  try {
    const milliseconds = await ready.promise;
    if (hasProc) sample();
    return {
      seconds: milliseconds / 1000,
      cpuSeconds: [...cpuSeconds.values()].reduce((one, other) => one + other, 0),
      esbuildBytes,
    };
  } finally {
    clearInterval(sampling);
    child.kill('SIGTERM');
    await exited;
  }
};

/**
 * The time of `npm start` after installation: the first start, which builds and creates all data, and the second one.
 */
export const start: Section = async ({ log }) => {
  const folder = mkdtempSync(join(tmpdir(), 'chat-service-start-'));
  const hasProc = process.platform === 'linux';
  try {
    const figures: Figure[] = [];
    for (const [which, most] of [
      ['first', 8],
      ['second', 4],
    ] as const) {
      log(`start: the ${which} one`);
      const { seconds, cpuSeconds, esbuildBytes } = await measureStart(folder, hasProc);
      figures.push({ name: `start: ready, the ${which} time`, unit: 's', value: seconds, target: { most } });
      if (hasProc) figures.push({ name: `start: CPU of the ${which} time`, unit: 's', value: cpuSeconds });
      if (esbuildBytes > 0) {
        figures.push({
          name: 'start: most that esbuild holds',
          unit: 'MB',
          value: esbuildBytes / MB,
          target: { most: 300 },
        });
      }
    }
    return { figures };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
