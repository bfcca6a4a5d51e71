import { signal } from '@preact/signals';
import type { ComponentProps } from 'preact';
import type * as FileViews from './file-views.ts';

const views = signal<typeof FileViews | undefined>(undefined);

/**
 * Loads the components that show files; the log-in does not need them. When loading fails, messages are shown without
 * their files.
 */
export const loadFileViews = async (): Promise<void> => {
  try {
    views.value = await import('./file-views.ts');
  } catch {
    // The network failed while the page was loading.
  }
};

/** The files of a message. */
export const Attachments = (props: ComponentProps<typeof FileViews.Attachments>) => {
  const Loaded = views.value?.Attachments;
  return Loaded === undefined ? null : <Loaded {...props} />;
};

/** The files of an unsent message. */
export const PendingFiles = (props: ComponentProps<typeof FileViews.PendingFiles>) => {
  const Loaded = views.value?.PendingFiles;
  return Loaded === undefined ? null : <Loaded {...props} />;
};

/** The chosen files. */
export const ChosenFiles = (props: ComponentProps<typeof FileViews.ChosenFiles>) => {
  const Loaded = views.value?.ChosenFiles;
  return Loaded === undefined ? null : <Loaded {...props} />;
};
