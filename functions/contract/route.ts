import type * as z from 'zod';
import type { ErrorName } from './errors.ts';

/**
 * The resources that a route's function accesses. Its environment variables, IAM grants, VPC placement and the
 * permitted contents of its bundle all derive from this list.
 *
 * - `mysql`: Aurora MySQL (metadata), reading and writing rows; places the function in the VPC
 * - `mysql-owner`: changing its schema and its database users
 * - `mongodb`: MongoDB Atlas (message content)
 * - `connections-read`: finding live connections, in the DynamoDB table of connections
 * - `connections`: finding and changing connections
 * - `all-connections`: scanning all connections
 * - `session-check`: whether a session is still active, in the DynamoDB table of expiring items
 * - `session-list`: listing the sessions of a user in this table
 * - `sessions`: starting and ending sessions in this table
 * - `issue-tickets`, `redeem-tickets`: tickets for handshakes in this table
 * - `rate-limits`: counting attempts in this table
 * - `signing-keys`: the secret with the private keys that sign access tokens
 * - `verification-keys`: the secret with the public keys that verify access tokens
 * - `signing-keys-rotation`: putting new keys into both secrets
 * - `totp-key`: the secret with the key that encrypts the secrets of second factors
 * - `moderators`: the user names of the moderators
 * - `post`: posting to connections through the WebSocket API
 * - `upload-forms`: creating the S3 forms by which clients upload objects
 * - `file-intake`: reading uploads and the image decoder's output, and moving them to where they are served from
 * - `request-mail`: queueing mails for the function that sends them
 * - `send-mail`: sending mails through SES
 * - `image-decoding`: reading uploads and writing the decoded output, and nothing else
 * - `image-decoder`: invoking the image decoder
 * - `avatars`: publishing thumbnails as avatars, and removing them
 * - `avatar-urls`: the public URLs of avatars
 * - `file-removal`: removing objects
 * - `session-checks`: whether sessions of several users are still active
 * - `push-hosts`: the hosts of push services that devices may use
 * - `push-info`: the push settings that clients need
 * - `dispatch-queue`, `push-queue`: sending to these queues
 * - `push-claims`: claims on sending a push, in the DynamoDB table of expiring items
 * - `push-keys`: the secret with the keys that authenticate the service to push services
 * - `file-urls`: the secret with the private key that signs CloudFront URLs
 */
export type Need =
  | 'mysql'
  | 'mysql-owner'
  | 'mongodb'
  | 'connections-read'
  | 'connections'
  | 'all-connections'
  | 'session-check'
  | 'session-list'
  | 'sessions'
  | 'issue-tickets'
  | 'redeem-tickets'
  | 'rate-limits'
  | 'signing-keys'
  | 'verification-keys'
  | 'signing-keys-rotation'
  | 'totp-key'
  | 'moderators'
  | 'post'
  | 'upload-forms'
  | 'file-intake'
  | 'image-decoding'
  | 'image-decoder'
  | 'avatars'
  | 'avatar-urls'
  | 'file-removal'
  | 'file-urls'
  | 'request-mail'
  | 'send-mail'
  | 'session-checks'
  | 'push-hosts'
  | 'push-info'
  | 'dispatch-queue'
  | 'push-queue'
  | 'push-claims'
  | 'push-keys';

/** Decides a function's memory: `password` hashes with bcrypt and needs a whole vCPU; `image` decodes images. */
export type Load = 'standard' | 'password' | 'image';

/**
 * The kinds of requests that are rate-limited, each counted per user over all functions and connections. The rates
 * are configuration (`limits`).
 *
 * - `sends`: messages, over HTTP or WebSocket
 * - `frames`: all other frames
 * - `changes`: changes over HTTP
 * - `searches`: searches for messages and for people
 * - `uploads`: begun uploads, per hour
 * - `tickets`: tickets for handshakes
 * - `logins`, `refreshes`: starting and refreshing a session
 * - `connects`: handshakes
 */
