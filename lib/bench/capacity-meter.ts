import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Traffic } from './store-proxy.ts';

/** A proxy in front of DynamoDB that adds up the consumed capacity. */
export interface CapacityMeter {
  readonly port: number;
  stop(): void;
}

interface Consumed {
  readonly CapacityUnits?: number;
}

const READS: ReadonlySet<string> = new Set(['BatchGetItem', 'GetItem', 'Query', 'Scan']);
const WRITES: ReadonlySet<string> = new Set(['BatchWriteItem', 'DeleteItem', 'PutItem', 'UpdateItem']);

/**
 * The capacity units in a response. A failed condition costs a write of the item (at least one unit), although its
 * response does not contain the units.
 */
const unitsOf = (answer: string): number => {
  const { ConsumedCapacity: consumed, __type: error } = JSON.parse(answer) as {
    ConsumedCapacity?: Consumed | readonly Consumed[];
    __type?: string;
  };
  if (error?.endsWith('#ConditionalCheckFailedException') === true) return 1;
  return [consumed ?? []].flat().reduce((sum, { CapacityUnits: units = 0 }) => sum + units, 0);
};

/**
 * Starts a proxy in front of DynamoDB that requests the consumed capacity with every request (`ReturnConsumedCapacity`)
 * and adds it to `traffic`. The proxy delays each request by about a millisecond, so use it for counts and not for
 * times.
 *
 * @param url the endpoint of DynamoDB, without TLS
 */
export const startCapacityMeter = async (url: string, traffic: Traffic): Promise<CapacityMeter> => {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, outgoing) => {
    const pass = async (): Promise<void> => {
      const operation = String(incoming.headers['x-amz-target']).split('.')[1] ?? '';
      const isRead = READS.has(operation);
      const isMetered = isRead || WRITES.has(operation);
      const asked = await text(incoming);
      const body = isMetered
        ? JSON.stringify({ ...(JSON.parse(asked) as object), ReturnConsumedCapacity: 'TOTAL' })
        : asked;
      const headers = { ...incoming.headers, 'content-length': Buffer.byteLength(body) };
      const onward = httpRequest(url, { method: incoming.method, path: incoming.url, headers, agent });
      onward.end(body);
      const [response] = (await once(onward, 'response')) as [IncomingMessage];
      const answer = await text(response);
      if (isMetered) traffic.capacity[isRead ? 'reads' : 'writes'] += unitsOf(answer);
      outgoing.writeHead(response.statusCode ?? 500, response.headers);
      outgoing.end(answer);
    };
    pass().catch(() => outgoing.destroy());
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
};
