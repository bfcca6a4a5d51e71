import type { HttpClient } from '../../lib/bench/plain-http-client.ts';
import { presenceOf } from '../../lib/client/presence/create-presence.ts';
import type { Arena } from './arena.ts';
import type { Device } from './device.ts';
import { attach, changePicture, comeAndGo, type Player } from './players.ts';
import { GROUPS, PAIRS, victims, type Step } from './schedule.ts';

/** A user who has blocked another from the start, and never revokes the block. */
export const HIDING = 7;
export const HIDDEN_FROM = 6;

/** What a schedule is played on, and what its steps have tried. */
export interface World {
  readonly arena: Arena;
  readonly baseUrl: string;
  readonly players: readonly Player[];
  /** The groups, then the direct chats. */
  readonly chatIds: readonly number[];
  /** By chat id: the users who were ever put into it. */
  readonly members: ReadonlyMap<number, Set<number>>;
  /** The messages that a user tried to delete. */
  readonly deleted: Set<number>;
  /** Chats in which a user tried to delete a message, and users who tried to block another. */
  readonly uncounted: { readonly chats: Set<number>; readonly users: Set<number> };
  /** `chat user`: the user tried to open a hidden chat, which no other device is told. */
  readonly reopened: Set<string>;
  /** New users who are deleting their accounts. */
  readonly goers: HttpClient[];
  /** Requests and outages that have not ended. */
  readonly underway: Promise<unknown>[];
}

/** A step that changes a message. */
type MessageChange = Extract<
  Step,
  { readonly do: 'edit' | 'same' | 'delete' | 'restore' | 'pin' | 'unpin' | 'react' | 'unreact' }
>;

export const pick = <T>(list: readonly T[], index: number): T => {
  const found = list[index % list.length];
  if (found === undefined) throw new Error('There is nothing to pick');
  return found;
};

const EMOJI = ['👍', '❤️', '👩‍👩‍👧'];

