import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { runInNewContext } from 'node:vm';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Assembly } from '../assembly/assembly.ts';
import type { Resolver } from '../assembly/resolver.ts';

/** A file as a browser gets it. */
export interface SiteFile {
  readonly contentType: string;
  readonly etag: string;
  /** The body by content encoding. */
  readonly bodies: { readonly identity: Buffer; readonly gzip: Buffer; readonly br: Buffer };
}

/** What CloudFront serves: the files of the bucket, and the response to each path. */
export interface Site {
  /** What the distribution answers to a path. `file` is undefined where the bucket has none. */
  answer(path: string): { readonly headers: Readonly<Record<string, string>>; readonly file?: SiteFile };
}

interface Behavior {
  readonly PathPattern?: string;
  readonly ResponseHeadersPolicyId?: string;
  readonly FunctionAssociations?: readonly { readonly EventType: string; readonly FunctionARN: string }[];
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

interface Deployment {
  readonly SourceObjectKeys: readonly string[];
  readonly SourceMarkers?: readonly Readonly<Record<string, string>>[];
}

/**
 * The page that the templates describe.
 *
 * @param onThisMachine replaces AWS addresses in a text by those of this machine
 * @throws Error when the templates have no distribution, or more than one
 */
export const siteOf = (
  assembly: Assembly,
  resolver: Resolver,
  onThisMachine: (text: string) => string,
): Site => {
  const evaluated = <T>(
    type: string,
  ): { ref: string; attributes: Readonly<Record<string, string>>; properties: T }[] =>
    assembly.resourcesOf(type).map((resource) => ({
      ...resolver.physicalOf(resource),
      properties: resolver.propertiesOf(resource) as T,
    }));

  const distributions = evaluated<{
    DistributionConfig: {
      DefaultRootObject?: string;
      DefaultCacheBehavior: Behavior;
      CacheBehaviors?: readonly Behavior[];
    };
  }>('AWS::CloudFront::Distribution');
  const [distribution] = distributions;
  if (distribution === undefined || distributions.length > 1) {
    throw new Error(`The templates describe ${distributions.length} distributions instead of one`);
  }
  const config = distribution.properties.DistributionConfig;

  const policies = new Map(
    evaluated<{ ResponseHeadersPolicyConfig: HeadersPolicy }>('AWS::CloudFront::ResponseHeadersPolicy').map(
      ({ ref, properties }) => [ref, headersOf(properties.ResponseHeadersPolicyConfig, onThisMachine)],
    ),
  );
  const functions = new Map(
    evaluated<{ FunctionCode: string }>('AWS::CloudFront::Function').map(({ attributes, properties }) => [
      attributes['FunctionARN'],
      uriFunction(properties.FunctionCode),
    ]),
  );
  const files = filesOf(evaluated<Deployment>('Custom::CDKBucketDeployment'), assembly, onThisMachine);

  const behaviorOf = (path: string): Behavior =>
    config.CacheBehaviors?.find(({ PathPattern }) => matches(PathPattern ?? '', path)) ??
    config.DefaultCacheBehavior;

  return {
    answer: (path) => {
      const behavior = behaviorOf(path);
      const rewrite = behavior.FunctionAssociations?.find(({ EventType }) => EventType === 'viewer-request');
      const uri = functions.get(rewrite?.FunctionARN)?.(path) ?? path;
      const file = files.get(uri === '/' ? `/${config.DefaultRootObject ?? ''}` : uri);
      const headers = policies.get(behavior.ResponseHeadersPolicyId ?? '') ?? {};
      return file === undefined ? { headers } : { headers, file };
    },
  };
};

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

/** A CloudFront function that may change the path: it runs as it stands in the template. */
const uriFunction = (code: string): ((path: string) => string) => {
  const handler = runInNewContext(`${code}\nhandler`) as (event: object) => { readonly uri: string };
  return (path) => handler({ version: '1.0', request: { method: 'GET', uri: path } }).uri;
};

/** CloudFront's patterns: `*` stands for anything, `?` for one character, and a leading slash may be left out. */
const matches = (pattern: string, path: string): boolean => {
  const expression = pattern
    .replace(/^\//, '')
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^/${expression}$`).test(path);
};

/** What the deployments put in the bucket, with the values that CloudFormation fills in at the deployment. */
const filesOf = (
  deployments: readonly { readonly properties: Deployment }[],
  assembly: Assembly,
  onThisMachine: (text: string) => string,
): Map<string, SiteFile> => {
  const files = new Map<string, SiteFile>();
  for (const { properties } of deployments) {
    for (const [index, key] of properties.SourceObjectKeys.entries()) {
      const directory = assembly.assetDirectory(key);
      const markers = Object.entries(properties.SourceMarkers?.[index] ?? {});
      for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const bytes = readFileSync(path);
        const filled =
          markers.length === 0
            ? bytes
            : Buffer.from(
                onThisMachine(
                  markers.reduce((text, [marker, value]) => text.replaceAll(marker, value), bytes.toString()),
                ),
              );
        files.set(`/${relative(directory, path).replaceAll('\\', '/')}`, siteFile(path, filled));
      }
    }
  }
  return files;
};

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

const siteFile = (path: string, identity: Buffer): SiteFile => ({
  contentType: contentTypes[extname(path)] ?? 'application/octet-stream',
  etag: `"${createHash('sha256').update(identity).digest('hex').slice(0, 32)}"`,
  bodies: { identity, gzip: gzipSync(identity), br: brotliCompressSync(identity) },
});