export type RateLimitKind =
  'sends' | 'frames' | 'changes' | 'searches' | 'uploads' | 'tickets' | 'logins' | 'refreshes' | 'connects';

/** The reason why a route has no rate limit per user. */
export interface Unlimited {
  readonly unlimitedBecause: string;
}

/** For reads: they cause no events or writes, and a client that catches up needs as many as it takes. */
export const readsAreUnlimited: Unlimited = {
  unlimitedBecause:
    'Reading changes nothing and causes no event. API Gateway throttles the route as a whole.',
};

/** For routes without an authenticated user to count for. */
export const anonymousIsUnlimited: Unlimited = {
  unlimitedBecause:
    'No log-in is needed, so there is no user to count for. API Gateway throttles the route as a whole.',
};

type Schema = z.ZodType;

/** A response of a route: `body: null` means an empty response; a body of a type other than JSON is text. */
export interface Response {
  readonly description: string;
  readonly body: Schema | null;
  /** The example body in the documents, where one generated from the fields' examples would mislead. */
  readonly example?: unknown;
  /**
   * Example bodies in the documents, by name. Each overrides or adds fields of the example generated from the
   * required fields.
   */
  readonly examples?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly type?: 'text/html';
}

/** The responses of a route by HTTP status. */
export type Responses = Readonly<Record<number, Response>>;

interface FunctionTraits {
  /** kebab-case; names the handler file, the Lambda function and the OpenAPI operation. */
  readonly id: string;
  readonly summary: string;
  readonly needs: readonly Need[];
  readonly load?: Load;
  readonly errors: readonly ErrorName[];
}

/**
 * One HTTP route as data. `summary`, `description`, `example` and `examples` are for documents: bundles of other
 * functions omit them, so a handler must not read them.
 */
export interface HttpRoute extends FunctionTraits {
  readonly transport: 'http';
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** From the root of the host, with `{name}` for parameters. */
  readonly path: `/${string}`;
  /** A collection's path also matches with a trailing slash. */
  readonly collection?: true;
  /** Details beyond the summary, in Markdown, for the documents. */
  readonly description?: string;
  readonly tag:
    'Users' | 'Chats' | 'Messages' | 'Files' | 'Notifications' | 'Real time' | 'Moderation' | 'System';
  readonly auth: 'user' | 'none';
  /**
   * `deletion` marks the route that deletes the account: a session whose account deletion has begun may still call
   * it, and nothing else.
   */
  readonly sessionUse?: 'deletion';
  readonly rateLimit: RateLimitKind | Unlimited;
  /** Maximum response time in seconds, for a route that waits for more than the stores. */
  readonly answersWithin?: number;
  /** A POST that changes nothing, like every GET. */
  readonly readsOnly?: true;
  /**
   * A later release removes the route. Its throttle must be removed one release earlier: API Gateway cannot remove
   * the throttle of a route that no longer exists (lib/docs/deploying.md).
   */
  readonly retiring?: true;
  readonly params?: Schema;
  readonly query?: Schema;
  readonly body?: Schema;
  /** Example request bodies in the documents, by name, where one generated from the fields' examples would mislead. */
  readonly examples?: Readonly<Record<string, unknown>>;
  readonly responses: Responses;
}

/** One WebSocket route as data: a frame that clients send, or one of API Gateway's own three routes. */
export interface WebSocketRoute extends FunctionTraits {
  readonly transport: 'websocket';
  /** `$connect`, `$disconnect`, `$default`, or the frame's `type`. */
  readonly routeKey: string;
  readonly rateLimit: RateLimitKind | Unlimited;
  /** The schema of the client's frame; absent on API Gateway's own routes. */
  readonly frame?: Schema;
  /** The schema of the reply; absent when the route sends none. */
  readonly reply?: Schema;
  /**
   * Whether API Gateway sends the function's result back on the connection. Only for routes that reply to every
   * frame: for a result without a body, API Gateway may send an empty frame. The other routes post their replies.
   */
  readonly routeResponse: boolean;
}

/** A function that API Gateway calls before it opens a WebSocket. */
export interface AuthorizerRoute extends FunctionTraits {
  readonly transport: 'authorizer';
}

