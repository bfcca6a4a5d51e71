import { navigate } from '../model/router.ts';
import { follow } from './follow.ts';
import { Back } from './icons.tsx';

/** On a phone, where the list of chats is a page of its own: the way back to it. */
export const BackToChats = () => (
  <a
    class="icon-button only-phone"
    href="/"
    aria-label="Back to the chats"
    onClick={(event) => follow(event, () => navigate({}))}
  >
    <Back />
  </a>
);
