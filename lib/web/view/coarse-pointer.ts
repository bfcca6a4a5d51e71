/** Whether the main pointer is a finger: the device then has a keyboard that covers the page, and a gesture to go back. */
export const hasCoarsePointer = (): boolean => matchMedia('(pointer: coarse)').matches;