/** A function that no client calls: it runs at a deployment or on a schedule. */
export interface JobRoute extends FunctionTraits {
  readonly transport: 'job';
  /** How often the job runs, in EventBridge Scheduler's syntax; absent when only a deployment or a person runs it. */
  readonly schedule?: `rate(${number} ${'minute' | 'minutes' | 'hour' | 'hours' | 'day' | 'days'})`;
  /**
   * `when-needed`: a run queries MySQL only after another store has shown that there is work. Any other job with
   * MySQL queries it in every run, and runs at most once an hour where MySQL pauses (lib/config/job-schedules.ts).
   */
  readonly asksMysql?: 'when-needed';
}

/** A function that other functions or an AWS event invoke. */
export interface InternalRoute extends FunctionTraits {
  readonly transport: 'internal';
  /** The EventBridge event about the bucket of files that invokes the function, where files are scanned. */
  readonly event?: {
    readonly source: string;
    readonly detailType: string;
    /** Fields of the event's `detail` with their accepted values, in EventBridge's pattern syntax. */
    readonly detail: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  };
  /** Whether invocations are asynchronous: Lambda queues them and retries failed ones. */
  readonly queued?: true;
}

/** The queues: `dispatch` holds chats whose participants may need a push, `push` holds pushes to send. */
export const QUEUES = ['dispatch', 'push'] as const;
export type QueueName = (typeof QUEUES)[number];

/** A function that consumes a queue. */
export interface ConsumerRoute extends FunctionTraits {
  readonly transport: 'consumer';
  readonly queue: QueueName;
  /** How many batches are processed concurrently. */
  readonly mostAtOnce: number;
}

export type Route = HttpRoute | WebSocketRoute | AuthorizerRoute | JobRoute | InternalRoute | ConsumerRoute;

/** Defines an HTTP route: keeps its literal type and checks its shape. */
export const defineHttpRoute = <const R extends Omit<HttpRoute, 'transport'>>(
  route: R,
): R & { readonly transport: 'http' } => ({ ...route, transport: 'http' });

/** Defines a WebSocket route: keeps its literal type and checks its shape. */
export const defineWebSocketRoute = <const R extends Omit<WebSocketRoute, 'transport'>>(
  route: R,
): R & { readonly transport: 'websocket' } => ({ ...route, transport: 'websocket' });

/** Whether a route changes nothing, so that its result can be discarded. */
export const readsOnly = (route: HttpRoute): boolean => route.method === 'GET' || route.readsOnly === true;

/** Whether a request to the route must have a body. A body whose fields are all optional may be absent. */
export const needsBody = ({ body }: HttpRoute): boolean => body !== undefined && !body.safeParse({}).success;

/** The rate limit of a route, or undefined when it has none. */
export const rateLimitOf = (route: Route): RateLimitKind | undefined =>
  'rateLimit' in route && typeof route.rateLimit === 'string' ? route.rateLimit : undefined;

/**
 * Rate limits that the service takes itself: concurrently with its work, or because only the service learns which
 * user is asking.
 */
const takenByService: ReadonlySet<RateLimitKind> = new Set(['sends', 'logins', 'refreshes']);

/** The rate limit that the transport takes before anything else, or undefined. */
export const rateLimitOfTransport = (route: Route): RateLimitKind | undefined => {
  const kind = rateLimitOf(route);
  return kind === undefined || takenByService.has(kind) ? undefined : kind;
};

/**
 * All resources that a route's function accesses: those that the route lists, its rate limit's, and, on routes for
 * users, those of verifying the access token and recording when the user was last seen.
 */
export const needsOf = (route: Route): ReadonlySet<Need> =>
  new Set<Need>([
    ...route.needs,
    ...(rateLimitOf(route) === undefined ? [] : (['rate-limits'] as const)),
    ...(route.transport === 'http' && route.auth === 'user'
      ? (['verification-keys', 'session-check', 'mysql'] as const)
      : []),
  ]);
