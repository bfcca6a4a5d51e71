import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { withoutUnneededMiddleware } from '../../functions/platform/aws-client.ts';

/** The names of a client's middleware, as returned by `identify`, which adds their positions. */
const stepsOf = (client: { readonly middlewareStack: { identify(): string[] } }): string[] =>
  client.middlewareStack.identify();

// If a release of the SDK renamed a middleware, it would stay in place, and only the costs would show it.
suite('what is taken off an SDK client is there to be taken off', () => {
  const options = { region: 'eu-central-1', endpoint: 'http://127.0.0.1:1' };
  for (const [name, client] of [
    ['DynamoDB', new DynamoDBClient(options)],
    ['connections', new ApiGatewayManagementApiClient(options)],
  ] as const) {
    test(name, () => {
      const before = stepsOf(client);
      const after = new Set(stepsOf(withoutUnneededMiddleware(client)));
      const removed = before.filter((step) => !after.has(step)).map((step) => step.replace(/ .*/, ''));
      assert.deepEqual(
        new Set(removed),
        new Set(['getUserAgentMiddleware', 'loggerMiddleware', 'recursionDetectionMiddleware']),
      );
      client.destroy();
    });
  }
});
