import type { Chat } from '../../../functions/contract/schemas.ts';
import { refusals, type Refusal } from '../model/refusals.ts';
import { useModel } from './use-model.ts';

/** Shown in place of the composer of a direct chat: the reason why the user cannot write. */
export const CannotWrite = ({ chat, refusal }: { readonly chat: Chat; readonly refusal: Refusal }) => {
  const model = useModel();
  const { peer } = chat;
  return (
    <p class="cannot-write" role="status">
      {refusals[refusal]}
      {refusal === 'hasBlocked' && peer !== undefined && (
        <>
          {' '}
          <button type="button" class="link-button" onClick={() => void model.block(peer.id, false)}>
            Unblock
          </button>
        </>
      )}
    </p>
  );
};
