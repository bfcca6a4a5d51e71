/**
 * A host that may be pushed to: a host name, or `*.` and a domain for all of its subdomains. Hosts of the local cloud
 * may have a port.
 */
export type PushHost = string;

/** Parses a comma-separated list of hosts. */
export const pushHostsIn = (list: string): PushHost[] =>
  list
    .split(',')
    .map((host) => host.trim().toLowerCase())
    .filter((host) => host !== '');

const isBelow = (hostname: string, host: PushHost): boolean =>
  host.startsWith('*.')
    ? hostname.endsWith(host.slice(1)) && hostname.length >= host.length
    : hostname === host;

/** The hosts that may be pushed to. */
export interface AllowedHosts {
  /** Push services, at the standard https port. */
  readonly services: readonly PushHost[];
  /** Additional hosts of the local cloud's user: at any port, or at the given one, also at private addresses. */
  readonly onThisMachine: readonly PushHost[];
}

/** An endpoint to which pushes may be sent. */
export interface Endpoint {
  readonly url: URL;
  /** Whether its host may resolve to a private address. */
  readonly mayBePrivate: boolean;
}

/**
 * Parses the endpoint of a subscription. A client names this URL and the service would post to it, so it must be
 * https, have the host and port of a push service, and contain neither user name nor password.
 *
 * @returns undefined when the endpoint is not allowed
 */
export const readEndpoint = (
  text: string,
  { services, onThisMachine }: AllowedHosts,
): Endpoint | undefined => {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.hash !== '')
    return undefined;
  // The URL parser has escaped or rejected non-ASCII characters: the host is normalized and in lower case.
  if (url.port === '' && services.some((host) => isBelow(url.hostname, host))) {
    return { url, mayBePrivate: false };
  }
  if (onThisMachine.some((host) => host === url.host || host === url.hostname)) {
    return { url, mayBePrivate: true };
  }
  return undefined;
};
