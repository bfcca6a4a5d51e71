import type { Socket } from 'node:net';

/** The address of the other end, an IPv4 address in its usual form. */
export const clientAddress = (socket: Pick<Socket, 'remoteAddress'>): string => {
  const address = socket.remoteAddress ?? '';
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
};
