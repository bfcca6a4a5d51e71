import * as z from 'zod';
import type { Need } from '../contract/route.ts';

const base = z.object({
  STAGE: z.string().min(1),
  SERVICE_VERSION: z.string().min(1),
  WEBSOCKET_URL: z.url().optional(),
  /** `on` checks every answer against its schema before it leaves. Set by the local cloud only, for tests. */
  VALIDATE_OUTPUT: z.enum(['on', 'off']).default('off'),
  /** Comma-separated secrets, one of which CloudFront adds to each request; absent where no CloudFront is in front. */
  EDGE_SECRETS: z
    .string()
    .transform((text) => text.split(',').filter((secret) => secret.length >= 32))
    .refine((secrets) => secrets.length > 0)
    .optional(),
  /** Set by the local cloud only, for load runs. */
  RATE_LIMITS: z.enum(['on', 'off']).default('on'),
  /** `on` for jobs that run by the hour or the day: connecting waits for a MySQL that has paused. */
  MYSQL_WAITS: z.enum(['on', 'off']).default('off'),
  /** Certificate authorities in PEM. Set by the local cloud only, from `MYSQL_URL`. */
  MYSQL_TLS_CA: z.string().min(1).optional(),
  /** Hosts that may be pushed to beside the stage's, at private addresses too. Set by the local cloud only, from `PUSH_HOSTS`. */
  LOCAL_PUSH_HOSTS: z.string().optional(),
});

const connectionsTable = z.object({ CONNECTIONS_TABLE: z.string().min(1) });
const signingKeys = z.object({ SIGNING_KEYS_SECRET_ARN: z.string().min(1) });
const verificationKeys = z.object({ VERIFICATION_KEYS_SECRET_ARN: z.string().min(1) });
const filesBucket = z.object({ FILES_BUCKET: z.string().min(1) });
/** CloudFront's address, without a slash at its end. */
const filesUrl = z.object({ FILES_URL: z.url() });
const sessionsTable = z.object({ SESSIONS_TABLE: z.string().min(1) });

/** The environment variables of each need; the stacks set exactly these. */
export const environmentSchemas = {
  mysql: z.object({
    MYSQL_HOST: z.string().min(1),
    MYSQL_PORT: z.string().regex(/^\d+$/),
    MYSQL_DATABASE: z.string().min(1),
    MYSQL_SECRET_ARN: z.string().min(1),
    /**
     * Deployed stages have `required`, which verifies the server by Amazon's authorities. The other values are the local
     * cloud's, for the server that its user names: `off` is plain text, `nothing` encrypts only, `authority` verifies the
     * issuer of the certificate, and `identity` its host name too.
     */
    MYSQL_TLS: z.enum(['required', 'off', 'nothing', 'authority', 'identity']),
  }),
  'mysql-owner': z.object({ MYSQL_OWNER_SECRET_ARN: z.string().min(1) }),
  mongodb: z.object({
    MONGODB_SECRET_ARN: z.string().min(1),
    MONGODB_DATABASE: z.string().min(1),
  }),
  'connections-read': connectionsTable,
  connections: connectionsTable,
  'all-connections': connectionsTable,
  'session-check': sessionsTable,
  'session-list': sessionsTable,
  sessions: sessionsTable,
  'issue-tickets': sessionsTable,
  'redeem-tickets': sessionsTable,
  'rate-limits': sessionsTable,
  'signing-keys': signingKeys,
  'verification-keys': verificationKeys,
  'signing-keys-rotation': signingKeys.extend(verificationKeys.shape),
  'totp-key': z.object({ TOTP_KEY_SECRET_ARN: z.string().min(1) }),
  moderators: z.object({
    /** User names, separated by commas. */
    MODERATORS: z.string(),
  }),
  // The AWS SDK reads this variable by itself.
  post: z.object({ AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: z.url() }),
  'upload-forms': filesBucket,
  'file-intake': filesBucket,
  'image-decoding': filesBucket,
  'image-decoder': z.object({ IMAGE_DECODER_FUNCTION: z.string().min(1) }),
  avatars: filesBucket,
  'avatar-urls': filesUrl,
  'file-removal': filesBucket,
  'session-checks': sessionsTable,
  /** `PUSH_KINDS` are separated by commas. */
  'push-info': z.object({ VAPID_PUBLIC_KEY: z.string().min(1), PUSH_KINDS: z.string().min(1) }),
  'dispatch-queue': z.object({
    DISPATCH_QUEUE_URL: z.url(),
    /** How long a message waits for somebody who is connected to read it. */
    PUSH_HOLD_SECONDS: z
      .string()
      .regex(/^\d{1,3}$/)
      .transform(Number),
  }),
  'push-queue': z.object({ PUSH_QUEUE_URL: z.url() }),
  'push-claims': sessionsTable,
  'push-keys': z.object({ PUSH_KEYS_SECRET_ARN: z.string().min(1), PUSH_SUBJECT: z.string().min(1) }),
  /** Separated by commas; `*.` stands for whatever is below a name. */
  'push-hosts': z.object({ PUSH_HOSTS: z.string().min(1) }),
  'file-urls': filesUrl.extend({
    /** By which CloudFront knows the public half of the key in the secret. */
    FILE_KEY_ID: z.string().min(1),
    FILE_KEY_SECRET_ARN: z.string().min(1),
  }),
  'request-mail': z.object({ MAIL_FUNCTION: z.string().min(1) }),
  'send-mail': z.object({
    /** Where mails come from; empty where the stage sends none. */
    MAIL_FROM: z.string(),
    MAIL_CONFIGURATION_SET: z.string(),
    /** The chat page, which links lead to. */
    PAGE_URL: z.url(),
  }),
} as const satisfies Record<Need, z.ZodObject>;

