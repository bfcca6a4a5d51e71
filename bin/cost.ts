import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createChatServiceApp } from '../lib/chat-service-app.ts';
import { estimate, type Estimate } from '../lib/cost/estimate.ts';
import { footprintOf } from '../lib/cost/footprint.ts';
import { assumptions } from '../lib/cost/operations.ts';
import { prices, type AtlasTier } from '../lib/cost/prices-2026-11.ts';

// npm run cost -- --stage production --users 10000 --messages-per-user 50 --group-size 10
//                       what a month would cost; messages are those of one user in one day
// npm run cost -- --atlas M30        with that cluster of MongoDB Atlas
// npm run cost -- --per-million      nothing but dollars for a million messages
const { values } = parseArgs({
  options: {
    stage: { type: 'string', default: 'production' },
    users: { type: 'string', default: '10000' },
    'messages-per-user': { type: 'string', default: '50' },
    'group-size': { type: 'string', default: '10' },
    atlas: { type: 'string' },
    'per-million': { type: 'boolean', default: false },
  },
});

const numberFrom = (name: 'users' | 'messages-per-user' | 'group-size', least: number): number => {
  const number = Number(values[name]);
  if (Number.isFinite(number) && number >= least) return number;
  throw new Error(`--${name} is ${values[name]}: a number from ${least} up is wanted.`);
};

const isTier = (name: string): name is AtlasTier => name in prices.atlasPerHour;

const tierFrom = (name: string): AtlasTier => {
  if (isTier(name)) return name;
  throw new Error(`--atlas is ${name}: one of ${Object.keys(prices.atlasPerHour).join(', ')} is wanted.`);
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

const outdir = mkdtempSync(join(tmpdir(), 'chat-service-cost-'));
try {
  const load = {
    users: numberFrom('users', 1),
    messagesPerUser: numberFrom('messages-per-user', 0.01),
    groupSize: numberFrom('group-size', 2),
  };
  const { stage } = values;
  const atlas = tierFrom(values.atlas ?? (stage === 'production' ? 'M30' : 'M10'));
  const { app } = createChatServiceApp(stage, outdir);
  const result = estimate(load, footprintOf(app, stage), atlas, prices, assumptions);
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
    console.log('\nTaken for granted (lib/cost/operations.ts):');
    const { milliseconds, ...others } = assumptions;
    for (const [name, value] of Object.entries(others)) console.log(`  ${name.padEnd(26)}${value}`);
    console.log(
      `  ms billed: ${Object.entries(milliseconds)
        .map(([id, ms]) => `${id} ${ms}`)
        .join(', ')}`,
    );
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(outdir, { recursive: true, force: true });
}
