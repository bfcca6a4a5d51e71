import { useSignal } from '@preact/signals';
import type { Attachment, Chat } from '../../../functions/contract/schemas.ts';
import type { ChatAttachment } from '../../../functions/files/contract.ts';
import { changesFiles } from '../model/list-changes.ts';
import { FileLink, Picture } from './attachments.tsx';
import { ListFoot } from './list-foot.tsx';
import { useModel } from './use-model.ts';
import { usePages, useReload } from './use-pages.ts';

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
  const shown = kind.value;
  const list = usePages<ChatAttachment>(
    (page) => model.api.listAttachments(chat.id, { kind: shown, ...page }),
    ({ attachment }) => attachment.id,
    { limit: PAGE, of: [shown], canReload: model.connection.value === 'online' },
  );
  useReload(list, (message, loaded) => message.chat_id === chat.id && changesFiles(message, loaded, shown));
  const items = list.items.value ?? [];
  const pictures = items.map(({ attachment }) => attachment);
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
              checked={shown === value}
              onChange={() => (kind.value = value)}
            />
            <span>{label}</span>
          </label>
        ))}
      </div>
      {shown === 'image' ? (
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
          {items.map((item) => (
            <li key={item.attachment.id} class="gallery-file">
              <FileLink attachment={item.attachment} />
              <button type="button" class="link-button" onClick={() => go(item)}>
                Show<span class="visually-hidden"> the message of {item.attachment.file_name}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <ListFoot list={list} empty="Nothing here yet." />
    </section>
  );
};
