import { RemovalPolicy } from 'aws-cdk-lib/core';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { LogGroupLogDestination, type IAccessLogSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage-config.ts';

/** What both APIs know of a request. Ids join a line with the function's own. */
const shared = {
  request_id: '$context.requestId',
  time: '$context.requestTimeEpoch',
  route: '$context.routeKey',
  status: '$context.status',
  address: '$context.identity.sourceIp',
  user_agent: '$context.identity.userAgent',
  error: '$context.error.message',
  integration_error: '$context.integration.error',
  integration_ms: '$context.integration.latency',
} as const;

const fields = {
  http: {
    ...shared,
    method: '$context.httpMethod',
    latency_ms: '$context.responseLatency',
    bytes: '$context.responseLength',
  },
  websocket: {
    ...shared,
    connection_id: '$context.connectionId',
    event: '$context.eventType',
  },
} as const;

/**
 * A line of JSON for each request, and no more in it than is named here: routes and not paths, for a path holds ids;
 * neither query strings, in which handshakes carry tokens, nor headers nor bodies.
 */
export const accessLog = (
  scope: Construct,
  config: StageConfig,
  api: keyof typeof fields,
): IAccessLogSettings => ({
  destination: new LogGroupLogDestination(
    new LogGroup(scope, 'AccessLog', {
      logGroupName: `/aws/apigateway/chat-service-${config.stage}-${api}`,
      retention: config.logs.retentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    }),
  ),
  format: AccessLogFormat.custom(JSON.stringify(fields[api])),
});
