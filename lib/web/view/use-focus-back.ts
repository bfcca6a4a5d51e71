import type { RefObject } from 'preact';
import { useLayoutEffect } from 'preact/hooks';

/**
 * When a panel is closed while the focus is inside, gives the focus back to the element that had it before the panel
 * was opened. Call this hook before the effect that moves the focus into the panel.
 */
export const useFocusBack = (panel: RefObject<HTMLElement | null>): void => {
  useLayoutEffect(() => {
    const before = document.activeElement;
    const { current: element } = panel;
    return () => {
      if (element?.contains(document.activeElement) !== true) return;
      const isThere = before instanceof HTMLElement && before !== document.body && before.isConnected;
      // Otherwise the panel was open from the start, or the element that opened it is gone.
      const next = isThere ? before : document.querySelector<HTMLElement>('.messages');
      next?.focus({ preventScroll: true });
    };
  }, []);
};
