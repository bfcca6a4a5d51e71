import { signal } from '@preact/signals';
import type { ComponentProps } from 'preact';
import type * as FileViews from './file-views.ts';

const views = signal<typeof FileViews | undefined>(undefined);

/** Loads what shows files: who logs in does not need it yet. Where it does not come, messages are shown without. */
export const loadFileViews = async (): Promise<void> => {
  try {
    views.value = await import('./file-views.ts');
  } catch {
    // The network went away while the page was loading.
  }
};

/** The files of a message. */
export const Attachments = (props: ComponentProps<typeof FileViews.Attachments>) => {
  const Loaded = views.value?.Attachments;
  return Loaded === undefined ? null : <Loaded {...props} />;
};

/** The files of a message on its way. */
export const PendingFiles = (props: ComponentProps<typeof FileViews.PendingFiles>) => {
  const Loaded = views.value?.PendingFiles;
  return Loaded === undefined ? null : <Loaded {...props} />;
};

/** The files that are about to be sent. */
export const ChosenFiles = (props: ComponentProps<typeof FileViews.ChosenFiles>) => {
  const Loaded = views.value?.ChosenFiles;
  return Loaded === undefined ? null : <Loaded {...props} />;
};
