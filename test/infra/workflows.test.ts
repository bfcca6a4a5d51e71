import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { suite, test } from 'node:test';
import { synthesize } from '../support/synthesized.ts';

const project = resolve(import.meta.dirname, '../..');
const workflows = globSync('.github/workflows/*.yml', { cwd: project }).map((file) => ({
  file,
  text: readFileSync(join(project, file), 'utf8'),
}));
const production = await synthesize('production');

/** The commands of a workflow's steps in order, each a script for bash. */
const stepsOf = (file: string): string[] => {
  const text = workflows.find((workflow) => workflow.file.endsWith(file))?.text ?? '';
  return [...text.matchAll(/^ +(?:- )?run: (?:\|\n((?: {10}.*\n?)+)|(.+)\n)/gm)].map(([, block, line]) =>
    (block ?? line ?? '').replaceAll(/^ {10}/gm, ''),
  );
};

/** A fake of `npx cdk deploy` that knows the stacks of production and writes their outputs, as the CDK does. */
const npx = `
  const { appendFileSync, writeFileSync } = require('node:fs');
  const outputs = JSON.parse(process.env.OUTPUTS);
  const [cdk, deploy, ...rest] = process.argv.slice(2);
  const file = rest[rest.indexOf('--outputs-file') + 1];
  const wanted = rest.includes('--all') ? Object.keys(outputs) : [rest[0]];
  appendFileSync(process.env.LOG, 'deploys ' + (rest.includes('--all') ? 'all' : rest[0]) + '\\n');
  const unknown = wanted.filter((name) => !(name in outputs));
  if (cdk !== 'cdk' || deploy !== 'deploy' || unknown.length > 0) throw new Error('No stack ' + unknown);
  if (!rest.includes('stage=production')) throw new Error('Without a stage');
  writeFileSync(file, JSON.stringify(Object.fromEntries(wanted.map((name) => [name, outputs[name]]))));`;
const npm = `require('node:fs').appendFileSync(process.env.LOG, 'npm ' + process.argv.slice(2).join(' ') + '\\n');`;

/** Runs the steps of the deployment with fakes of the CDK and npm. */
const deploy = (admits: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'chat-service-workflow-'));
  try {
    for (const [name, source] of Object.entries({ npx, npm })) {
      writeFileSync(join(folder, name), `#!${process.execPath}\n${source}`);
      chmodSync(join(folder, name), 0o755);
    }
    const log = join(folder, 'log');
    writeFileSync(log, '');
    const outputs = [...production.outputs].map(([stack, named]) => [
      stack,
      Object.fromEntries(
        Object.keys(named).map((name) => [
          name,
          name === 'NatAddresses' ? '203.0.113.7,203.0.113.8' : `https://${stack}.example.org/${name}/`,
        ]),
      ),
    ]) as [string, Record<string, string>][];
    mkdirSync(join(folder, 'work/.ci'), { recursive: true });
    writeFileSync(join(folder, 'work/.ci/atlas-admits'), readFileSync(join(project, '.ci/atlas-admits')));
    chmodSync(join(folder, 'work/.ci/atlas-admits'), 0o755);
    let errors = '';
    for (const step of stepsOf('deploy.yml')) {
      const { status, stderr } = spawnSync('bash', ['-eo', 'pipefail', '-c', step], {
        cwd: join(folder, 'work'),
        encoding: 'utf8',
        env: {
          HOME: folder,
          PATH: [folder, resolve(process.execPath, '..'), process.env['PATH']].join(delimiter),
          STAGE: 'production',
          MONGODB_ADMITS: admits,
          OUTPUTS: JSON.stringify(Object.fromEntries(outputs)),
          LOG: log,
        },
      });
      errors += stderr;
      if (status !== 0) break;
    }
    return { errors, log: readFileSync(log, 'utf8').trim().split('\n') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

suite('the deployment of a stage', () => {
  test('brings the network, then the rest, and plays the demo at the address of the HTTP API', () => {
    const { errors, log } = deploy('203.0.113.7, 203.0.113.8');
    assert.equal(errors, '');
    assert.deepEqual(log, [
      'npm ci',
      'deploys chat-service-production-network',
      'deploys all',
      'npm run demo -- --url https://chat-service-production-http-entry.example.org/HttpUrl/api/v1',
    ]);
  });

  test('stops ahead of the migration when Atlas is not known to let every address in, and says which', () => {
    for (const [admits, missing] of [
      ['', '203.0.113.7 203.0.113.8'],
      ['203.0.113.8', '203.0.113.7'],
      ['203.0.113.70,203.0.113.8', '203.0.113.7'],
    ] as const) {
      const { errors, log } = deploy(admits);
      assert.deepEqual(log, ['npm ci', 'deploys chat-service-production-network']);
      assert.ok(errors.includes(`has to let in ${missing}:`), errors);
    }
  });

  test('asks nobody where the stage lets its own addresses in', () => {
    assert.equal(deploy('managed').log.at(-2), 'deploys all');
  });
});

suite('workflows', () => {
  test('name actions by commit, with the version beside it', () => {
    for (const { file, text } of workflows) {
      for (const [, action] of text.matchAll(/uses: (.+)$/gm)) {
        if (action?.startsWith('./') === true) continue;
        assert.match(String(action), /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, file);
      }
    }
  });

  test('leave no credentials of git behind, and have no more permissions than they need', () => {
    for (const { file, text } of workflows) {
      const checkouts = text.split('uses: actions/checkout@').slice(1);
      for (const step of checkouts) {
        assert.match(step, /^.+\n +with: \{ persist-credentials: false \}/, file);
      }
      // A job that needs more names it for itself.
      assert.match(text, /^permissions:\n {2}contents: read\n\n/m, file);
      assert.doesNotMatch(text, /: write(?<!id-token: write)/, file);
    }
  });
});
