import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { MysqlAddress, MysqlTls } from '../../../functions/platform/mysql/mysql.ts';

/** Example of a complete `MYSQL_URL`, for error messages. */
const SHAPE = 'mysql://user:password@host:3306/database';

/** MySQL's own names of the TLS modes; `PREFERRED` is refused because it silently falls back to plain text. */
const TLS_MODES = ['DISABLED', 'REQUIRED', 'VERIFY_CA', 'VERIFY_IDENTITY'] as const;
type TlsMode = (typeof TLS_MODES)[number];

/** Query parameters, with the spellings of the `mysql` program, mysql2 and common connectors. */
const OPTIONS: Readonly<Record<string, 'ssl-mode' | 'ssl-ca' | 'ssl' | 'socketPath'>> = {
  'ssl-mode': 'ssl-mode',
  sslmode: 'ssl-mode',
  sslMode: 'ssl-mode',
  'ssl-ca': 'ssl-ca',
  sslca: 'ssl-ca',
  sslCa: 'ssl-ca',
  ssl: 'ssl',
  tls: 'ssl',
  socketPath: 'socketPath',
  socket: 'socketPath',
};

const refuse = (reason: string, cause?: unknown): never => {
  throw new Error(`MYSQL_URL ${reason}`, { cause });
};

const decode = (text: string, part: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse(`has a ${part} with a % that begins no escape: write % as %25.`);
  }
};

