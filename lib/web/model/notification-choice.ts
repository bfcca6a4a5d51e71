/** A user's decision about notifications in this browser. */
export interface NotificationChoice {
  /** Undefined: the user has not decided. `later`: the user does not want to be asked again. */
  readonly wants?: 'on' | 'off' | 'later';
  readonly sound?: boolean;
}

const keyOf = (userId: number): string => `chat.notifications.${userId}`;

/** Loads a user's decision, which any version of the page may have stored. */
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
    // A browser without storage asks again at the next visit.
  }
};
