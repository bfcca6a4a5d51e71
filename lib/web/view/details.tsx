import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { titleOf } from '../../client/view/names.ts';
import type { Chat, PublicProfile } from '../../../functions/contract/schemas.ts';
import { navigate } from '../model/router.ts';
import { Avatar } from './avatar.tsx';
import { AvatarChoice } from './avatar-choice.tsx';
import { ChatNotifications, Safety } from './chat-notifications.tsx';
import { Confirm, Dialog } from './dialog.tsx';
import { Gallery } from './gallery.tsx';
import { GroupPanel } from './group-panel.tsx';
import { Close, Leave, Plus } from './icons.tsx';
import { isComposing } from './is-composing.ts';
import { Member } from './member.tsx';
import { PeoplePicker } from './people-picker.tsx';
import { timeAgo } from './times.ts';
import { useFocusBack } from './use-focus-back.ts';
import { useKeptFocus } from './use-kept-focus.ts';
import { useModel } from './use-model.ts';

/** The details of a chat: its members, settings, files and actions. */
export const Details = ({ chat }: { readonly chat: Chat }) => {
  const model = useModel();
  const panel = useRef<HTMLElement>(null);
  const leaving = useSignal(false);
  const isGroup = chat.chat_type === 'group';
  const close = (): void => navigate({ chatId: chat.id });

  useFocusBack(panel);
  useEffect(() => {
    panel.current?.focus();
    void model.loadDetail(chat.id);
  }, []);

  const title = titleOf(chat);
  return (
    <section
      class="details"
      aria-label="Details of the chat"
      ref={panel}
      tabIndex={-1}
      onKeyDown={(event) => {
        const inDialog = (event.target as HTMLElement).closest('dialog') !== null;
        if (event.key === 'Escape' && !inDialog && !isComposing(event)) close();
      }}
    >
      <header class="bar">
        <h2>{isGroup ? 'About this group' : 'About this chat'}</h2>
        <button
          type="button"
          class="icon-button"
          aria-label="Close the details"
          title="Close"
          onClick={close}
        >
          <Close />
        </button>
      </header>
      <div class="details-body">
        <div class="who">
          <Avatar
            id={chat.peer?.id ?? chat.id}
            name={title}
            group={isGroup}
            size="large"
            online={chat.peer?.online === true}
            url={chat.peer?.avatar_url ?? chat.avatar_url}
          />
          {isGroup && chat.is_admin && (
            <AvatarChoice
              title="Picture of the group"
              has={chat.avatar_url !== null}
              save={async (id) => model.keepDetail(await model.api.setChatAvatar(chat.id, id))}
              remove={() =>
                model.attempt(async () => model.keepDetail(await model.api.setChatAvatar(chat.id, null)))
              }
            />
          )}
          {isGroup && chat.is_admin ? (
            <Name chat={chat} />
          ) : (
            <p class="who-name">
              <bdi>{title}</bdi>
            </p>
          )}
          {chat.peer !== undefined && (
            <p class="subtitle">
              <bdi>@{chat.peer.username}</bdi>
              {chat.peer.online
                ? ' · online'
                : chat.peer.last_seen === null
                  ? ''
                  : ` · last seen ${timeAgo(chat.peer.last_seen)}`}
            </p>
          )}
        </div>
        <ChatNotifications chat={chat} />
        {isGroup && <GroupPanel chat={chat} />}
        {isGroup && <Members chat={chat} />}
        <Gallery chat={chat} />
        <Safety chat={chat} />
        <button type="button" class="button danger wide" onClick={() => (leaving.value = true)}>
          <Leave /> {isGroup ? 'Leave the group' : 'Hide this chat'}
        </button>
      </div>
      {leaving.value && (
        <Confirm
          title={isGroup ? 'Leave the group?' : 'Hide this chat?'}
          text={
            isGroup
              ? 'You will no longer see its messages, unless somebody adds you again.'
              : 'It comes back with the next message, or when you open it again.'
          }
          action={isGroup ? 'Leave' : 'Hide'}
          onConfirm={() => void model.leaveGroup(chat.id)}
          onClose={() => (leaving.value = false)}
        />
      )}
    </section>
  );
};

