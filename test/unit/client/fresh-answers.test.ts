import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createApi } from '../../../lib/client/api/create-api.ts';
import { createFreshAnswers } from '../../../lib/client/fresh-answers.ts';
import { createFakeClient, json } from '../../support/fake-service.ts';
import { settle } from '../../support/fake-platform.ts';
import { createHeldRequests } from '../../support/held-requests.ts';

suite('answers about what is changed here', () => {
  test('are asked for again when a change came before them, as often as it takes', async () => {
    const { changed, ask } = createFreshAnswers();
    const { requests, request, answer } = createHeldRequests();
    const found = ask(request);
    changed();
    await answer(0, 'before both');
    changed();
    await answer(1, 'between them');
    await answer(2, 'after both');
    assert.equal(await found, 'after both');
    assert.equal(requests.length, 3);
  });

  test('are taken as they are without a change, each of several', async () => {
    const { ask } = createFreshAnswers();
    const { requests, request, answer } = createHeldRequests();
    const both = Promise.all([ask(request), ask(request)]);
    await answer(1, 'second');
    await answer(0, 'first');
    assert.deepEqual(await both, ['first', 'second']);
    assert.equal(requests.length, 2);
  });
});

suite('the profile of the user', () => {
  const changes = {
    'a changed name': { request: 'PUT /users/me', act: { full_name: 'Ada King' } },
    'a picture': { request: 'PUT /users/me/avatar', act: undefined },
  } as const;
  for (const [name, { request, act }] of Object.entries(changes)) {
    test(`is not taken back by an answer that was read ahead of ${name}`, async () => {
      const { client, service } = createFakeClient();
      await client.logIn('ada', 'x');
      const before = client.user;
      assert.ok(before !== undefined);
      const after = { ...before, full_name: 'Ada King', avatar_url: 'https://chat.example.org/ada.jpg' };
      let now = before;
      const late = Promise.withResolvers<void>();
      let reads = 0;
      service.intercept(({ method, path }) => {
        if (`${method} ${path}` === request) now = after;
        else if (`${method} ${path}` !== 'GET /users/me') return undefined;
        const shown = now;
        if (method !== 'GET' || (reads += 1) > 1) return json(200, shown);
        return late.promise.then(() => json(200, shown));
      });
      const reading = createApi(client).getOwnProfile();
      await settle();
      await (act === undefined ? createApi(client).setAvatar('a') : createApi(client).updateOwnProfile(act));
      late.resolve();
      assert.deepEqual(await reading, after);
      assert.deepEqual(client.user, after);
    });
  }
});
