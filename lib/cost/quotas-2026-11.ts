/**
 * Default quotas of AWS and MongoDB Atlas, as documented in 2026, and the assumed capacity of one database server.
 * AWS's quotas apply per account and region.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
 */
export const quotas = {
  /** Shared by all APIs of the account, including `@connections`. */
  apiGatewayRequestsPerSecond: 10_000,
  newConnectionsPerSecond: 500,
  lambdaConcurrency: 1000,
  /** Aurora's maximum, whatever the size of the instance. */
  mysqlConnections: 16_000,
  /** Small commits by one writer. Not documented: measure it before you rely on it. */
  mysqlCommitsPerSecond: 10_000,
  /** Sequential commits of 2 ms each under the chat's row lock. Not documented either. */
  mysqlCommitsPerSecondInOneChat: 500,
  /** For an on-demand table. */
  dynamodbReadsPerSecond: 40_000,
  dynamodbWritesPerSecond: 40_000,
  dynamodbPartitionReadsPerSecond: 3000,
  dynamodbPartitionWritesPerSecond: 1000,
  /** For an M30. */
  mongodbConnections: 3000,
} as const;

export type Quotas = typeof quotas;
