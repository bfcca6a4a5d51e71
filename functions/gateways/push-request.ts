import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { Agent, request } from 'node:https';
import { BlockList, isIPv4, type LookupFunction } from 'node:net';

export interface PushRequest {
  readonly url: URL;
  /** Whether the host may have a private address; true only on a developer's machine. */
  readonly mayBePrivate: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The response of a push service. */
export interface PushResponse {
  readonly status: number;
  /** Seconds that the service asks to wait before a retry; null when it does not say, or uses another format. */
  readonly retryAfter: number | null;
  /** The beginning of the response's body. */
  readonly text: string;
}

/** Sends a request. @throws the connection's error when it could not be opened, broke, or timed out */
export type SendPushRequest = (request: PushRequest) => Promise<PushResponse>;

/** Timeout of a whole request in milliseconds, from the DNS look-up to the end of the response. */
const TIMEOUT_MS = 10_000;

/** How much of a response is read: enough for FCM's errors and tokens. The rest stays unread. */
const ANSWER_BYTES_MAX = 8 * 1024;

/** Address ranges outside the public internet (IANA's special-purpose address registries). */
const notPublic = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  notPublic.addSubnet(network, prefix, 'ipv4');
}
/** The allocated global unicast range of IPv6: everything else is refused, including mapped and translated IPv4. */
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  notPublic.addSubnet(network, prefix, 'ipv6');
}

/** Whether an address is on the public internet. */
export const isPublicAddress = (address: string): boolean =>
  isIPv4(address)
    ? !notPublic.check(address, 'ipv4')
    : global6.check(address, 'ipv6') && !notPublic.check(address, 'ipv6');

/**
 * A DNS look-up that refuses names with a non-public address. Node passes its result straight to the connection, so
 * that a second DNS answer cannot differ from the checked one.
 */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const inside = error === null ? addresses.find(({ address }) => !isPublicAddress(address)) : undefined;
    if (error !== null || inside !== undefined) {
      callback(error ?? new Error('The push service is at an address that is not public'), '', 0);
    } else if (options.all === true) callback(null, addresses);
    else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
  });
};

// Separate agents: an agent reuses connections by host and port alone, so a shared one could reuse an unchecked
// connection.
const agentWith = (lookup?: LookupFunction): Agent =>
  new Agent({ keepAlive: true, maxSockets: 20, ...(lookup === undefined ? {} : { lookup }) });
let publicAgent: Agent | undefined;
let privateAgent: Agent | undefined;

const secondsIn = (header: string | undefined): number | null =>
  header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) : null;

/**
 * Sends a POST to a host that a client named: over TLS, without following redirects, with a timeout, and reading only
 * the beginning of the response.
 */
export const sendPushRequest: SendPushRequest = ({ url, mayBePrivate, headers, body }) =>
  new Promise((resolve, reject) => {
    const agent = mayBePrivate ? (privateAgent ??= agentWith()) : (publicAgent ??= agentWith(publicLookup));
    const posted = request(
      url,
      {
        method: 'POST',
        agent,
        headers: { ...headers, 'content-length': body.length },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        const done = (): void =>
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: secondsIn(response.headers['retry-after']),
            text: Buffer.concat(chunks).toString('utf8'),
          });
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk.subarray(0, ANSWER_BYTES_MAX - bytes));
          bytes += chunk.length;
          if (bytes < ANSWER_BYTES_MAX) return;
          done();
          response.destroy();
        });
        response.on('end', done);
        response.on('error', reject);
      },
    );
    posted.on('error', reject);
    posted.end(body);
  });
