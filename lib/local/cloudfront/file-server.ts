import { createPublicKey } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeNow, listen } from '../listening.ts';
import type { Assembly } from '../assembly/assembly.ts';
import type { Resolver } from '../assembly/resolver.ts';
import { asList, matchesAny } from '../iam/pattern.ts';
import type { ObjectStore } from '../s3/object-store.ts';
import { S3Error } from '../s3/s3-error.ts';
import { sendObject } from '../s3/send-object.ts';
import {
  distributionsOf,
  evaluatedResources,
  responseHeadersOf,
  type Distribution,
} from './distributions.ts';
import { refusalOfUrl, type KeysById } from './signed-url.ts';

/** The contents of a distribution, and the access rules. */
export interface FileSite {
  /** The headers of every response for a path, and the keys of which one must have signed its URL. */
  behaviorOf(path: string): {
    readonly headers: Readonly<Record<string, string>>;
    readonly trustedKeys: KeysById | undefined;
  };
  /** Whether the bucket's policy lets the distribution read an object. */
  mayRead(key: string): boolean;
}

/** A port that behaves like a distribution in front of a bucket of files. */
export interface FileServer {
  readonly port: number;
  /** Sets the contents to serve; earlier requests have waited for this call. */
  serve(site: FileSite, store: ObjectStore): void;
  stop(): Promise<void>;
}

interface BucketPolicy {
  readonly Bucket: string;
  readonly PolicyDocument: {
    readonly Statement: readonly {
      readonly Effect: string;
      readonly Action: unknown;
      readonly Resource: unknown;
      readonly Principal?: { readonly Service?: unknown };
    }[];
  };
}

/** The distribution of files. @throws Error when the templates have none, or more than one */
export const fileDistributionOf = (assembly: Assembly, resolver: Resolver): Distribution => {
  const deployed = new Set(
    evaluatedResources<{ DestinationBucketName: string }>(
      assembly,
      resolver,
      'Custom::CDKBucketDeployment',
    ).map(({ properties }) => properties.DestinationBucketName),
  );
  // A bucket that a deployment fills belongs to the page.
  const found = distributionsOf(assembly, resolver).filter(({ bucketName }) => !deployed.has(bucketName));
  const [distribution] = found;
  if (distribution === undefined || found.length > 1) {
    throw new Error(`The templates describe ${found.length} distributions of files instead of one`);
  }
  return distribution;
};

/**
 * The site of files that the templates describe: behaviours, key groups, headers and the bucket's policy.
 *
 * @param secretText replaces CloudFormation's reference to a secret by the secret's value
 */
export const fileSiteOf = (
  assembly: Assembly,
  resolver: Resolver,
  distribution: Distribution,
  secretText: (reference: string) => string,
): FileSite => {
  const publicKeys = new Map(
    evaluatedResources<{ PublicKeyConfig: { EncodedKey: string } }>(
      assembly,
      resolver,
      'AWS::CloudFront::PublicKey',
    ).map(({ ref, properties }) => [ref, createPublicKey(secretText(properties.PublicKeyConfig.EncodedKey))]),
  );
  const groups = new Map(
    evaluatedResources<{ KeyGroupConfig: { Items: readonly string[] } }>(
      assembly,
      resolver,
      'AWS::CloudFront::KeyGroup',
    ).map(({ ref, properties }) => [ref, properties.KeyGroupConfig.Items]),
  );
  const headers = responseHeadersOf(assembly, resolver, (text) => text);
  const readable = evaluatedResources<BucketPolicy>(assembly, resolver, 'AWS::S3::BucketPolicy')
    .filter(({ properties }) => properties.Bucket === distribution.bucketName)
    .flatMap(({ properties }) => properties.PolicyDocument.Statement)
    .filter(
      ({ Effect, Action, Principal }) =>
        Effect === 'Allow' &&
        matchesAny(Action, 's3:GetObject', 'i') &&
        asList(Principal?.Service).includes('cloudfront.amazonaws.com'),
    )
    .flatMap(({ Resource }) => asList(Resource));
  const arn = `arn:aws:s3:::${distribution.bucketName}`;

  return {
    behaviorOf: (path) => {
      const { ResponseHeadersPolicyId = '', TrustedKeyGroups = [] } = distribution.behaviorOf(path);
      const ids = TrustedKeyGroups.flatMap((group) => groups.get(group) ?? []);
      const trusted = ids.flatMap((id) => {
        const key = publicKeys.get(id);
        return key === undefined ? [] : [[id, key] as const];
      });
      return {
        headers: headers.get(ResponseHeadersPolicyId) ?? {},
        trustedKeys: TrustedKeyGroups.length === 0 ? undefined : new Map(trusted),
      };
    },
    mayRead: (key) => matchesAny(readable, `${arn}/${key}`, ''),
  };
};

/** The requested URL and the object key in it; undefined for an invalid URL. */
const addressOf = (origin: string, path: string): { readonly url: URL; readonly key: string } | undefined => {
  try {
    const url = new URL(origin + path);
    return { url, key: decodeURIComponent(url.pathname.slice(1)) };
  } catch {
    return undefined;
  }
};

/** Listens at once, since functions need its URL. @throws Error with `code` `EADDRINUSE` */
export const startFileServer = async (options: {
  readonly host: string;
  /** Default: any free port. */
  readonly port?: number;
  /** Returns the origin of the URLs that functions sign, such as `http://127.0.0.1:8002`. */
  readonly originOf: (port: number) => string;
  readonly log: (line: string) => void;
  readonly clock?: () => Date;
}): Promise<FileServer> => {
  const { log, clock = () => new Date() } = options;
  const ready = Promise.withResolvers<readonly [FileSite, ObjectStore]>();
  ready.promise.catch(() => undefined);
  let isStopping = false;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [site, store] = await ready.promise;
    const address = addressOf(options.originOf(port), request.url ?? '/');
    if (address === undefined) {
      response.writeHead(400).end();
      return;
    }
    const { url, key } = address;
    const { headers, trustedKeys } = site.behaviorOf(url.pathname);
    const refuse = (status: number, code: string, more: Readonly<Record<string, string>> = {}): void => {
      response.writeHead(status, {
        ...headers,
        ...more,
        'content-type': 'text/xml',
        'cache-control': 'no-store',
      });
      const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code></Error>`;
      response.end(request.method === 'HEAD' ? undefined : xml);
    };

    if (request.method !== 'GET' && request.method !== 'HEAD') {
      refuse(403, 'MethodNotAllowed');
      return;
    }
    const refusal = trustedKeys && refusalOfUrl(url, trustedKeys, clock());
    if (refusal !== undefined) {
      refuse(403, refusal);
      return;
    }
    const object = site.mayRead(key) ? store.find(key) : undefined;
    if (object === undefined) {
      // S3's response to CloudFront, which may not list the bucket.
      refuse(403, 'AccessDenied');
      return;
    }
    try {
      await sendObject(request, response, store, object, headers);
    } catch (error) {
      if (!(error instanceof S3Error) || response.headersSent) throw error;
      refuse(
        error.status,
        error.code,
        error.code === 'InvalidRange' ? { 'content-range': `bytes */${object.bytes}` } : {},
      );
    }
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      // A client that disconnects in the middle of a film is not an error.
      if (!isStopping && !request.destroyed) log(`a file was not served: ${String(error)}`);
      response.destroy();
    });
  });
  const port = await listen(server, options.port ?? 0, options.host);

  return {
    port,
    serve: (site, store) => ready.resolve([site, store]),
    stop: async () => {
      isStopping = true;
      ready.reject(new Error('The local cloud is stopping'));
      await closeNow(server);
    },
  };
};
