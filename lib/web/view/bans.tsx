import { nameOf } from '../../client/view/names.ts';
import type { Ban } from '../../client/types.ts';
import type { Chat } from '../../../functions/contract/schemas.ts';
import { labelOf } from '../model/people.ts';
import { sentenceOf } from '../model/sentences.ts';
import { Avatar } from './avatar.tsx';
import { Dialog } from './dialog.tsx';
import { ListFoot } from './list-foot.tsx';
import { Name } from './name.tsx';
import { exactTime, timeAgo, timeUntil } from './times.ts';
import { useKeptFocus } from './use-kept-focus.ts';
import { useModel } from './use-model.ts';
import { usePages } from './use-pages.ts';

/** The bans of a group, with their reasons and ends. */
export const Bans = ({ chat, onClose }: { readonly chat: Chat; readonly onClose: () => void }) => {
  const model = useModel();
  const rows = useKeptFocus<HTMLUListElement>();
  const list = usePages<Ban>(
    (page) => model.api.listBans(chat.id, page),
    ({ user }) => user.id,
  );
  const unban = async ({ user }: Ban): Promise<void> => {
    try {
      await model.api.unbanUser(chat.id, user.id);
      list.remove(user.id);
      list.message.value = `${labelOf(user)} may be added and invited again.`;
    } catch (error) {
      list.message.value = sentenceOf(error);
    }
  };
  return (
    <Dialog title="Banned people" onClose={onClose}>
      <div class="scrolled">
        <ul class="rows" ref={rows} tabIndex={-1} aria-label="Banned people">
          {list.items.value?.map((ban) => (
            <li key={ban.user.id} class="row">
              <Avatar id={ban.user.id} name={nameOf(ban.user)} size="small" url={ban.user.avatar_url} />
              <span class="row-text">
                <Name of={ban.user} />
                <span class="hint">
                  <time dateTime={ban.created_at} title={exactTime(ban.created_at)}>
                    {timeAgo(ban.created_at)}
                  </time>{' '}
                  by <bdi>{labelOf(model.people.person(ban.banned_by))}</bdi>,{' '}
                  {ban.until === null ? (
                    'for ever'
                  ) : (
                    <>
                      ends{' '}
                      <time dateTime={ban.until} title={exactTime(ban.until)}>
                        {timeUntil(ban.until)}
                      </time>
                    </>
                  )}
                </span>
                {ban.reason !== null && <span dir="auto">{ban.reason}</span>}
              </span>
              <button
                type="button"
                class="button"
                aria-label={`Unban ${labelOf(ban.user)}`}
                onClick={() => void unban(ban)}
              >
                Unban
              </button>
            </li>
          ))}
        </ul>
        <ListFoot list={list} empty="Nobody is banned. Ban somebody from the menu beside their name." />
      </div>
    </Dialog>
  );
};