/** The name of a group, which admins can edit. */
const Name = ({ chat }: { readonly chat: Chat }) => {
  const model = useModel();
  const form = useKeptFocus<HTMLFormElement>();
  /**
   * The admin's input; undefined while it is unchanged: the field then shows the current name, which others may change.
   */
  const typed = useSignal<string | undefined>(undefined);
  const name = typed.value ?? chat.name ?? '';
  const rename = async (event: Event): Promise<void> => {
    event.preventDefault();
    const next = name.trim();
    if (!changed) return;
    const isRenamed = await model.attempt(async () =>
      model.keepDetail(await model.api.renameChat(chat.id, next)),
    );
    if (isRenamed && typed.peek() === name) typed.value = undefined;
  };
  const changed = name.trim() !== '' && name.trim() !== chat.name;
  return (
    <form
      class="rename"
      ref={form}
      tabIndex={-1}
      aria-label="Rename the group"
      onSubmit={(event) => void rename(event)}
    >
      <input
        aria-label="Name of the group"
        dir="auto"
        maxLength={100}
        value={name}
        onInput={({ currentTarget: { value } }) => (typed.value = value === chat.name ? undefined : value)}
      />
      {changed && (
        <button type="submit" class="button primary">
          Rename
        </button>
      )}
    </form>
  );
};

const Members = ({ chat }: { readonly chat: Chat }) => {
  const model = useModel();
  const list = useKeptFocus<HTMLUListElement>();
  const adding = useSignal(false);
  const participants = model.details.value.get(chat.id)?.participants ?? [];
  const ownRole = participants.find(({ id }) => id === model.user.value?.id)?.role ?? 'member';
  return (
    <section aria-labelledby="members-title">
      <div class="section-title">
        <h3 id="members-title">
          {chat.participant_count === 1 ? '1 member' : `${chat.participant_count} members`}
        </h3>
        {chat.is_admin && (
          <button
            type="button"
            class="icon-button"
            aria-label="Add people"
            title="Add people"
            onClick={() => (adding.value = true)}
          >
            <Plus />
          </button>
        )}
      </div>
      <ul class="people" ref={list} tabIndex={-1} aria-labelledby="members-title">
        {participants.map((one) => (
          <li key={one.id}>
            <Member chat={chat} participant={one} ownRole={ownRole} />
          </li>
        ))}
      </ul>
      {adding.value && <AddPeople chat={chat} onClose={() => (adding.value = false)} />}
    </section>
  );
};

/** Error messages for adding a user. */
const refusals = {
  banned: 'One of them is banned from this group. An admin can lift the ban under Banned people.',
} as const;

const AddPeople = ({ chat, onClose }: { readonly chat: Chat; readonly onClose: () => void }) => {
  const model = useModel();
  const chosen = useSignal<readonly PublicProfile[]>([]);
  const members = new Set((model.details.value.get(chat.id)?.participants ?? []).map(({ id }) => id));
  const add = async (): Promise<void> => {
    const ids = chosen.value.map(({ id }) => id);
    const added = await model.attempt(async () => {
      const detail = await model.api.addParticipants(chat.id, ids);
      model.keepDetail(detail);
    }, refusals);
    if (added) onClose();
  };
  return (
    <Dialog title="Add people" onClose={onClose}>
      <PeoplePicker
        label="Who should join?"
        chosen={chosen.value}
        without={members}
        onPick={(person) => {
          chosen.value = chosen.value.some(({ id }) => id === person.id)
            ? chosen.value.filter(({ id }) => id !== person.id)
            : [...chosen.value, person];
        }}
      />
      <footer>
        <button
          type="button"
          class="button primary"
          disabled={chosen.value.length === 0}
          onClick={() => void add()}
        >
          {chosen.value.length > 1 ? `Add ${chosen.value.length} people` : 'Add'}
        </button>
      </footer>
    </Dialog>
  );
};
