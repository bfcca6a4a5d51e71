import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Message, Page } from '../../functions/contract/schemas.ts';
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

interface Reading {
  readonly finds: readonly string[];
  readonly misses?: readonly string[];
  /** Names have no soft hyphens. */
  readonly noName?: true;
}

/** Words that people consider the same, and words that they do not. */
const readings: Readonly<Record<string, Reading>> = {
  'Straße 1': { finds: ['STRASSE', 'strasse', 'straße', 'STRAẞE', 'ſtraße'], misses: ['strase'] },
  'GROSSE Freude': { finds: ['große', 'grosse'], misses: ['grose'] },
  'Ο Οδυσσεύς.': { finds: ['ΟΔΥΣΣΕΎΣ', 'οδυσσευς', 'οδυσσευσ'] },
  ΓΕΩΡΓΊΑ: { finds: ['Γεωργία', 'γεωργια'] },
  'ｔｏｋｙｏ １２３': { finds: ['tokyo', 'TOKYO', '123'] },
  'tokyo 456': { finds: ['ｔｏｋｙｏ', '４５６'] },
  パンダ: { finds: ['ﾊﾟﾝﾀﾞ', 'パンダ'.normalize('NFD')], misses: ['ハンダ', 'ハンタ'] },
  ハンダ: { finds: ['ﾊﾝﾀﾞ'], misses: ['パンダ', 'バンダ'] },
  'かがみ です': { finds: ['かがみ', 'がみ'], misses: ['かかみ'] },
  東京都: { finds: ['東京', '京都'], misses: ['東都'] },
  'это мой ёж': { finds: ['МОЙ', 'мой'.normalize('NFD'), 'еж', 'ЁЖ'], misses: ['мои'] },
  їжак: { finds: ['ЇЖАК', 'їжак'.normalize('NFD')], misses: ['іжак'] },
  'Crème BRÛLÉE': { finds: ['creme', 'brulee', 'crème'.normalize('NFD'), 'BRÛLÉE'] },
  'Łódź ﬁne Đorđe': { finds: ['lodz', 'łódź', 'FINE', 'dorde'] },
  İstanbul: { finds: ['istanbul', 'ISTANBUL', 'İSTANBUL'] },
  KIZ: { finds: ['kız', 'kiz'] },
  'co\u00adopera\u2060tion o\u200dne': { finds: ['cooperation', 'coope\u00adration', 'one'], noName: true },
  'می\u200cخواهم': { finds: ['میخواهم'] },
  مُحَمَّد: { finds: ['محمد'] },
  שָׁלוֹם: { finds: ['שלום'] },
  ไก่: { finds: ['ไก่'], misses: ['ไก้', 'ไข่'] },
  हिन्दी: { finds: ['हिन्दी'], misses: ['हिन्दि', 'हन्दी'] },
  क़लम: { finds: ['क\u093cलम', '\u0958लम'], misses: ['कलम'] },
  '❤ hearts': { finds: ['❤\ufe0f', '❤ hearts'] },
  'ok 👍🏽': { finds: ['ok 👍', '👍🏿'], misses: ['ok 👎'] },
  '👩\u200d👩\u200d👧 home': { finds: ['👩\u200d👩\u200d👧'], misses: ['👩\u200d👩\u200d👦'] },
  'Fête🎉 🇩🇪': { finds: ['fete', '🇩🇪'], misses: ['🇩🇰', 'fete🦋'] },
  'O’Brien': { finds: ["O'Brien", 'BRIEN'] },
};

suite('search compares words as people read them', () => {
  test('in messages', async () => {
    const { ada, grace, chatId } = await newConversation();
    for (const content of Object.keys(readings)) await send(ada, chatId, content);
    for (const [content, { finds, misses = [] }] of Object.entries(readings)) {
      for (const q of finds)
        assert.ok((await found(grace, q, '&limit=100')).includes(content), `${content}: ${q}`);
      for (const q of misses)
        assert.ok(!(await found(grace, q, '&limit=100')).includes(content), `${content}: ${q}`);
    }
    // An emoji is a word, also by itself and beside another word.
    assert.deepEqual(await found(grace, '🎉'), ['Fête🎉 🇩🇪']);
    assert.deepEqual(await found(grace, '👍'), ['ok 👍🏽']);
  });

  test('in the names of people', async () => {
    const { ada, grace } = await newConversation();
    const isFound = async (q: string): Promise<boolean> => {
      const path = `/users/search?limit=100&q=${encodeURIComponent(q)}`;
      const { status, body } = await grace.api.request<{ items: { id: number }[] }>('GET', path);
      assert.equal(status, 200, JSON.stringify(body));
      return body.items.some(({ id }) => id === ada.id);
    };
    for (const [name, { finds, misses = [], noName }] of Object.entries(readings)) {
      if (noName) continue;
      const changed = await ada.api.request('PUT', '/users/me', { full_name: name });
      assert.equal(changed.status, 200, name);
      for (const q of finds) assert.ok(await isFound(q), `${name}: ${q}`);
      for (const q of misses) assert.ok(!(await isFound(q)), `${name}: ${q}`);
    }
    // The words in another order, and those of the user name; a name that was changed or is gone finds nobody.
    const tag = ada.username.slice(4);
    await ada.api.request('PUT', '/users/me', { full_name: `Zoë ${tag} Müller` });
    for (const q of [`MULLER zoe ${tag}`, ada.username.toUpperCase(), `${tag} zo`, `ada-${tag}`]) {
      assert.ok(await isFound(q), q);
    }
    for (const q of [`${tag} zoo`, `${tag}_`, `ada_${tag}`, `${tag}%`]) assert.ok(!(await isFound(q)), q);
    await ada.api.request('PUT', '/users/me', { full_name: null });
    assert.ok(!(await isFound(`zoe ${tag}`)));
    assert.ok(await isFound(tag));
    await ada.api.request('DELETE', '/users/me', { password: ada.password });
    assert.ok(!(await isFound(tag)));
  });
});

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
      '🦋🦋': [contents[7]],
      '🦋': [contents[7]],
      '🎉🦋': [],
      '{"$gt":""}': [],
      '.*': [],
    };
    for (const [q, expected] of Object.entries(cases)) {
      await t.test(q, async () => assert.deepEqual(await found(grace, q), expected));
    }
    const byBeginnings: Record<string, readonly (string | undefined)[]> = {
      fo: [contents[2], contents[1], contents[0]],
      foxe: [contents[2]],
      'bro FO': [contents[0]],
      brûl: [contents[1]],
      'stras ö': [contents[3]],
      прив: [contents[4]],
      rown: [],
      '🦋 butter': [contents[7]],
      '🎉': [],
      '.*': [],
      '^fox$': [contents[2], contents[0]],
    };
    for (const [q, expected] of Object.entries(byBeginnings)) {
      await t.test(`words that begin with ${q}`, async () =>
        assert.deepEqual(await found(grace, q, '&match=prefix'), expected),
      );
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
    // One character is enough where it is a word.
    assert.deepEqual(await found(ada, '🦋'), []);
    assert.deepEqual(await found(ada, '猫'), []);
  });
});
