import type { Message } from '../../../functions/contract/schemas.ts';
import { BLOCKED_TEXT } from '../model/blocked.ts';
import { useModel } from './use-model.ts';

/**
 * Shown in place of a message of a blocked user.
 *
 * @param props.tabIndex -1 keeps Tab from stopping at the button
 */
export const BlockedMessage = ({
  message,
  tabIndex = 0,
}: {
  readonly message: Pick<Message, 'id'>;
  readonly tabIndex?: number;
}) => {
  const model = useModel();
  return (
    <p class="meta from-blocked">
      {BLOCKED_TEXT}{' '}
      <button
        type="button"
        class="link-button"
        tabIndex={tabIndex}
        onClick={() => model.blocked.show(message.id)}
      >
        Show
      </button>
    </p>
  );
};
