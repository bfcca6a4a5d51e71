import type { ComponentChildren } from 'preact';
import { Mark } from './icons.tsx';

/** The frame of pages for users who are not logged in. */
export const SignInCard = (props: {
  readonly title: string;
  readonly lead: string;
  readonly children: ComponentChildren;
}) => (
  <main class="sign-in">
    <div class="sign-in-card">
      <Mark />
      <h1>{props.title}</h1>
      <p class="lead">{props.lead}</p>
      {props.children}
    </div>
  </main>
);
