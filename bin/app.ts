import { onBuild } from '../lib/constructs/build-cache.ts';
import { bundleStage } from '../lib/constructs/stage-bundles.ts';
import { noStage, stageConfig, stageNames } from '../lib/config/stages.ts';
import { readArguments, refuse } from './arguments.ts';

// The CDK app. `cdk deploy -c stage=dev` runs it with the stage in the context; `npm run synth -- --stage dev` runs it
// alone and writes the cloud assembly to cdk.out.
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
    // To standard error, like CDK's own progress.
    onBuild((line) => console.error(line[0]?.toUpperCase() + line.slice(1)));
    const config = stageConfig(stage);
    // The CDK records a stack trace for each resource, for its own error messages. The local stage does not need them.
    if (stage === 'local') Error.stackTraceLimit = 0;
    // The CDK takes a second to load: it loads while the functions are bundled, and is not loaded at all for `--help`
    // or without a stage.
    const [bundles, { createChatServiceApp }] = await Promise.all([
      bundleStage(config),
      import('../lib/chat-service-app.ts'),
    ]);
    // Without a directory, the CDK would use a temporary folder, and remove it at the end.
    const output = values.output ?? (process.env['CDK_OUTDIR'] === undefined ? 'cdk.out' : undefined);
    const { directory, stacks } = createChatServiceApp(config, bundles, output).synth();
    // Under the `cdk` command, that command reports what it does with the templates.
    if (process.env['CDK_OUTDIR'] === undefined) {
      console.log(`Made the templates of ${stacks.length} stacks of the stage '${stage}' in ${directory}`);
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
