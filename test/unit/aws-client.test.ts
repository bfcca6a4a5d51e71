import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { trimmed } from '../../functions/platform/aws-client.ts';

/** The names of a client's middleware, which `identify` gives with what they come with. */
const stepsOf = (client: { readonly middlewareStack: { identify(): string[] } }): string[] =>
  client.middlewareStack.identify();

// A release of the SDK that renames a step would leave it in place, and nothing but the bill would say so.
suite('what is taken off an SDK client is there to be taken off', () => {
  const options = { region: 'eu-central-1', endpoint: 'http://127.0.0.1:1' };
  for (const [name, client] of [
    ['DynamoDB', new DynamoDBClient(options)],
    ['connections', new ApiGatewayManagementApiClient(options)],
  ] as const) {
    test(name, () => {
      const before = stepsOf(client);
      const after = new Set(stepsOf(trimmed(client)));
      const removed = before.filter((step) => !after.has(step)).map((step) => step.replace(/ .*/, ''));
      assert.deepEqual(
        new Set(removed),
        new Set(['getUserAgentMiddleware', 'loggerMiddleware', 'recursionDetectionMiddleware']),
      );
      client.destroy();
    });
  }
});
