import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AwsSolutionsChecks } from 'cdk-nag';
import { createChatServiceApp } from '../../lib/chat-service-app.ts';
import type { StageConfig } from '../../lib/config/stage-config.ts';
import { stageConfig } from '../../lib/config/stages.ts';
import { everything } from '../support/everything.ts';
import { provisioned } from '../support/provisioned.ts';

/** What cdk-nag finds and nobody acknowledged beside the construct. */
const findingsOf = (config: StageConfig): string[] => {
  const outdir = mkdtempSync(join(tmpdir(), 'chat-service-nag-'));
  try {
    const { app } = createChatServiceApp(config, outdir);
    return new AwsSolutionsChecks(app)
      .validateScope(app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
      );
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
};

test('cdk-nag finds nothing in production that is not acknowledged', () => {
  assert.deepEqual(findingsOf(stageConfig('production')), []);
});

test('nor in a stage that has everything that a stage can have', () => {
  assert.deepEqual(findingsOf(everything), []);
});

test('nor in one that makes its own MongoDB cluster', () => {
  assert.deepEqual(findingsOf(provisioned), []);
});
