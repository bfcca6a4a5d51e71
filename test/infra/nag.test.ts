import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AwsSolutionsChecks } from 'cdk-nag';
import { createChatServiceApp } from '../../lib/chat-service-app.ts';
import type { StageConfig } from '../../lib/config/stage-config.ts';
import { stageConfig } from '../../lib/config/stages.ts';
import { bundleStage } from '../../lib/constructs/stage-bundles.ts';
import { everything } from '../support/everything.ts';
import { provisioned } from '../support/provisioned.ts';

/** cdk-nag's findings that are not acknowledged beside the construct. */
const findingsOf = async (config: StageConfig): Promise<string[]> => {
  const outdir = mkdtempSync(join(tmpdir(), 'chat-service-nag-'));
  try {
    const app = createChatServiceApp(config, await bundleStage(config), outdir);
    return new AwsSolutionsChecks(app)
      .validateScope(app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
      );
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
};

test('cdk-nag finds nothing in production that is not acknowledged', async () => {
  assert.deepEqual(await findingsOf(stageConfig('production')), []);
});

test('nor in a stage that has everything that a stage can have', async () => {
  assert.deepEqual(await findingsOf(everything), []);
});

test('nor in one that makes its own MongoDB cluster', async () => {
  assert.deepEqual(await findingsOf(provisioned), []);
});
