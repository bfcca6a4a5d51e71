import type { Socket } from 'node:net';
import { accessKeyOf } from '../../iam/role-policies.ts';
import { newGatewayId } from '../identifiers.ts';
import type { ManagementOptions } from './management.ts';

/** Parses a post, provided that these bytes contain it completely and in the form that functions send. */
const readPost = (
  bytes: Buffer,
):
  | { readonly stage: string; readonly connectionId: string; readonly head: string; readonly body: Buffer }
  | undefined => {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end + 2);
  const [, stage, id] = /^POST \/([^/?% ]+)\/@connections\/([\w%=-]+) HTTP\/1\.1\r\n/.exec(head) ?? [];
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1];
  const body = bytes.subarray(end + 4);
  if (stage === undefined || id === undefined || body.length !== Number(length)) return undefined;
  if (/\r\n(?:connection|expect|transfer-encoding|upgrade):/i.test(head)) return undefined;
  return { stage, connectionId: id.replace(/%3D$/, '='), head, body };
};

/**
 * Delivers posts to `@connections` directly on the sockets on which they arrive: responding to posts is half of the
 * gateway's work, and the HTTP server takes twice the CPU time for it (decision 75). Handles only posts that can be
 * delivered. Everything else goes to the HTTP server, together with all later requests on the same socket, so that
 * refusals have one implementation: `connectionManagement`.
 *
 * @param handOver passes a socket to the HTTP server, with the bytes that it has received
 */
export const postLane =
  (
    { stage, mayManage, mayPass, connections, limits }: Omit<ManagementOptions, 'faults'>,
    idleMs: number,
    handOver: (socket: Socket, bytes: Buffer) => void,
  ): ((socket: Socket) => void) =>
  (socket) => {
    const deliver = (bytes: Buffer): boolean => {
      const post = readPost(bytes);
      if (post?.stage !== stage || post.body.length > limits.messageBytes) return false;
      const authorization = /\r\nauthorization: ([^\r]*)/i.exec(post.head)?.[1];
      const connection = connections.get(post.connectionId);
      if (connection?.takesFrames !== true) return false;
      if (mayManage(accessKeyOf(authorization) ?? '') !== true || !mayPass()) return false;
      connection.send(post.body);
      return true;
    };

    const leave = (): void => {
      socket.off('data', take).off('end', end).off('error', destroy).off('timeout', destroy).setTimeout(0);
    };
    const take = (bytes: Buffer): void => {
      if (deliver(bytes)) {
        socket.write(
          `HTTP/1.1 200 OK\r\nx-amzn-RequestId: ${newGatewayId()}\r\ncontent-length: 0\r\nDate: ${new Date().toUTCString()}\r\n\r\n`,
        );
        return;
      }
      leave();
      handOver(socket, bytes);
    };
    const end = (): void => void socket.end();
    const destroy = (): void => void socket.destroy();
    socket.on('data', take).on('end', end).on('error', destroy).on('timeout', destroy).setTimeout(idleMs);
  };
