import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { clientOptions, trimmed } from '../platform/aws-client.ts';

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

/** A call that is given up, its retries with it, when it takes too long. `AbortSignal.timeout` costs twice as much. */
const inTime = async (
  call: (abort: { readonly abortSignal: AbortSignal }) => Promise<unknown>,
): Promise<void> => {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), TIMEOUT_MS);
  try {
    await call({ abortSignal: controller.signal });
  } finally {
    clearTimeout(timer);
  }
};

/** The gateway of API Gateway's management API; its address is in the environment, where the SDK looks. */
export const createConnectionGateway = (
  onFailure: (operation: string, error: unknown) => void,
): ConnectionGateway => {
  let instance: ApiGatewayManagementApiClient | undefined;
  const client = (): ApiGatewayManagementApiClient =>
    (instance ??= trimmed(
      new ApiGatewayManagementApiClient({
        ...clientOptions,
        maxAttempts: 3,
        requestHandler: {
          connectionTimeout: 1000,
          // A full group is posted to at once.
          httpsAgent: { maxSockets: 100 },
          httpAgent: { maxSockets: 100 },
        },
      }),
    ));

  return {
    post: async (connectionId, data) => {
      try {
        const command = new PostToConnectionCommand({ ConnectionId: connectionId, Data: data });
        await inTime((abort) => client().send(command, abort));
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
        await inTime((abort) => client().send(command, abort));
      } catch (error) {
        if (!(error instanceof GoneException)) onFailure('close', error);
      }
    },
  };
};
