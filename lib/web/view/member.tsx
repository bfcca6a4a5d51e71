import { useSignal } from '@preact/signals';
import { nameOf } from '../../client/view/names.ts';
import type { Chat, Participant } from '../../../functions/contract/schemas.ts';
import { labelOf } from '../model/people.ts';
import { Avatar } from './avatar.tsx';
import { personItems } from './chat-items.ts';
import { BanDialog } from './ban-dialog.tsx';
import { Confirm } from './dialog.tsx';
import { More } from './icons.tsx';
import { Menu, type MenuItem } from './menu.tsx';
import { useModel } from './use-model.ts';

type Role = Participant['role'];

const tags: Readonly<Record<Role, string | undefined>> = {
  owner: 'Owner',
  admin: 'Admin',
  member: undefined,
};

/**
 * A member of a group, with the actions that the user may perform on the member.
 *
 * @param props.ownRole the user's role in the group
 */
export const Member = (props: {
  readonly chat: Chat;
  readonly participant: Participant;
  readonly ownRole: Role;
}) => {
  const { chat, participant, ownRole } = props;
  const model = useModel();
  const asking = useSignal<'owner' | 'remove' | 'resign' | 'ban' | undefined>(undefined);
  const own = participant.id === model.user.value?.id;
  const name = nameOf(participant);
  const tag = tags[participant.role];
  const change = (run: () => Promise<unknown>): Promise<boolean> =>
    model.attempt(async () => {
      try {
        await run();
      } finally {
        // Load the details even after a refusal: the page may have shown an outdated state.
        await model.loadDetail(chat.id);
      }
    }, sentences);
  const setRole = (role: Role) => (): void =>
    void change(() => model.api.setRole(chat.id, participant.id, role));

  const isOwner = ownRole === 'owner';
  /** Admins may act on members, the owner on everybody else. */
  const isAbove = !own && (isOwner || (ownRole === 'admin' && participant.role === 'member'));
  const actions: MenuItem[] = [
    ...(own ? [] : [{ label: 'Write to them', run: () => void model.openDirect(participant.id) }]),
    ...(isAbove && participant.role === 'member' ? [{ label: 'Make admin', run: setRole('admin') }] : []),
    ...(isAbove && participant.role === 'admin'
      ? [{ label: 'No longer admin', run: setRole('member') }]
      : []),
    ...(own && participant.role === 'admin'
      ? [{ label: 'No longer admin…', run: () => void (asking.value = 'resign') }]
      : []),
    ...(isAbove && isOwner ? [{ label: 'Make owner…', run: () => void (asking.value = 'owner') }] : []),
    ...(isAbove
      ? [
          {
            label: 'Remove from the group…',
            danger: true,
            run: () => void (asking.value = 'remove'),
          },
          { label: 'Ban…', danger: true, run: () => void (asking.value = 'ban') },
        ]
      : []),
    ...(own ? [] : personItems(model, participant)),
  ];
  const close = (): void => void (asking.value = undefined);
  return (
    <div class="person">
      <Avatar id={participant.id} name={name} online={participant.online} url={participant.avatar_url} />
      <span class="person-text">
        <span class="title">
          <bdi>{name}</bdi>
          {own && ' (you)'}
        </span>
        <span class="preview">
          <bdi>@{participant.username}</bdi>
          {participant.online && <span class="visually-hidden">, online</span>}
        </span>
      </span>
      {tag !== undefined && <span class="tag">{tag}</span>}
      {actions.length > 0 && (
        <Menu label={`What to do with ${labelOf(participant)}`} items={actions}>
          <More />
        </Menu>
      )}
      {asking.value === 'owner' && (
        <Confirm
          title="Hand over the group?"
          text={`${labelOf(participant)} then owns it, and may remove everybody, including you. You stay an admin. Only they can hand it back.`}
          action="Hand over"
          onConfirm={setRole('owner')}
          onClose={close}
        />
      )}
      {asking.value === 'resign' && (
        <Confirm
          title="No longer be an admin?"
          text="Only another admin can make you one again."
          action="No longer admin"
          onConfirm={setRole('member')}
          onClose={close}
        />
      )}
      {asking.value === 'remove' && (
        <Confirm
          title="Remove from the group?"
          text={`${labelOf(participant)} no longer sees its messages, unless somebody adds or invites them again.`}
          action="Remove"
          onConfirm={() => void change(() => model.api.removeParticipant(chat.id, participant.id))}
          onClose={close}
        />
      )}
      {asking.value === 'ban' && (
        <BanDialog
          person={participant}
          ban={(body) => change(() => model.api.banUser(chat.id, participant.id, body))}
          onClose={close}
        />
      )}
    </div>
  );
};

/** Messages for errors that arise when others have changed the group in the meantime. */
const sentences = {
  not_chat_owner: 'Only the owner of the group may do this to the owner or an admin.',
  not_group_admin: 'You are not an admin of this group any more.',
  participant_not_found: 'They are not in the group any more.',
  last_admin: 'Make somebody else admin first: the group needs one.',
} as const;
