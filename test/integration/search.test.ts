import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Message, Page } from '../../functions/routes/schemas.ts';
import { assertError, newGroup, newPeople, send, type Person } from '../support/people.ts';

const search = async (person: Person, q: string, more = ''): Promise<Page<Message>> => {
  const path = `/messages/search?q=${encodeURIComponent(q)}${more}`;
  const { status, body } = await person.api.request<Page<Message>>('GET', path);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
};
const found = async (person: Person, q: string, more = ''): Promise<(string | null)[]> =>
  (await search(person, q, more)).items.map(({ content }) => content);

const newConversation = async () => {
  const [ada, grace, stranger] = await newPeople('ada', 'grace', 'stranger');
  const { id: chatId } = await newGroup(ada, grace);
  return { ada, grace, stranger, chatId };
};

suite('search', () => {
  test('finds whole words, all of them, in any order, whatever case and accents', async (t) => {
    const { ada, grace, chatId } = await newConversation();
    const contents = [
      'The quick brown fox',
      'Crème BRÛLÉE for everyone',
      'foxes are not a fox-trot',
      'Straße und Öl',
      'Привет, мир',
      'e\u0301clair',
      'snake_case 3.14 don’t',
      '🦋 butterfly🦋',
    ];
    for (const content of contents) await send(ada, chatId, content);
    const cases: Record<string, readonly (string | undefined)[]> = {
      fox: [contents[2], contents[0]],
      FOX: [contents[2], contents[0]],
      'fox brown': [contents[0]],
      'brown "fox"': [contents[0]],
      'fo ': [],
      foxe: [],
      'brown cat': [],
      brulee: [contents[1]],
      'CRÈME brulée': [contents[1]],
      ol: [contents[3]],
      МИР: [contents[4]],
      éclair: [contents[5]],
      eclair: [contents[5]],
      snake: [contents[6]],
      '14': [contents[6]],
      butterfly: [contents[7]],
      'fox fox': [contents[2], contents[0]],
      '-fox': [contents[2], contents[0]],
      'fox -quick': [contents[0]],
      '"brown the"': [contents[0]],
      '--': [],
      '🦋🦋': [],
      '{"$gt":""}': [],
      '.*': [],
    };
    for (const [q, expected] of Object.entries(cases)) {
      await t.test(q, async () => assert.deepEqual(await found(grace, q), expected));
    }
  });

  test('shows the caller’s chats only, and one of them on demand', async () => {
    const { ada, grace, stranger, chatId } = await newConversation();
    const { id: other } = await newGroup(ada, stranger);
    await send(ada, chatId, 'needle here');
    await send(ada, other, 'needle there');
    assert.deepEqual(await found(ada, 'needle'), ['needle there', 'needle here']);
    assert.deepEqual(await found(ada, 'needle', `&chat_id=${chatId}`), ['needle here']);
    assert.deepEqual(await found(grace, 'needle'), ['needle here']);
    assert.deepEqual(await found(stranger, 'needle'), ['needle there']);
    for (const id of [chatId, 999_999_999]) {
      assertError(
        await stranger.api.request('GET', `/messages/search?q=needle&chat_id=${id}`),
        404,
        'chat_not_found',
      );
    }
    await grace.api.request('DELETE', `/chats/${chatId}`);
    assert.deepEqual(await found(grace, 'needle'), []);
  });

  test('never shows what is deleted, and always what is in force', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id } = await send(ada, chatId, 'first wording');
    assert.deepEqual(await found(grace, 'first'), ['first wording']);
    await ada.api.request('PUT', `/messages/${id}`, { content: 'second wording' });
    assert.deepEqual(await found(grace, 'first'), []);
    assert.deepEqual(await found(grace, 'second'), ['second wording']);
    await ada.api.request('DELETE', `/messages/${id}`);
    assert.deepEqual(await search(grace, 'wording'), { items: [], total: 0, page: 1, limit: 20, pages: 0 });
    const restored = await ada.api.request<Message>('POST', `/messages/${id}/restore`);
    assert.deepEqual((await search(grace, 'wording')).items, [restored.body]);
  });

  test('comes in pages, newest first, each message once', async () => {
    const { ada, grace, chatId } = await newConversation();
    const { id: other } = await newGroup(ada, grace);
    const sent: Message[] = [];
    for (let n = 0; n < 7; n += 1) sent.unshift(await send(ada, n % 2 === 0 ? chatId : other, `needle ${n}`));
    const pages = await Promise.all(
      [1, 2, 3, 4, 5].map((page) => search(grace, 'needle', `&limit=2&page=${page}`)),
    );
    assert.deepEqual(
      pages.flatMap(({ items }) => items),
      sent,
    );
    assert.deepEqual(
      pages.map(({ items, total, pages }) => [items.length, total, pages]),
      [2, 2, 2, 1, 0].map((length) => [length, 7, 4]),
    );
  });

  test('takes a question of two characters to two hundred', async () => {
    const { ada } = await newConversation();
    for (const query of [
      '',
      'q=',
      'q=x',
      `q=${'x'.repeat(201)}`,
      'q=a%00b',
      'q=ab&chat_id=x',
      'q=ab&limit=0',
    ]) {
      assertError(await ada.api.request('GET', `/messages/search?${query}`), 422, 'validation_failed');
    }
    assert.deepEqual(await found(ada, '🦋🦋'), []);
    assertError(
      await ada.api.request('GET', `/messages/search?q=${encodeURIComponent('🦋')}`),
      422,
      'validation_failed',
    );
  });
});
