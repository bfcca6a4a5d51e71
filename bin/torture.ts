import { readArguments, wholeNumber } from './arguments.ts';

const { values } = readArguments({
  usage: `
npm run torture                       breaks the service in every way that a random schedule has, and checks that
                                      nothing was lost, doubled, disordered, or shown to the wrong people
npm run torture -- --seed N --runs N  the same schedules again, more of them, longer ones with --steps N
npm run torture -- --no-shrinking     looks for no shorter schedule that fails as well`,
  options: {
    seed: { type: 'string' },
    runs: { type: 'string', default: '10' },
    steps: { type: 'string', default: '150' },
    'no-shrinking': { type: 'boolean', default: false },
  },
});
const seed = values.seed === undefined ? {} : { seed: wholeNumber('seed', values.seed, 0) };
const [runs, steps] = [wholeNumber('runs', values.runs), wholeNumber('steps', values.steps)];

// Loaded after the arguments are checked, since loading takes longer than reporting an error.
const { torture } = await import('../test/torture/torture.ts');

try {
  await torture({
    ...seed,
    runs,
    steps,
    isShrinking: !values['no-shrinking'],
    log: (line) => console.log(line),
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
