import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Attachment } from '../../../functions/contract/schemas.ts';
import { useModel } from './use-model.ts';

/** The number of attempts after which the user sees that the file could not be loaded. */
const TRIES = 3;

/**
 * A file with valid URLs. New ones are requested when the URLs have expired and the file becomes visible, and when
 * loading from a URL has failed.
 *
 * @param element the element that shows the file
 */
export const useFreshUrls = (attachment: Attachment, element: { readonly current: Element | null }) => {
  const model = useModel();
  const failures = useSignal(0);
  const isWaiting = useSignal(false);
  const { file: current, isExpired: expired } = model.files.freshOf(attachment);
  const online = model.connection.value === 'online';

  const refresh = async (): Promise<void> => {
    isWaiting.value = false;
    await model.files.refresh(attachment.id);
    failures.value += 1;
  };
  useEffect(() => {
    const { current: shown } = element;
    if (!expired || !online || shown === null) return undefined;
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting !== true) return;
      observer.disconnect();
      void model.files.refresh(attachment.id);
    });
    observer.observe(shown);
    return () => observer.disconnect();
  }, [expired, online, attachment.id]);
  useEffect(() => {
    if (isWaiting.value && online) void refresh();
  }, [online, isWaiting.value]);

  return {
    /** The file; without URLs while none are valid. */
    shown: expired ? { ...current, url: null, thumbnail_url: null } : current,
    /** For the `key` of the element that loads the file, so that the same URL is loaded again. */
    attempt: failures.value,
    hasFailed: failures.value >= TRIES,
    onError: (): void => {
      if (failures.value >= TRIES) return;
      if (online) void refresh();
      else isWaiting.value = true;
    },
  };
};
