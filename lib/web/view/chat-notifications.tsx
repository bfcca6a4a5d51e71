import { useId } from 'preact/hooks';
import type { Chat } from '../../../functions/contract/schemas.ts';
import { isForever, isMuted } from '../model/mute.ts';
import { levels, muteItems, safetyItems } from './chat-items.ts';
import { exactTime } from './times.ts';
import { Menu } from './menu.tsx';
import { useKeptFocus } from './use-kept-focus.ts';
import { useModel } from './use-model.ts';

/** The notification settings of a chat. */
export const ChatNotifications = ({ chat }: { readonly chat: Chat }) => {
  const model = useModel();
  const name = useId();
  const settings = useKeptFocus<HTMLFieldSetElement>();
  const { level, muted_until: until } = chat.notifications;
  const muted = isMuted(chat);
  return (
    <fieldset class="chat-notifications" ref={settings} tabIndex={-1}>
      <legend>Notifications</legend>
      {Object.entries(levels).map(([value, label]) => (
        <label key={value}>
          <input
            type="radio"
            name={name}
            checked={level === value}
            onChange={() => void model.setChatNotifications(chat, { level: value as keyof typeof levels })}
          />
          {label}
        </label>
      ))}
      {muted ? (
        <p class="hint" role="status">
          {isForever(until ?? '') ? 'Muted.' : `Muted until ${exactTime(until ?? '')}.`}{' '}
          <button
            type="button"
            class="link-button"
            onClick={() => void model.setChatNotifications(chat, { muted_until: null })}
          >
            Unmute
          </button>
        </p>
      ) : (
        <Menu label="Mute this chat" class="button" items={muteItems(model, chat)}>
          Mute…
        </Menu>
      )}
    </fieldset>
  );
};

/** Blocking and reporting, at the end of a chat's details. */
export const Safety = ({ chat }: { readonly chat: Chat }) => (
  <div class="safety">
    {safetyItems(useModel(), chat).map(({ label, run }) => (
      <button key={label} type="button" class="button danger wide" onClick={run}>
        {label}
      </button>
    ))}
  </div>
);
