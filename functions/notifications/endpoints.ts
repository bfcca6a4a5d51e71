/** A host that is pushed to: its name, `*.` and a name for all below it, or on this machine alone a name and a port. */
export type PushHost = string;

/** The hosts in a list that is separated by commas. */
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
  /** Push services, at the port of https. */
  readonly services: readonly PushHost[];
  /** What the user of a local cloud names: at any port, or at the one named, and at private addresses too. */
  readonly onThisMachine: readonly PushHost[];
}

/** An endpoint that may be sent to. */
export interface Endpoint {
  readonly url: URL;
  /** Whether its host may resolve to a private address. */
  readonly mayBePrivate: boolean;
}

/**
 * Reads the endpoint of a subscription, which is a URL that a client names and that this service would post to: https, a
 * push service's host and port, and no user and password in it.
 *
 * @returns undefined when it may not be sent to
 */
export const readEndpoint = (
  text: string,
  { services, onThisMachine }: AllowedHosts,
): Endpoint | undefined => {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.hash !== '')
    return undefined;
  // Characters beyond ASCII are escaped or refused by now: the host is in its own form, in lower case.
  if (url.port === '' && services.some((host) => isBelow(url.hostname, host))) {
    return { url, mayBePrivate: false };
  }
  if (onThisMachine.some((host) => host === url.host || host === url.hostname)) {
    return { url, mayBePrivate: true };
  }
  return undefined;
};
