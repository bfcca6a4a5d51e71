import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { allRoutes } from '../../functions/contract/table.ts';
import type { StageConfig } from '../../lib/config/stage-config.ts';
import { stageConfig } from '../../lib/config/stages.ts';
import { cachedBuildAsync } from '../../lib/constructs/build-cache.ts';
import { bundleFunctions } from '../../lib/constructs/function-bundles.ts';
import { LAMBDA } from '../../lib/constructs/native-packages.ts';
import { bundleStage } from '../../lib/constructs/stage-bundles.ts';

/** A resource of a CloudFormation template. */
export interface TemplateResource {
  readonly stack: string;
  readonly logicalId: string;
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
  readonly UpdatePolicy?: { readonly CodeDeployLambdaAliasUpdate?: object };
  // CloudFormation's properties are untyped here; tests read the few that they know.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly Properties: any;
}

/** An output of a stack. */
export interface TemplateOutput {
  readonly Value: unknown;
  readonly Export?: { readonly Name: string };
}

/** The results of synthesizing a stage. */
export interface SynthesizedStage {
  readonly resources: readonly TemplateResource[];
  /** The outputs of each stack by name. */
  readonly outputs: ReadonlyMap<string, Readonly<Record<string, TemplateOutput>>>;
  /** Values that the CDK would look up in an account, with credentials. */
  readonly lookups: readonly unknown[];
  /** The contents of all bundles. */
  readonly metafile: () => Promise<Pick<Metafile, 'outputs'>>;
  /** For each stack: the stacks that are deployed before it. */
  readonly dependencies: ReadonlyMap<string, ReadonlySet<string>>;
  /** All resources of a type. */
  all(type: string): TemplateResource[];
}

/** The parts of a synthesized stage that are cached in a file. */
interface KeptStage extends Pick<SynthesizedStage, 'resources' | 'lookups'> {
  readonly outputs: readonly (readonly [string, Readonly<Record<string, TemplateOutput>>])[];
  readonly dependencies: readonly (readonly [string, readonly string[]])[];
}

/**
 * Stages whose templates are validated against CloudFormation's schemas, the slowest part of a synthesis. The other
 * stages have no other types of resources (test/infra/stacks.test.ts).
 */
export const validatedStages: ReadonlySet<string> = new Set(['dev', 'everything']);

const KEPT_STAGE = 'stage.json';

/** Synthesizes a stage into a temporary folder, and stores the parts that tests read. */
const synthesizeInto = async (directory: string, config: StageConfig): Promise<void> => {
  // The CDK takes a second to load, and is not needed for a cached stage.
  const { createChatServiceApp } = await import('../../lib/chat-service-app.ts');
  // The CDK's own switches. Assets are not copied, since these templates are never deployed.
  process.env['CDK_VALIDATION'] = String(validatedStages.has(config.stage));
  process.env['CDK_CONTEXT_JSON'] = JSON.stringify({ 'aws:cdk:disable-asset-staging': true });
  const outdir = mkdtempSync(join(tmpdir(), 'chat-service-synth-'));
  try {
    const app = createChatServiceApp(config, await bundleStage(config), outdir);
    const assembly = app.synth();
    const templates = assembly.stacks.map((stack) => {
      const template = JSON.parse(readFileSync(stack.templateFullPath, 'utf8')) as {
        Resources: Record<string, Omit<TemplateResource, 'stack' | 'logicalId'>>;
        Outputs?: Record<string, TemplateOutput>;
      };
      return { name: stack.stackName, ...template };
    });
    const kept: KeptStage = {
      resources: templates.flatMap(({ name, Resources }) =>
        Object.entries(Resources).map(([logicalId, resource]) => ({ ...resource, stack: name, logicalId })),
      ),
      outputs: templates.map(({ name, Outputs = {} }) => [name, Outputs]),
      lookups: assembly.manifest.missing ?? [],
      dependencies: assembly.stacks.map(({ id, dependencies }) => [id, dependencies.map((one) => one.id)]),
    };
    writeFileSync(join(directory, KEPT_STAGE), JSON.stringify(kept));
  } finally {
    // Reset: the CDK's context must not apply to a local cloud that this process may start, since its bundles run.
    delete process.env['CDK_CONTEXT_JSON'];
    rmSync(outdir, { recursive: true, force: true });
  }
};

/** The synthesized stage. Each stage is synthesized once for all tests, until one of its sources changes. */
export const synthesize = async (stage: string | StageConfig): Promise<SynthesizedStage> => {
  const config = typeof stage === 'string' ? stageConfig(stage) : stage;
  const directory = await cachedBuildAsync({
    name: 'stages',
    done: `synthesized ${config.stage}`,
    sources: ['functions/**/*', 'lib/**/*', 'cdk.json', 'package.json', 'test/support/synthesized.ts'],
    parameters: JSON.stringify([process.version, config]),
    build: (temporary) => synthesizeInto(temporary, config),
  });
  const kept = JSON.parse(readFileSync(join(directory, KEPT_STAGE), 'utf8')) as KeptStage;
  const { resources, outputs, lookups, dependencies } = kept;
  return {
    resources,
    outputs: new Map(outputs),
    lookups,
    metafile: async () => (await bundleFunctions(allRoutes, config.region, LAMBDA)).metafile(),
    dependencies: new Map(dependencies.map(([id, others]) => [id, new Set(others)])),
    all: (type) => resources.filter((resource) => resource.Type === type),
  };
};
