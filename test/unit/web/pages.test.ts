import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ChatError } from '../../../lib/client/chat-client.ts';
import { createPages } from '../../../lib/web/model/pages.ts';
import { settle } from '../../support/fake-platform.ts';

const LIMIT = 3;

/** A service with a list, which it reads at the request, and returns when the test decides. */
const createScene = (count: number) => {
  const list = Array.from({ length: count }, (_, index) => `item ${index + 1}`);
  const asked: number[] = [];
  const waiting: { readonly answer: () => void; readonly refuse: () => void }[] = [];
  const pages = createPages<string>(
    ({ page, limit }) => {
      assert.equal(limit, LIMIT);
      asked.push(page);
      const items = list.slice((page - 1) * limit, page * limit);
      const whole = { items, total: list.length, page, limit, pages: Math.ceil(list.length / limit) };
      return new Promise((resolve, reject) => {
        waiting.push({
          answer: () => resolve(whole),
          refuse: () =>
            reject(new ChatError({ detail: 'Not now.', status_code: 503, code: 'store_unavailable' })),
        });
      });
    },
    (item) => item,
    LIMIT,
  );
  const settleOne = async (kind: 'answer' | 'refuse', index: number): Promise<void> => {
    const [one] = waiting.splice(index, 1);
    assert.ok(one !== undefined, 'nothing is asked');
    one[kind]();
    await settle();
  };
  return {
    ...pages,
    list,
    asked,
    shown: () => pages.items.value?.map((item) => item.replace('item ', '')).join(' '),
    /** @param index of the question, among those without an answer */
    answer: (index = 0) => settleOne('answer', index),
    refuse: (index = 0) => settleOne('refuse', index),
  };
};

/** A list whose first page is loaded. */
const createLoaded = async (count: number) => {
  const scene = createScene(count);
  void scene.reload();
  await scene.answer();
  return scene;
};

suite('a list that is loaded page by page', () => {
  test('has more until its end is there', async () => {
    const { reload, more, answer, asked, shown, hasMore, total } = createScene(7);
    void reload();
    assert.deepEqual([shown(), hasMore.value], [undefined, false]);
    await answer();
    assert.deepEqual([shown(), hasMore.value], ['1 2 3', true]);
    assert.equal(total.value, 7);
    void more();
    await answer();
    void more();
    await answer();
    assert.deepEqual([shown(), hasMore.value], ['1 2 3 4 5 6 7', false]);
    assert.deepEqual(asked, [1, 2, 3]);
  });

  test('shows an item once that moved to the next page, and comes to its end all the same', async () => {
    const { list, more, answer, shown, hasMore } = await createLoaded(7);
    list.unshift('item 0');
    void more();
    await answer();
    assert.deepEqual([shown(), hasMore.value], ['1 2 3 4 5', true]);
    void more();
    await answer();
    assert.deepEqual([shown(), hasMore.value], ['1 2 3 4 5 6 7', false]);
  });

  test('misses no item that moved to an earlier page, when one is removed', async () => {
    const { list, more, remove, answer, asked, shown, hasMore } = await createLoaded(7);
    list.splice(1, 1);
    remove('item 2');
    assert.deepEqual([shown(), hasMore.value], ['1 3', true]);
    void more();
    await answer();
    assert.equal(shown(), '1 3 4');
    void more();
    await answer();
    assert.deepEqual([shown(), hasMore.value], ['1 3 4 5 6 7', false]);
    assert.deepEqual(asked, [1, 1, 2]);
  });

  test('says what is wrong, and loads the same page again on demand', async () => {
    const { reload, more, answer, refuse, asked, shown, message } = createScene(5);
    void reload();
    await refuse();
    assert.deepEqual([shown(), message.value], [undefined, 'Not now.']);
    void more();
    assert.equal(message.value, '');
    await answer();
    void more();
    await refuse();
    assert.deepEqual([shown(), message.value], ['1 2 3', 'Not now.']);
    void more();
    await answer();
    assert.deepEqual([shown(), message.value], ['1 2 3 4 5', '']);
    assert.deepEqual(asked, [1, 1, 2, 2]);
  });

  test('is not replaced by the answer to an earlier question, nor lengthened, nor told its error', async () => {
    const { list, reload, more, answer, refuse, shown, message } = await createLoaded(7);
    void more();
    void reload();
    list.unshift('item 0');
    void reload();
    await answer(2);
    assert.equal(shown(), '0 1 2');
    await answer(0);
    await refuse(0);
    assert.deepEqual([shown(), message.value], ['0 1 2', '']);
  });

  test('is loaded anew as far as it was loaded, and no further than it goes by then', async () => {
    const { list, reload, more, answer, asked, shown, hasMore } = await createLoaded(8);
    void more();
    await answer();
    list.unshift('item 0');
    void reload();
    await answer();
    assert.equal(shown(), '1 2 3 4 5 6', 'until all of it is there');
    await answer();
    assert.deepEqual([shown(), hasMore.value], ['0 1 2 3 4 5', true]);
    list.splice(2);
    void reload();
    await answer();
    assert.deepEqual([shown(), hasMore.value], ['0 1', false]);
    assert.deepEqual(asked, [1, 2, 1, 2, 1]);
  });

  test('does not ask twice for what is on its way', async () => {
    const { more, answer, asked, shown } = await createLoaded(7);
    void more();
    void more();
    await answer();
    assert.equal(shown(), '1 2 3 4 5 6');
    assert.deepEqual(asked, [1, 2]);
  });

  test('does not get back what was removed while it was on its way, and keeps what was added', async () => {
    const { list, reload, add, remove, answer, asked, shown } = await createLoaded(3);
    void reload();
    list.splice(0, 1);
    remove('item 1');
    await answer();
    assert.equal(shown(), '2 3');
    await answer();
    assert.equal(shown(), '2 3');
    void reload();
    list.unshift('item 0');
    add('item 0');
    await answer();
    assert.equal(shown(), '0 2 3');
    await answer();
    assert.equal(shown(), '0 2 3');
    assert.deepEqual(asked, [1, 1, 1, 1, 1]);
  });

  test('shows what was added before it was there, once it is', async () => {
    const { list, reload, add, answer, shown } = createScene(2);
    void reload();
    list.unshift('item 0');
    add('item 0');
    assert.equal(shown(), undefined);
    await answer();
    await answer();
    assert.equal(shown(), '0 1 2');
  });
});
