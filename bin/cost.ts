import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { noStage, stageConfig, stageNames } from '../lib/config/stages.ts';
import { bundleStage } from '../lib/constructs/stage-bundles.ts';
import { estimate, type Estimate } from '../lib/cost/estimate.ts';
import { footprintOf } from '../lib/cost/footprint.ts';
import { estimatePictures, pictureAssumptions, type PictureEstimate } from '../lib/cost/pictures.ts';
import { assumptions, pingsPerSecond } from '../lib/cost/operations.ts';
import { millionPushes } from '../lib/cost/push-cost.ts';
import { prices, type AtlasTier } from '../lib/cost/prices-2026-11.ts';
import { quotas } from '../lib/cost/quotas-2026-11.ts';
import { CONNECTION_SECONDS, demandsOf, hotSpotsOf, limitsOf, shown, type Scale } from '../lib/cost/scale.ts';
import packageJson from '../package.json' with { type: 'json' };
import { readArguments, refuse } from './arguments.ts';

const options = {
  stage: { type: 'string', default: 'production' },
  users: { type: 'string', default: '10000' },
  'messages-per-user': { type: 'string', default: '50' },
  'group-size': { type: 'string', default: '10' },
  pictures: { type: 'string', default: '1000000' },
  atlas: { type: 'string' },
  'per-million': { type: 'boolean', default: false },
  scale: { type: 'boolean', default: false },
  connections: { type: 'string', default: '' },
  'messages-per-second': { type: 'string', default: '' },
  count: { type: 'boolean', default: false },
} as const;

const { values } = readArguments({
  usage: `
npm run cost -- --stage production --users 10000 --messages-per-user 50 --group-size 10
                              what a month would cost; messages are those of one user in one day
npm run cost -- --pictures 50000    and what so many pictures cost, which are not in the month: a million by default
npm run cost -- --atlas M30        with that cluster of MongoDB Atlas
npm run cost -- --per-million      nothing but dollars for a million messages
npm run cost -- --scale            what three loads ask of everything that has a limit (decision 10), or one:
                              --connections 50000 --messages-per-second 400 --group-size 20
npm run cost -- --count            runs every function on a local cloud and writes what each asks of the stores to
                              lib/cost/operations.json, which all of the above reads`,
  options,
});

if (!stageNames.includes(values.stage)) refuse(noStage(values.stage));

const numberFrom = (
  name: 'users' | 'messages-per-user' | 'group-size' | 'connections' | 'messages-per-second' | 'pictures',
  least: number,
): number => {
  if (values[name] === '') return refuse(`--${name} is missing.`);
  const number = Number(values[name]);
  if (Number.isFinite(number) && number >= least) return number;
  return refuse(`--${name} is ${values[name]}: a number from ${least} up is wanted.`);
};

const isTier = (name: string): name is AtlasTier => name in prices.atlasPerHour;

const tierFrom = (name: string): AtlasTier => {
  if (isTier(name)) return name;
  return refuse(`--atlas is ${name}: one of ${Object.keys(prices.atlasPerHour).join(', ')} is wanted.`);
};

const dollars = (amount: number): string =>
  amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

const print = ({ lines, fixed, byUse, total, messages, perMillion, nextMillion }: Estimate): void => {
  const row = (service: string, of: string, ...amounts: readonly number[]): string =>
    `  ${service.padEnd(16)}${of.padEnd(36)}${amounts.map((amount) => dollars(amount).padStart(12)).join('')}`;
  console.log(`  ${' '.repeat(52)}${['fixed', 'by use', 'US$'].map((title) => title.padStart(12)).join('')}`);
  for (const line of lines)
    console.log(row(line.service, line.of, line.fixed, line.byUse, line.fixed + line.byUse));
  console.log(row('A month', '', fixed, byUse, total));
  console.log(
    `\n${(messages / 1e6).toFixed(2)} million messages: $${dollars(perMillion)} a million, ` +
      `of which $${dollars(nextMillion)} by use`,
  );
};

const printPictures = (count: number, { lines, once, perMonth }: PictureEstimate): void => {
  const row = (service: string, of: string, amount: number): string =>
    `  ${service.padEnd(16)}${of.padEnd(36)}${dollars(amount).padStart(12)}`;
  console.log(
    `\n${count.toLocaleString('en-US')} pictures of ${pictureAssumptions.megabytes} MB, beside that:\n`,
  );
  for (const { service, of, dollars: amount } of lines) console.log(row(service, of, amount));
  console.log(row('Once', '', once));
  console.log(row('S3', 'to keep them, each month', perMonth));
};

/** The loads of decision 10, unless options give another load. */
const scales = (): Scale[] => {
  const reached = numberFrom('group-size', 2);
  if (values.connections !== '' || values['messages-per-second'] !== '') {
    return [
      {
        connections: numberFrom('connections', 1),
        messagesPerSecond: numberFrom('messages-per-second', 0.01),
        reached,
      },
    ];
  }
  return [
    { connections: 10_000, messagesPerSecond: 100, reached },
    { connections: 1_000_000, messagesPerSecond: 10_000, reached },
    { connections: 10_000_000, messagesPerSecond: 100_000, reached },
  ];
};

