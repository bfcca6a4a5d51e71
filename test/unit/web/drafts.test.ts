import assert from 'node:assert/strict';
import { afterEach, beforeEach, suite, test } from 'node:test';
import type { Message } from '../../../lib/client/types.ts';
import {
  closeDrafts,
  draftOf,
  giveBack,
  keepDraft,
  listDrafts,
  listedDrafts,
  openDrafts,
} from '../../../lib/web/model/drafts.ts';

const [ADA, CHAT] = [1, 7];
const message = { id: 3, chat_id: CHAT, content: 'As sent' } as Message;

suite('drafts', () => {
  const kept = new Map<string, string>();
  beforeEach(() => {
    kept.clear();
    const localStorage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    };
    Object.defineProperty(globalThis, 'localStorage', { value: localStorage, configurable: true });
    openDrafts(ADA);
  });
  afterEach(() => {
    closeDrafts();
    Reflect.deleteProperty(globalThis, 'localStorage');
  });
  /** The page is loaded again. */
  const reload = (): void => {
    closeDrafts();
    openDrafts(ADA);
  };

  test('keep the change of a message beside the text of a new one', () => {
    keepDraft(CHAT, { text: 'A new one' });
    keepDraft(CHAT, { edit: { message, text: 'As chan' } });
    reload();
    assert.deepEqual(draftOf(CHAT), { text: 'A new one', edit: { message, text: 'As chan' } });
    keepDraft(CHAT, { text: '' });
    reload();
    assert.deepEqual(draftOf(CHAT), { text: '', edit: { message, text: 'As chan' } });
    keepDraft(CHAT, { edit: undefined });
    assert.equal(kept.size, 0);
  });

  test('of which one was stored wrongly leave out what is wrong', () => {
    const stored = [
      [CHAT, { text: 'a', replyTo: null, edit: { message: { id: 'x' }, text: 'b' } }],
      [8, { text: 'c', replyTo: { id: 1 }, edit: { message } }],
      [9, { replyTo: { id: 1 } }],
      [10, 'd'],
    ];
    kept.set(`chat.drafts.${ADA}`, JSON.stringify(stored));
    reload();
    assert.deepEqual(
      [CHAT, 8, 9, 10].map((id) => draftOf(id)),
      [{ text: 'a' }, { text: 'c', replyTo: { id: 1 } }, { text: '' }, { text: 'd' }],
    );
  });

  test('are listed when they have a text, as of the last look', () => {
    keepDraft(CHAT, { text: ' ' });
    keepDraft(8, { text: '', replyTo: message });
    keepDraft(9, { text: 'Here' });
    assert.equal(listedDrafts.peek().size, 0);
    listDrafts();
    assert.deepEqual([...listedDrafts.peek().keys()], [9]);
  });

  test('take back the text of a message that was not sent, unless something else was written', () => {
    keepDraft(CHAT, { text: ' ', replyTo: message });
    giveBack(CHAT, 'Not sent');
    assert.deepEqual(draftOf(CHAT), { text: 'Not sent', replyTo: message });
    giveBack(CHAT, 'Not sent either');
    assert.equal(draftOf(CHAT).text, 'Not sent');
    giveBack(8, '');
    assert.deepEqual(draftOf(8), { text: '' });
  });
});
