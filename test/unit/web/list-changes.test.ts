import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Attachment, Message } from '../../../functions/contract/schemas.ts';
import type { ChatAttachment } from '../../../functions/files/contract.ts';
import { changesFiles, changesMentions } from '../../../lib/web/model/list-changes.ts';
import { untouched } from '../../support/messages.ts';

const ADA = 1;
const GRACE = 2;

const messageAt = (id: number, more: Partial<Message> = {}): Message => ({
  id,
  message_id: `00000000-0000-7000-8000-${String(id).padStart(12, '0')}`,
  chat_id: 7,
  seq: id,
  rev: id,
  sender_id: GRACE,
  sender_username: 'grace',
  content: 'Hello',
  message_type: 'text',
  timestamp: '2026-01-01T00:00:00.000Z',
  ...untouched(),
  ...more,
});
const fileOf = (id: string, kind: Attachment['kind']): Attachment => ({ id, kind }) as Attachment;
const withFiles = (id: number, ...attachments: Attachment[]): Message => messageAt(id, { attachments });
const deleted = (id: number): Message => messageAt(id, { is_deleted: true, content: null });

suite('a list of the files of a chat', () => {
  const itemOf = ({ id, seq, message_id, attachments: [attachment] }: Message): ChatAttachment => ({
    id,
    seq,
    message_id,
    attachment: attachment as Attachment,
  });
  const [newer, older] = [withFiles(20, fileOf('b', 'image')), withFiles(10, fileOf('a', 'image'))];
  const list = { items: [newer, older].map(itemOf), hasMore: true };
  const changes = (message: Message, of: Partial<typeof list> = {}): boolean =>
    changesFiles(message, { ...list, ...of }, 'image');

  test('is changed by files of its kind that come, and by messages of it that go', () => {
    assert.equal(changes(withFiles(30, fileOf('c', 'file'), fileOf('d', 'image'))), true);
    assert.equal(changes(withFiles(15, fileOf('e', 'image'))), true, 'restored');
    assert.equal(changes(deleted(20)), true);
    assert.equal(
      changesFiles(deleted(20), { items: undefined, hasMore: false }, 'image'),
      true,
      'not there yet',
    );
  });

  test('is not changed by what it shows already, by other kinds, and by what is further down', () => {
    assert.equal(changes(newer), false);
    assert.equal(changes(messageAt(30)), false);
    assert.equal(changes(withFiles(30, fileOf('c', 'file'))), false);
    assert.equal(changes(deleted(15)), false);
    assert.equal(changes(withFiles(5, fileOf('f', 'image'))), false);
    assert.equal(changes(withFiles(5, fileOf('f', 'image')), { hasMore: false }), true);
    assert.equal(changesFiles(messageAt(1), { items: undefined, hasMore: false }, 'image'), false);
  });
});

suite('a list of mentions', () => {
  const [newer, older] = [messageAt(20, { mentions: [ADA] }), messageAt(10, { mention_all: true })];
  const list = { items: [newer, older], hasMore: true };
  const changes = (message: Message, of: Partial<typeof list> = {}): boolean =>
    changesMentions(message, { ...list, ...of }, ADA);

  test('is changed by a message that mentions the user, or does so no more, or says something else', () => {
    assert.equal(changes(messageAt(30, { mentions: [ADA] })), true);
    assert.equal(changes(messageAt(15, { mention_all: true })), true);
    assert.equal(changes(messageAt(20)), true);
    assert.equal(changes(deleted(10)), true);
    assert.equal(changes({ ...newer, content: 'Edited' }), true);
    assert.equal(changesMentions(newer, { items: undefined, hasMore: false }, ADA), true);
  });

  test('is not changed by others, by a pin, and by what is further down', () => {
    assert.equal(changes(messageAt(30, { mentions: [GRACE] })), false);
    assert.equal(changes(messageAt(30, { mention_all: true, sender_id: ADA })), false);
    assert.equal(changes({ ...newer, rev: 40, pinned_at: '2026-01-01T00:00:00.000Z' }), false);
    assert.equal(changes(deleted(15)), false);
    assert.equal(changes(messageAt(5, { mentions: [ADA] })), false);
    assert.equal(changes(messageAt(5, { mentions: [ADA] }), { hasMore: false }), true);
  });
});
