import { nameOf, titleOf } from '../../client/view/names.ts';
import type { Chat } from '../../../functions/contract/schemas.ts';
import type { Person } from '../model/people.ts';

/**
 * What somebody is called, with the user name beside a full name, which anybody may choose. Neither turns the
 * direction of the other or of what stands around it.
 */
export const Name = ({ of: person }: { readonly of: Pick<Person, 'full_name' | 'username'> }) => (
  <span class="name">
    <bdi>{nameOf(person)}</bdi> {person.full_name !== null && <bdi class="handle">@{person.username}</bdi>}
  </span>
);

/** What a chat is called for its viewer. */
export const ChatName = ({ of: chat }: { readonly of: Chat }) =>
  chat.peer === undefined || chat.name !== null ? (
    <span class="name">
      <bdi>{titleOf(chat)}</bdi>
    </span>
  ) : (
    <Name of={chat.peer} />
  );
