import { Mark } from './icons.tsx';

/** Shown when another tab of this browser holds the session. */
export const OpenInOtherTab = ({ onUse }: { readonly onUse: () => void }) => (
  <main class="nothing whole">
    <Mark />
    <h1>The chat is open in another tab</h1>
    <p>Only one tab at a time can use it.</p>
    <button type="button" class="button primary" onClick={onUse}>
      Use it here
    </button>
  </main>
);

/** Shown when the page was loaded, but something that it needs to start was not. */
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
