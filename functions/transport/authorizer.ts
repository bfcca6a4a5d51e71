import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { needsOf, type AuthorizerRoute } from '../contract/route.ts';
import { IdText } from '../contract/schemas.ts';
import { ServiceError } from '../contract/service-error.ts';
import { checkEnvironment } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import type { Actor } from '../sessions/actor.ts';
import { assertSessionIsLive } from '../sessions/check-session.ts';
import { redeemTicket } from '../sessions/redeem-ticket.ts';
import { authenticateToken } from './authenticate.ts';
import { toAuthorizerContext } from './frames.ts';

const policy = (effect: 'Allow' | 'Deny', resource: string) => ({
  Version: '2012-10-17',
  Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: resource }],
});

/** Authenticates a handshake by its ticket, otherwise by its access token. @throws ServiceError */
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
 * Creates the Lambda authorizer of `$connect`. It refuses the handshake with 401 for an invalid token or ticket, and with
 * 403 for a suspended account and for a scope that is not an id. API Gateway attaches its context to every later event of the connection.
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
      if (error.error === 'account_suspended') {
        return { principalId: 'suspended', policyDocument: policy('Deny', event.methodArn) };
      }
      // API Gateway turns an error with exactly this message into a 401, and any other error into a 500.
      throw new Error('Unauthorized', { cause: error });
    } finally {
      logger.resetKeys();
    }
  };
};
