import type { Socket } from 'node:net';
import { accessKeyOf } from '../../iam/role-policies.ts';
import { newGatewayId } from '../identifiers.ts';
import type { ManagementOptions } from './management.ts';

/** A post, when it is whole in these bytes and has the form that functions send. */
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
 * Delivers posts to `@connections` on the sockets that they come on: half of what the gateway does is to answer them, and
 * the HTTP server takes twice the CPU time for it (decision 75). Only a post that can be delivered is taken here. Whatever else
 * comes goes to the HTTP server, with all that follows on its socket: refusals have one place, `connectionManagement`.
 *
 * @param handOver gives a socket to the HTTP server, with the bytes that it has sent
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
