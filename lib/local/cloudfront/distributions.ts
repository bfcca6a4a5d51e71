import type { Assembly } from '../assembly/assembly.ts';
import type { Resolver } from '../assembly/resolver.ts';

/** A cache behaviour, limited to the properties that the local CloudFront supports. */
export interface Behavior {
  readonly PathPattern?: string;
  readonly ResponseHeadersPolicyId?: string;
  readonly TrustedKeyGroups?: readonly string[];
  readonly FunctionAssociations?: readonly { readonly EventType: string; readonly FunctionARN: string }[];
}

/** A distribution of the templates, in front of a bucket. */
export interface Distribution {
  /** `….cloudfront.net`. */
  readonly domainName: string;
  readonly bucketName: string;
  readonly defaultRootObject: string;
  behaviorOf(path: string): Behavior;
}

interface HeadersPolicy {
  readonly CustomHeadersConfig?: {
    readonly Items: readonly { readonly Header: string; readonly Value: string }[];
  };
  readonly SecurityHeadersConfig?: {
    readonly ContentSecurityPolicy?: { readonly ContentSecurityPolicy: string };
    readonly ContentTypeOptions?: object;
    readonly FrameOptions?: { readonly FrameOption: string };
    readonly ReferrerPolicy?: { readonly ReferrerPolicy: string };
    readonly StrictTransportSecurity?: {
      readonly AccessControlMaxAgeSec: number;
      readonly IncludeSubdomains?: boolean;
      readonly Preload?: boolean;
    };
  };
}

/** The resources of a type with their properties evaluated. */
export const evaluatedResources = <T>(
  assembly: Assembly,
  resolver: Resolver,
  type: string,
): { ref: string; attributes: Readonly<Record<string, string>>; properties: T }[] =>
  assembly.resourcesOf(type).map((resource) => ({
    ...resolver.physicalOf(resource),
    properties: resolver.propertiesOf(resource) as T,
  }));

/** Matches CloudFront's path patterns: `*` stands for any text, `?` for one character; a leading slash is optional. */
const matches = (pattern: string, path: string): boolean => {
  const expression = pattern
    .replace(/^\//, '')
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^/${expression}$`).test(path);
};

/** The distributions in front of a bucket. */
export const distributionsOf = (assembly: Assembly, resolver: Resolver): Distribution[] => {
  const buckets = new Map(
    evaluatedResources<object>(assembly, resolver, 'AWS::S3::Bucket').map(({ ref, attributes }) => [
      attributes['RegionalDomainName'],
      ref,
    ]),
  );
  return evaluatedResources<{
    DistributionConfig: {
      DefaultRootObject?: string;
      DefaultCacheBehavior: Behavior;
      CacheBehaviors?: readonly Behavior[];
      Origins: readonly { readonly DomainName: string }[];
    };
  }>(assembly, resolver, 'AWS::CloudFront::Distribution').flatMap(({ attributes, properties }) => {
    const config = properties.DistributionConfig;
    const bucketName = buckets.get(config.Origins[0]?.DomainName);
    if (bucketName === undefined) return [];
    return [
      {
        domainName: attributes['DomainName'] ?? '',
        bucketName,
        defaultRootObject: config.DefaultRootObject ?? '',
        behaviorOf: (path: string) =>
          config.CacheBehaviors?.find(({ PathPattern }) => matches(PathPattern ?? '', path)) ??
          config.DefaultCacheBehavior,
      },
    ];
  });
};

/**
 * The headers of each response headers policy, by its id.
 *
 * @param onThisMachine replaces AWS URLs in a text by those of this machine
 */
export const responseHeadersOf = (
  assembly: Assembly,
  resolver: Resolver,
  onThisMachine: (text: string) => string,
): ReadonlyMap<string, Readonly<Record<string, string>>> =>
  new Map(
    evaluatedResources<{ ResponseHeadersPolicyConfig: HeadersPolicy }>(
      assembly,
      resolver,
      'AWS::CloudFront::ResponseHeadersPolicy',
    ).map(({ ref, properties }) => [ref, headersOf(properties.ResponseHeadersPolicyConfig, onThisMachine)]),
  );

const headersOf = (
  policy: HeadersPolicy,
  onThisMachine: (text: string) => string,
): Record<string, string> => {
  const security = policy.SecurityHeadersConfig ?? {};
  const transport = security.StrictTransportSecurity;
  const headers: Record<string, string | undefined> = {
    'content-security-policy': security.ContentSecurityPolicy?.ContentSecurityPolicy,
    'x-content-type-options': security.ContentTypeOptions && 'nosniff',
    'x-frame-options': security.FrameOptions?.FrameOption,
    'referrer-policy': security.ReferrerPolicy?.ReferrerPolicy,
    'strict-transport-security':
      transport &&
      [
        `max-age=${transport.AccessControlMaxAgeSec}`,
        ...(transport.IncludeSubdomains === true ? ['includeSubDomains'] : []),
        ...(transport.Preload === true ? ['preload'] : []),
      ].join('; '),
    ...Object.fromEntries(
      (policy.CustomHeadersConfig?.Items ?? []).map(({ Header, Value }) => [Header, Value]),
    ),
  };
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, onThisMachine(value)]],
    ),
  );
};
