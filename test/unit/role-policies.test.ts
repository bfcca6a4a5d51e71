import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { dynamodbRequests, type GuardedTable } from '../../lib/local/iam/dynamodb-request.ts';
import { isAllowed, type Statement } from '../../lib/local/iam/role-policies.ts';

const arn = 'arn:aws:dynamodb:eu-central-1:000000000000:table/sessions';
const tables: readonly GuardedTable[] = [{ name: 'sessions', arn, partitionKey: 'pk' }];

const on = (items: string, ...actions: readonly string[]): Statement => ({
  Effect: 'Allow',
  Action: actions,
  Resource: arn,
  Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [items] } },
});

const may = (statements: readonly Statement[], operation: string, input: object): boolean =>
  dynamodbRequests(`DynamoDB_20120810.${operation}`, JSON.stringify(input), tables).every((request) =>
    isAllowed(statements, request),
  );

suite('rights that end at items', () => {
  const limits = [on('limit#*', 'dynamodb:GetItem', 'dynamodb:UpdateItem')];
  const sessions = [on('user#*', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:BatchWriteItem')];

  test('are looked at for one item', () => {
    const key = (pk: string) => ({ TableName: 'sessions', Key: { pk: { S: pk }, sk: { S: 'x' } } });
    assert.ok(may(limits, 'UpdateItem', key('limit#sends#1')));
    assert.ok(!may(limits, 'UpdateItem', key('user#1')));
    assert.ok(!may(limits, 'UpdateItem', key('')));
    assert.ok(!may(limits, 'DeleteItem', key('limit#sends#1')));
    assert.ok(!may(limits, 'UpdateItem', { ...key('limit#sends#1'), TableName: 'others' }));
    assert.ok(may(sessions, 'PutItem', { TableName: arn, Item: { pk: { S: 'user#1' } } }));
    assert.ok(!may(sessions, 'PutItem', { TableName: arn, Item: { pk: { S: 'limit#1' } } }));
  });

  test('are looked at for the partition of a query, whatever names it', () => {
    const query = (pk: string, expression = 'pk = :pk AND begins_with(sk, :prefix)') => ({
      TableName: 'sessions',
      KeyConditionExpression: expression,
      ExpressionAttributeNames: { '#key': 'pk' },
      ExpressionAttributeValues: { ':pk': { S: pk }, ':prefix': { S: 'session#' } },
    });
    assert.ok(may(sessions, 'Query', query('user#1')));
    assert.ok(may(sessions, 'Query', query('user#1', '#key=:pk')));
    assert.ok(!may(sessions, 'Query', query('ticket#1')));
    assert.ok(!may(sessions, 'Query', query('ticket#1', '#key=:pk')));
  });

  test('are looked at for every item of a batch', () => {
    const batch = (...keys: readonly string[]) => ({
      RequestItems: {
        sessions: keys.map((pk, index) =>
          index % 2 === 0
            ? { DeleteRequest: { Key: { pk: { S: pk } } } }
            : { PutRequest: { Item: { pk: { S: pk } } } },
        ),
      },
    });
    assert.ok(may(sessions, 'BatchWriteItem', batch('user#1', 'user#1')));
    assert.ok(!may(sessions, 'BatchWriteItem', batch('user#1', 'limit#1')));
    assert.ok(!may(sessions, 'BatchWriteItem', batch('ticket#1', 'user#1')));
  });
});

test('what no statement names is refused, and a Deny wins', () => {
  const all: Statement = { Effect: 'Allow', Action: 'dynamodb:*', Resource: '*' };
  const scan = { action: 'dynamodb:Scan', resource: arn };
  assert.ok(!isAllowed([], scan));
  assert.ok(isAllowed([all], scan));
  assert.ok(!isAllowed([all, { ...all, Effect: 'Deny', Action: ['dynamodb:Scan'] }], scan));
});
