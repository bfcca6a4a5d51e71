import { fromEnv } from '@aws-sdk/credential-provider-env';
import { MongoClient, MongoServerError, type Collection, type MongoClientOptions } from 'mongodb';
import { environmentOf } from './environment.ts';
import { readSecret } from './secrets.ts';
import { StoreUnavailableError } from './store-unavailable.ts';

/** A message's content, as MongoDB holds it. */
export interface MessageDocument {
  readonly message_id: string;
  readonly chat_id: number;
  readonly sender_id: number;
  readonly content: string;
  /** The words of `content` that searches find, each once; none once the message is deleted. Older code wrote a text. */
  readonly words: readonly string[];
  /** The `rev` of the change that `words` are settled by; absent for those of the text as it was sent. */
  readonly words_rev?: number;
  readonly timestamp: Date;
  readonly edited_at: Date | null;
  /** The `rev` of the edit whose text `content` is; absent for the text as it was sent. */
  readonly content_rev?: number;
  /** Texts of edits that are not in `content` yet: which of them is in force, MySQL says. */
  readonly edits?: readonly { readonly edit_id: string; readonly content: string }[];
}

/** With IAM nobody has a password: a function proves its own role, whose credentials Lambda gives it. */
const authentication = (url: string): MongoClientOptions =>
  /[?&]authMechanism=MONGODB-AWS(?:&|$)/i.test(url)
    ? { authMechanismProperties: { AWS_CREDENTIAL_PROVIDER: fromEnv() } }
    : {};

/** Few connections and no long waits; an option that the connection string sets itself stays as it says. */
const DEFAULTS = {
  appName: 'chat-service',
  // A function works on one event at a time.
  maxPoolSize: 5,
  minPoolSize: 0,
  connectTimeoutMS: 3000,
  serverSelectionTimeoutMS: 4000,
  waitQueueTimeoutMS: 4000,
  socketTimeoutMS: 4500,
} satisfies MongoClientOptions;

/** The driver prefers what is passed to it over the connection string: defaults must not be passed then. */
const defaultsFor = (url: string): MongoClientOptions => {
  const [, query = ''] = url.split('?');
  const named = new Set([...new URLSearchParams(query).keys()].map((name) => name.toLowerCase()));
  return Object.fromEntries(Object.entries(DEFAULTS).filter(([name]) => !named.has(name.toLowerCase())));
};

/** Opens a client as the service uses MongoDB: acknowledged by a majority, whatever the connection string says. */
export const openMongodb = (url: string): MongoClient =>
  new MongoClient(url, {
    ...authentication(url),
    ...defaultsFor(url),
    w: 'majority',
    // Numbers and dates come back as they went in.
    promoteLongs: true,
  });

/** The collection of contents; every read of it carries `chat_id`, the shard key. */
export const messageCollection = (client: MongoClient, database: string): Collection<MessageDocument> =>
  client.db(database).collection<MessageDocument>('messages');

interface Opened {
  readonly client: MongoClient;
  readonly messages: Collection<MessageDocument>;
}

let instance: Promise<Opened> | undefined;

const openFromEnvironment = async (): Promise<Opened> => {
  const environment = environmentOf('mongodb');
  const url = await readSecret(environment.MONGODB_SECRET_ARN);
  if (url === undefined) throw new Error('The MongoDB secret has no value');
  const client = openMongodb(url);
  return { client, messages: messageCollection(client, environment.MONGODB_DATABASE) };
};

/** The function's own collection, opened when it is first asked for and kept while the function lives. */
export const mongodb = async (): Promise<Collection<MessageDocument>> => {
  instance ??= openFromEnvironment();
  try {
    return (await instance).messages;
  } catch (error) {
    // A secret that could not be read now may be readable on the next event.
    instance = undefined;
    throw error;
  }
};

/** MongoDB cannot write (mongodb/mongo `error_codes.yml`): it refuses until somebody makes room. */
const OUT_OF_DISK_SPACE = 14_031;

/** Whether an error is about reaching MongoDB; the server's own answers are about the operation. */
const isConnectionError = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  if (error instanceof MongoServerError) {
    return error.hasErrorLabel('RetryableWriteError') || error.code === OUT_OF_DISK_SPACE;
  }
  const { code } = error as Error & { code?: unknown };
  // A socket that breaks while it is written to may say so itself.
  return error.name.startsWith('Mongo') || (typeof code === 'string' && /^E[A-Z]+$/.test(code));
};

/**
 * Runs an operation; when MongoDB is away rather than refusing, the error says so, and the next operation opens a
 * client anew: one whose first connection failed closes for good.
 */
export const askMongodb = async <T>(operation: () => Promise<T>): Promise<T> => {
  try {
    return await operation();
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    const broken = instance;
    instance = undefined;
    void closeQuietly(broken);
    throw new StoreUnavailableError('mongodb', error);
  }
};

/** Closes the client of a collection; what it still had to do has failed. */
const closeQuietly = async (opened: typeof instance): Promise<void> => {
  try {
    await (await opened)?.client.close();
  } catch {
    // It was never open.
  }
};
