import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Attachment, Chat } from '../../../functions/contract/schemas.ts';
import type { ChatAttachment } from '../../../functions/files/contract.ts';
import { sentenceOf } from '../model/chat-model.ts';
import { FileLink, Picture } from './attachments.tsx';
import { useModel } from './use-model.ts';

const PAGE = 30;

const kinds: readonly (readonly [Attachment['kind'], string])[] = [
  ['image', 'Photos'],
  ['video', 'Videos'],
  ['audio', 'Audio'],
  ['file', 'Documents'],
];

/** The files of a chat, by kind, newest first. */
export const Gallery = ({ chat }: { readonly chat: Chat }) => {
  const model = useModel();
  const kind = useSignal<Attachment['kind']>('image');
  const items = useSignal<readonly ChatAttachment[] | undefined>(undefined);
  const pages = useSignal(0);
  const page = useSignal(1);
  const problem = useSignal('');

  useEffect(() => {
    let isOver = false;
    const load = async (): Promise<void> => {
      problem.value = '';
      if (page.value === 1) items.value = undefined;
      try {
        const query = { kind: kind.value, page: page.value, limit: PAGE };
        const answer = await model.api.listAttachments(chat.id, query);
        if (isOver) return;
        const before = page.value === 1 ? [] : (items.peek() ?? []);
        // What was sent meanwhile has moved the pages on.
        const known = new Set(before.map(({ attachment }) => attachment.id));
        items.value = [...before, ...answer.items.filter(({ attachment }) => !known.has(attachment.id))];
        pages.value = answer.pages;
      } catch (error) {
        if (!isOver) problem.value = sentenceOf(error);
      }
    };
    void load();
    return () => void (isOver = true);
  }, [kind.value, page.value]);

  const pictures = (items.value ?? []).map(({ attachment }) => attachment);
  const go = (item: ChatAttachment): void => void model.showMessage({ chat_id: chat.id, seq: item.seq });
  return (
    <section class="gallery" aria-labelledby="gallery-title">
      <div class="section-title">
        <h3 id="gallery-title">Files</h3>
      </div>
      <div class="segments" role="radiogroup" aria-labelledby="gallery-title">
        {kinds.map(([value, label]) => (
          <label key={value}>
            <input
              type="radio"
              name="gallery"
              checked={kind.value === value}
              onChange={() => {
                page.value = 1;
                kind.value = value;
              }}
            />
            <span>{label}</span>
          </label>
        ))}
      </div>
      {problem.value !== '' && (
        <p class="hint" role="alert">
          {problem.value}
        </p>
      )}
      {items.value === undefined
        ? problem.value === '' && <p class="hint">Loading…</p>
        : items.value.length === 0 && <p class="hint">Nothing here yet.</p>}
      {kind.value === 'image' ? (
        <div class="pictures" style={{ '--columns': '3' }}>
          {pictures.map((picture, index) => (
            <Picture
              key={picture.id}
              picture={picture}
              label={`Photo: ${picture.file_name}`}
              onOpen={() => (model.files.viewed.value = { pictures, index })}
            />
          ))}
        </div>
      ) : (
        <ul>
          {(items.value ?? []).map((item) => (
            <li key={item.attachment.id} class="gallery-file">
              <FileLink attachment={item.attachment} />
              <button type="button" class="link-button" onClick={() => go(item)}>
                Show<span class="visually-hidden"> the message of {item.attachment.file_name}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {page.value < pages.value && items.value !== undefined && (
        <button type="button" class="button wide" onClick={() => (page.value += 1)}>
          More
        </button>
      )}
    </section>
  );
};
