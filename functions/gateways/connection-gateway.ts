import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { clientOptions, trimmed } from '../platform/aws-client.ts';
import { backOff, directlyBy } from '../platform/direct-request.ts';

/** What became of a frame that was to reach a connection. */
export type PostResult = 'delivered' | 'gone' | 'failed';

/** Sends to, and closes, connections that API Gateway holds. */
export interface ConnectionGateway {
  /** Never throws: a frame that could not be sent must not undo what it tells of. */
  post(connectionId: string, data: string): Promise<PostResult>;
  /** Never throws; a connection that is gone already is as good as closed. */
  close(connectionId: string): Promise<void>;
}

/** In all, with every attempt: PostToConnection has been seen never to settle. */
const TIMEOUT_MS = 3000;

/** The gateway of API Gateway's management API; its address is in the environment, where the SDK looks. */
export const createConnectionGateway = (
  onFailure: (operation: string, error: unknown) => void,
): ConnectionGateway => {
  const open = () => {
    const client = trimmed(
      new ApiGatewayManagementApiClient({
        ...clientOptions,
        // After the direct one.
        maxAttempts: 2,
        requestHandler: {
          connectionTimeout: 1000,
          requestTimeout: TIMEOUT_MS,
          throwOnRequestTimeout: true,
          // A full group is posted to at once.
          httpsAgent: { maxSockets: 100 },
          httpAgent: { maxSockets: 100 },
        },
      }),
    );
    return { client, sendDirectly: directlyBy(client, PostToConnectionCommand) };
  };
  let instance: ReturnType<typeof open> | undefined;
  const opened = () => (instance ??= open());

  const postDirectly = async (connectionId: string, data: string): Promise<PostResult> => {
    try {
      const { status, body } = await opened().sendDirectly({
        path: `/@connections/${encodeURIComponent(connectionId)}`,
        headers: { 'content-type': 'application/octet-stream' },
        body: data,
      });
      body.resume();
      if (status === 200) return 'delivered';
      return status === 410 ? 'gone' : 'failed';
    } catch {
      // A connection that was closed while it was idle, mostly.
      return 'failed';
    }
  };

  return {
    post: async (connectionId, data) => {
      const deadline = performance.now() + TIMEOUT_MS;
      const result = await postDirectly(connectionId, data);
      if (result !== 'failed') return result;
      try {
        await backOff();
        const abortSignal = AbortSignal.timeout(Math.max(0, Math.round(deadline - performance.now())));
        const command = new PostToConnectionCommand({ ConnectionId: connectionId, Data: data });
        await opened().client.send(command, { abortSignal });
        return 'delivered';
      } catch (error) {
        if (error instanceof GoneException) return 'gone';
        onFailure('post', error);
        return 'failed';
      }
    },

    close: async (connectionId) => {
      try {
        const command = new DeleteConnectionCommand({ ConnectionId: connectionId });
        await opened().client.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
      } catch (error) {
        if (!(error instanceof GoneException)) onFailure('close', error);
      }
    },
  };
};
