/**
 * Whether a key belongs to an input method editor: Enter then confirms a character, and Escape drops it. Safari reports
 * the Enter that confirms after the composition has ended, without `isComposing`; only the deprecated `keyCode` tells.
 */
export const isComposing = ({
  isComposing: is,
  keyCode,
}: Pick<KeyboardEvent, 'isComposing' | 'keyCode'>): boolean => is || keyCode === 229;
