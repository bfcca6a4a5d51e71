import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { authorizerHandler } from '../../transport/authorizer.ts';
import { authorizeConnection as route } from '../contract.ts';

export const handler: (event: APIGatewayRequestAuthorizerEvent) => Promise<APIGatewayAuthorizerResult> =
  authorizerHandler(route);
