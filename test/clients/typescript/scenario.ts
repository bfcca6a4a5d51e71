// A scenario that every generated client must pass, in TypeScript. The first argument is the service's address.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.d.ts';

const [, , baseUrl = ''] = process.argv;

type ApiError = components['schemas']['ApiError'];

const clientOf = (token?: string) =>
  createClient<paths>({
    baseUrl,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });

/** The data of a successful call. @throws Error with the code of the error */
const taken = <Data>({ data, error }: { data?: Data; error?: ApiError }): Data => {
  if (data === undefined) throw new Error(error?.code ?? 'no answer');
  return data;
};

const newPerson = async (name: string) => {
  const username = `${name}-${randomUUID().slice(0, 13)}`;
  const password = 'correct horse battery';
  const anybody = clientOf();
  const account = { username, email: `${username}@example.org`, password };
  const profile = taken(await anybody.POST('/api/v1/users/register', { body: account }));
  const tokens = taken(await anybody.POST('/api/v1/users/login', { body: { username, password } }));
  return { profile, client: clientOf(tokens.access_token) };
};

const wrong = await clientOf().POST('/api/v1/users/login', {
  body: { username: 'nobody', password: 'wrong' },
});
assert.equal(wrong.error?.code, 'invalid_credentials');

const [{ profile: ada, client }, { profile: grace }] = [await newPerson('ada'), await newPerson('grace')];

const open = { chat_type: 'direct' as const, participant_ids: [grace.id] };
const direct = taken(await client.POST('/api/v1/chats', { body: open }));
const again = taken(await client.POST('/api/v1/chats', { body: open }));
assert.deepEqual([again.id, again.peer?.username], [direct.id, grace.username]);
const nameless = await client.POST('/api/v1/chats', {
  body: { chat_type: 'group', participant_ids: [grace.id] },
});
assert.deepEqual([nameless.error?.code, nameless.error?.errors?.[0]?.path], ['validation_failed', 'name']);
const group = taken(
  await client.POST('/api/v1/chats', {
    body: { chat_type: 'group', name: 'Engines', participant_ids: [grace.id] },
  }),
);
assert.deepEqual(
  group.participants.map(({ username }) => username),
  [ada.username, grace.username],
);
assert.equal(taken(await client.GET('/api/v1/chats')).total, 2);

const word = `w${randomUUID().replaceAll('-', '')}`;
const body = { chat_id: group.id, content: `One ${word}`, client_message_id: randomUUID() };
const first = taken(await client.POST('/api/v1/messages', { body }));
const repeated = taken(await client.POST('/api/v1/messages', { body }));
assert.deepEqual([repeated.id, repeated.duplicate, first.duplicate], [first.id, true, undefined]);
for (const content of ['Two', 'Three']) {
  taken(await client.POST('/api/v1/messages', { body: { chat_id: group.id, content } }));
}

const history = async (query: { page?: number; limit?: number; before_seq?: number; after_seq?: number }) =>
  taken(
    await client.GET('/api/v1/messages/chat/{chat_id}', {
      params: { path: { chat_id: group.id }, query },
    }),
  );
const seqs = ({ items }: { items: readonly { seq: number }[] }) => items.map(({ seq }) => seq);
const page = await history({ page: 1, limit: 2 });
assert.deepEqual([seqs(page), page.total, page.pages, page.has_more], [[3, 2], 3, 2, undefined]);
const newer = await history({ after_seq: 0, limit: 2 });
assert.deepEqual([seqs(newer), newer.has_more, newer.next_after_seq], [[1, 2], true, 2]);
const older = await history({ before_seq: 2 });
assert.deepEqual(
  [seqs(older), older.has_more, older.next_before_seq, older.total],
  [[1], false, null, undefined],
);

const found = taken(await client.GET('/api/v1/messages/search', { params: { query: { q: word } } }));
assert.deepEqual([found.total, found.items[0]?.id], [1, first.id]);

const answer = taken(await client.POST('/api/v1/sync', { body: { chats: [{ chat_id: group.id, rev: 0 }] } }));
assert.deepEqual([answer.chats.length, answer.chats[0]?.messages.length], [1, 3]);
assert.deepEqual([answer.joined[0]?.id, answer.left], [direct.id, []]);

assert.equal(taken(await client.POST('/api/v1/ws/tickets')).expires_in, 60);
assert.ok(taken(await client.GET('/api/v1/ws/stats')).total_connections >= 0);
