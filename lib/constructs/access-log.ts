import { RemovalPolicy } from 'aws-cdk-lib/core';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { LogGroupLogDestination, type IAccessLogSettings } from 'aws-cdk-lib/aws-apigatewayv2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage-config.ts';

/** The fields that both APIs have for a request. The ids join a line with the function's own log. */
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
 * One line of JSON per request with only the named fields: route keys rather than paths, since paths contain ids; no
 * query strings, since those of handshakes contain tokens; no headers and no bodies.
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
