import * as z from 'zod';
import type { Need } from '../contract/route.ts';

const base = z.object({
  STAGE: z.string().min(1),
  SERVICE_VERSION: z.string().min(1),
  WEBSOCKET_URL: z.url().optional(),
  /** `on` validates every response against its schema before sending it. Set only by the local cloud, for tests. */
  VALIDATE_OUTPUT: z.enum(['on', 'off']).default('off'),
  /**
   * Comma-separated secrets; CloudFront adds one of them to each request. Absent in a stage without CloudFront in
   * front.
   */
  EDGE_SECRETS: z
    .string()
    .transform((text) => text.split(',').filter((secret) => secret.length >= 32))
    .refine((secrets) => secrets.length > 0)
    .optional(),
  /** Set only by the local cloud, for load tests. */
  RATE_LIMITS: z.enum(['on', 'off']).default('on'),
  /** `on` for jobs that run hourly or daily: connecting waits for a paused MySQL. */
  MYSQL_WAITS: z.enum(['on', 'off']).default('off'),
  /** Certificate authorities in PEM. Set only by the local cloud, from `MYSQL_URL`. */
  MYSQL_TLS_CA: z.string().min(1).optional(),
  /** Further hosts that may be pushed to, also at private addresses. Set only by the local cloud, from `PUSH_HOSTS`. */
  LOCAL_PUSH_HOSTS: z.string().optional(),
});

const connectionsTable = z.object({ CONNECTIONS_TABLE: z.string().min(1) });
const signingKeys = z.object({ SIGNING_KEYS_SECRET_ARN: z.string().min(1) });
const verificationKeys = z.object({ VERIFICATION_KEYS_SECRET_ARN: z.string().min(1) });
const filesBucket = z.object({ FILES_BUCKET: z.string().min(1) });
/** The URL of the files' CloudFront distribution, without a trailing slash. */
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
     * Deployed stages use `required`, which verifies the server by Amazon's certificate authorities. The other values
     * are for the server that a user of the local cloud configures: `off` is plain text, `nothing` only encrypts,
     * `authority` verifies the certificate's issuer, and `identity` also its host name.
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
    /** How long a message waits for a connected participant to read it before a push is sent. */
    PUSH_HOLD_SECONDS: z
      .string()
      .regex(/^\d{1,3}$/)
      .transform(Number),
  }),
  'push-queue': z.object({ PUSH_QUEUE_URL: z.url() }),
  'push-claims': sessionsTable,
  'push-keys': z.object({ PUSH_KEYS_SECRET_ARN: z.string().min(1), PUSH_SUBJECT: z.string().min(1) }),
  /** Separated by commas; `*.` stands for all subdomains. */
  'push-hosts': z.object({ PUSH_HOSTS: z.string().min(1) }),
  'file-urls': filesUrl.extend({
    /** CloudFront's id of the public key that belongs to the secret's private key. */
    FILE_KEY_ID: z.string().min(1),
    FILE_KEY_SECRET_ARN: z.string().min(1),
  }),
  'request-mail': z.object({ MAIL_FUNCTION: z.string().min(1) }),
  'send-mail': z.object({
    /** The sender's address of mails; empty in a stage that sends none. */
    MAIL_FROM: z.string(),
    MAIL_CONFIGURATION_SET: z.string(),
    /** The URL of the chat page, which links in mails lead to. */
    PAGE_URL: z.url(),
  }),
} as const satisfies Record<Need, z.ZodObject>;

/** The environment variables of a function with this need. */
export type EnvironmentOf<N extends Need> = z.input<(typeof environmentSchemas)[N]>;

const parse = <S extends z.ZodObject>(schema: S, purpose: string): z.output<S> => {
  const result = schema.safeParse(process.env);
  if (result.success) return result.data;
  // Only names, since a value may be a secret.
  const names = [...new Set(result.error.issues.map((issue) => issue.path.join('.')))];
  throw new Error(`Environment for ${purpose} is missing or malformed: ${names.join(', ')}`);
};

let baseCache: z.output<typeof base> | undefined;

/** The environment variables of every function. @throws Error naming those that are missing */
export const baseEnvironment = (): z.output<typeof base> => (baseCache ??= parse(base, 'the service'));

/** The environment variables of one need. @throws Error naming those that are missing */
export const environmentOf = <N extends Need>(need: N): z.output<(typeof environmentSchemas)[N]> =>
  parse(environmentSchemas[need], need);

/** Validates the environment at a function's cold start. @throws Error naming the missing variables */
export const checkEnvironment = (needs: Iterable<Need>): void => {
  baseEnvironment();
  for (const need of needs) environmentOf(need);
};

/** The region and endpoint of an AWS service. */
export interface AwsLocation {
  readonly region: string;
  /** The service's URL, when it is not AWS's. */
  readonly endpoint?: string | undefined;
}

/**
 * The environment variables that the AWS SDK reads as well. Lambda sets the region; only the local cloud sets
 * endpoints.
 */
const aws = z.object({
  AWS_REGION: z.string().min(1),
  AWS_ENDPOINT_URL_LAMBDA: z.url().optional(),
  AWS_ENDPOINT_URL_S3: z.url().optional(),
  AWS_ENDPOINT_URL_SESV2: z.url().optional(),
  AWS_ENDPOINT_URL_SQS: z.url().optional(),
});

/**
 * The region and endpoint at which this stage calls an AWS service. @throws Error naming variables that are missing
 * or malformed
 */
export const awsLocation = (service: 'LAMBDA' | 'S3' | 'SESV2' | 'SQS'): AwsLocation => {
  const { AWS_REGION: region, [`AWS_ENDPOINT_URL_${service}` as const]: endpoint } = parse(aws, 'AWS');
  return { region, endpoint };
};
