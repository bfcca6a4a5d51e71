import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';

/** What became of a frame that was to reach a connection. */
export type PostResult = 'delivered' | 'gone' | 'failed';

/** Sends to, and closes, connections that API Gateway holds. */
export interface ConnectionGateway {
  /** Never throws: a frame that could not be sent must not undo what it tells of. */
  post(connectionId: string, data: string): Promise<PostResult>;
  /** Never throws; a connection that is gone already is as good as closed. */
  close(connectionId: string): Promise<void>;
}

// PostToConnection has been seen never to settle.
const TIMEOUT_MS = 3000;

/** The gateway of API Gateway's management API; its address is in the environment, where the SDK looks. */
export const createConnectionGateway = (
  onFailure: (operation: string, error: unknown) => void,
): ConnectionGateway => {
  let instance: ApiGatewayManagementApiClient | undefined;
  const client = (): ApiGatewayManagementApiClient =>
    (instance ??= new ApiGatewayManagementApiClient({
      maxAttempts: 3,
      // A full group is posted to at once.
      requestHandler: {
        connectionTimeout: 1000,
        httpsAgent: { maxSockets: 100 },
        httpAgent: { maxSockets: 100 },
      },
    }));

  return {
    post: async (connectionId, data) => {
      try {
        await client().send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: data }), {
          abortSignal: AbortSignal.timeout(TIMEOUT_MS),
        });
        return 'delivered';
      } catch (error) {
        if (error instanceof GoneException) return 'gone';
        onFailure('post', error);
        return 'failed';
      }
    },

    close: async (connectionId) => {
      try {
        await client().send(new DeleteConnectionCommand({ ConnectionId: connectionId }), {
          abortSignal: AbortSignal.timeout(TIMEOUT_MS),
        });
      } catch (error) {
        if (!(error instanceof GoneException)) onFailure('close', error);
      }
    },
  };
};
