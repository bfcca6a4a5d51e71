/** Returns the current time; tests pass their own. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();

/** Seconds since 1970, as JWTs and DynamoDB's TTL count them. */
export const epochSeconds = (date: Date): number => Math.floor(date.getTime() / 1000);
