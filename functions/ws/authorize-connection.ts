import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { authorizeConnection as route } from '../routes/internal.ts';
import { authorizerHandler } from '../transport/authorizer.ts';

export const handler: (event: APIGatewayRequestAuthorizerEvent) => Promise<APIGatewayAuthorizerResult> =
  authorizerHandler(route);
