/** A time as Signature Version 4 writes it, to the second: `20261126T214924Z`. Its first eight characters are the day. */
export const amzTime = (at: Date): string => at.toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
