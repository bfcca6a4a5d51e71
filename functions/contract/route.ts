import type * as z from 'zod';
import type { ErrorName } from './errors.ts';

/**
 * What a route's function reaches. From this alone follow its environment variables, its IAM grants, its
 * place in the VPC and what its bundle may contain.
 *
 * - `mysql`: Aurora MySQL (metadata), reading and writing rows; places the function in the VPC
 * - `mysql-owner`: changing its schema, and who may read and write it
 * - `mongodb`: MongoDB Atlas (message content)
 * - `connections-read`: finding live connections, in a DynamoDB table of theirs
 * - `connections`: finding and changing them
 * - `all-connections`: going through all of them
 * - `session-check`: whether a session is still on, in the DynamoDB table of what expires
 * - `session-list`: listing the sessions of a user there
 * - `sessions`: beginning and ending sessions there
 * - `issue-tickets`, `redeem-tickets`: tickets for handshakes there
 * - `rate-limits`: counting tries there
 * - `signing-keys`: the secret of the private keys that sign access tokens
 * - `verification-keys`: the secret of the public keys that access tokens are checked with
 * - `signing-keys-rotation`: putting new keys into both
 * - `totp-key`: the secret of the key that the secrets of second factors are encrypted with
 * - `moderators`: the user names of those who moderate
 * - `post`: posting to connections through the WebSocket API
 * - `upload-forms`: making forms by which clients upload objects, in S3
 * - `file-intake`: reading uploads, and what was decoded of them, and moving them to where they are served from
 * - `request-mail`: queueing requests for mails, for the function that sends them
 * - `send-mail`: sending mails, by SES
 * - `image-decoding`: reading uploads and writing what is decoded of them, and nothing else
 * - `image-decoder`: having an image decoded by that function
 * - `avatars`: publishing thumbnails as avatars, and removing those
 * - `avatar-urls`: where avatars are, which anybody may read
 * - `file-removal`: going through all objects, and removing them
 * - `session-checks`: whether sessions of several users are still on
 * - `push-hosts`: the hosts that devices may be pushed to at
 * - `push-info`: what clients are told of pushing
 * - `dispatch-queue`, `push-queue`: sending to these queues
 * - `push-claims`: who sends which push, in the DynamoDB table of what expires
 * - `push-keys`: the secret of the keys that prove to push services who sends
 * - `file-urls`: the secret of the private key that signs CloudFront's URLs
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

/** What a function's memory is sized by: `password` hashes with bcrypt, which wants a whole vCPU; `image` decodes. */
export type Load = 'standard' | 'password' | 'image';

/**
 * The kinds of requests that have a pace, each counted per user over all functions and connections. How fast each may
 * go is configuration (`limits`).
 *
 * - `sends`: messages, over either transport
 * - `frames`: all other frames
 * - `changes`: what changes something over HTTP
 * - `searches`: for messages and for people
 * - `uploads`: of files that begin, by the hour
 * - `tickets`: for handshakes
 * - `logins`, `refreshes`: beginning a session and going on with it
 * - `connects`: handshakes
 */
export type Pace =
  'sends' | 'frames' | 'changes' | 'searches' | 'uploads' | 'tickets' | 'logins' | 'refreshes' | 'connects';

/** Why a route has no pace per user. */
export interface Unpaced {
  readonly unpaced: string;
}

/** Reads: they cost nobody else a frame or a write, and clients catch up with as many as it takes. */
export const readsAreUnpaced: Unpaced = {
  unpaced: 'Reading changes nothing and tells nobody. API Gateway throttles the route as a whole.',
};

/** Routes without a user to count for. */
export const anybodysAreUnpaced: Unpaced = {
  unpaced: 'Anybody may ask, so there is no user to count for. API Gateway throttles the route as a whole.',
};

type Schema = z.ZodType;

/** An answer of a route: `body: null` means an empty response; a body of another type than JSON is text. */
export interface Response {
  readonly description: string;
  readonly body: Schema | null;
  /** The body that the documents show, where one made of its fields' examples would mislead. */
  readonly example?: unknown;
  /** Bodies that the documents show, by name: each with these fields beside the example made of the required ones. */
  readonly examples?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly type?: 'text/html';
}

/** The answers of a route by HTTP status. */
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
 * One HTTP route as data. `summary`, `description`, `example` and `examples` are for documents: bundles of other functions
 * do not have them, so a handler must not read them.
 */
export interface HttpRoute extends FunctionTraits {
  readonly transport: 'http';
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With `{name}` for parameters, from the root of the host. */
  readonly path: `/${string}`;
  /** A collection also answers with a slash behind its path. */
  readonly collection?: true;
  /** What the summary leaves open, in Markdown, for the documents. */
  readonly description?: string;
  readonly tag:
    'Users' | 'Chats' | 'Messages' | 'Files' | 'Notifications' | 'Real time' | 'Moderation' | 'System';
  readonly auth: 'user' | 'none';
  /** `deletion` deletes the account: a session that has begun to do so may still ask for it, and for nothing else. */
  readonly sessionUse?: 'deletion';
  readonly pace: Pace | Unpaced;
  /** In how many seconds it answers at the latest, where it waits for more than the stores. */
  readonly answersWithin?: number;
  /** A POST that changes nothing, as every GET. */
  readonly readsOnly?: true;
  /**
   * A later release removes the route. Its throttle goes now: API Gateway cannot take one away from a route that is no
   * longer there (lib/docs/deploying.md).
   */
  readonly retiring?: true;
  readonly params?: Schema;
  readonly query?: Schema;
  readonly body?: Schema;
  /** Request bodies that the documents show, by name, where one made of its fields' examples would mislead. */
  readonly examples?: Readonly<Record<string, unknown>>;
  readonly responses: Responses;
}

