import { parseArgs } from 'node:util';
import { createChatServiceApp } from '../lib/chat-service-app.ts';
import { stageNames } from '../lib/config/stages.ts';

// The CDK app. `cdk deploy -c stage=dev` runs it with the stage in the context;
// `npm run synth -- --stage dev` by itself, writing the cloud assembly to cdk.out.
const { values } = parseArgs({
  options: { stage: { type: 'string' }, output: { type: 'string' } },
});
const context = JSON.parse(process.env['CDK_CONTEXT_JSON'] ?? '{}') as { stage?: unknown };
const stage = values.stage ?? (typeof context.stage === 'string' ? context.stage : undefined);

try {
  if (stage === undefined) {
    throw new Error(
      `Name a stage: -c stage=STAGE behind the cdk command, --stage STAGE without it. Stages are ${stageNames.join(', ')}.`,
    );
  }
  createChatServiceApp(stage, values.output).app.synth();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
