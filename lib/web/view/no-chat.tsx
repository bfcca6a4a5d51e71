import type { ComponentChildren } from 'preact';
import { navigate } from '../model/router.ts';
import { Mark } from './icons.tsx';

/** Explains why there is no chat to show, and links back to the list. */
export const NoChat = (props: { readonly title: string; readonly children: ComponentChildren }) => (
  <section class="nothing">
    <Mark />
    <h2>{props.title}</h2>
    <p>{props.children}</p>
    <button type="button" class="button" onClick={() => navigate({}, { replace: true })}>
      To your chats
    </button>
  </section>
);
