import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import * as z from 'zod';
import { httpRoutes } from '../../functions/contract/table.ts';
import { sentenceOfIssue } from '../../functions/transport/issue-sentences.ts';
import { registerUser } from '../../functions/users/contract.ts';

const messagesOf = (schema: z.ZodType, input: unknown): string[] =>
  schema.safeParse(input, { error: sentenceOfIssue }).error?.issues.map(({ message }) => message) ?? [];

suite('what people read when their input does not fit', () => {
  test('names the length, the form, or that something is missing', () => {
    const account = { username: 'ada', email: 'ada@example.org', password: 'correct horse' };
    const messages = (change: object): string[] => messagesOf(registerUser.body, { ...account, ...change });
    assert.deepEqual(messages({}), []);
    assert.deepEqual(messages({ password: 'short' }), ['Must have at least 8 characters']);
    assert.deepEqual(messages({ username: 'a' }), ['Must have at least 3 characters']);
    assert.deepEqual(messages({ username: 'a'.repeat(51) }), ['Must have at most 50 characters']);
    assert.deepEqual(messages({ username: 'a b c' }), ['Only letters, digits and _ . -']);
    assert.deepEqual(messages({ email: 'ada' }), ['Must be an e-mail address, such as ada@example.org']);
    assert.deepEqual(messages({ email: undefined }), ['Is required']);
    assert.deepEqual(messages({ email: 7 }), ['Must be a text']);
    assert.deepEqual(messages({ role: 'admin' }), ['Has unknown fields: role']);
    assert.deepEqual(messagesOf(z.array(z.int()).min(1), []), ['Must have at least 1 item']);
    assert.deepEqual(messagesOf(z.int().max(100), 101), ['Must be at most 100']);
    assert.deepEqual(messagesOf(z.enum(['start', 'stop']), 'go'), ['Must be "start" or "stop"']);
  });

  test('is never what the validator says by itself, whatever the route', () => {
    const inputs = [undefined, null, 7, 'text', [], {}, { unknown: true }];
    const fields = [null, '', 'x', 'x'.repeat(20_000), -1, 1.5, 1e300, true, [], ['x'], [{}], {}];
    for (const { id, body, query } of httpRoutes) {
      for (const schema of [body, query]) {
        if (schema === undefined) continue;
        const names = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
        const all = [...inputs, ...names.flatMap((name) => fields.map((value) => ({ [name]: value })))];
        for (const message of all.flatMap((input) => messagesOf(schema, input))) {
          assert.doesNotMatch(message, /^(Invalid|Too|Unrecognized|Expected (string|number))/, id);
        }
      }
    }
  });
});
