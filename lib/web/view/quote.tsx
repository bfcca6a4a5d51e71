import type { Quote as QuoteOfMessage } from '../../../functions/contract/schemas.ts';
import { BLOCKED_TEXT } from '../model/blocked.ts';
import { labelOf } from '../model/people.ts';
import { summaryOf } from '../model/summary.ts';
import { hueOf } from './avatar.tsx';
import { Name } from './name.tsx';
import { useModel } from './use-model.ts';

/**
 * The excerpt of a quote: the beginning of the quoted message, or the kinds of its files as far as that message is
 * loaded.
 */
const useExcerpt = (chatId: number, quote: QuoteOfMessage): string | null => {
  const model = useModel();
  const { id, excerpt } = quote;
  if (excerpt !== null && model.blocked.hides(quote, model.chats.value.get(chatId))) return BLOCKED_TEXT;
  if (excerpt !== '') return excerpt;
  const held = model.timelineOf(chatId).held(id);
  return (held && summaryOf(held)) || 'Attachment';
};

const QuotedText = ({
  quote,
  excerpt,
}: {
  readonly quote: QuoteOfMessage;
  readonly excerpt: string | null;
}) => {
  const model = useModel();
  const own = model.user.value?.id === quote.sender_id;
  return (
    <>
      <span class="quote-name">
        {own ? 'You' : <Name of={model.people.person(quote.sender_id, quote.sender_username)} />}
      </span>{' '}
      <span class="preview" dir="auto">
        {excerpt ?? <em>Message deleted</em>}
      </span>
    </>
  );
};

/**
 * The quoted message above a reply. A press shows it in its place.
 *
 * @param props.tabIndex -1 keeps Tab from stopping at it
 */
export const Quote = (props: {
  readonly chatId: number;
  readonly quote: QuoteOfMessage;
  readonly tabIndex: number;
}) => {
  const { chatId, quote } = props;
  const model = useModel();
  const excerpt = useExcerpt(chatId, quote);
  const style = { '--hue': String(hueOf(quote.sender_id)) };
  if (quote.excerpt === null) {
    return (
      <p class="quote" style={style}>
        <span class="visually-hidden">In reply to: </span>
        <QuotedText quote={quote} excerpt={excerpt} />
      </p>
    );
  }
  const sender = model.people.person(quote.sender_id, quote.sender_username);
  const who = model.user.value?.id === quote.sender_id ? 'you' : labelOf(sender);
  return (
    <button
      type="button"
      class="quote"
      style={style}
      tabIndex={props.tabIndex}
      aria-label={`In reply to ${who}: ${excerpt}`}
      title="Show this message"
      onClick={() => void model.showMessage({ chat_id: chatId, seq: quote.seq })}
    >
      <QuotedText quote={quote} excerpt={excerpt} />
    </button>
  );
};

/** The message that the user is about to reply to, above the composer's field. */
export const ReplyTarget = ({
  chatId,
  quote,
}: {
  readonly chatId: number;
  readonly quote: QuoteOfMessage;
}) => (
  <span class="quote" style={{ '--hue': String(hueOf(quote.sender_id)) }}>
    <span class="visually-hidden">Reply to: </span>
    <QuotedText quote={quote} excerpt={useExcerpt(chatId, quote)} />
  </span>
);
