import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { SEQUENTIAL_READS_MAX, benchRoutes, type RouteCost, type RouteReport } from '../lib/bench/routes.ts';

// npm run bench -- routes               what each HTTP route costs, on a local cloud of its own
// npm run bench -- routes --requests N  times of N requests each instead of 50
// npm run bench -- routes --json FILE   the same as JSON, with the commands behind the numbers
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    requests: { type: 'string', default: '50' },
    json: { type: 'string' },
  },
});

// Lambda's time zone, which worker threads take from their process. The log is not what is measured.
process.env['TZ'] = 'UTC';
process.env['POWERTOOLS_LOG_LEVEL'] ??= 'SILENT';

const isRead = ({ method, name }: RouteCost): boolean => method === 'GET' || name.startsWith('sync');

const rowOf = (route: RouteCost): string => {
  const { mysql, mongodb, dynamodb } = route.roundTrips;
  const cells = [
    mysql,
    mongodb,
    dynamodb,
    route.sequential,
    route.sequentialInNewSession,
    (route.storeBytes / 1024).toFixed(1),
    (route.answerBytes / 1024).toFixed(1),
    route.p50Ms.toFixed(1),
    route.p95Ms.toFixed(1),
  ];
  return `${route.name.padEnd(36)}${cells.map((cell) => String(cell).padStart(8)).join('')}`;
};

const print = ({ stores, requests, routes, unmeasured }: RouteReport): void => {
  const titles = ['MySQL', 'MongoDB', 'Dynamo', 'in row', 'new ses', 'KB st', 'KB ans', 'p50 ms', 'p95 ms'];
  console.log(`\n${stores.join('\n')}\n${requests} requests each, one at a time, warm\n`);
  console.log(`${'round trips a request'.padEnd(36)}${titles.map((title) => title.padStart(8)).join('')}`);
  for (const route of routes) console.log(rowOf(route));

  const sum = (of: (route: RouteCost) => number): number => routes.reduce((total, one) => total + of(one), 0);
  const totals = (['mysql', 'mongodb', 'dynamodb'] as const).map(
    (store) => `${store} ${sum(({ roundTrips }) => roundTrips[store])}`,
  );
  console.log(`\nAll together: ${totals.join(', ')}; p50 ${sum(({ p50Ms }) => p50Ms).toFixed(0)} ms`);
  const reads = routes.filter(isRead);
  const over = reads.filter(
    ({ sequential, sequentialInNewSession }) =>
      Math.max(sequential, sequentialInNewSession) > SEQUENTIAL_READS_MAX,
  );
  console.log(
    over.length === 0
      ? `No read takes more than ${SEQUENTIAL_READS_MAX} round trips one after the other.`
      : `Reads with more than ${SEQUENTIAL_READS_MAX} round trips one after the other: ${over.map(({ name }) => name).join('; ')}`,
  );
  if (unmeasured.length > 0) console.log(`Not measured: ${unmeasured.join(', ')}`);
  if (over.length > 0) process.exitCode = 1;
};

if (positionals.join() === 'routes') {
  const report = await benchRoutes(Number(values.requests), (line) => console.log(`  ${line}`));
  print(report);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
} else {
  console.error('What is to be measured? npm run bench -- routes');
  process.exitCode = 2;
}
