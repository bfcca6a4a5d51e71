import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { pathToFileURL } from 'node:url';
import type { EnvironmentOf } from '../../../functions/platform/environment.ts';
import type { Need } from '../../../functions/contract/route.ts';
import { bundleAll, type BundleClass } from '../bundle-sizes.ts';
import { percentile, type Figure } from '../figures.ts';
import type { Section } from './section.ts';

const ROUNDS = 5;

const targets: Readonly<Partial<Record<BundleClass, { kilobytes: number; milliseconds: number }>>> = {
  'MySQL and MongoDB': { kilobytes: 1.6 * 1024, milliseconds: 120 },
  MySQL: { kilobytes: 800, milliseconds: 120 },
  'no store': { kilobytes: 250, milliseconds: 40 },
};

type EnvironmentOfAll = {
  [N in Need]: (environment: EnvironmentOf<N>) => void;
}[Need] extends (environment: infer Everything) => void
  ? Everything
  : never;

/** The environment of a function with all needs. */
const needed: EnvironmentOfAll = {
  MYSQL_HOST: 'localhost',
  MYSQL_PORT: '3306',
  MYSQL_DATABASE: 'chat',
  MYSQL_SECRET_ARN: 'mysql',
  MYSQL_OWNER_SECRET_ARN: 'mysql-owner',
  MYSQL_TLS: 'off',
  MONGODB_SECRET_ARN: 'mongodb',
  MONGODB_DATABASE: 'chat',
  CONNECTIONS_TABLE: 'connections',
  SESSIONS_TABLE: 'sessions',
  MODERATORS: '',
  SIGNING_KEYS_SECRET_ARN: 'signing-keys',
  VERIFICATION_KEYS_SECRET_ARN: 'verification-keys',
  TOTP_KEY_SECRET_ARN: 'totp-key',
  AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: 'http://localhost:1/local',
  FILES_BUCKET: 'files',
  IMAGE_DECODER_FUNCTION: 'decode-image',
  FILES_URL: 'http://localhost:1',
  FILE_KEY_ID: 'K0',
  FILE_KEY_SECRET_ARN: 'file-keys',
  MAIL_FUNCTION: 'send-account-mail',
  MAIL_FROM: 'no-reply@chat.example.org',
  MAIL_CONFIGURATION_SET: 'chat-service-local',
  PAGE_URL: 'http://localhost:1',
  PUSH_HOSTS: 'push.example.org',
  VAPID_PUBLIC_KEY: 'BA',
  PUSH_KINDS: 'web_push',
  DISPATCH_QUEUE_URL: 'http://localhost:1/dispatch',
  PUSH_QUEUE_URL: 'http://localhost:1/push',
  PUSH_HOLD_SECONDS: '10',
  PUSH_KEYS_SECRET_ARN: 'push-keys',
  PUSH_SUBJECT: 'mailto:operations@example.org',
};
const environment = {
  STAGE: 'local',
  SERVICE_VERSION: '0',
  LIMITS: '{}',
  PASSWORD_COST: '4',
  AWS_REGION: 'eu-central-1',
  ...needed,
};

const script =
  'const from = performance.now(); await import(process.argv[1]); console.log(performance.now() - from)';

/** The costs before a function's first event: the size of each bundle, and the time to load it, which AWS bills. */
export const cold: Section = async ({ log }) => {
  const bundles = await bundleAll();
  const times = new Map<string, number[]>();
  // Round by round, so that a temporarily slow machine affects all functions alike.
  for (let round = 1; round <= ROUNDS; round += 1) {
    log(`cold: loading ${bundles.length} functions, ${round} of ${ROUNDS}`);
    for (const { route, file } of bundles) {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--input-type=module', '-e', script, pathToFileURL(file).href],
        { env: { ...process.env, ...environment } },
      );
      times.set(route.id, [...(times.get(route.id) ?? []), Number(stdout)]);
    }
  }
  const figures = bundles
    .toSorted((a, b) => b.bytes - a.bytes)
    .flatMap(({ route, kind, bytes }): Figure[] => {
      const target = targets[kind];
      const name = `cold: ${route.id} (${kind})`;
      return [
        {
          name: `${name}: bundle`,
          unit: 'KB',
          value: bytes / 1024,
          ...(target === undefined ? {} : { target: { most: target.kilobytes } }),
        },
        {
          name: `${name}: import`,
          unit: 'ms',
          value: percentile(times.get(route.id) ?? [], 0.5),
          ...(target === undefined ? {} : { target: { most: target.milliseconds } }),
        },
      ];
    });
  return { figures };
};
