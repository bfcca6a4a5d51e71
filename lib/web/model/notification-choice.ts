/** What a user decided of notifications in this browser. */
export interface NotificationChoice {
  /** Undefined: nobody has decided. `later`: they do not want to be asked again. */
  readonly wants?: 'on' | 'off' | 'later';
  readonly sound?: boolean;
}

const keyOf = (userId: number): string => `chat.notifications.${userId}`;

/** What a user decided, by whatever version of the page it was kept. */
export const choiceOf = (userId: number): NotificationChoice => {
  try {
    const stored = JSON.parse(localStorage.getItem(keyOf(userId)) ?? '{}') as unknown;
    return typeof stored === 'object' && stored !== null ? stored : {};
  } catch {
    return {};
  }
};

export const keepChoice = (userId: number, change: NotificationChoice): void => {
  try {
    localStorage.setItem(keyOf(userId), JSON.stringify({ ...choiceOf(userId), ...change }));
  } catch {
    // A browser that keeps nothing asks again at the next visit.
  }
};
