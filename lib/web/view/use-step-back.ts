import { useLayoutEffect, useRef } from 'preact/hooks';
import { addStep } from '../model/router.ts';
import { hasCoarsePointer } from './coarse-pointer.ts';

/**
 * On touch devices, going back closes what is open instead of leaving the page.
 *
 * @param onBack closes it. @returns false when it stays open
 */
export const useStepBack = (isOpen: boolean, onBack: () => boolean | void): void => {
  const latest = useRef(onBack);
  latest.current = onBack;
  useLayoutEffect(
    () => (isOpen && hasCoarsePointer() ? addStep(() => latest.current()) : undefined),
    [isOpen],
  );
};