/** One WebSocket route as data: a frame that clients send, or one of API Gateway's own three routes. */
export interface WebSocketRoute extends FunctionTraits {
  readonly transport: 'websocket';
  /** `$connect`, `$disconnect`, `$default`, or the frame's `type`. */
  readonly routeKey: string;
  readonly pace: Pace | Unpaced;
  /** The frame; absent on API Gateway's own routes. */
  readonly frame?: Schema;
  /** The frame that is sent back; absent when the route is silent. */
  readonly reply?: Schema;
  /**
   * Whether API Gateway sends the function's result back on the connection. Only a route that answers every
   * frame has it: API Gateway may send an empty frame for a result without a body. The others post.
   */
  readonly routeResponse: boolean;
}

/** A function that API Gateway asks before it opens a WebSocket. */
export interface AuthorizerRoute extends FunctionTraits {
  readonly transport: 'authorizer';
}

/** A function that no client calls: at a deployment or on a schedule. */
export interface JobRoute extends FunctionTraits {
  readonly transport: 'job';
  /** How often it runs, as EventBridge Scheduler writes it; absent when only a deployment or a person runs it. */
  readonly schedule?: `rate(${number} ${'minute' | 'minutes' | 'hour' | 'hours' | 'day' | 'days'})`;
  /**
   * `when-needed`: a run asks MySQL only after another store has shown that there is something to do. Any other job with
   * MySQL asks in every run, and runs once an hour at most where MySQL pauses (lib/config/job-schedules.ts).
   */
  readonly asksMysql?: 'when-needed';
}

/** A function that other functions call, or an event of AWS's. */
export interface InternalRoute extends FunctionTraits {
  readonly transport: 'internal';
  /** The event about the bucket of files, by which EventBridge invokes the function where files are scanned. */
  readonly event?: {
    readonly source: string;
    readonly detailType: string;
    /** Fields of the event's `detail` and the values that they may have, as EventBridge's patterns name them. */
    readonly detail: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  };
  /** Whether callers do not wait: Lambda queues the calls, and repeats those that fail. */
  readonly queued?: true;
}

/** The queues: chats in which somebody may have to be pushed, and pushes to be sent. */
export const QUEUES = ['dispatch', 'push'] as const;
export type QueueName = (typeof QUEUES)[number];

/** A function that works off a queue. */
export interface ConsumerRoute extends FunctionTraits {
  readonly transport: 'consumer';
  readonly queue: QueueName;
  /** How many batches are worked on at the same time. */
  readonly mostAtOnce: number;
}

export type Route = HttpRoute | WebSocketRoute | AuthorizerRoute | JobRoute | InternalRoute | ConsumerRoute;

/** Keeps the literal type of a route while checking its shape. */
export const defineHttpRoute = <const R extends Omit<HttpRoute, 'transport'>>(
  route: R,
): R & { readonly transport: 'http' } => ({ ...route, transport: 'http' });

/** Keeps the literal type of a WebSocket route while checking its shape. */
export const defineWebSocketRoute = <const R extends Omit<WebSocketRoute, 'transport'>>(
  route: R,
): R & { readonly transport: 'websocket' } => ({ ...route, transport: 'websocket' });

/** Whether a route changes nothing, so that what it read can be thrown away. */
export const readsOnly = (route: HttpRoute): boolean => route.method === 'GET' || route.readsOnly === true;

/** Whether a request to the route has to have a body. One in which every field may be absent may be absent itself. */
export const needsBody = ({ body }: HttpRoute): boolean => body !== undefined && !body.safeParse({}).success;

/** The pace of a route, or undefined when it has none. */
export const paceOf = (route: Route): Pace | undefined =>
  'pace' in route && typeof route.pace === 'string' ? route.pace : undefined;

/** Paces that the service takes, where it can do so beside its work or knows only there who asks. */
const takenByService: ReadonlySet<Pace> = new Set(['sends', 'logins', 'refreshes']);

/** The pace that transport takes for a route before anything else, or undefined. */
export const paceAhead = (route: Route): Pace | undefined => {
  const pace = paceOf(route);
  return pace === undefined || takenByService.has(pace) ? undefined : pace;
};

/**
 * All that a route's function reaches: what it names, what its pace takes, and for users what checking an access token
 * and noting that they were seen take.
 */
export const needsOf = (route: Route): ReadonlySet<Need> =>
  new Set<Need>([
    ...route.needs,
    ...(paceOf(route) === undefined ? [] : (['rate-limits'] as const)),
    ...(route.transport === 'http' && route.auth === 'user'
      ? (['verification-keys', 'session-check', 'mysql'] as const)
      : []),
  ]);
