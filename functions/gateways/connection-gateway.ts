import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { clientOptions, withoutUnneededMiddleware } from '../platform/aws-client.ts';
import { backOff, createDirectRequests } from '../platform/direct-requests.ts';

/** The outcome of a post to a connection. */
export type PostResult = 'delivered' | 'gone' | 'failed';

/** Posts to, closes and looks up connections that API Gateway holds. */
export interface ConnectionGateway {
  /** Sends a frame. Never throws: a failed post must not undo the change that the frame reports. */
  post(connectionId: string, data: string): Promise<PostResult>;
  /**
   * Closes a connection. Never throws.
   *
   * @returns whether the connection was open and is now closed. API Gateway does not know a connection whose
   *   `$connect` has not returned yet, and may throttle the request
   */
  close(connectionId: string): Promise<boolean>;
  /** Whether a connection is open; also true when the request failed. Never throws. */
  isOpen(connectionId: string): Promise<boolean>;
}

/**
 * How many posts one function runs concurrently, each on its own socket: enough for a full group with one device
 * each.
 */
export const POSTS_AT_ONCE = 100;

/** Timeout of a post in milliseconds, over all of its attempts: a call of PostToConnection may never settle. */
const TIMEOUT_MS = 3000;

const CONNECT_TIMEOUT_MS = 1000;

const POST_HEADERS = { 'content-type': 'application/octet-stream' } as const;

/**
 * A gateway over API Gateway's management API, whose URL the SDK reads from the environment.
 *
 * @param onFailure called with the operation and the error of every failed request
 */
export const createConnectionGateway = (
  onFailure: (operation: string, error: unknown) => void,
): ConnectionGateway => {
  const open = () => {
    const client = withoutUnneededMiddleware(
      new ApiGatewayManagementApiClient({
        ...clientOptions,
        // The SDK's attempts come after the direct attempt.
        maxAttempts: 2,
        requestHandler: {
          connectionTimeout: CONNECT_TIMEOUT_MS,
          requestTimeout: TIMEOUT_MS,
          throwOnRequestTimeout: true,
          httpsAgent: { maxSockets: POSTS_AT_ONCE },
          httpAgent: { maxSockets: POSTS_AT_ONCE },
        },
      }),
    );
    const sendDirectly = createDirectRequests(client, PostToConnectionCommand, {
      service: 'execute-api',
      maxConnections: POSTS_AT_ONCE,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      answerTimeoutMs: TIMEOUT_MS,
    });
    return { client, sendDirectly };
  };
  let instance: ReturnType<typeof open> | undefined;
  const opened = () => (instance ??= open());

  const postBySdk = async (connectionId: string, data: string, deadline: number): Promise<PostResult> => {
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
  };

  /** Sends a command through the SDK, and reports a failure to `onFailure`. */
  const reach = async (
    operation: string,
    command: DeleteConnectionCommand | GetConnectionCommand,
  ): Promise<'reached' | 'gone' | 'failed'> => {
    try {
      await opened().client.send(command, { abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
      return 'reached';
    } catch (error) {
      if (error instanceof GoneException) return 'gone';
      onFailure(operation, error);
      return 'failed';
    }
  };

  return {
    post: async (connectionId, data) => {
      const deadline = performance.now() + TIMEOUT_MS;
      try {
        const { status } = await opened().sendDirectly({
          path: `/@connections/${encodeURIComponent(connectionId)}`,
          headers: POST_HEADERS,
          body: data,
        });
        if (status === 200) return 'delivered';
        if (status === 410) return 'gone';
      } catch {
        // The usual cause is a keep-alive connection that the server closed while it was idle.
      }
      return postBySdk(connectionId, data, deadline);
    },

    close: async (connectionId) =>
      (await reach('close', new DeleteConnectionCommand({ ConnectionId: connectionId }))) === 'reached',

    isOpen: async (connectionId) =>
      (await reach('look up', new GetConnectionCommand({ ConnectionId: connectionId }))) !== 'gone',
  };
};
