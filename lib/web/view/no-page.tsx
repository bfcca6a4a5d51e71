import { Mark } from './icons.tsx';

/**
 * Shown when another tab of this browser holds the session.
 *
 * @param props.hasLostFiles whether files were attached here and not sent yet
 */
export const OpenInOtherTab = (props: { readonly hasLostFiles: boolean; readonly onUse: () => void }) => (
  <main class="nothing whole">
    <Mark />
    <h1>The chat is open in another tab</h1>
    <p>Only one tab at a time can use it.</p>
    {props.hasLostFiles && <p>The files that you had attached here were not sent: attach them again.</p>}
    <button type="button" class="button primary" onClick={props.onUse}>
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