/** A URL without a host, which a Unix socket does not need: `mysql://user:password@/database?socketPath=…`. */
const WITHOUT_HOST = /^([a-z]+:\/\/[^/@?#]*@)(?=\/)/i;

/** @throws Error without the URL in its message, since the URL contains a password */
const parse = (text: string): URL => {
  // Only a URL with a host can have a user; with a socket, the host is this machine.
  const complete = /[?&]socket(?:Path)?=/.test(text) ? text.replace(WITHOUT_HOST, '$1localhost') : text;
  const url = URL.canParse(complete) ? new URL(complete) : undefined;
  if (url === undefined || url.host === '') {
    return refuse(
      `is no URL of the shape ${SHAPE}; percent-encode special characters of the user name and password (@ is %40, : is %3A, / is %2F, # is %23, ? is %3F).`,
    );
  }
  return url;
};

type Options = Partial<Record<(typeof OPTIONS)[string], string>>;

const optionsOf = (url: URL): Options => {
  const options: Options = {};
  for (const [name, value] of url.searchParams) {
    const option = Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined;
    if (option === undefined) {
      return refuse(
        `has the option ${JSON.stringify(name)}, which is not supported. Supported are ssl-mode, ssl-ca, ssl and socketPath.`,
      );
    }
    if (options[option] !== undefined) return refuse(`sets the option ${option} more than once.`);
    options[option] = value;
  }
  return options;
};

const tlsModeOf = (value: string): TlsMode => {
  const mode = value.toUpperCase().replaceAll('-', '_');
  return (
    TLS_MODES.find((known) => known === mode) ??
    refuse(`has ssl-mode=${value}. Supported are ${TLS_MODES.join(', ')}.`)
  );
};

/** mysql2's `ssl`: `true`, `false`, or a JSON object of which `rejectUnauthorized` and `verifyIdentity` are supported. */
const tlsModeOfSsl = (value: string): TlsMode => {
  if (['true', '1'].includes(value.toLowerCase())) return 'VERIFY_IDENTITY';
  if (['false', '0'].includes(value.toLowerCase())) return 'DISABLED';
  let settings: unknown;
  try {
    settings = JSON.parse(value);
  } catch {
    settings = undefined;
  }
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
    return refuse(
      'has an ssl option that is neither true, false nor a JSON object; ssl-mode may say it more simply.',
    );
  }
  for (const [name, setting] of Object.entries(settings)) {
    if (!['rejectUnauthorized', 'verifyIdentity'].includes(name) || typeof setting !== 'boolean') {
      return refuse(
        `has an ssl option with ${JSON.stringify(name)}. Supported in it are rejectUnauthorized and verifyIdentity, true or false; ssl-ca names a file of authorities.`,
      );
    }
  }
  const { rejectUnauthorized = true, verifyIdentity = true } = settings as Record<string, boolean>;
  if (!rejectUnauthorized) return 'REQUIRED';
  return verifyIdentity ? 'VERIFY_IDENTITY' : 'VERIFY_CA';
};

/** The certificates in a file; without a file, those that Node.js trusts. */
const authoritiesOf = (file: string | undefined): { ca?: string } => {
  if (file === undefined) return {};
  try {
    return { ca: readFileSync(file, 'utf8') };
  } catch (error) {
    return refuse(`names ssl-ca=${file}, which cannot be read.`, error);
  }
};

const tlsOf = (options: Options): false | MysqlTls => {
  if (options['ssl-mode'] !== undefined && options.ssl !== undefined) {
    return refuse('sets both ssl-mode and ssl: leave one out.');
  }
  const ca = options['ssl-ca'];
  const mode =
    options['ssl-mode'] === undefined
      ? options.ssl === undefined
        ? undefined
        : tlsModeOfSsl(options.ssl)
      : tlsModeOf(options['ssl-mode']);
  // Like the `mysql` program, verifies the server when a certificate authority is given without a mode.
  switch (mode ?? (ca === undefined ? 'DISABLED' : 'VERIFY_CA')) {
    case 'DISABLED':
      return ca === undefined ? false : refuse('has an ssl-ca although TLS is disabled: leave one out.');
    case 'REQUIRED':
      return ca === undefined
        ? { verify: 'nothing' }
        : refuse(
            'has an ssl-ca, which ssl-mode=REQUIRED does not look at: VERIFY_CA or VERIFY_IDENTITY does.',
          );
    case 'VERIFY_CA':
      return { verify: 'authority', ...authoritiesOf(ca) };
    case 'VERIFY_IDENTITY':
      return { verify: 'identity', ...authoritiesOf(ca) };
  }
};

/**
 * Parses `MYSQL_URL`. Every part of it is either honoured or rejected.
 *
 * @param text `mysql://user:password@host:port/database`, parts percent-encoded, and the options `ssl-mode`, `ssl-ca`
 *   (a file), `ssl` and `socketPath`
 * @returns the address; with `socketPath`, `host` is the absolute path of the socket
 * @throws Error with a sentence that names the variable and the part, and never shows the password
 */
export const parseMysqlUrl = (text: string): MysqlAddress => {
  const url = parse(text.trim());
  if (!['mysql:', 'mariadb:'].includes(url.protocol)) {
    return refuse(`begins with ${url.protocol}//, and has to be of the shape ${SHAPE}.`);
  }
  if (url.hash !== '') return refuse('has a #: write it as %23 in the password, or leave it out.');
  const path = url.pathname.slice(1);
  if (path === '') return refuse(`names no database: ${SHAPE}.`);
  if (path.includes('/'))
    return refuse('has more than a database behind its host: write / in a name as %2F.');
  const database = decode(path, 'database');
  if (database.length > 64)
    return refuse('names a database of more than 64 characters, which MySQL does not take.');
  const user = decode(url.username, 'user name');
  if (user === '') return refuse(`names no user: ${SHAPE}.`);

  const options = optionsOf(url);
  const { socketPath } = options;
  if (socketPath !== undefined && !socketPath.startsWith('/')) {
    return refuse('has a socketPath that is no absolute path.');
  }
  if (url.port === '0') return refuse('has the port 0.');
  // Only a URL encloses an IPv6 address in brackets.
  const host = decode(url.hostname.replace(/^\[(.*)\]$/, '$1'), 'host');
  if (socketPath === undefined && url.hostname.startsWith('[') && isIP(host) !== 6) {
    return refuse('has brackets around a host that is no IPv6 address.');
  }
  if (socketPath !== undefined && !['localhost', '127.0.0.1', '::1'].includes(host)) {
    return refuse(
      `has a socketPath, which is on this machine, and the host ${host}, which is not: leave one out.`,
    );
  }
  const tls = tlsOf(options);
  if (tls !== false && tls.verify === 'identity' && (socketPath !== undefined || isIP(host) !== 0)) {
    return refuse(
      'verifies the identity of an address, and certificates are for names: name the host, or take ssl-mode=VERIFY_CA or REQUIRED.',
    );
  }
  return {
    host: socketPath ?? host,
    port: Number(url.port === '' ? 3306 : url.port),
    database,
    user,
    password: decode(url.password, 'password'),
    tls,
  };
};

/** The `MYSQL_URL` for an address without TLS; the inverse of `parseMysqlUrl`. */
export const mysqlUrlOf = ({ host, port, database, user, password }: Omit<MysqlAddress, 'tls'>): string => {
  const account = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  const path = encodeURIComponent(database);
  if (host.startsWith('/'))
    return `mysql://${account}@localhost/${path}?socketPath=${encodeURIComponent(host)}`;
  return `mysql://${account}@${isIP(host) === 6 ? `[${host}]` : host}:${port}/${path}`;
};
