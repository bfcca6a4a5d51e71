import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Mark } from './icons.tsx';

/**
 * The frame of pages for users who are not logged in. When the focused element has disappeared with the previous view,
 * the heading gets the focus.
 */
export const SignInCard = (props: {
  readonly title: string;
  readonly lead: string;
  readonly children: ComponentChildren;
}) => {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    // Not when the page opens: nothing had the focus before.
    if (navigator.userActivation.hasBeenActive && document.activeElement === document.body) {
      heading.current?.focus();
    }
  }, [props.title, props.lead]);
  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <Mark />
        <h1 ref={heading} tabIndex={-1}>
          {props.title}
        </h1>
        <p class="lead">{props.lead}</p>
        {props.children}
      </div>
    </main>
  );
};
