import { navigate } from '../model/router.ts';
import { navigateOnClick } from './navigate-on-click.ts';
import { Back } from './icons.tsx';

/** The link back to the list of chats on a phone, where the list is a page of its own. */
export const BackToChats = () => (
  <a
    class="icon-button only-phone"
    href="/"
    aria-label="Back to the chats"
    onClick={(event) => navigateOnClick(event, () => navigate({}))}
  >
    <Back />
  </a>
);
