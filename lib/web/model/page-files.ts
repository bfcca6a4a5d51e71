import { computed, effect, signal } from '@preact/signals';
import { createApi } from '../../client/api/create-api.ts';
import type { ChatClient } from '../../client/chat-client.ts';
import type { Files, UploadProgress } from '../../client/files/files.ts';
import type { Attachment } from '../../../functions/contract/schemas.ts';
import { inUnits } from './sizes.ts';
import { kindOfType } from './summary.ts';

/** The service's limits. */
const FILES_MAX = 10;
const BYTES_MAX = 25 * 1024 * 1024;

/** A file that the user has chosen and not sent yet. */
export interface ChosenFile {
  readonly id: number;
  readonly file: File;
  /** A local URL of an image; undefined for other files. */
  readonly preview: string | undefined;
}

/** A file with the URLs that the service issued last. */
interface Fresh {
  readonly attachment: Attachment;
  readonly until: number;
}

/** The minimal time that URLs are taken to work after they were issued, so that a wrong clock hides no picture. */
const FRESH_MS = 55 * 60_000;

/** The pictures in the viewer, and the index of the shown one. */
export interface Viewed {
  readonly pictures: readonly Attachment[];
  readonly index: number;
}

const none: readonly ChosenFile[] = [];

/**
 * The files of the page: chosen ones, those being uploaded, and files with valid URLs.
 *
 * @param tell shows the user what could not be done
 */
export const createPageFiles = (client: ChatClient, tell: (text: string) => void) => {
  const api = createApi(client);
  /** Chosen files, by chat. */
  const chosen = signal<ReadonlyMap<number, readonly ChosenFile[]>>(new Map());
  /** Progress of uploads, by the id of the pending file. */
  const progress = signal<ReadonlyMap<string, UploadProgress>>(new Map());
  /** By id: files whose URLs were requested again, and until when the URLs work by this device's clock. */
  const fresh = signal<ReadonlyMap<string, Fresh>>(new Map());
  const viewed = signal<Viewed | undefined>(undefined);
  const asking = new Map<string, Promise<void>>();
  let loading: Promise<Files> | undefined;
  let count = 0;

  /**
   * Loads the module that uploads files; a user who only reads does not need it. @throws TypeError without a network
   */
  const load = (): Promise<Files> => {
    loading ??= import('../../client/files/index.ts').then(
      ({ createFiles }) => {
        const files = createFiles(client);
        files.onProgress(({ id, ...now }) => (progress.value = new Map(progress.peek()).set(id, now)));
        return files;
      },
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };

  const isAnyChosen = computed(() => [...chosen.value.values()].some(({ length }) => length > 0));
  /** Chosen files are not stored: the browser asks before the page closes. */
  const ask = (event: Event): void => event.preventDefault();
  effect(() => {
    // Only while there are files, since a page with a listener cannot enter the back/forward cache.
    if (isAnyChosen.value) addEventListener('beforeunload', ask);
    else removeEventListener('beforeunload', ask);
  });

  const setChosen = (chatId: number, files: readonly ChosenFile[]): void => {
    for (const { id, preview } of chosen.peek().get(chatId) ?? none) {
      if (preview !== undefined && !files.some((one) => one.id === id)) URL.revokeObjectURL(preview);
    }
    chosen.value = new Map(chosen.peek()).set(chatId, files);
  };

  return {
    progress,
    viewed,
    load,
    chosenIn: (chatId: number): readonly ChosenFile[] => chosen.value.get(chatId) ?? none,
    isAnyChosen,
    /** Adds files to the chosen ones; tells the user which of them cannot be sent. */
    choose: (chatId: number, files: Iterable<File>): void => {
      load().catch(() => {
        // Sending loads the module again, and reports a failure.
      });
      const next = [...(chosen.peek().get(chatId) ?? none)];
      const full: string[] = [];
      for (const file of files) {
        if (file.size === 0) tell(`“${file.name}” is empty, or a folder: it cannot be sent.`);
        else if (file.size > BYTES_MAX) {
          tell(
            `“${file.name}” has ${inUnits(file.size)}. A file may have up to ${BYTES_MAX / 1024 / 1024} MB.`,
          );
        } else if (next.length >= FILES_MAX) full.push(file.name);
        else {
          count += 1;
          const preview = kindOfType(file.type) === 'image' ? URL.createObjectURL(file) : undefined;
          next.push({ id: count, file, preview });
        }
      }
      if (full.length > 0) {
        const left = full.length === 1 ? `“${full[0]}” was` : `${full.length} were`;
        tell(`A message takes up to ${FILES_MAX} files: ${left} left out.`);
      }
      setChosen(chatId, next);
    },
    remove: (chatId: number, id: number): void =>
      setChosen(
        chatId,
        (chosen.peek().get(chatId) ?? none).filter((one) => one.id !== id),
      ),
    clear: (chatId: number): void => setChosen(chatId, none),

    /** A file with the latest-expiring URLs that are known, and whether these have expired. */
    freshOf: (attachment: Attachment): { readonly file: Attachment; readonly isExpired: boolean } => {
      const other = fresh.value.get(attachment.id);
      const end = attachment.urls_expire_at ?? '';
      if (other === undefined || (other.attachment.urls_expire_at ?? '') < end) {
        return { file: attachment, isExpired: end !== '' && Date.parse(end) <= Date.now() };
      }
      return { file: other.attachment, isExpired: other.until <= Date.now() };
    },
    /** Requests new URLs. Never throws: without a network the known URLs stay. */
    refresh: (id: string): Promise<void> => {
      const before = asking.get(id);
      if (before !== undefined) return before;
      const ask = async (): Promise<void> => {
        try {
          const attachment = await api.getAttachment(id);
          const end = Date.parse(attachment.urls_expire_at ?? '') || 0;
          const until = Math.max(end, Date.now() + FRESH_MS);
          fresh.value = new Map(fresh.peek()).set(id, { attachment, until });
        } catch {
          // Offline, or the file is no longer visible to the user.
        } finally {
          asking.delete(id);
        }
      };
      const asked = ask();
      asking.set(id, asked);
      return asked;
    },

    /** Called when nobody is logged in any more, or another tab has taken over. */
    reset: (): void => {
      for (const chatId of chosen.peek().keys()) setChosen(chatId, none);
      chosen.value = new Map();
      progress.value = new Map();
      fresh.value = new Map();
      viewed.value = undefined;
    },
  };
};
