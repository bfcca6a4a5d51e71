import { MongoClient } from 'mongodb';

/** The parts of `MONGODB_URL` that the local cloud uses. */
export interface MongodbUrl {
  /** The unchanged URL, for the driver, which honours its options. */
  readonly url: string;
  /** The hosts without user, password and options, for people. */
  readonly hosts: string;
  /** Undefined when the URL names none. */
  readonly database: string | undefined;
}

const refuse = (reason: string, cause?: unknown): never => {
  throw new Error(`MONGODB_URL ${reason}`, { cause });
};

const PARTS =
  /^mongodb(?:\+srv)?:\/\/(?:(?<account>[^@/?#]*)@)?(?<hosts>[^@/?#]+)(?:\/(?<database>[^?#]*))?(?:\?(?<options>[^#]*))?$/i;

const decode = (text: string, part: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse(`has a ${part} with a % that begins no escape: write % as %25.`);
  }
};

/** Options that would break the service's guarantees, with the only values that do not. */
const REQUIRED: Readonly<Record<string, { readonly only: readonly string[]; readonly why: string }>> = {
  w: { only: ['majority'], why: 'a message is acknowledged once a majority holds it' },
  journal: { only: ['true'], why: 'a message is acknowledged once it is on disk' },
  readpreference: { only: ['primary'], why: 'whoever was acknowledged reads what they wrote' },
};

const checkOptions = (options: string): void => {
  for (const [name, value] of new URLSearchParams(options)) {
    const rule = REQUIRED[name.toLowerCase()];
    if (rule !== undefined && !rule.only.includes(value)) {
      refuse(`has ${name}=${value}, and ${rule.why}: only ${rule.only.join(' or ')} is possible.`);
    }
  }
};

/** Lets the driver check the URL: it knows every option, and rejects unknown ones. */
const checkByDriver = (url: string): void => {
  try {
    // The client connects only on first use.
    new MongoClient(url);
  } catch (error) {
    refuse(`is not understood: ${error instanceof Error ? error.message : 'unknown'}`, error);
  }
};

/**
 * Parses `MONGODB_URL`. Its options go to the driver; options that would break a guarantee of the service are
 * rejected.
 *
 * @throws Error with a sentence that names the variable and never shows a user or a password
 */
export const parseMongodbUrl = (text: string): MongodbUrl => {
  const url = text.trim();
  const parts = PARTS.exec(url)?.groups;
  if (parts === undefined) {
    return refuse(
      'is no URL of the shape mongodb://user:password@host:27017/database; percent-encode special characters of the user name and password (@ is %40, : is %3A, / is %2F, # is %23, ? is %3F).',
    );
  }
  const { account = '', hosts = '', options = '' } = parts;
  for (const half of account.split(':')) decode(half, 'user name or password');
  const database = decode(parts['database'] ?? '', 'database');
  if (/[/\\. "$\0]/.test(database)) {
    refuse(`names the database ${JSON.stringify(database)}, a name that MongoDB does not take.`);
  }
  checkOptions(options);
  checkByDriver(url);
  return { url, hosts: decode(hosts, 'host'), database: database === '' ? undefined : database };
};
