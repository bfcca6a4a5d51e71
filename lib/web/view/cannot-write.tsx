import type { Chat } from '../../../functions/contract/schemas.ts';
import { refusals, type Refusal } from '../model/refusals.ts';
import { useModel } from './use-model.ts';

/** In place of where one writes in a direct chat: why one cannot. */
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
