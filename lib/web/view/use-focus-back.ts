import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

/**
 * Gives the focus back to what had it before a panel was opened, when the panel is closed with the focus inside. Must come
 * ahead of the effect that moves the focus into the panel.
 */
export const useFocusBack = (panel: RefObject<HTMLElement | null>): void => {
  useLayoutEffect(() => {
    const before = document.activeElement;
    const { current: element } = panel;
    return () => {
      if (element?.contains(document.activeElement) !== true) return;
      const isThere = before instanceof HTMLElement && before !== document.body && before.isConnected;
      // The panel was open from the start, or what opened it has gone.
      const next = isThere ? before : document.querySelector<HTMLElement>('.messages');
      next?.focus({ preventScroll: true });
    };
  }, []);
};
