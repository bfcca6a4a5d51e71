/**
 * What AWS and MongoDB Atlas let an account do unless they are asked for more, as documented in 2026, and what one
 * database server was taken to bear. An account's quotas are for each region.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
 */
export const quotas = {
  /** Shared by everything of API Gateway in the account, `@connections` included. */
  apiGatewayRequestsPerSecond: 10_000,
  newConnectionsPerSecond: 500,
  lambdaConcurrency: 1000,
  /** Aurora's own upper end, whatever its size. */
  mysqlConnections: 16_000,
  /** Small ones, by one writer; not documented, and to be measured before anybody relies on it. */
  mysqlCommitsPerSecond: 10_000,
  /** One after the other, 2 ms each under the chat's row lock; as little documented. */
  mysqlCommitsPerSecondInOneChat: 500,
  /** Of an on-demand table. */
  dynamodbReadsPerSecond: 40_000,
  dynamodbWritesPerSecond: 40_000,
  dynamodbPartitionReadsPerSecond: 3000,
  dynamodbPartitionWritesPerSecond: 1000,
  /** An M30's. */
  mongodbConnections: 3000,
} as const;

export type Quotas = typeof quotas;
