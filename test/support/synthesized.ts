import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import type { StageConfig } from '../../lib/config/stage-config.ts';
import { createChatServiceApp } from '../../lib/chat-service-app.ts';

/** A resource of a CloudFormation template. */
export interface TemplateResource {
  readonly stack: string;
  readonly logicalId: string;
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
  readonly UpdatePolicy?: { readonly CodeDeployLambdaAliasUpdate?: object };
  // CloudFormation's properties have no types here; tests look at the few that they know.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly Properties: any;
}

/** An output of a stack. */
export interface TemplateOutput {
  readonly Value: unknown;
  readonly Export?: { readonly Name: string };
}

/** What a stage synthesizes to. */
export interface SynthesizedStage {
  readonly resources: readonly TemplateResource[];
  /** The outputs of each stack by name. */
  readonly outputs: ReadonlyMap<string, Readonly<Record<string, TemplateOutput>>>;
  /** What CDK would look up in an account, with credentials. */
  readonly lookups: readonly unknown[];
  readonly metafile: Metafile;
  /** The stacks that a stack is deployed after. */
  readonly dependencies: ReadonlyMap<string, ReadonlySet<string>>;
  /** Resources of a type. */
  all(type: string): TemplateResource[];
}

/**
 * Synthesizes a stage into a folder that is removed at once.
 *
 * @param options.validate whether CloudFormation's schemas are held against the templates, which takes longer than all else
 */
export const synthesize = (
  stage: string | StageConfig,
  { validate = false }: { readonly validate?: boolean } = {},
): SynthesizedStage => {
  // The CDK's own switch.
  process.env['CDK_VALIDATION'] = String(validate);
  const outdir = mkdtempSync(join(tmpdir(), 'chat-service-synth-'));
  try {
    const { app, bundles } = createChatServiceApp(stage, outdir);
    const assembly = app.synth();
    const outputs = new Map<string, Readonly<Record<string, TemplateOutput>>>();
    const resources = assembly.stacks.flatMap((stack) => {
      const template = JSON.parse(readFileSync(stack.templateFullPath, 'utf8')) as {
        Resources: Record<string, Omit<TemplateResource, 'stack' | 'logicalId'>>;
        Outputs?: Record<string, TemplateOutput>;
      };
      outputs.set(stack.stackName, template.Outputs ?? {});
      return Object.entries(template.Resources).map(([logicalId, resource]) => ({
        ...resource,
        stack: stack.stackName,
        logicalId,
      }));
    });
    return {
      resources,
      outputs,
      lookups: assembly.manifest.missing ?? [],
      metafile: bundles.metafile,
      dependencies: new Map(
        assembly.stacks.map((stack) => [stack.id, new Set(stack.dependencies.map(({ id }) => id))]),
      ),
      all: (type) => resources.filter((resource) => resource.Type === type),
    };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
};
