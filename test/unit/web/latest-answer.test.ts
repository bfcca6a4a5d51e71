import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createLatestAnswer } from '../../../lib/web/model/latest-answer.ts';
import { createHeldRequests } from '../../support/held-requests.ts';

suite('the latest answer', () => {
  test('is the one to the latest question, and no other, nor the error of another', async () => {
    const { ask } = createLatestAnswer();
    const { request, answer, refuse } = createHeldRequests();
    const found = Promise.all([ask(request), ask(request), ask(request)]);
    await answer(2, 'third');
    await answer(0, 'first');
    await refuse(1);
    assert.deepEqual(await found, [undefined, undefined, 'third']);
  });

  test('is an error, when the latest question failed', async () => {
    const { ask } = createLatestAnswer();
    const { request, answer, refuse } = createHeldRequests();
    const first = ask(request);
    const second = assert.rejects(ask(request), /refused/);
    await refuse(1);
    await second;
    await answer(0, 'first');
    assert.equal(await first, undefined);
  });

  test('is never older than a change', async () => {
    const { changed, ask } = createLatestAnswer();
    const { request, answer } = createHeldRequests();
    const found = ask(request);
    changed();
    await answer(0, 'before');
    await answer(1, 'after');
    assert.equal(await found, 'after');
  });

  test('is not asked for again once there is a later question', async () => {
    const { changed, ask } = createLatestAnswer();
    const { requests, request, answer } = createHeldRequests();
    const found = Promise.all([ask(request), ask(request)]);
    changed();
    await answer(0, 'first, before');
    assert.equal(requests.length, 2);
    await answer(1, 'second, before');
    await answer(2, 'second, after');
    assert.deepEqual(await found, [undefined, 'second, after']);
    assert.equal(requests.length, 3);
  });
});
