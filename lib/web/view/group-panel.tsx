import { useSignal } from '@preact/signals';
import type { Chat } from '../../../functions/contract/schemas.ts';
import { linkify } from './linkify.ts';
import { inlineOf } from './message-text.tsx';
import { onDemand } from './on-demand.tsx';
import { durationText } from './times.ts';

const GroupSettings = onDemand(async () => (await import('./group-settings.tsx')).GroupSettings);
const Invites = onDemand(async () => (await import('./invites.tsx')).Invites);
const Bans = onDemand(async () => (await import('./bans.tsx')).Bans);

/** The description and rules of a group; for its admins also the windows with its settings, invitations and bans. */
export const GroupPanel = ({ chat }: { readonly chat: Chat }) => {
  const open = useSignal<'settings' | 'invites' | 'bans' | undefined>(undefined);
  const close = (): void => void (open.value = undefined);
  return (
    <>
      {(chat.description !== null || chat.posting === 'admins' || chat.slow_seconds > 0) && (
        <div class="group-about">
          {chat.description !== null && (
            <p class="description" dir="auto">
              {linkify(chat.description).map((part, index) => inlineOf({ kind: 'text', ...part }, index))}
            </p>
          )}
          {chat.posting === 'admins' && <p class="hint">Only admins write here.</p>}
          {chat.slow_seconds > 0 && (
            <p class="hint">Slow mode: one message every {durationText(chat.slow_seconds)}.</p>
          )}
        </div>
      )}
      {chat.is_admin && (
        <div class="buttons centred">
          <button type="button" class="button" onClick={() => (open.value = 'settings')}>
            Settings
          </button>
          <button type="button" class="button" onClick={() => (open.value = 'invites')}>
            Invite by link
          </button>
          <button type="button" class="button" onClick={() => (open.value = 'bans')}>
            Banned people
          </button>
        </div>
      )}
      {open.value === 'settings' && <GroupSettings chat={chat} onClose={close} />}
      {open.value === 'invites' && <Invites chat={chat} onClose={close} />}
      {open.value === 'bans' && <Bans chat={chat} onClose={close} />}
    </>
  );
};
