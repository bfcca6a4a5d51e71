import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settleEdits, type SettleEditsEffects } from '../../functions/messages/settle-edits.ts';
import type { MessageVersion } from '../../functions/messages/stores/cleaning.ts';
import type { StagedContent, StoredContent } from '../../functions/messages/stores/contents.ts';

const now = new Date('2026-03-01T12:00:00Z');
const at = new Date('2026-03-01T09:00:00Z');

const staged = (id: string, ...editIds: string[]): StagedContent => ({
  chat_id: 3,
  message_id: id,
  edits: editIds.map((editId) => ({ edit_id: editId, content: `text of ${editId}` })),
});
const version = (
  id: string,
  editId: string | null,
  fields: Partial<MessageVersion> = {},
): MessageVersion => ({
  chat_id: 3,
  message_id: id,
  rev: 7,
  edit_id: editId,
  edited_at: editId === null ? null : at,
  is_deleted: false,
  ...fields,
});

/** Stores that record the changes of contents; settled contents are no longer listed as left. */
const fakeStores = (given: {
  readonly left: readonly StagedContent[];
  readonly versions: readonly MessageVersion[];
  readonly texts?: Readonly<Record<string, StoredContent>>;
}) => {
  const done: string[] = [];
  let { left } = given;
  const gone = (id: string, editId: string): void => {
    left = left
      .map((content) =>
        content.message_id === id
          ? { ...content, edits: content.edits.filter((edit) => edit.edit_id !== editId) }
          : content,
      )
      .filter(({ edits }) => edits.length > 0);
  };
  const effects: SettleEditsEffects = {
    messages: {
      findVersions: async (ids) =>
        new Map(
          given.versions.filter(({ message_id: id }) => ids.includes(id)).map((one) => [one.message_id, one]),
        ),
    },
    contents: {
      listStaged: async (before, limit) => {
        assert.deepEqual(before, new Date('2026-03-01T11:00:00Z'));
        return left.slice(0, limit);
      },
      findMany: async (versions) =>
        new Map(
          versions.map(({ message_id: id }) => [
            id,
            given.texts?.[id] ?? { content: `text of ${id}`, rev: null },
          ]),
        ),
      settleEdit: async ({ message_id: id }, { edit_id: editId, content, rev, at: editedAt }) => {
        done.push(`${id}: settle ${content}, ${rev}, ${editedAt?.toISOString()}`);
        gone(id, editId);
      },
      discardEdit: async ({ message_id: id }, editId, inForce) => {
        done.push(
          `${id}: discard ${editId}${inForce === undefined ? '' : ` for ${inForce.content}, ${inForce.rev}`}`,
        );
        gone(id, editId);
      },
    },
    clock: () => now,
  };
  return { effects, done };
};

test('an edit that was left is settled when it is in force, and discarded when it is not', async () => {
  const { effects, done } = fakeStores({
    left: [
      staged('in-force', 'replaced', 'current'),
      staged('failed', 'edit'),
      staged('settled-meanwhile', 'edit'),
      staged('deleted', 'other', 'current'),
      staged('unknown', 'edit'),
    ],
    versions: [
      version('in-force', 'current'),
      version('failed', null),
      version('settled-meanwhile', 'later'),
      version('deleted', 'current', { is_deleted: true }),
    ],
    texts: { 'settled-meanwhile': { content: 'latest', rev: 8 } },
  });
  assert.deepEqual(await settleEdits(() => false, effects), { edits: 7, complete: true });
  assert.deepEqual(done, [
    'in-force: discard replaced for text of in-force, 7',
    'in-force: settle text of current, 7, 2026-03-01T09:00:00.000Z',
    'failed: discard edit for text of failed, 7',
    // The text is of a later rev than the metadata: its words are not this job's to say.
    'settled-meanwhile: discard edit',
    'deleted: discard other',
    'deleted: settle text of current, 7, 2026-03-01T09:00:00.000Z',
    'unknown: discard edit',
  ]);
});

test('more than a batch are worked off, and left to the next run when the time is over', async () => {
  const left = Array.from({ length: 250 }, (_, index) => staged(`m${index}`, `edit-${index}`));
  const { effects } = fakeStores({ left, versions: [] });
  assert.deepEqual(await settleEdits(() => true, effects), { edits: 100, complete: false });
  assert.deepEqual(await settleEdits(() => false, effects), { edits: 150, complete: true });
});
