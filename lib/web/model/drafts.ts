/** What was begun and not sent, by user and chat, for as long as the page lives. */
const drafts = new Map<number, Map<number, string>>();

export const draftOf = (userId: number, chatId: number): string => drafts.get(userId)?.get(chatId) ?? '';

export const keepDraft = (userId: number, chatId: number, text: string): void => {
  const own = drafts.get(userId) ?? new Map<number, string>();
  drafts.set(userId, own.set(chatId, text));
};

/** Somebody has logged out: whoever comes next finds nothing of theirs. */
export const forgetDrafts = (userId: number): void => void drafts.delete(userId);
