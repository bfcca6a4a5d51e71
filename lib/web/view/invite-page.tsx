import { useSignal } from '@preact/signals';
import type { ComponentChildren, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { ChatError } from '../../client/chat-client.ts';
import type { InvitePreview } from '../../client/types.ts';
import { nameOf } from '../../client/view/names.ts';
import { keepInvitation, openedInvitation } from '../model/opened-link.ts';
import { navigate } from '../model/router.ts';
import { sentenceOf } from '../model/sentences.ts';
import { Avatar } from './avatar.tsx';
import { Alert, Mark } from './icons.tsx';
import { Name } from './name.tsx';
import { useModel } from './use-model.ts';

/** Messages for invitations that cannot be used, by error code. */
const refusals: Readonly<Record<string, string>> = {
  invite_not_found: 'There is no such invitation, or it was revoked. Ask whoever sent it for another one.',
  invite_expired: 'This invitation has expired. Ask whoever sent it for another one.',
  invite_used_up: 'This invitation has been used up. Ask whoever sent it for another one.',
  banned: 'You are banned from this group. Its admins can lift the ban.',
  group_full: 'This group is full. You can come in when somebody leaves.',
  too_many_chats: 'You are in as many chats as possible. Leave one, then open this link again.',
};

/** The page of an opened invitation: shows the group and offers to join. */
export const InvitePage = () => {
  const model = useModel();
  const code = openedInvitation.value;
  const preview = useSignal<InvitePreview | undefined>(undefined);
  const problem = useSignal<{ readonly text: string; readonly isFinal: boolean } | undefined>(undefined);
  const isBusy = useSignal(false);
  const heading = useRef<HTMLHeadingElement>(null);

  const fail = (error: unknown): void => {
    const refusal = error instanceof ChatError ? refusals[error.code] : undefined;
    problem.value = { text: refusal ?? sentenceOf(error), isFinal: refusal !== undefined };
  };
  const load = async (): Promise<void> => {
    if (code === undefined) return;
    problem.value = undefined;
    try {
      const answer = await model.api.previewInvite(code);
      if (openedInvitation.peek() === code) preview.value = answer;
    } catch (error) {
      if (openedInvitation.peek() === code) fail(error);
    }
  };
  useEffect(() => {
    preview.value = undefined;
    void load();
  }, [code]);
  useEffect(() => heading.current?.focus(), [preview.value, problem.value]);

  const leave = (): void => {
    keepInvitation(undefined);
    navigate({}, { replace: true });
  };
  const accept = async (): Promise<void> => {
    if (code === undefined) return;
    isBusy.value = true;
    try {
      const chat = await model.api.acceptInvite(code);
      model.keepDetail(chat);
      keepInvitation(undefined);
      navigate({ chatId: chat.id }, { replace: true });
    } catch (error) {
      fail(error);
    } finally {
      isBusy.value = false;
    }
  };

  if (code === undefined) {
    return (
      <Card title="Which invitation?" heading={heading}>
        <p>Open the link of the invitation again.</p>
        <ToChats leave={leave} />
      </Card>
    );
  }
  if (problem.value !== undefined) {
    return (
      <Card title="You are not in yet" heading={heading}>
        <p class="form-message error" role="alert">
          <Alert /> {problem.value.text}
        </p>
        {!problem.value.isFinal && (
          <button type="button" class="button" onClick={() => void load()}>
            Try again
          </button>
        )}
        <ToChats leave={leave} />
      </Card>
    );
  }
  if (preview.value === undefined)
    return <section class="nothing" aria-busy="true" aria-label="Invitation" />;

  const { chat, inviter } = preview.value;
  const isIn = model.chats.value.has(chat.id);
  const name = chat.name ?? 'A group';
  return (
    <Card
      title={name}
      heading={heading}
      avatar={<Avatar id={chat.id} name={name} group size="large" url={chat.avatar_url} />}
    >
      <p class="hint">{chat.participant_count === 1 ? '1 member' : `${chat.participant_count} members`}</p>
      <p class="inviter">
        <Avatar id={inviter.id} name={nameOf(inviter)} size="small" url={inviter.avatar_url} />
        <span>
          <Name of={inviter} /> invites you.
        </span>
      </p>
      {isIn && <p class="hint">You are in this group.</p>}
      <button type="button" class="button primary" disabled={isBusy.value} onClick={() => void accept()}>
        {isIn ? 'Open the group' : 'Join the group'}
      </button>
      <ToChats leave={leave} label="Not now" />
    </Card>
  );
};

/** The frame of an invitation, shown in place of a chat. */
const Card = (props: {
  readonly title: string;
  readonly heading: RefObject<HTMLHeadingElement | null>;
  readonly avatar?: ComponentChildren;
  readonly children: ComponentChildren;
}) => (
  <section class="nothing invitation" aria-label="Invitation">
    {props.avatar ?? <Mark />}
    <h1 ref={props.heading} tabIndex={-1} dir="auto">
      {props.title}
    </h1>
    {props.children}
  </section>
);

const ToChats = ({
  leave,
  label = 'To your chats',
}: {
  readonly leave: () => void;
  readonly label?: string;
}) => (
  <button type="button" class="button" onClick={leave}>
    {label}
  </button>
);
