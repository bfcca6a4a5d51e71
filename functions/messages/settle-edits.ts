import { systemClock, type Clock } from '../platform/clock.ts';
import { mysql } from '../platform/mysql/mysql.ts';
import { inBatches } from '../platform/run-limit.ts';
import { contentStore } from './live.ts';
import { createCleaningStore, type CleaningStore } from './stores/cleaning.ts';
import type { ContentStore, StagedContent } from './stores/contents.ts';

export interface SettleEditsEffects {
  readonly messages: Pick<CleaningStore, 'findVersions'>;
  readonly contents: Pick<ContentStore, 'listStaged' | 'findMany' | 'settleEdit' | 'discardEdit'>;
  readonly clock: Clock;
}

const liveEffects: SettleEditsEffects = {
  messages: createCleaningStore(mysql),
  contents: contentStore,
  clock: systemClock,
};

/** The result of cleaning up edits. */
export interface SettleEditsReport {
  /** How many edits were settled or discarded. */
  readonly edits: number;
  readonly complete: boolean;
}

const BATCH = 100;

/** No edit takes an hour: an edit of this age is in force by now, or never will be. */
const LEFT_AGE_MS = 60 * 60 * 1000;

/**
 * Settles edits that are in force but were not settled, because the function ended or MongoDB did not respond after
 * the commit; discards edits whose transaction failed or that another edit has replaced.
 *
 * @param isOver called after each batch: whether to stop and leave the rest to another run
 */
export const settleEdits = async (
  isOver: () => boolean,
  { messages, contents, clock }: SettleEditsEffects = liveEffects,
): Promise<SettleEditsReport> => {
  const before = new Date(clock().getTime() - LEFT_AGE_MS);
  let edits = 0;
  const complete = await inBatches(isOver, async () => {
    const batch = await contents.listStaged(before, BATCH);
    await settleBatch(batch, { messages, contents });
    edits += batch.reduce((sum, content) => sum + content.edits.length, 0);
    return batch.length === BATCH;
  });
  return { edits, complete };
};

const settleBatch = async (
  batch: readonly StagedContent[],
  { messages, contents }: Pick<SettleEditsEffects, 'messages' | 'contents'>,
): Promise<void> => {
  const versions = await messages.findVersions(batch.map((content) => content.message_id));
  // Read after the versions: a text read earlier may belong to an older version.
  const texts = await contents.findMany([...versions.values()]);
  for (const content of batch) {
    const version = versions.get(content.message_id);
    const inForce = content.edits.find((edit) => edit.edit_id === version?.edit_id);
    const text = texts.get(content.message_id);
    const isSeen = version !== undefined && !version.is_deleted && text !== undefined;
    // A text with a later `rev` has set its own words already.
    const words =
      isSeen && (text.rev ?? 0) <= version.rev ? { content: text.content, rev: version.rev } : undefined;
    for (const edit of content.edits) {
      if (edit !== inForce) await contents.discardEdit(content, edit.edit_id, words);
    }
    if (version !== undefined && inForce !== undefined) {
      // `version.rev` may belong to a later change of the message, such as a reaction. It serves as well as the
      // edit's own `rev`: it only has to be lower than that of the next edit.
      await contents.settleEdit(content, { ...inForce, rev: version.rev, at: version.edited_at });
    }
  }
};
