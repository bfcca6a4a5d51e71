import { Mark } from './icons.tsx';

/** Another tab of this browser has the session. */
export const Elsewhere = ({ onUse }: { readonly onUse: () => void }) => (
  <main class="nothing whole">
    <Mark />
    <h1>The chat is open in another tab</h1>
    <p>Only one tab at a time can use it.</p>
    <button type="button" class="button primary" onClick={onUse}>
      Use it here
    </button>
  </main>
);

/** The page came, and what it needs to start did not. */
export const Unavailable = () => (
  <main class="nothing whole">
    <Mark />
    <h1>The chat cannot be reached</h1>
    <p>Check your connection, then try again.</p>
    <button type="button" class="button primary" onClick={() => location.reload()}>
      Try again
    </button>
  </main>
);
