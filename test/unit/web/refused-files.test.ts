import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { PendingMessage } from '../../../lib/client/chat-client.ts';
import { refusedFilesOf } from '../../../lib/web/model/refused-files.ts';

const pending = (names: readonly string[], detail: string, content = ''): PendingMessage => ({
  client_message_id: 'one',
  chat_id: 1,
  content,
  created_at: '2026-01-01T00:00:00.000Z',
  state: 'failed',
  error: { code: 'file_rejected', detail },
  files: names.map((name, index) => ({ id: String(index), name, type: 'image/png', size: 1 })),
});
const refused = (message: PendingMessage): string[] => [...refusedFilesOf(message)];

suite('the files that a message can be sent without', () => {
  test('are those that its failure names', () => {
    assert.deepEqual(refused(pending(['a.png', 'b.png'], '“b.png”: Not an image.')), ['1']);
    assert.deepEqual(refused(pending(['image.png', 'b.png', 'image.png'], '“image.png”: No.')), ['0', '2']);
    assert.deepEqual(refused(pending(['a.png', 'b.png'], 'You cannot write to this chat.')), []);
    // One whose name begins like that of another one is not meant.
    assert.deepEqual(refused(pending(['b', 'b”: c'], '“b”: c”: No.')), ['0', '1']);
    assert.deepEqual(refused(pending(['a.png', 'a.png.png'], '“a.png.png”: No.')), ['1']);
  });

  test('are none while it is on its way, and where nothing would be left of it', () => {
    const { error: _, ...waiting } = pending(['a.png', 'b.png'], '');
    assert.deepEqual(refused({ ...waiting, state: 'sending' }), []);
    assert.deepEqual(refused(pending(['a.png'], '“a.png”: No.')), []);
    assert.deepEqual(refused(pending(['a.png'], '“a.png”: No.', ' \n')), []);
    assert.deepEqual(refused(pending(['a.png'], '“a.png”: No.', 'A caption')), ['0']);
  });
});