/** @returns a function that begins a step, and does not wait for its end */
export const createSteps = (world: World): ((step: Step) => void) => {
  const { arena, baseUrl, players, chatIds, members, deleted, uncounted, reopened, goers, underway } = world;
  const { cloud, stores } = arena;
  let count = 0;

  /** A request may fail: the service's state shows what it changed. */
  const attempt = (request: Promise<unknown>): void => {
    underway.push(request.catch(() => undefined));
  };
  const kill = (functionName: string): void =>
    attempt(cloud.lambda.kill(`chat-service-local-${functionName}`));
  const deviceOf = ({ user, device }: { readonly user: number; readonly device: number }): Device =>
    pick(pick(players, user).devices, device);
  /** In a direct chat, one of its two users. */
  const playerIn = ({ user, chat }: { readonly user: number; readonly chat: number }): Player => {
    const pair = chat < GROUPS ? undefined : pick(PAIRS, chat - GROUPS);
    return pick(players, pair === undefined ? user : pick(pair, user));
  };
  const guestIn = (chatId: number, index: number): Player => {
    const guest = pick(players, index);
    members.get(chatId)?.add(guest.id);
    return guest;
  };

  /** A change of a message that the first device of a user knows. */
  const change = (step: MessageChange): void => {
    const [device] = playerIn(step).devices;
    const chatId = pick(chatIds, step.chat);
    const known = [...(device.chats.get(chatId)?.messages.values() ?? [])];
    if (known.length === 0) return;
    const { id } = pick(known, step.message);
    const { api } = device;
    switch (step.do) {
      case 'edit': {
        count += 1;
        const { mentioned } = step;
        const mentions = mentioned === undefined ? {} : { mentions: [pick(players, mentioned).id] };
        return attempt(api.editMessage(id, `edit ${count}`, mentions));
      }
      case 'same':
        return attempt(api.editMessage(id, 'The same text'));
      case 'delete':
        deleted.add(id);
        uncounted.chats.add(chatId);
        return attempt(api.deleteMessage(id));
      case 'restore':
        return attempt(api.restoreMessage(id));
      case 'pin':
      case 'unpin':
        return attempt(api[step.do](id));
      case 'react':
        return attempt(api.addReaction(id, pick(EMOJI, step.emoji)));
      case 'unreact':
        return attempt(api.removeReaction(id, pick(EMOJI, step.emoji)));
    }
  };

  return (step) => {
    switch (step.do) {
      case 'send': {
        count += 1;
        const device = pick(playerIn(step).devices, step.device);
        const chatId = pick(chatIds, step.chat);
        const known = [...(device.chats.get(chatId)?.messages.values() ?? [])];
        device.client.send(chatId, `message ${count}`, {
          ...(step.replyTo !== undefined &&
            known.length > 0 && { reply_to_id: pick(known, step.replyTo).id }),
          ...(step.mentioned !== undefined && { mentions: [pick(players, step.mentioned).id] }),
          ...(step.isForAll && { mention_all: true }),
        });
        return;
      }
      case 'edit':
      case 'same':
      case 'delete':
      case 'restore':
      case 'pin':
      case 'unpin':
      case 'react':
      case 'unreact':
        change(step);
        return;
      case 'read': {
        const device = pick(playerIn(step).devices, step.device);
        const chatId = pick(chatIds, step.chat);
        if (step.by === 'client') device.markRead(chatId, step.message);
        else attempt(device.api.markRead(chatId, step.message));
        return;
      }
      case 'come-and-go':
        attempt(
          comeAndGo(baseUrl, pick(players, step.user), pick(chatIds, step.chat)).then((goer) =>
            goer === undefined ? 0 : goers.push(goer),
          ),
        );
        return;
      case 'attach':
        count += 1;
        attempt(
          attach(playerIn(step), step.use, `file ${count}`, [
            pick(chatIds, step.chat),
            pick(chatIds, step.chat + 1),
          ]),
        );
        return;
      case 'picture':
        attempt(changePicture(pick(players, step.user), step.of, pick(chatIds, step.chat)));
        return;
      case 'join':
      case 'leave':
        presenceOf(pick(playerIn(step).devices, step.device).client)[step.do](pick(chatIds, step.chat));
        return;
      case 'type':
        presenceOf(pick(playerIn(step).devices, step.device).client).typing(pick(chatIds, step.chat));
        return;
      case 'mute':
        attempt(
          playerIn(step).devices[0].api.setChatNotifications(pick(chatIds, step.chat), { level: step.level }),
        );
        return;
      case 'hide':
      case 'reopen': {
        const pair = pick(PAIRS, step.pair);
        const { id, devices } = pick(players, pick(pair, step.user));
        const chatId = pick(chatIds, GROUPS + step.pair);
        const [{ api }] = devices;
        if (step.do === 'hide') return attempt(api.leaveGroup(chatId));
        reopened.add(`${chatId} ${id}`);
        const peer = pick(players, pick(pair, step.user + 1));
        attempt(api.createChat({ chat_type: 'direct', participant_ids: [peer.id] }));
        return;
      }
      case 'block':
      case 'unblock': {
        if (step.user === HIDING && step.other === HIDDEN_FROM) return;
        const { id, devices } = pick(players, step.user);
        if (step.do === 'block') uncounted.users.add(id);
        attempt(devices[0].api[step.do](pick(players, step.other).id));
        return;
      }
      case 'add':
      case 'remove':
      case 'quit': {
        const chatId = pick(chatIds, step.chat);
        const { api } = pick(players, step.user).devices[0];
        if (step.do === 'quit') attempt(api.leaveGroup(chatId));
        else if (step.do === 'add') attempt(api.addParticipants(chatId, [guestIn(chatId, step.other).id]));
        else attempt(api.removeParticipant(chatId, pick(players, step.other).id));
        return;
      }
      case 'rename':
        attempt(
          pick(players, step.user).devices[0].api.renameChat(pick(chatIds, step.chat), `Name ${step.name}`),
        );
        return;
      case 'settings':
        attempt(pick(players, step.user).devices[0].api.updateChat(pick(chatIds, step.chat), step.change));
        return;
      case 'promote':
      case 'demote':
      case 'hand-over':
      case 'ban':
      case 'unban':
      case 'describe': {
        const chatId = pick(chatIds, step.chat);
        const { id } = pick(players, step.other);
        const { api } = pick(players, step.user).devices[0];
        if (step.do === 'hand-over') attempt(api.setRole(chatId, id, 'owner'));
        else if (step.do === 'ban') attempt(api.banUser(chatId, id));
        else if (step.do === 'unban') attempt(api.unbanUser(chatId, id));
        else if (step.do === 'describe') attempt(api.updateChat(chatId, { description: `By ${step.other}` }));
        else attempt(api.setAdmin(chatId, id, step.do === 'promote'));
        return;
      }
      case 'invite': {
        const chatId = pick(chatIds, step.chat);
        const { api } = pick(players, step.user).devices[0];
        const guests = Array.from({ length: step.guests }, (_, index) => guestIn(chatId, step.other + index));
        const accept = async (): Promise<void> => {
          const { code } = await api.createInvite(chatId, { max_uses: step.uses });
          await Promise.allSettled(guests.map(({ devices: [device] }) => device.api.acceptInvite(code)));
        };
        attempt(accept());
        return;
      }
      case 'sleep':
      case 'cut':
        deviceOf(step)[step.do]();
        return;
      case 'restart':
        attempt(deviceOf(step).restart());
        return;
      case 'network':
        deviceOf(step).network.plan(step.fate, step.count);
        return;
      case 'kill':
        kill(step.victim);
        return;
      case 'kill-at': {
        const running = (): string[] =>
          arena.runningFunctions().filter((name) => victims.some((victim) => victim === name));
        stores[step.store].onNextRequest(
          step.moment,
          () => kill(pick(running(), step.victim)),
          () => running().length > 0,
        );
        return;
      }
      case 'outage': {
        const store = stores[step.store];
        store.setMode(step.mode);
        underway.push(
          new Promise<void>((resolve) => {
            setTimeout(() => {
              store.setMode('pass');
              resolve();
            }, step.ms);
          }),
        );
        return;
      }
      case 'pushes':
        arena.faults.plan(step.fault, step.count);
        return;
      case 'posts':
        arena.spoilPosts(step.fate, step.count);
        return;
      case 'wait':
    }
  };
};
