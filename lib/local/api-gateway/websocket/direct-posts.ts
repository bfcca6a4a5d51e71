import { accessKeyOf } from '../../iam/role-policies.ts';
import { newGatewayId } from '../identifiers.ts';
import type { ManagementOptions } from './management.ts';

/** Parses a post, provided that the text is one complete request in the form that functions send. */
const readPost = (
  text: string,
):
  | { readonly stage: string; readonly connectionId: string; readonly head: string; readonly body: string }
  | undefined => {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = text.slice(0, end + 2);
  const [, stage, id] = /^POST \/([^/?% ]+)\/@connections\/([\w%=-]+) HTTP\/1\.1\r\n/.exec(head) ?? [];
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1];
  const body = text.slice(end + 4);
  if (stage === undefined || id === undefined || Buffer.byteLength(body) !== Number(length)) return undefined;
  if (/\r\n(?:connection|expect|transfer-encoding|upgrade):/i.test(head)) return undefined;
  return { stage, connectionId: id.replace(/%3D$/, '='), head, body };
};

/**
 * Delivers posts to `@connections` that come as one text, without a socket (decision 86). Handles only posts that can
 * be delivered, so that refusals have one implementation: `connectionManagement`.
 *
 * @returns a function from a request to its response, both HTTP/1.1; undefined for a request that the HTTP server has
 *   to answer
 */
export const directPosts =
  ({ stage, mayManage, mayPass, connections, limits }: Omit<ManagementOptions, 'faults'>): ((
    request: string,
  ) => string | undefined) =>
  (request) => {
    const post = readPost(request);
    if (post?.stage !== stage || Buffer.byteLength(post.body) > limits.messageBytes) return undefined;
    const authorization = /\r\nauthorization: ([^\r]*)/i.exec(post.head)?.[1];
    const connection = connections.get(post.connectionId);
    if (connection?.takesFrames !== true) return undefined;
    if (mayManage(accessKeyOf(authorization) ?? '') !== true || !mayPass()) return undefined;
    connection.send(post.body);
    return `HTTP/1.1 200 OK\r\nx-amzn-RequestId: ${newGatewayId()}\r\ncontent-length: 0\r\nDate: ${new Date().toUTCString()}\r\n\r\n`;
  };
