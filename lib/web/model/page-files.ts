import { signal } from '@preact/signals';
import { createApi } from '../../client/api/create-api.ts';
import type { ChatClient } from '../../client/chat-client.ts';
import type { Files, UploadProgress } from '../../client/files/files.ts';
import type { Attachment } from '../../../functions/contract/schemas.ts';
import { inUnits } from './sizes.ts';
import { kindOfType } from './summary.ts';

/** The service's limits. */
const FILES_MAX = 10;
const BYTES_MAX = 25 * 1024 * 1024;

/** A file that is about to be sent. */
export interface ChosenFile {
  readonly id: number;
  readonly file: File;
  /** Where it can be seen, of an image. */
  readonly preview: string | undefined;
}

/** A file as the service showed it last. */
interface Fresh {
  readonly attachment: Attachment;
  readonly until: number;
}

/** URLs work for so long at least when they are given out: a clock that is wrong hides no picture. */
const FRESH_MS = 55 * 60_000;

/** What is shown above everything else: a picture among others. */
export interface Viewed {
  readonly pictures: readonly Attachment[];
  readonly index: number;
}

const none: readonly ChosenFile[] = [];

/**
 * The files of the page: those that are about to be sent, those that are on their way, and URLs that work.
 *
 * @param tell says to the person what could not be done
 */
export const createPageFiles = (client: ChatClient, tell: (text: string) => void) => {
  const api = createApi(client);
  /** By chat. */
  const chosen = signal<ReadonlyMap<number, readonly ChosenFile[]>>(new Map());
  /** By the id of a pending file. */
  const progress = signal<ReadonlyMap<string, UploadProgress>>(new Map());
  /** By id: files whose URLs were asked for again, and until when they work by this device's clock. */
  const fresh = signal<ReadonlyMap<string, Fresh>>(new Map());
  const viewed = signal<Viewed | undefined>(undefined);
  const asking = new Map<string, Promise<void>>();
  let loading: Promise<Files> | undefined;
  let count = 0;

  /** Loads what uploads. Who only reads does not need it at once. @throws TypeError without a network */
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
    /** Adds files to those that are about to be sent; says which of them cannot be. */
    choose: (chatId: number, files: Iterable<File>): void => {
      load().catch(() => {
        // Sending loads it again, and says so when it cannot.
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

    /** A file with the URLs that work for longest, and whether those work no more. */
    freshOf: (attachment: Attachment): { readonly file: Attachment; readonly isExpired: boolean } => {
      const other = fresh.value.get(attachment.id);
      const end = attachment.urls_expire_at ?? '';
      if (other === undefined || (other.attachment.urls_expire_at ?? '') < end) {
        return { file: attachment, isExpired: end !== '' && Date.parse(end) <= Date.now() };
      }
      return { file: other.attachment, isExpired: other.until <= Date.now() };
    },
    /** Asks for URLs that work. Never fails: without a network what is shown stays. */
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
          // Offline, or not to be seen any more.
        } finally {
          asking.delete(id);
        }
      };
      const asked = ask();
      asking.set(id, asked);
      return asked;
    },

    /** Nobody is logged in. */
    reset: (): void => {
      for (const chatId of chosen.peek().keys()) setChosen(chatId, none);
      chosen.value = new Map();
      progress.value = new Map();
      fresh.value = new Map();
      viewed.value = undefined;
    },
  };
};
export type PageFiles = ReturnType<typeof createPageFiles>;
