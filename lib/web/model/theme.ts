import { signal, type ReadonlySignal } from '@preact/signals';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

// public/theme.js reads the same key before the first paint.
const KEY = 'chat.theme';

const stored = (): Theme => {
  const theme = document.documentElement.dataset['theme'];
  return theme === 'light' || theme === 'dark' ? theme : 'system';
};

const current = signal<Theme>(stored());
export const theme: ReadonlySignal<Theme> = current;

export const setTheme = (next: Theme): void => {
  current.value = next;
  if (next === 'system') {
    delete document.documentElement.dataset['theme'];
  } else {
    document.documentElement.dataset['theme'] = next;
  }
  try {
    if (next === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // A browser without storage keeps the theme only until the page is closed.
  }
};
