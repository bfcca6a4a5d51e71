import { parseArgs } from 'node:util';
import { torture } from '../test/torture/torture.ts';

// npm run torture                       breaks the service in every way that a random schedule has, and checks that
//                                       nothing was lost, doubled, disordered, or shown to the wrong people
// npm run torture -- --seed N --runs N  the same schedules again, more of them, longer ones with --steps N
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    runs: { type: 'string', default: '10' },
    steps: { type: 'string', default: '150' },
  },
});

try {
  await torture({
    ...(values.seed === undefined ? {} : { seed: Number(values.seed) }),
    runs: Number(values.runs),
    steps: Number(values.steps),
    log: (line) => console.log(line),
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
