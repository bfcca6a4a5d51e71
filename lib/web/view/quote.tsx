import type { Quote as QuoteOfMessage } from '../../../functions/contract/schemas.ts';
import { labelOf } from '../model/people.ts';
import { hueOf } from './avatar.tsx';
import { Name } from './name.tsx';
import { useModel } from './use-model.ts';

const QuotedText = ({ quote }: { readonly quote: QuoteOfMessage }) => {
  const model = useModel();
  const own = model.user.value?.id === quote.sender_id;
  return (
    <>
      <span class="quote-name">
        {own ? 'You' : <Name of={model.people.person(quote.sender_id, quote.sender_username)} />}
      </span>
      <span class="preview" dir="auto">
        {quote.excerpt ?? <em>Message deleted</em>}
      </span>
    </>
  );
};

/**
 * The message that another one replies to. A press shows it in its place.
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
  const style = { '--hue': String(hueOf(quote.sender_id)) };
  if (quote.excerpt === null) {
    return (
      <p class="quote" style={style}>
        <span class="visually-hidden">In reply to: </span>
        <QuotedText quote={quote} />
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
      aria-label={`In reply to ${who}: ${quote.excerpt}`}
      title="Show this message"
      onClick={() => void model.showMessage({ chat_id: chatId, seq: quote.seq })}
    >
      <QuotedText quote={quote} />
    </button>
  );
};

/** The message that one is about to reply to, above where one writes. */
export const ReplyTarget = ({ quote }: { readonly quote: QuoteOfMessage }) => (
  <span class="quote" style={{ '--hue': String(hueOf(quote.sender_id)) }}>
    <span class="visually-hidden">Reply to: </span>
    <QuotedText quote={quote} />
  </span>
);
