import { titleOf } from '../../client/view/names.ts';
import type { Chat } from '../../../functions/contract/schemas.ts';
import { openedDialog } from '../model/opened-dialog.ts';
import { labelOfChat, type ChatModel } from '../model/chat-model.ts';
import { isMuted, muteChoices } from '../model/mute.ts';
import type { Person } from '../model/people.ts';
import type { MenuItem } from './menu.tsx';

/** The notification levels of a chat. */
export const levels = {
  all: 'All messages',
  mentions: 'Mentions only',
  none: 'Nothing',
} as const;

/** The menu items that mute or unmute a chat. */
export const muteItems = (model: ChatModel, chat: Chat): MenuItem[] =>
  isMuted(chat)
    ? [{ label: 'Unmute', run: () => void model.setChatNotifications(chat, { muted_until: null }) }]
    : muteChoices.map(({ label, until }) => ({
        label: `Mute ${label}`,
        run: () => void model.setChatNotifications(chat, { muted_until: until(new Date()) }),
      }));

/** The menu items to block or unblock and to report a user; for moderators also to suspend the user. */
export const personItems = (model: ChatModel, person: Person): MenuItem[] => [
  model.blocked.has(person.id)
    ? { label: 'Unblock', run: () => void model.block(person.id, false) }
    : {
        label: 'Block…',
        danger: true,
        run: () => void (openedDialog.value = { kind: 'block', person }),
      },
  {
    label: 'Report…',
    danger: true,
    run: () =>
      void (openedDialog.value = {
        kind: 'report',
        about: { user_id: person.id },
        label: person.username,
        person,
      }),
  },
  ...(model.user.peek()?.role === 'moderator'
    ? [
        {
          label: 'Suspend…',
          danger: true,
          run: () => void (openedDialog.value = { kind: 'suspend', person }),
        },
      ]
    : []),
];

/** The menu items to report a group, or to block and report the peer of a direct chat. */
export const safetyItems = (model: ChatModel, chat: Chat): MenuItem[] =>
  chat.peer !== undefined
    ? personItems(model, chat.peer)
    : chat.chat_type === 'group'
      ? [
          {
            label: 'Report the group…',
            danger: true,
            run: () =>
              void (openedDialog.value = {
                kind: 'report',
                about: { chat_id: chat.id },
                label: titleOf(chat),
              }),
          },
        ]
      : [];

/** The menu items of a chat in the list. */
export const chatItems = (model: ChatModel, chat: Chat): MenuItem[] => [
  ...Object.entries(levels).map(([level, label]) => ({
    label,
    checked: chat.notifications.level === level,
    run: () => void model.setChatNotifications(chat, { level: level as keyof typeof levels }),
  })),
  ...muteItems(model, chat),
  ...safetyItems(model, chat),
];

/** The accessible name of a chat's menu. */
export const menuLabelOf = (chat: Chat): string => `Notifications and more of ${labelOfChat(chat)}`;
