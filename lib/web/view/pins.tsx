import { summaryOf } from '../model/summary.ts';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Chat } from '../../../functions/contract/schemas.ts';
import { BLOCKED_TEXT } from '../model/blocked.ts';
import { labelOf } from '../model/people.ts';
import { Dialog } from './dialog.tsx';
import { Close, Pin } from './icons.tsx';
import { MessageLink } from './message-link.tsx';
import { useKeptFocus } from './use-kept-focus.ts';
import { useModel } from './use-model.ts';

/** The maximal length of a pinned message's excerpt. */
const SHOWN_CHARACTERS = 200;

/** The pinned messages of a chat, above the messages: the latest pin, and all of them on demand. */
export const Pins = ({ chat }: { readonly chat: Chat }) => {
  const model = useModel();
  const isOpen = useSignal(false);
  const pins = model.pinsOf(chat.id).pins.value;
  const [latest] = pins;
  const isEmpty = latest === undefined;
  // The window closes with the last pin, and must not open again with the next one.
  useEffect(() => {
    if (isEmpty) isOpen.value = false;
  }, [isEmpty]);
  if (latest === undefined) return null;
  const sender = model.people.person(latest.sender_id, latest.sender_username);
  return (
    <section class="pins" aria-label="Pinned messages">
      <button
        type="button"
        class="pin"
        title="Show this message"
        onClick={() => void model.showMessage(latest)}
      >
        <Pin />
        <span class="visually-hidden">Pinned, by {labelOf(sender)}: </span>
        <bdi class="preview">
          {model.blocked.hides(latest, chat) ? BLOCKED_TEXT : summaryOf(latest).slice(0, SHOWN_CHARACTERS)}
        </bdi>
      </button>
      <button type="button" class="link-button" aria-haspopup="dialog" onClick={() => (isOpen.value = true)}>
        {pins.length === 1 ? 'All' : `All ${pins.length}`}
        <span class="visually-hidden"> pinned messages</span>
      </button>
      {isOpen.value && <AllPins chat={chat} onClose={() => (isOpen.value = false)} />}
    </section>
  );
};

const AllPins = ({ chat, onClose }: { readonly chat: Chat; readonly onClose: () => void }) => {
  const model = useModel();
  const list = useKeptFocus<HTMLUListElement>();
  const mayPin = model.mayPin(chat);
  return (
    <Dialog title="Pinned messages" onClose={onClose}>
      <ul class="picker all-pins" ref={list} tabIndex={-1} aria-label="Pinned messages">
        {model.pinsOf(chat.id).pins.value.map((message) => (
          <li key={message.id}>
            <MessageLink message={message} inChat={chat} onFollow={onClose}>
              {summaryOf(message).slice(0, SHOWN_CHARACTERS)}
            </MessageLink>
            {mayPin && (
              <button
                type="button"
                class="icon-button"
                aria-label="Unpin"
                title="Unpin"
                onClick={() => void model.pin(message, false)}
              >
                <Close />
              </button>
            )}
          </li>
        ))}
      </ul>
    </Dialog>
  );
};
