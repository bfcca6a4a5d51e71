import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { checkEnvironment } from '../platform/environment.ts';
import { logger } from '../platform/logger.ts';
import { needsOf, type AuthorizerRoute } from '../routes/route.ts';
import { IdText } from '../routes/schemas.ts';
import { ServiceError } from '../services/service-error.ts';
import { authenticateToken } from './authenticate.ts';
import { toAuthorizerContext } from './frames.ts';

const policy = (effect: 'Allow' | 'Deny', resource: string) => ({
  Version: '2012-10-17',
  Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: resource }],
});

/**
 * The Lambda authorizer of `$connect`. A token that is not good refuses the handshake with 401, a scope that is
 * no chat's id with 403. What it finds out comes with every later event of the connection.
 */
export const authorizerHandler = (route: AuthorizerRoute) => {
  checkEnvironment(needsOf(route));
  return async (event: APIGatewayRequestAuthorizerEvent): Promise<APIGatewayAuthorizerResult> => {
    const { token, chat_id: chatId } = event.queryStringParameters ?? {};
    try {
      if (token === undefined) throw new ServiceError('not_authenticated');
      const actor = await authenticateToken(token);
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
    }
  };
};