/** The environment variables that a function with the need has. */
export type EnvironmentOf<N extends Need> = z.input<(typeof environmentSchemas)[N]>;

const parse = <S extends z.ZodObject>(schema: S, purpose: string): z.output<S> => {
  const result = schema.safeParse(process.env);
  if (result.success) return result.data;
  // Names only, since a value may be a secret.
  const names = [...new Set(result.error.issues.map((issue) => issue.path.join('.')))];
  throw new Error(`Environment for ${purpose} is missing or malformed: ${names.join(', ')}`);
};

let baseCache: z.output<typeof base> | undefined;

/** The variables that every function has. @throws Error naming those that are missing */
export const baseEnvironment = (): z.output<typeof base> => (baseCache ??= parse(base, 'the service'));

/** The variables of one need. @throws Error naming those that are missing */
export const environmentOf = <N extends Need>(need: N): z.output<(typeof environmentSchemas)[N]> =>
  parse(environmentSchemas[need], need);

/** Checks the environment at a function's start. @throws Error naming the variables that are missing */
export const checkEnvironment = (needs: Iterable<Need>): void => {
  baseEnvironment();
  for (const need of needs) environmentOf(need);
};

/** Where a service of AWS is called. */
export interface AwsPlace {
  readonly region: string;
  /** The service's address, where it is not AWS's. */
  readonly endpoint?: string | undefined;
}

/** The variables that the AWS SDK reads, too. Lambda sets the region; endpoints are set by the local cloud only. */
const aws = z.object({
  AWS_REGION: z.string().min(1),
  AWS_ENDPOINT_URL_LAMBDA: z.url().optional(),
  AWS_ENDPOINT_URL_S3: z.url().optional(),
  AWS_ENDPOINT_URL_SESV2: z.url().optional(),
  AWS_ENDPOINT_URL_SQS: z.url().optional(),
});

/** Where this stage calls a service of AWS. @throws Error naming variables that are missing or malformed */
export const awsPlace = (service: 'LAMBDA' | 'S3' | 'SESV2' | 'SQS'): AwsPlace => {
  const { AWS_REGION: region, [`AWS_ENDPOINT_URL_${service}` as const]: endpoint } = parse(aws, 'AWS');
  return { region, endpoint };
};
