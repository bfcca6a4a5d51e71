import type { Chat } from '../../../functions/contract/schemas.ts';
import { useModel } from './use-model.ts';

/** In place of where one writes: why one cannot. Whoever was blocked does not learn by whom, or that it was a block. */
export const CannotWrite = ({ chat }: { readonly chat: Chat }) => {
  const model = useModel();
  const { peer } = chat;
  if (peer === undefined || !model.blocked.has(peer.id)) {
    return (
      <p class="cannot-write" role="status">
        You and this person cannot write to each other.
      </p>
    );
  }
  return (
    <p class="cannot-write" role="status">
      You have blocked this person, so neither of you can write to the other.{' '}
      <button type="button" class="link-button" onClick={() => void model.block(peer.id, false)}>
        Unblock
      </button>
    </p>
  );
};
