import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Assembly } from '../assembly/assembly.ts';
import type { Resolver } from '../assembly/resolver.ts';
import { distributionsOf, evaluatedResources, responseHeadersOf } from './distributions.ts';

export type ContentEncoding = 'identity' | 'gzip' | 'br';

const compressGzip = promisify(gzip);
const compressBrotli = promisify(brotliCompress);

/** Compressing better takes ten times as long, which does not pay off on one machine. */
const BROTLI_QUALITY = 5;

const compress = (bytes: Buffer, encoding: ContentEncoding): Promise<Buffer> => {
  if (encoding === 'identity') return Promise.resolve(bytes);
  return encoding === 'gzip'
    ? compressGzip(bytes)
    : compressBrotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } });
};

/** A file in the form in which a browser gets it. */
export interface SiteFile {
  readonly contentType: string;
  readonly etag: string;
  /** The body in a content encoding; compressed on first use. */
  bodyIn(encoding: ContentEncoding): Promise<Buffer>;
}

/** The contents of CloudFront: the files of the bucket, and the response to each path. */
export interface Site {
  /** The distribution's response to a path. `file` is undefined when the bucket has none. */
  answer(path: string): { readonly headers: Readonly<Record<string, string>>; readonly file?: SiteFile };
}

interface Deployment {
  readonly DestinationBucketName: string;
  readonly SourceObjectKeys: readonly string[];
  readonly SourceMarkers?: readonly Readonly<Record<string, string>>[];
}

/**
 * The page that the templates describe.
 *
 * @param onThisMachine replaces AWS URLs in a text by those of this machine
 * @throws Error when the templates have no distribution of a page, or more than one
 */
export const siteOf = (
  assembly: Assembly,
  resolver: Resolver,
  onThisMachine: (text: string) => string,
): Site => {
  const deployments = evaluatedResources<Deployment>(assembly, resolver, 'Custom::CDKBucketDeployment');
  const destinations = new Set(deployments.map(({ properties }) => properties.DestinationBucketName));
  const distributions = distributionsOf(assembly, resolver).filter(({ bucketName }) =>
    destinations.has(bucketName),
  );
  const [distribution] = distributions;
  if (distribution === undefined || distributions.length > 1) {
    throw new Error(`The templates describe ${distributions.length} distributions of a page instead of one`);
  }
  const policies = responseHeadersOf(assembly, resolver, onThisMachine);
  const functions = new Map(
    evaluatedResources<{ FunctionCode: string }>(assembly, resolver, 'AWS::CloudFront::Function').map(
      ({ attributes, properties }) => [attributes['FunctionARN'], uriFunction(properties.FunctionCode)],
    ),
  );
  const files = filesOf(deployments, assembly, onThisMachine);

  return {
    answer: (path) => {
      const behavior = distribution.behaviorOf(path);
      const rewrite = behavior.FunctionAssociations?.find(({ EventType }) => EventType === 'viewer-request');
      const uri = functions.get(rewrite?.FunctionARN)?.(path) ?? path;
      const file = files.get(uri === '/' ? `/${distribution.defaultRootObject}` : uri);
      const headers = policies.get(behavior.ResponseHeadersPolicyId ?? '') ?? {};
      return file === undefined ? { headers } : { headers, file };
    },
  };
};

/** A CloudFront function that may change the path; its code runs as it is in the template. */
const uriFunction = (code: string): ((path: string) => string) => {
  const handler = runInNewContext(`${code}\nhandler`) as (event: object) => { readonly uri: string };
  return (path) => handler({ version: '1.0', request: { method: 'GET', uri: path } }).uri;
};

/** The files that the deployments put into the bucket, with the values that CloudFormation fills in. */
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

const siteFile = (path: string, bytes: Buffer): SiteFile => {
  const bodies = new Map<ContentEncoding, Promise<Buffer>>();
  return {
    contentType: contentTypes[extname(path)] ?? 'application/octet-stream',
    etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`,
    bodyIn: (encoding) => {
      const body = bodies.get(encoding) ?? compress(bytes, encoding);
      bodies.set(encoding, body);
      return body;
    },
  };
};
