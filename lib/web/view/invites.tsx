import { useSignal } from '@preact/signals';
import type { Invite } from '../../client/types.ts';
import type { Chat } from '../../../functions/contract/schemas.ts';
import { labelOfChat } from '../model/chat-model.ts';
import { labelOf } from '../model/people.ts';
import { sentenceOf } from '../model/sentences.ts';
import { CopyButton } from './copy-button.tsx';
import { Dialog } from './dialog.tsx';
import { useForm } from './form.tsx';
import { ListFoot } from './list-foot.tsx';
import { exactTime, timeUntil } from './times.ts';
import { useKeptFocus } from './use-kept-focus.ts';
import { useModel } from './use-model.ts';
import { usePages } from './use-pages.ts';

const HOUR = 60 * 60;
const terms = [
  { seconds: HOUR, label: 'For an hour' },
  { seconds: 24 * HOUR, label: 'For a day' },
  { seconds: 7 * 24 * HOUR, label: 'For a week' },
  { seconds: 30 * 24 * HOUR, label: 'For 30 days' },
];
const DEFAULT_TERM = 7 * 24 * HOUR;

const numbers = [
  { uses: 0, label: 'Any number of people' },
  { uses: 1, label: 'One person' },
  ...[5, 10, 25, 100].map((uses) => ({ uses, label: `${uses} people` })),
];

const linkOf = ({ code }: Invite): string => `${location.origin}/invite/${code}`;

/** The invitation links of a group, with actions to create, share and revoke them. */
export const Invites = ({ chat, onClose }: { readonly chat: Chat; readonly onClose: () => void }) => {
  const model = useModel();
  const rows = useKeptFocus<HTMLUListElement>();
  const made = useSignal<Invite | undefined>(undefined);
  const list = usePages<Invite>(
    (page) => model.api.listInvites(chat.id, page),
    ({ code }) => code,
  );
  const form = useForm(async ({ text }) => {
    const uses = Number(text('uses'));
    const invite = await model.api.createInvite(chat.id, {
      ...(uses > 0 && { max_uses: uses }),
      expires_in: Number(text('seconds')),
    });
    list.add(invite);
    made.value = invite;
  });
  const revoke = async (invite: Invite): Promise<void> => {
    try {
      await model.api.revokeInvite(invite.code);
      list.remove(invite.code);
      if (made.peek()?.code === invite.code) made.value = undefined;
      list.message.value = 'The link no longer works. People who joined with it stay.';
    } catch (error) {
      list.message.value = sentenceOf(error);
    }
  };
  const share = async (invite: Invite): Promise<void> => {
    try {
      await navigator.share({ title: labelOfChat(chat), url: linkOf(invite) });
    } catch {
      // The user has closed the share dialog without sharing.
    }
  };
  return (
    <Dialog title="Invite by link" onClose={onClose}>
      <div class="scrolled">
        <form {...form.attributes} class="fields" aria-label="New link">
          <p class="dialog-text">
            Anybody with the link can join and read earlier messages. Revoke it if it spreads too far.
          </p>
          <div class="field-pair">
            <div class="field">
              <label for="invite-uses">For</label>
              <select id="invite-uses" name="uses">
                {numbers.map(({ uses, label }) => (
                  <option key={uses} value={uses}>
                    {label}
                  </option>
                ))}
              </select>
            </div>
            <div class="field">
              <label for="invite-seconds">How long</label>
              <select id="invite-seconds" name="seconds">
                {terms.map(({ seconds, label }) => (
                  <option key={seconds} value={seconds} selected={seconds === DEFAULT_TERM}>
                    {label}
                  </option>
                ))}
              </select>
            </div>
          </div>
          {form.message}
          <button type="submit" class="button primary" disabled={form.busy}>
            Make a link
          </button>
        </form>
        {made.value !== undefined && (
          <div class="made-link">
            <p role="status">The link is made.</p>
            <input
              readOnly
              aria-label="Link"
              key={made.value.code}
              defaultValue={linkOf(made.value)}
              onFocus={(event) => event.currentTarget.select()}
            />
          </div>
        )}
        <h3 id="invites-title">Links that work</h3>
        <ul class="rows" ref={rows} tabIndex={-1} aria-labelledby="invites-title">
          {list.items.value?.map((invite) => (
            <li key={invite.code} class="row">
              <span class="row-text">
                <span>
                  {invite.max_uses === null
                    ? `${invite.uses} joined with it`
                    : `${invite.uses} of ${invite.max_uses} joined with it`}
                </span>
                <span class="hint">
                  Ends{' '}
                  <time dateTime={invite.expires_at} title={exactTime(invite.expires_at)}>
                    {timeUntil(invite.expires_at)}
                  </time>
                  , made by <bdi>{labelOf(model.people.person(invite.created_by))}</bdi>
                </span>
              </span>
              <span class="buttons">
                <CopyButton text={linkOf(invite)} label="Copy" />
                {'share' in navigator && (
                  <button type="button" class="button" onClick={() => void share(invite)}>
                    Share
                  </button>
                )}
                <button type="button" class="button danger" onClick={() => void revoke(invite)}>
                  Revoke
                </button>
              </span>
            </li>
          ))}
        </ul>
        <ListFoot list={list} empty="There is none yet." />
      </div>
    </Dialog>
  );
};
