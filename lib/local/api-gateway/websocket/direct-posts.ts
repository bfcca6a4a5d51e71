import { accessKeyOf } from '../../iam/role-policies.ts';
import { readRequest } from '../../requests-in-process.ts';
import { newGatewayId } from '../identifiers.ts';
import type { ManagementOptions } from './management.ts';

/**
 * Delivers posts to `@connections` that come from thread to thread (decision 86). Handles only those that can be
 * delivered, so that refusals have one implementation: `connectionManagement`.
 *
 * @returns a function from a request to its response; undefined for a request that the HTTP server has to answer
 */
export const directPosts =
  ({
    stage,
    mayManage,
    mayPass,
    connections,
    limits,
  }: Omit<ManagementOptions, 'faults'>): ((request: string) => string | undefined) =>
  (request) => {
    const post = readRequest(request);
    if (post === undefined || post.bodyBytes > limits.messageBytes) return undefined;
    const [, ofStage, id] = /^POST \/([^/?% ]+)\/@connections\/([\w%=-]+) HTTP\/1\.1$/.exec(post.line) ?? [];
    if (ofStage !== stage || id === undefined) return undefined;
    const connection = connections.get(id.replace(/%3D$/, '='));
    if (connection?.takesFrames !== true) return undefined;
    if (mayManage(accessKeyOf(post.header('authorization')) ?? '') !== true || !mayPass()) return undefined;
    connection.send(post.body);
    return `HTTP/1.1 200 OK\r\nx-amzn-RequestId: ${newGatewayId()}\r\ncontent-length: 0\r\nDate: ${new Date().toUTCString()}\r\n\r\n`;
  };
