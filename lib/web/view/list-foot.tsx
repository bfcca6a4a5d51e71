import type { useList } from './use-list.ts';

/** Below a list: what to say of it, and what loads the rest of it. */
export const ListFoot = (props: {
  readonly list: Pick<ReturnType<typeof useList>, 'said' | 'more' | 'hasMore'> & {
    readonly items: { readonly value: readonly unknown[] | undefined };
  };
  /** Said of an empty list. */
  readonly empty: string;
}) => {
  const { items, said, more, hasMore } = props.list;
  const text =
    items.value === undefined ? 'Loading…' : items.value.length === 0 && !hasMore ? props.empty : '';
  return (
    <>
      <p class="hint" role="status">
        {said.value === '' ? text : said.value}
      </p>
      {(hasMore || (items.value === undefined && said.value !== '')) && (
        <button type="button" class="button" onClick={() => void more()}>
          {items.value === undefined ? 'Try again' : 'Show more'}
        </button>
      )}
    </>
  );
};
