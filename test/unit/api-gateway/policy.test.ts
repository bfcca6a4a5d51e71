import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyAllows } from '../../../lib/local/api-gateway/websocket/policy.ts';

const arn = 'arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/local/$connect';

const statement = (effect: string, resource: unknown, action: unknown = 'execute-api:Invoke') => ({
  Effect: effect,
  Action: action,
  Resource: resource,
});

const policy = (...statements: unknown[]) => ({ Version: '2012-10-17', Statement: statements });

test('an Allow that matches', () => {
  for (const resource of [
    arn,
    '*',
    arn.replace('$connect', '*'),
    ['arn:other', arn],
    arn.replace('local', 'l?cal'),
  ]) {
    assert.equal(policyAllows(policy(statement('Allow', resource)), arn), true, JSON.stringify(resource));
  }
  assert.equal(policyAllows({ Statement: statement('Allow', '*', ['execute-api:*']) }, arn), true);
  assert.equal(policyAllows(policy(statement('Allow', '*', 'EXECUTE-API:invoke')), arn), true);
});

test('without an Allow that matches the answer is no', () => {
  assert.equal(policyAllows(policy(), arn), false);
  assert.equal(policyAllows(policy(statement('Allow', arn.toUpperCase())), arn), false);
  assert.equal(policyAllows(policy(statement('Allow', arn.replace('$', '.'))), arn), false);
  assert.equal(policyAllows(policy(statement('Allow', '*', 's3:GetObject')), arn), false);
});

test('a Deny wins', () => {
  assert.equal(policyAllows(policy(statement('Allow', '*'), statement('Deny', arn)), arn), false);
});

test('what is no policy', () => {
  for (const nonsense of [undefined, null, 'Allow', {}, policy('Allow')]) {
    assert.equal(policyAllows(nonsense, arn), undefined);
  }
});
