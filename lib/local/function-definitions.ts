import type { Assembly } from './assembly/assembly.ts';
import type { Resolver } from './assembly/resolver.ts';
import type { LambdaFunctionConfig } from './lambda/function-config.ts';

interface FunctionProperties {
  readonly FunctionName?: string;
  readonly Code: { readonly S3Key?: string };
  readonly Handler: string;
  readonly Timeout: number;
  readonly MemorySize: number;
  readonly ReservedConcurrentExecutions?: number;
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string | number>> };
}

/**
 * The functions that the templates describe.
 *
 * @param environmentOf converts a function's environment from the template to the one on this machine
 */
export const functionDefinitions = (
  assembly: Assembly,
  resolver: Resolver,
  environmentOf: (
    variables: Readonly<Record<string, string>>,
    functionName: string,
  ) => Record<string, string>,
): LambdaFunctionConfig[] =>
  assembly.resourcesOf('AWS::Lambda::Function').flatMap((resource) => {
    // CDK writes these properties for a function with an asset.
    const properties = resolver.propertiesOf(resource) as unknown as FunctionProperties;
    // Functions that CDK adds for its own custom resources have no name and are not called here.
    if (properties.FunctionName === undefined || properties.Code.S3Key === undefined) return [];
    const variables = Object.entries(properties.Environment?.Variables ?? {});
    return [
      {
        functionName: resolver.physicalOf(resource).ref,
        codeDirectory: assembly.assetDirectory(properties.Code.S3Key),
        handler: properties.Handler,
        environment: environmentOf(
          Object.fromEntries(variables.map(([name, value]) => [name, String(value)])),
          properties.FunctionName,
        ),
        timeoutMs: properties.Timeout * 1000,
        memorySizeMb: properties.MemorySize,
        ...(properties.ReservedConcurrentExecutions === undefined
          ? {}
          : { reservedConcurrency: properties.ReservedConcurrentExecutions }),
      },
    ];
  });
