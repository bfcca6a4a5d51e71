import type { Socket } from 'node:net';

/** The IP address of the socket's peer; an IPv4 address in its usual form rather than mapped to IPv6. */
export const clientAddress = (socket: Pick<Socket, 'remoteAddress'>): string => {
  const address = socket.remoteAddress ?? '';
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
};
