import type { UserRepository } from '../repositories/mysql/users.ts';
import { mysql } from '../platform/mysql.ts';
import { createUserRepository } from '../repositories/mysql/users.ts';
import type { ChatRepository } from '../repositories/mysql/chats.ts';
import { livePasswords, type PasswordEffects } from './account.ts';
import type { Actor } from './actor.ts';
import { liveChats } from './chats.ts';
import { assertPassword } from './current-password.ts';
import { leaveChat, type Departure } from './memberships.ts';

export interface DeleteAccountEffects extends Pick<
  PasswordEffects,
  'withinPasswordLimit' | 'endSessions' | 'endConnections'
> {
  readonly users: Pick<UserRepository, 'findPasswordHash' | 'deactivate'>;
  readonly chats: Pick<ChatRepository, 'listGroupIds'>;
  readonly leaveChat: (actor: Actor, chatId: number) => Promise<Departure | null>;
}

const liveEffects: DeleteAccountEffects = {
  users: createUserRepository(mysql),
  chats: liveChats.chats,
  leaveChat: (actor, chatId) => leaveChat(actor, chatId),
  withinPasswordLimit: livePasswords.withinPasswordLimit,
  endSessions: livePasswords.endSessions,
  endConnections: livePasswords.endConnections,
};

/**
 * Deactivates an account: it can log in no more and be added nowhere, then it leaves its groups as anyone does,
 * then its sessions end. Its direct chats and its messages stay, under another name. Each step can be done again.
 *
 * @returns what leaving its groups came to
 * @throws ServiceError `wrong_password` or `rate_limited`
 */
export const deleteAccount = async (
  actor: Actor,
  password: string,
  effects: DeleteAccountEffects = liveEffects,
): Promise<Departure[]> => {
  await assertPassword(actor, password, effects);
  await effects.users.deactivate(actor.userId);
  const departures: Departure[] = [];
  for (const chatId of await effects.chats.listGroupIds(actor.userId)) {
    const departure = await effects.leaveChat(actor, chatId);
    if (departure !== null) departures.push(departure);
  }
  await effects.endSessions(actor.userId, null);
  await effects.endConnections(actor.userId, null);
  return departures;
};
