import { execFileSync, fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArguments, refuse } from '../../bin/arguments.ts';
import { fillHistory } from './history.ts';
import { summaryOf, writeReport } from './report.ts';
import { warmUp } from './warm-up.ts';
import { seed } from './world.ts';

const here = import.meta.dirname;
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const options = {
  stage: { type: 'string', default: 'local' },
  url: { type: 'string' },
  scenario: { type: 'string', default: 'steady' },
  users: { type: 'string' },
  seconds: { type: 'string' },
  'seed-only': { type: 'boolean', default: false },
} as const;

const scenarios = readdirSync(join(here, 'scenarios')).map((file) => file.replace('.yml', ''));
const { values } = readArguments({
  usage: `
npm run load                                     the scenario 'steady' on a local cloud of its own
npm run load -- --scenario group-burst           another one: ${scenarios.join(', ')}
npm run load -- --url https://…/api/v1           on a deployed stage; its limits hold
npm run load -- --url … --seed-only --users 200  only makes the accounts and groups
npm run load -- --seconds 600                    how long each virtual user stays`,
  options,
});
const { scenario } = values;
if (!scenarios.includes(scenario)) {
  refuse(`There is no scenario ${scenario}. Scenarios: ${scenarios.join(', ')}`);
}
if (values.stage !== 'local' && values.url === undefined) {
  refuse(`Say where the stage ${values.stage} is: --url https://…/api/v1`);
}
if (values.url !== undefined && !/^https?:\/\/.+\/api\/v1$/.test(values.url)) {
  refuse(`--url is ${values.url}: an address such as https://chat.example.org/api/v1 is wanted.`);
}
for (const name of ['users', 'seconds'] as const) {
  const text = values[name];
  if (text !== undefined && !/^[1-9]\d*$/.test(text)) refuse(`--${name} is ${text}: a number is wanted.`);
}

const groupSize = scenario === 'group-burst' ? 100 : 10;
/** The default number of users in scenarios that do not use fifty. */
const arrivals: Readonly<Record<string, number>> = { 'group-burst': 100, history: 20 };
const users = Number(values.users ?? arrivals[scenario] ?? 50);
if (users < groupSize) refuse(`--users is ${users}: ${scenario} wants a group of ${groupSize} at least.`);
const seconds = values.seconds ?? (scenario === 'soak' ? '3600' : '30');

if (!existsSync(join(here, 'node_modules/artillery'))) {
  say('Installing Artillery, once; this takes a minute');
  // Without Artillery's browser and the install scripts of its packages, none of which are needed.
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: here, stdio: 'inherit' });
}

/** Starts a local cloud without rate limits on a new folder. */
const startLocal = async (): Promise<{ baseUrl: string; stop: () => Promise<void> }> => {
  const folder = mkdtempSync(join(tmpdir(), 'chat-service-load-'));
  const child: ChildProcess = fork(join(here, '../../bin/local.ts'), ['--data', folder], {
    env: {
      ...process.env,
      PORT: '0',
      WS_PORT: '0',
      WEB_PORT: '0',
      RATE_LIMITS: 'off',
      POWERTOOLS_LOG_LEVEL: 'SILENT',
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const first = await Promise.race([once(child, 'message'), exited.then(() => undefined)]);
  if (first === undefined) throw new Error('The local cloud did not start');
  const [{ httpUrl }] = first as [{ httpUrl: string }];
  return {
    baseUrl: `${httpUrl}/api/v1`,
    stop: async () => {
      child.kill('SIGINT');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const output = join(here, '../../.local/load');
mkdirSync(output, { recursive: true });
const local = values.url === undefined ? await startLocal() : undefined;
try {
  const baseUrl = values.url ?? local?.baseUrl ?? '';
  const name = local === undefined ? new URL(baseUrl).host.replaceAll(/[^\w.-]/g, '_') : 'local';
  const worldFile = join(output, `world-${name}.json`);
  // A local cloud starts empty, so the users of an earlier run no longer exist.
  if (local !== undefined) rmSync(worldFile, { force: true });
  say(`Making ${users} accounts in groups of ${groupSize} on ${baseUrl}`);
  const world = await seed(baseUrl, worldFile, { users, groupSize }, say);
  if (/\/\/(127\.0\.0\.1|localhost|\[::1\])[:/]/.test(baseUrl)) await warmUp(world);
  if (scenario === 'history') {
    say('Writing what there is to read');
    await fillHistory(world);
  }
  if (!values['seed-only']) {
    const file = join(output, `${scenario}.json`);
    const page = join(output, `${scenario}.html`);
    // The result of an earlier run must not be mistaken for this one.
    rmSync(file, { force: true });
    say(`Running ${scenario}`);
    const artillery = spawn(
      process.execPath,
      [
        join(here, 'node_modules/artillery/bin/run'),
        'run',
        join(here, `scenarios/${scenario}.yml`),
        '--output',
        file,
        '--quiet',
      ],
      {
        env: {
          ...process.env,
          // A single worker process, since each process would count its own turns and acknowledgements.
          WORKERS: '1',
          LOAD_WORLD: worldFile,
          LOAD_SECONDS: seconds,
          ARTILLERY_DISABLE_TELEMETRY: 'true',
        },
        stdio: 'inherit',
      },
    );
    const [exitCode] = (await once(artillery, 'exit')) as [number | null];
    if (!existsSync(file)) throw new Error('Artillery ended without a result: see above.');
    writeReport(file, page, `${scenario} on ${name}`);
    say(`\n${summaryOf(file)}\n\nCharts: ${page}`);
    say(exitCode === 0 ? 'All thresholds held.' : 'A threshold was not held: see above.');
    process.exitCode = exitCode ?? 1;
  }
} catch (error) {
  const { message, cause } = error as Error;
  process.stderr.write(`${message}${cause instanceof Error ? `: ${cause.message}` : ''}\n`);
  process.exitCode = 1;
} finally {
  await local?.stop();
}
