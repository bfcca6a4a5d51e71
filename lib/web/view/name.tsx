import { nameOf, titleOf } from '../../client/view/names.ts';
import type { Chat } from '../../../functions/contract/schemas.ts';
import type { Person } from '../model/people.ts';

/**
 * The names of a user: the user name stands beside a full name, which users may choose freely. The writing direction of
 * one name affects neither the other nor the text around them.
 */
export const Name = ({ of: person }: { readonly of: Pick<Person, 'full_name' | 'username'> }) => (
  <span class="name">
    <bdi>{nameOf(person)}</bdi> {person.full_name !== null && <bdi class="handle">@{person.username}</bdi>}
  </span>
);

/** The name of a chat as its viewer sees it. */
export const ChatName = ({ of: chat }: { readonly of: Chat }) =>
  chat.peer === undefined || chat.name !== null ? (
    <span class="name">
      <bdi>{titleOf(chat)}</bdi>
    </span>
  ) : (
    <Name of={chat.peer} />
  );
