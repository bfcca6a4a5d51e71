import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A resource in a template, before its intrinsic functions are evaluated. */
export interface Resource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A stack of the cloud assembly. */
export interface Stack {
  readonly name: string;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly outputs: Readonly<Record<string, { readonly Value: unknown }>>;
  readonly conditions: Readonly<Record<string, unknown>>;
  readonly mappings: Readonly<Record<string, unknown>>;
  readonly parameters: Readonly<Record<string, { readonly Default?: unknown }>>;
}

/** The output of the CDK app. */
export interface Assembly {
  readonly stacks: ReadonlyMap<string, Stack>;
  /** Resources of a type, over all stacks. */
  resourcesOf(type: string): Resource[];
  /** The folder of an asset, by the key under which a deployment would upload it. @throws Error if there is none */
  assetDirectory(objectKey: string): string;
}

interface Manifest {
  readonly artifacts: Readonly<
    Record<
      string,
      {
        readonly type: string;
        readonly properties?: { readonly templateFile?: string; readonly file?: string };
      }
    >
  >;
}

interface Template {
  readonly Resources?: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
  >;
  readonly Outputs?: Stack['outputs'];
  readonly Conditions?: Stack['conditions'];
  readonly Mappings?: Stack['mappings'];
  readonly Parameters?: Stack['parameters'];
}

interface AssetManifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path?: string };
        readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
      }
    >
  >;
}

/** Reads a cloud assembly from the folder that `app.synth()` wrote. @throws Error when there is none */
export const loadAssembly = (directory: string): Assembly => {
  const read = <T>(file: string): T => JSON.parse(readFileSync(join(directory, file), 'utf8')) as T;
  const stacks = new Map<string, Stack>();
  const assets = new Map<string, string>();

  for (const [name, artifact] of Object.entries(read<Manifest>('manifest.json').artifacts)) {
    const { templateFile, file } = artifact.properties ?? {};
    if (artifact.type === 'aws:cloudformation:stack' && templateFile !== undefined) {
      const template = read<Template>(templateFile);
      stacks.set(name, {
        name,
        resources: new Map(
          Object.entries(template.Resources ?? {}).map(([logicalId, { Type, Properties }]) => [
            logicalId,
            { stack: name, logicalId, type: Type, properties: Properties ?? {} },
          ]),
        ),
        outputs: template.Outputs ?? {},
        conditions: template.Conditions ?? {},
        mappings: template.Mappings ?? {},
        parameters: template.Parameters ?? {},
      });
    }
    if (artifact.type === 'cdk:asset-manifest' && file !== undefined) {
      for (const { source, destinations } of Object.values(read<AssetManifest>(file).files ?? {})) {
        for (const { objectKey } of Object.values(destinations)) {
          if (source.path !== undefined) assets.set(objectKey, join(directory, source.path));
        }
      }
    }
  }

  return {
    stacks,
    resourcesOf: (type) =>
      [...stacks.values()].flatMap(({ resources }) =>
        [...resources.values()].filter((resource) => resource.type === type),
      ),
    assetDirectory: (objectKey) => {
      const path = assets.get(objectKey);
      if (path === undefined) throw new Error(`The cloud assembly has no asset ${objectKey}`);
      return path;
    },
  };
};
