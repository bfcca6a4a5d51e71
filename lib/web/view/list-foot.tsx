import type { Pages } from '../model/pages.ts';

/** The foot of a list: its message, and the button that loads the next page. */
export const ListFoot = (props: {
  readonly list: Pick<Pages<unknown>, 'items' | 'message' | 'more' | 'hasMore'>;
  /** Shown for an empty list. */
  readonly empty: string;
  /** Shown for a list that is not empty. */
  readonly note?: string;
}) => {
  const { list, empty, note = '' } = props;
  const items = list.items.value;
  const message = list.message.value;
  const hasMore = list.hasMore.value;
  const text = items === undefined ? 'Loading…' : items.length === 0 && !hasMore ? empty : note;
  return (
    <>
      <p class="hint" role="status">
        {message === '' ? text : message}
      </p>
      {(hasMore || (items === undefined && message !== '')) && (
        <button type="button" class="button wide" onClick={() => void list.more()}>
          {items === undefined ? 'Try again' : 'Show more'}
        </button>
      )}
    </>
  );
};
