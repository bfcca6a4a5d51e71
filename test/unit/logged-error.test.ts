import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loggedError } from '../../functions/platform/logger.ts';
import { StoreUnavailableError } from '../../functions/platform/store-unavailable.ts';

test('a store that is away is logged with its cause, and without stacks', () => {
  const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  assert.deepEqual(loggedError(new StoreUnavailableError('mysql', cause)), {
    name: 'StoreUnavailableError',
    message: 'mysql is not answering',
    cause: { name: 'Error', message: 'read ECONNRESET', code: 'ECONNRESET' },
  });
});

test('any other error is logged with its stack, and MySQL’s without the values of its statement', () => {
  const cause = Object.assign(new Error("Duplicate entry 'secret'"), {
    code: 'ER_DUP',
    sqlMessage: 'secret',
  });
  const { stack, cause: logged } = loggedError(new TypeError('a defect', { cause }));
  assert.match(stack?.[0] ?? '', /^at .*logged-error\.test\.ts/);
  assert.deepEqual(
    [logged?.message, logged?.code, logged?.stack?.length !== 0],
    ['MySQL answered ER_DUP', 'ER_DUP', true],
  );
  assert.doesNotMatch(JSON.stringify(logged), /secret/);
});
