/**
 * A time in the format of Signature Version 4, in seconds: `20261126T214924Z`. Its first eight characters are the
 * date.
 */
export const amzTime = (at: Date): string => at.toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
