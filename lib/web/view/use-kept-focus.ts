import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/**
 * Gives the focus to a list or a group when the part of it that has the focus is removed: otherwise the focus would fall
 * to the body.
 *
 * @returns the reference of the list or group, which needs a `tabIndex`
 */
export const useKeptFocus = <Container extends HTMLElement>(): RefObject<Container> => {
  const container = useRef<Container>(null);
  const hadFocus = container.current?.contains(document.activeElement) === true;
  useLayoutEffect(() => {
    if (hadFocus && document.activeElement === document.body) container.current?.focus();
  });
  return container as RefObject<Container>;
};
