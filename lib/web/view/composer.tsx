import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { quoteOf } from '../../client/quote-of.ts';
import type { Chat, Message } from '../../../functions/contract/schemas.ts';
import { draftOf, keepDraft, listDrafts } from '../model/drafts.ts';
import { refusals } from '../model/refusals.ts';
import { hasCoarsePointer } from './coarse-pointer.ts';
import { Attach, Close, Send, Smile } from './icons.tsx';
import { isComposing } from './is-composing.ts';
import { ChosenFiles } from './message-files.tsx';
import { useMentionPicker } from './mention-picker.tsx';
import { onDemand } from './on-demand.tsx';
import type { Anchor } from './popover.ts';
import { ReplyTarget } from './quote.tsx';
import { useSlowMode } from './slow-mode.ts';
import { waitText } from './times.ts';
import { useModel } from './use-model.ts';

const EmojiPicker = onDemand(async () => (await import('./emoji-picker.tsx')).EmojiPicker);

/** The service's limit in code points. */
const CHARACTERS_MAX = 10_000;

const lengthOf = (text: string): number =>
  text.length <= CHARACTERS_MAX ? text.length : Array.from(text).length;

/** The composer: writes new messages and edits sent ones. */
export const Composer = ({ chat }: { readonly chat: Chat }) => {
  const model = useModel();
  const input = useRef<HTMLTextAreaElement>(null);
  const row = useRef<HTMLDivElement>(null);
  const picking = useSignal(false);
  const timeline = model.timelineOf(chat.id);
  const editing = model.editing.value?.chatId === chat.id ? model.editing.value.message : undefined;
  /** The content of the field: the changed text of the edited message, or the text of a new one. */
  const text = useComputed(() => {
    const draft = draftOf(chat.id);
    const edited = model.editing.value?.chatId === chat.id ? model.editing.value.message : undefined;
    if (edited === undefined) return draft.text;
    return draft.edit?.message.id === edited.id ? draft.edit.text : (edited.content ?? '');
  });
  const repliedTo = draftOf(chat.id).replyTo;
  const target = repliedTo && (timeline.held(repliedTo.id) ?? repliedTo);
  const length = lengthOf(text.value);
  const chosen = model.files.chosenIn(chat.id);
  const hasFiles = editing === undefined ? chosen.length > 0 : editing.attachments.length > 0;
  const wait = useSlowMode(chat);
  const isWaiting = editing === undefined && wait > 0;
  const canSend = (text.value.trim() !== '' || hasFiles) && length <= CHARACTERS_MAX && !isWaiting;
  const isSending = useRef(false);
  /** The edited message, as last saved during this edit. */
  const saved = useRef(editing);
  const fileInput = useRef<HTMLInputElement>(null);
  const touch = hasCoarsePointer();

  const setText = (next: string): void => {
    if (editing === undefined) keepDraft(chat.id, { text: next });
    else
      keepDraft(chat.id, { edit: next === editing.content ? undefined : { message: editing, text: next } });
  };

  useLayoutEffect(() => {
    if (!touch) input.current?.focus();
    const { edit } = draftOf(chat.id);
    if (edit !== undefined) {
      model.editing.value = { chatId: chat.id, message: timeline.held(edit.message.id) ?? edit.message };
    }
    return () => {
      if (model.editing.peek()?.chatId === chat.id) model.editing.value = undefined;
      listDrafts();
    };
  }, []);
  useLayoutEffect(() => {
    saved.current = editing;
    if (editing !== undefined) input.current?.focus();
  }, [editing]);
  // Choosing a message to reply to moves the focus to the field; a draft that already had a reply target does not.
  const shown = useRef(repliedTo);
  useLayoutEffect(() => {
    if (repliedTo !== undefined && repliedTo !== shown.current) input.current?.focus();
    shown.current = repliedTo;
  }, [repliedTo]);
  // After choosing files, the user writes about them or sends them with Enter.
  useEffect(() => {
    if (chosen.length > 0 && !touch) input.current?.focus();
  }, [chosen.length]);
  useLayoutEffect(() => {
    const area = input.current;
    if (area === null) return;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
  }, [text.value]);

  const stopEditing = (): void => {
    const isHere = input.current?.form?.contains(document.activeElement) === true;
    model.editing.value = undefined;
    keepDraft(chat.id, { edit: undefined });
    if (isHere) input.current?.focus();
  };
  const submit = async (event?: Event): Promise<void> => {
    event?.preventDefault();
    if (!canSend) return;
    if (editing !== undefined) {
      const [begun, before, content] = [model.editing.peek(), saved.current ?? editing, text.value];
      if (content !== before.content && !(await model.editMessage(before, content))) return;
      // Meanwhile the user may have left the chat, or begun to edit another message, or this one again.
      if (model.editing.peek() !== begun) {
        const { edit } = draftOf(chat.id);
        if (edit?.message.id === editing.id && edit.text === content) keepDraft(chat.id, { edit: undefined });
        return;
      }
      if (text.peek() === content) stopEditing();
      else saved.current = timeline.held(editing.id) ?? before;
      return;
    }
    const replyTo = target?.is_deleted === true ? undefined : target?.id;
    // When sending fails, text and files stay. The first message with files loads the module that uploads them:
    // pressing Enter again in the meantime must not send it twice.
    if (isSending.current) return;
    isSending.current = true;
    const sent = text.value;
    const isSent = await model.send(chat.id, sent, replyTo);
    isSending.current = false;
    if (!isSent) return;
    // What the user has changed meanwhile stays.
    const draft = draftOf(chat.id);
    keepDraft(chat.id, {
      ...(draft.text === sent && { text: '' }),
      ...(draft.replyTo === repliedTo && { replyTo: undefined }),
    });
    input.current?.focus();
  };

  const cancelReply = (): void => {
    keepDraft(chat.id, { replyTo: undefined });
    input.current?.focus();
  };

  /** Replaces the text between two positions, by default the selection. */
  const insert = (inserted: string, from?: number, to?: number): void => {
    const area = input.current;
    if (area === null) return;
    area.setRangeText(inserted, from ?? area.selectionStart, to ?? area.selectionEnd, 'end');
    setText(area.value);
    area.focus();
  };
  /** The anchor of the emoji picker: the whole composer in height, the end of the row of buttons at the side. */
  const boardAnchor = (): Anchor | undefined => {
    const box = row.current?.getBoundingClientRect();
    const whole = input.current?.form?.getBoundingClientRect();
    return box && whole && { top: whole.top + 4, bottom: whole.bottom, right: box.right };
  };
  const mentions = useMentionPicker(chat, input, text, insert);

  const lastOwn = (): Message | undefined =>
    timeline.chunks
      .peek()
      .flatMap(({ messages }) => messages)
      .findLast((message) => message.sender_id === model.user.peek()?.id && !message.is_deleted);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (isComposing(event) || mentions.onKeyDown(event)) return;
    // On a touch keyboard Enter starts a new line; a tablet may have another keyboard.
    const sends = !touch || event.ctrlKey || event.metaKey;
    if (event.key === 'Enter' && !event.shiftKey && sends) void submit(event);
    else if (event.key === 'Escape' && editing !== undefined) stopEditing();
    else if (event.key === 'Escape' && target !== undefined) cancelReply();
    else if (event.key === 'ArrowUp' && text.value === '' && editing === undefined) {
      const message = lastOwn();
      if (message === undefined) return;
      event.preventDefault();
      model.editing.value = { chatId: chat.id, message };
    }
  };

  const refusal = model.whyRefused(chat);
  if (refusal !== undefined && editing === undefined) {
    return (
      <p class="composer no-posting" role="status">
        {refusals[refusal]}
      </p>
    );
  }
  return (
    <form class="composer" aria-label="Write a message" onSubmit={(event) => void submit(event)}>
      {editing !== undefined && (
        <div class="editing">
          <span>
            <strong>Edit message</strong>
            <span class="preview" dir="auto">
              {(editing.content ?? '').slice(0, 120)}
            </span>
          </span>
          <button
            type="button"
            class="icon-button"
            aria-label="Stop editing"
            title="Stop editing (Escape)"
            onClick={stopEditing}
          >
            <Close />
          </button>
        </div>
      )}
      {editing === undefined && target !== undefined && (
        <div class="editing">
          {target.is_deleted ? (
            <span role="status">The message was deleted. What you write replies to nothing.</span>
          ) : (
            <ReplyTarget chatId={chat.id} quote={quoteOf(target)} />
          )}
          <button
            type="button"
            class="icon-button"
            aria-label="Cancel the reply"
            title="Cancel the reply (Escape)"
            onClick={cancelReply}
          >
            <Close />
          </button>
        </div>
      )}
      {picking.value && (
        <EmojiPicker
          anchor={boardAnchor}
          onPick={(emoji) => {
            picking.value = false;
            insert(emoji);
          }}
          onClose={() => {
            picking.value = false;
            input.current?.focus();
          }}
        />
      )}
      {mentions.list}
      {editing === undefined && <ChosenFiles chat={chat} onRemove={() => input.current?.focus()} />}
      <div class="composer-row" ref={row}>
        <textarea
          ref={input}
          rows={1}
          dir="auto"
          aria-label={editing === undefined ? 'Message' : 'Change the message'}
          placeholder={chosen.length > 0 && editing === undefined ? 'Add a caption' : 'Write a message'}
          value={text.value}
          onInput={(event) => {
            setText(event.currentTarget.value);
            mentions.look();
            if (editing === undefined && event.currentTarget.value.trim() !== '')
              model.presence.typing(chat.id);
          }}
          onBlur={() => {
            mentions.close();
            model.presence.stopTyping(chat.id);
          }}
          onKeyDown={onKeyDown}
          onKeyUp={mentions.look}
          onClick={mentions.look}
          {...mentions.attributes}
        />
        {editing === undefined && (
          <>
            <input
              ref={fileInput}
              type="file"
              multiple
              hidden
              aria-label="Files to send"
              onChange={({ currentTarget }) => {
                model.files.choose(chat.id, currentTarget.files ?? []);
                // Reset, so that the same file can be chosen again.
                currentTarget.value = '';
              }}
            />
            <button
              type="button"
              class="icon-button"
              aria-label="Attach files"
              title="Attach files"
              onClick={() => fileInput.current?.click()}
            >
              <Attach />
            </button>
          </>
        )}
        <button
          type="button"
          class="icon-button"
          aria-label="Emoji"
          title="Emoji"
          aria-haspopup="dialog"
          aria-expanded={picking.value}
          // The event must not reach the picker's own listener: it would close the picker, and the click would then
          // open it again.
          onPointerDown={(event) => picking.value && event.stopPropagation()}
          onClick={() => (picking.value = !picking.value)}
        >
          <Smile />
        </button>
        <button
          type="submit"
          class="send"
          aria-label={editing === undefined ? 'Send' : 'Save the change'}
          title={editing === undefined ? 'Send (Enter)' : 'Save (Enter)'}
          disabled={!canSend}
        >
          <Send />
        </button>
      </div>
      {isWaiting && (
        <p class="count" role="timer">
          Slow mode: you can write again in {waitText(wait)}.
        </p>
      )}
      {length > CHARACTERS_MAX * 0.9 && (
        <p class={`count ${length > CHARACTERS_MAX ? 'over' : ''}`} role="status">
          {length > CHARACTERS_MAX
            ? `${(length - CHARACTERS_MAX).toLocaleString()} characters too many`
            : `${(CHARACTERS_MAX - length).toLocaleString()} characters left`}
        </p>
      )}
    </form>
  );
};
