import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import type { Chat } from '../../../functions/contract/schemas.ts';
import { chatItems, menuLabelOf } from './chat-items.ts';
import { gestures } from './gestures.ts';
import { More } from './icons.tsx';
import { Menu } from './menu.tsx';
import type { Point } from './popover.ts';
import { useModel } from './use-model.ts';

/**
 * A chat in the list with its menu. The menu opens by the button that appears on hover, the secondary mouse button, the
 * menu key, or a long press.
 */
export const WithChatMenu = ({
  chat,
  children,
}: {
  readonly chat: Chat;
  readonly children: ComponentChildren;
}) => {
  const model = useModel();
  const opener = useRef<(at: Point) => void>(undefined);
  const item = useRef<HTMLLIElement>(null);
  const link = useRef<HTMLElement>(null);
  const open = (event: Event, at: Point): void => {
    if ((event.target as Element).closest('[popover]') !== null) return;
    event.preventDefault();
    link.current = item.current?.querySelector('a') ?? null;
    opener.current?.(at);
  };
  return (
    <li
      ref={item}
      class="with-menu"
      onContextMenu={(event) => {
        const box = item.current?.getBoundingClientRect();
        // The menu key sends an event without coordinates.
        const at =
          event.clientX === 0 && box !== undefined ? { x: box.left + 60, y: box.bottom - 8 } : undefined;
        open(event, at ?? { x: event.clientX, y: event.clientY });
      }}
      {...gestures({ press: open, swipe: undefined })}
    >
      {children}
      <Menu
        label={menuLabelOf(chat)}
        class="icon-button chat-menu"
        tabIndex={-1}
        items={chatItems(model, chat)}
        opener={opener}
        owner={link}
      >
        <More />
      </Menu>
    </li>
  );
};
