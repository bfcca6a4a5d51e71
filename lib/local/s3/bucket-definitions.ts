import type { Assembly } from '../assembly/assembly.ts';
import type { Resolver } from '../assembly/resolver.ts';
import type { BucketDefinition } from './s3-server.ts';

interface BucketProperties {
  readonly CorsConfiguration?: {
    readonly CorsRules: readonly {
      readonly AllowedOrigins: readonly string[];
      readonly AllowedMethods: readonly string[];
    }[];
  };
}

/**
 * The buckets of the templates.
 *
 * @param moreOrigins origins of pages that may use the buckets with a CORS configuration, besides those of the
 *   templates
 */
export const bucketDefinitions = (
  assembly: Assembly,
  resolver: Resolver,
  moreOrigins: readonly string[],
): BucketDefinition[] =>
  assembly.resourcesOf('AWS::S3::Bucket').map((resource) => {
    const { ref: name, attributes } = resolver.physicalOf(resource);
    const { CorsConfiguration } = resolver.propertiesOf(resource) as BucketProperties;
    const arn = attributes['Arn'] ?? '';
    if (CorsConfiguration === undefined) return { name, arn };
    const rules = CorsConfiguration.CorsRules;
    return {
      name,
      arn,
      cors: {
        allowOrigins: [...rules.flatMap(({ AllowedOrigins }) => AllowedOrigins), ...moreOrigins],
        allowMethods: rules.flatMap(({ AllowedMethods }) => AllowedMethods),
      },
    };
  });
