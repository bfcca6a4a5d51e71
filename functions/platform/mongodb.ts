import { fromEnv } from '@aws-sdk/credential-provider-env';
import { MongoClient, MongoError, MongoServerError, type Collection, type MongoClientOptions } from 'mongodb';
import { environmentOf } from './environment.ts';
import { readSecret } from './secrets.ts';
import { StoreUnavailableError } from './store-unavailable.ts';

/** The document of a message's content. */
export interface MessageDocument {
  readonly message_id: string;
  readonly chat_id: number;
  readonly sender_id: number;
  readonly content: string;
  /**
   * The search words of `content` and of the staged `edits`. Once the last edit is settled, these are the words of
   * the current text only, each once; until then, words of earlier texts may be among them. Empty when the message is
   * deleted. Older code stored a string.
   */
  readonly words: readonly string[];
  /** The `rev` of the change that wrote `words`; absent for the words of the original text. */
  readonly words_rev?: number;
  readonly timestamp: Date;
  readonly edited_at: Date | null;
  /** The `rev` of the edit that wrote `content`; absent for the original text. */
  readonly content_rev?: number;
  /** Staged edits: their texts have not replaced `content` yet. MySQL knows which of them is in force. */
  readonly edits?: readonly { readonly edit_id: string; readonly content: string }[];
}

/** With IAM there is no password: a function authenticates as its role, with the credentials from its environment. */
const authentication = (url: string): MongoClientOptions =>
  /[?&]authMechanism=MONGODB-AWS(?:&|$)/i.test(url)
    ? { authMechanismProperties: { AWS_CREDENTIAL_PROVIDER: fromEnv() } }
    : {};

/** Few connections and short timeouts. Options in the connection string take precedence over these. */
const DEFAULTS = {
  appName: 'chat-service',
  // A Lambda function handles one event at a time.
  maxPoolSize: 5,
  minPoolSize: 0,
  connectTimeoutMS: 3000,
  serverSelectionTimeoutMS: 4000,
  waitQueueTimeoutMS: 4000,
  socketTimeoutMS: 4500,
} satisfies MongoClientOptions;

/** The defaults without those that the connection string sets: the driver would prefer options passed in code. */
const defaultsFor = (url: string): MongoClientOptions => {
  const [, query = ''] = url.split('?');
  const named = new Set([...new URLSearchParams(query).keys()].map((name) => name.toLowerCase()));
  return Object.fromEntries(Object.entries(DEFAULTS).filter(([name]) => !named.has(name.toLowerCase())));
};

/** Opens a client whose writes are acknowledged by a majority, even if the connection string says otherwise. */
export const openMongodb = (url: string): MongoClient =>
  new MongoClient(url, {
    ...authentication(url),
    ...defaultsFor(url),
    w: 'majority',
    // 64-bit integers are read as numbers.
    promoteLongs: true,
  });

/** The collection of contents. Every read must name `chat_id`, the shard key. */
export const messageCollection = (client: MongoClient, database: string): Collection<MessageDocument> =>
  client.db(database).collection<MessageDocument>('messages');

interface Opened {
  readonly client: MongoClient;
  readonly messages: Collection<MessageDocument>;
}

let instance: Promise<Opened> | undefined;
/** The current client, once it is open. */
let opened: Opened | undefined;

const openFromEnvironment = async (): Promise<Opened> => {
  const environment = environmentOf('mongodb');
  const url = await readSecret(environment.MONGODB_SECRET_ARN);
  if (url === undefined) throw new Error('The MongoDB secret has no value');
  const client = openMongodb(url);
  opened = { client, messages: messageCollection(client, environment.MONGODB_DATABASE) };
  return opened;
};

/** The collection of this execution environment, opened on the first call and reused by later invocations. */
export const mongodb = async (): Promise<Collection<MessageDocument>> => {
  const opening = (instance ??= openFromEnvironment());
  try {
    return (await opening).messages;
  } catch (error) {
    // Lets the next invocation try again: Secrets Manager may respond by then. A retry that is in flight already
    // stays.
    if (instance === opening) instance = undefined;
    throw error;
  }
};

/** MongoDB refuses writes while its disk is full (mongodb/mongo `error_codes.yml`). */
const OUT_OF_DISK_SPACE = 14_031;

/**
 * The codes of a server that is shutting down, cannot be reached by another one, or is no primary: those after which
 * the driver repeats a read once. It does not export them (`RETRYABLE_READ_ERROR_CODES` in its `lib/error.js`).
 */
const UNAVAILABLE = new Set<unknown>([
  6, // HostUnreachable
  7, // HostNotFound
  89, // NetworkTimeout
  91, // ShutdownInProgress
  134, // ReadConcernMajorityNotAvailableYet
  189, // PrimarySteppedDown
  262, // ExceededTimeLimit
  9001, // SocketException
  10_107, // NotWritablePrimary
  11_600, // InterruptedAtShutdown
  11_602, // InterruptedDueToReplStateChange
  13_435, // NotPrimaryNoSecondaryOk
  13_436, // NotPrimaryOrSecondary
]);

/** Whether an error means that MongoDB is unavailable, and not that the operation is wrong. */
const isConnectionError = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  if (error instanceof MongoServerError) {
    const { code } = error;
    return error.hasErrorLabel('RetryableWriteError') || code === OUT_OF_DISK_SPACE || UNAVAILABLE.has(code);
  }
  const { code } = error as Error & { code?: unknown };
  // A socket that breaks during a write may throw Node's own error.
  return error instanceof MongoError || (typeof code === 'string' && /^E[A-Z]+$/.test(code));
};

/**
 * Runs an operation on a collection. When MongoDB is unavailable, the next operation opens a new client, since a client
 * whose first connection failed stays closed. A late failure of an operation on an earlier client leaves the new one
 * open.
 *
 * @param collection opens the collection; usually `mongodb`
 * @throws StoreUnavailableError when MongoDB is unavailable, otherwise the operation's error
 */
export const askMongodb = async <T>(
  collection: () => Promise<Collection<MessageDocument>>,
  operation: (messages: Collection<MessageDocument>) => Promise<T>,
): Promise<T> => {
  let used: Collection<MessageDocument> | undefined;
  try {
    used = await collection();
    return await operation(used);
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    if (used !== undefined && used === opened?.messages) closeCurrent(opened);
    throw new StoreUnavailableError('mongodb', error);
  }
};

/** Closes the current client, ignoring errors; the next operation opens another one. */
const closeCurrent = ({ client }: Opened): void => {
  instance = undefined;
  opened = undefined;
  client.close().catch(() => {
    // Its connections are broken.
  });
};
