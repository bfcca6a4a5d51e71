import { tellOfBuilds } from '../lib/constructs/build-cache.ts';
import { bundleStage } from '../lib/constructs/stage-bundles.ts';
import { noStage, stageConfig, stageNames } from '../lib/config/stages.ts';
import { readArguments, refuse } from './arguments.ts';

// The CDK app. `cdk deploy -c stage=dev` runs it with the stage in the context;
// `npm run synth -- --stage dev` by itself, writing the cloud assembly to cdk.out.
const { values } = readArguments({
  usage: `
npm run synth -- --stage STAGE        writes the templates of a stage to cdk.out; no credentials are needed
npm run synth -- … --output FOLDER    writes them there
Stages: ${stageNames.join(', ')}`,
  options: { stage: { type: 'string' }, output: { type: 'string' } },
});
const context = JSON.parse(process.env['CDK_CONTEXT_JSON'] ?? '{}') as { stage?: unknown };
const stage = values.stage ?? (typeof context.stage === 'string' ? context.stage : undefined);

if (stage === undefined) {
  refuse(
    `Name a stage: -c stage=STAGE behind the cdk command, --stage STAGE without it. Stages are ${stageNames.join(', ')}.`,
  );
} else if (!stageNames.includes(stage)) {
  refuse(noStage(stage));
} else {
  try {
    // On the standard error, as CDK's own progress.
    tellOfBuilds((line) => console.error(line[0]?.toUpperCase() + line.slice(1)));
    const config = stageConfig(stage);
    // The CDK takes a stack trace of each resource, for its own messages. On one machine nobody meets those.
    if (stage === 'local') Error.stackTraceLimit = 0;
    // The CDK takes a second to load: while others bundle, and not for who asks for help or names no stage.
    const [bundles, { createChatServiceApp }] = await Promise.all([
      bundleStage(config),
      import('../lib/chat-service-app.ts'),
    ]);
    // Where nothing is named, the CDK takes a temporary folder, and removes it in the end.
    const output = values.output ?? (process.env['CDK_OUTDIR'] === undefined ? 'cdk.out' : undefined);
    const { directory, stacks } = createChatServiceApp(config, bundles, output).synth();
    // The CDK's own command says what it does with them.
    if (process.env['CDK_OUTDIR'] === undefined) {
      console.log(`Made the templates of ${stacks.length} stacks of the stage '${stage}' in ${directory}`);
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
