import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { needsOf, type AuthorizerRoute } from '../contract/route.ts';
import { IdText } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import { checkEnvironment } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import type { Actor } from '../sessions/actor.ts';
import { assertSessionIsLive } from '../sessions/sessions.ts';
import { redeemTicket } from '../sessions/tickets.ts';
import { authenticateToken } from './authenticate.ts';
import { toAuthorizerContext } from './frames.ts';

const policy = (effect: 'Allow' | 'Deny', resource: string) => ({
  Version: '2012-10-17',
  Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: resource }],
});

/** Who opens a connection: by a ticket, or else by an access token. @throws ServiceError */
const authenticateHandshake = async (query: {
  readonly [name: string]: string | undefined;
}): Promise<Actor> => {
  const { token, ticket } = query;
  if (ticket !== undefined) {
    const actor = await redeemTicket(ticket);
    await assertSessionIsLive(actor);
    return actor;
  }
  if (token === undefined) throw new ServiceError('not_authenticated');
  return authenticateToken(token);
};

/**
 * The Lambda authorizer of `$connect`. A token or ticket that is not good refuses the handshake with 401, a scope that is
 * no chat's id with 403. What it finds out comes with every later event of the connection.
 */
export const authorizerHandler = (route: AuthorizerRoute) => {
  checkEnvironment(needsOf(route));
  return async (event: APIGatewayRequestAuthorizerEvent): Promise<APIGatewayAuthorizerResult> => {
    const query = event.queryStringParameters ?? {};
    const { requestId, connectionId } = event.requestContext;
    logger.appendKeys({ request_id: requestId, connection_id: connectionId });
    try {
      const actor = await authenticateHandshake(query);
      const chatId = query['chat_id'];
      const scope = chatId === undefined ? undefined : IdText.safeParse(chatId);
      return {
        principalId: String(actor.userId),
        policyDocument: policy(scope?.success === false ? 'Deny' : 'Allow', event.methodArn),
        context: toAuthorizerContext(actor, scope?.data ?? null),
      };
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      logger.info('handshake refused', { route: route.id, code: error.code });
      // API Gateway's own word for 401; any other error is a 500.
      throw new Error('Unauthorized', { cause: error });
    } finally {
      logger.resetKeys();
    }
  };
};
