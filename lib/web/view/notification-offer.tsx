import { useModel } from './use-model.ts';

/** Asks whether the user wants notifications, before the browser does, which asks only once. */
export const NotificationOffer = () => {
  const { notifications, attempt } = useModel();
  if (!notifications.isOffered.value) return null;
  return (
    <div class="banner offer" role="region" aria-label="Notifications">
      <span>
        <strong>Get notified of new messages while you are away?</strong> Your browser asks once more. You can
        mute each chat, and turn it off under “Your account”.
      </span>
      <span class="offer-buttons">
        <button type="button" class="button primary" onClick={() => void attempt(notifications.turnOn)}>
          Notify me
        </button>
        <button type="button" class="button" onClick={notifications.decline}>
          Not now
        </button>
      </span>
    </div>
  );
};