const printScale = (): void => {
  const columns = scales();
  const demands = columns.map((scale) => demandsOf(scale, assumptions, quotas));
  const row = (what: string, formula: string, cells: readonly string[]): string =>
    `  ${what.padEnd(32)}${formula.padEnd(56)}${cells.map((cell) => cell.padStart(14)).join('')}`;
  const line = (what: string, read: (scale: Scale) => number): string =>
    row(
      what,
      '',
      columns.map((scale) => shown(read(scale))),
    );
  console.log(line('C, connections', ({ connections }) => connections));
  console.log(line('m, messages a second', ({ messagesPerSecond }) => messagesPerSecond));
  console.log(line('g, connections a message reaches', ({ reached }) => reached));
  console.log();
  for (const [index, { what, formula }] of demands[0]?.entries() ?? []) {
    console.log(
      row(
        what,
        formula,
        demands.map((column) => shown(column[index]?.value ?? 0)),
      ),
    );
  }
  console.log(
    `\n  L = ${CONNECTION_SECONDS} s, a connection's life; h = C / L, handshakes a second;\n` +
      `  t = ${assumptions.typingPerMessage} m, typing; r = ${assumptions.readMarksPerDelivery} m × g, read marks;\n` +
      `  p = C / ${shown(1 / pingsPerSecond(assumptions))}, pings a second; ` +
      `s = C / ${assumptions.recheckMinutes * 60}, rechecks a second`,
  );

  // All columns have the same proportions and meet the same limits at the same load, so the first one stands for all.
  const [first] = columns;
  const limits = first === undefined ? [] : limitsOf(first, assumptions, quotas);
  const limitRow = (what: string, ...cells: readonly string[]): string =>
    `  ${what.padEnd(32)}${cells.map((cell) => cell.padStart(14)).join('')}`;
  console.log('\n  What such a load meets as it grows, the nearest first:\n');
  console.log(limitRow('', 'quota', 'reached at C', 'and m', ...columns.map(() => 'of the quota')));
  for (const { what, quota, share, reachedAt } of limits) {
    const shares = columns.map(({ connections }) => (share * connections) / (first?.connections ?? 1));
    console.log(
      limitRow(
        what,
        shown(quota),
        shown(reachedAt.connections),
        shown(reachedAt.messagesPerSecond),
        ...shares.map((part) => `${shown(part * 100)}%`),
      ),
    );
  }
  console.log('\n  And at any size, a second:\n');
  for (const { what, most } of hotSpotsOf(quotas)) {
    console.log(`  ${what.padEnd(70)}${shown(most).padStart(10)}`);
  }
};

const printEstimate = async (): Promise<void> => {
  const load = {
    users: numberFrom('users', 1),
    messagesPerUser: numberFrom('messages-per-user', 0.01),
    groupSize: numberFrom('group-size', 2),
  };
  const { stage } = values;
  const atlas = tierFrom(values.atlas ?? (stage === 'production' ? 'M30' : 'M10'));
  const pictures = numberFrom('pictures', 1);
  // Invalid arguments end the process before this point, so the folder is always removed.
  const outdir = mkdtempSync(join(tmpdir(), 'chat-service-cost-'));
  try {
    // The CDK takes a second to load, and only this command needs it.
    const { createChatServiceApp } = await import('../lib/chat-service-app.ts');
    const config = stageConfig(stage);
    const app = createChatServiceApp(config, await bundleStage(config), outdir);
    const footprint = footprintOf(app, stage);
    const result = estimate(load, footprint, atlas, prices, assumptions);
    if (values['per-million']) {
      console.log(
        `${dollars(result.perMillion)} dollars per million messages (${stage}, prices of ${prices.asOf})`,
      );
    } else {
      console.log(
        `The stage '${stage}', ${load.users} users a day who write ${load.messagesPerUser} messages each`,
      );
      console.log(`to groups of ${load.groupSize}; list prices of ${prices.region}, ${prices.asOf}\n`);
      print(result);
      printPictures(pictures, estimatePictures(pictures, footprint, prices, pictureAssumptions));
      console.log(
        `A million pushes to devices: $${dollars(millionPushes(prices, 10))} on a busy stage, ` +
          `$${dollars(millionPushes(prices, 1))} on a quiet one (lib/cost/push-cost.ts)`,
      );
      console.log('\nTaken for granted (lib/cost/operations.ts; of pictures, lib/cost/pictures.ts):');
      const { milliseconds, ...others } = assumptions;
      for (const [name, value] of Object.entries(others)) console.log(`  ${name.padEnd(26)}${value}`);
      console.log(
        `  ms billed: ${Object.entries(milliseconds)
          .map(([id, ms]) => `${id} ${ms}`)
          .join(', ')}`,
      );
    }
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
};

const writeCounts = async (): Promise<void> => {
  process.env['TZ'] = 'UTC';
  process.env['POWERTOOLS_LOG_LEVEL'] ??= 'SILENT';
  const [{ withCountedCloud }, { countOperations }, { format }] = await Promise.all([
    import('../lib/bench/counted-cloud.ts'),
    import('../lib/bench/counted-operations.ts'),
    import('prettier'),
  ]);
  const counts = await withCountedCloud(
    (line) => console.log(line),
    { rateLimits: 'on', metersCapacity: true },
    countOperations,
  );
  const file = new URL('../lib/cost/operations.json', import.meta.url);
  const text = await format(JSON.stringify(counts), {
    ...(packageJson.prettier as object),
    parser: 'json',
  });
  await writeFile(file, text);
  console.log(`Made ${fileURLToPath(file)}: what ${Object.keys(counts).length} functions ask of the stores`);
};

try {
  if (values.count) await writeCounts();
  else if (values.scale) printScale();
  else await printEstimate();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
