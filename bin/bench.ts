import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { startCloudUnderTest, type CloudUnderTest } from '../lib/bench/cloud-under-test.ts';
import { missedTargets, tableOf, undecidedFigures, type Figure } from '../lib/bench/figures.ts';
import { measureFloor } from '../lib/bench/floor.ts';
import { BUSY_SHARE, measureOthers } from '../lib/bench/machine-load.ts';
import { cold } from '../lib/bench/sections/cold.ts';
import { connect } from '../lib/bench/sections/connect.ts';
import { cost } from '../lib/bench/sections/cost.ts';
import { delivery } from '../lib/bench/sections/delivery.ts';
import { files } from '../lib/bench/sections/files.ts';
import { floor } from '../lib/bench/sections/floor.ts';
import { hostile } from '../lib/bench/sections/hostile.ts';
import { history } from '../lib/bench/sections/history.ts';
import { memory } from '../lib/bench/sections/memory.ts';
import { push } from '../lib/bench/sections/push.ts';
import { routes } from '../lib/bench/sections/routes.ts';
import { saturation } from '../lib/bench/sections/saturation.ts';
import { start } from '../lib/bench/sections/start.ts';
import { sync } from '../lib/bench/sections/sync.ts';
import type { BenchContext, Section } from '../lib/bench/sections/section.ts';
import { pushEnvironment, startPushService } from '../test/support/push-service.ts';
import { readArguments, refuse, wholeNumber } from './arguments.ts';

const sections: Readonly<Record<string, Section>> = {
  floor,
  routes,
  delivery,
  saturation,
  history,
  sync,
  connect,
  push,
  files,
  cold,
  cost,
  hostile,
  memory,
  start,
};

const { values, positionals } = readArguments({
  usage: `
npm run bench                          measures everything, on local clouds of its own
npm run bench -- delivery saturation   some sections: ${Object.keys(sections).join(', ')}
npm run bench -- --json FILE           writes the figures as JSON too
npm run bench -- --compare FILE        shows them beside those of an earlier run
npm run bench -- delivery --seconds 60       how long each load goes on
npm run bench -- history --messages 100000   how long the long chat is
npm run bench -- routes --requests 100       how often each route is asked
npm run bench -- saturation --profile DIR    CPU profiles of all threads, for the browser's developer tools`,
  takesNames: true,
  options: {
    requests: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '20' },
    messages: { type: 'string', default: '1000000' },
    profile: { type: 'string' },
    json: { type: 'string' },
    compare: { type: 'string' },
  },
});
const unknown = positionals.filter((name) => !(name in sections));
if (unknown.length > 0) {
  refuse(`There is no section ${unknown.join(', ')}. Sections: ${Object.keys(sections).join(', ')}`);
}
const seconds = wholeNumber('seconds', values.seconds);
const messages = wholeNumber('messages', values.messages);
const requests = wholeNumber('requests', values.requests);

// Lambda runs in UTC; worker threads inherit the time zone of their process. Logging is off, since it must not be
// measured.
process.env['TZ'] = 'UTC';
process.env['POWERTOOLS_LOG_LEVEL'] ??= 'SILENT';

/** Variables that let the measured clouds send to the tests' push service. */
const { NODE_EXTRA_CA_CERTS, PUSH_HOSTS } = pushEnvironment;
const pushServices = { NODE_EXTRA_CA_CERTS, PUSH_HOSTS };

/** The output of `--json`. */
interface BenchReport {
  readonly at: string;
  readonly machine: string;
  readonly stores: readonly string[];
  readonly figures: readonly Figure[];
}

const figures: Figure[] = [];
const notes: string[] = [];
const failed: string[] = [];
let stores: readonly string[] = [];
for (const name of positionals.length === 0 ? Object.keys(sections) : positionals) {
  // Each section starts with empty stores, so that no section is slower because of another's data.
  let starting: Promise<CloudUnderTest> | undefined;
  let measured: readonly Figure[] = [];
  const others = measureOthers();
  const cloud = (): Promise<CloudUnderTest> =>
    (starting ??= startCloudUnderTest(values.profile, pushServices));
  const context: BenchContext = {
    cloud,
    floor: async (perSecond) => measureFloor(await cloud(), perSecond),
    pushService: () => startPushService(),
    log: (line) => console.log(`  ${line}`),
    seconds,
    messages,
    requests,
  };
  try {
    const report = await sections[name]?.(context);
    measured = report?.figures ?? [];
    notes.push(...(report?.notes ?? []).map((note) => `${name}: ${note}`));
    stores = (await starting)?.stores ?? stores;
  } catch (error) {
    // A failing section must not discard the figures of the others.
    console.error(error);
    failed.push(name);
  } finally {
    await (await starting?.catch(() => undefined))?.stop();
  }
  // The cloud has ended, so its CPU time now counts as this process's own.
  const share = others() ?? 0;
  const machineWasBusy = share >= BUSY_SHARE;
  if (machineWasBusy) {
    notes.push(`${name}: the machine was busy, others used ${(share * 100).toFixed(0)} % of its CPU time`);
  }
  figures.push(...measured.map((figure) => (machineWasBusy ? { ...figure, machineWasBusy } : figure)));
}

const before =
  values.compare === undefined
    ? undefined
    : (JSON.parse(await readFile(values.compare, 'utf8')) as BenchReport);
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, Node ${process.versions.node}`;
console.log(`\n${[machine, ...stores].join('\n')}\n\n${tableOf(figures, before?.figures)}`);
if (notes.length > 0) console.log(`\n${notes.join('\n')}`);
const late = missedTargets(figures);
const unsure = undecidedFigures(figures).length;
console.log(
  `\n${late.length} of ${figures.filter(({ target }) => target !== undefined).length} targets missed` +
    (unsure === 0 ? '' : `, ${unsure} not reached while the machine was busy (?): measure those again`),
);
if (values.json !== undefined) {
  const report: BenchReport = { at: new Date().toISOString(), machine, stores, figures };
  await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
}
if (failed.length > 0) {
  console.error(`Without a result: ${failed.join(', ')}`);
  process.exitCode = 1;
}
