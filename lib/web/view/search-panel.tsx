import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Chat } from '../../../functions/contract/schemas.ts';
import { labelOfChat } from '../model/chat-model.ts';
import { saveSearchText, navigate, savedSearchText } from '../model/router.ts';
import { FoundMessages } from './found-messages.tsx';
import { Close, Search } from './icons.tsx';
import { isComposing } from './is-composing.ts';
import { useFocusBack } from './use-focus-back.ts';

/** The panel that searches the messages of one chat. */
export const SearchPanel = ({ chat }: { readonly chat: Chat }) => {
  // A found message may have replaced the panel: going back restores the query.
  const query = useSignal(savedSearchText());
  const panel = useRef<HTMLElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const close = (): void => navigate({ chatId: chat.id });

  useFocusBack(panel);
  useEffect(() => input.current?.focus(), []);

  return (
    <section
      class="details"
      ref={panel}
      aria-label="Search in this chat"
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !isComposing(event)) close();
      }}
    >
      <header class="bar">
        <h2>Search in this chat</h2>
        <button type="button" class="icon-button" aria-label="Close the search" title="Close" onClick={close}>
          <Close />
        </button>
      </header>
      <div class="search" role="search">
        <Search />
        <input
          ref={input}
          type="search"
          dir="auto"
          placeholder="Search messages"
          aria-label={`Search in ${labelOfChat(chat)}`}
          value={query.value}
          onInput={({ currentTarget: { value } }) => {
            query.value = value;
            saveSearchText(value);
          }}
        />
      </div>
      <nav class="chat-list" aria-label="Found in this chat">
        <FoundMessages text={query.value.trim()} chatId={chat.id} />
      </nav>
    </section>
  );
};
