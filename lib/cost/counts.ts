import counted from './operations.json' with { type: 'json' };

/**
 * The counted requests of one run of a function that has just started and therefore caches no session, lease or rate. A
 * function that has served the same user within the last minute makes fewer requests.
 */
export interface RouteCounts {
  /** Statements sent to MySQL. */
  readonly mysql?: number;
  /** The MySQL statements that commit. */
  readonly commits?: number;
  /** Commands sent to MongoDB. */
  readonly mongodb?: number;
  /** Requests to DynamoDB by operation, and the capacity units that they consume. */
  readonly dynamodb?: Readonly<Record<string, number>>;
  readonly reads?: number;
  readonly writes?: number;
  /** Frames posted to connections. */
  readonly posts?: number;
  /**
   * Added to the counts above for each member of the chat, or of the group that is created or changed; each member has
   * one connection. A message to a group of ten costs `reads + 10 × perMember.reads`.
   */
  readonly perMember?: PerMember;
}

/** The counts that may grow with a group. */
export type Countable = 'mysql' | 'commits' | 'mongodb' | 'reads' | 'writes' | 'posts';
export type PerMember = Partial<Readonly<Record<Countable, number>>>;

/** By the route's id; a second variant of a route is named after a comma. */
export type OperationCounts = Readonly<Record<string, RouteCounts>>;

/** The counts that `npm run cost -- --count` has written. A test counts again and compares. */
export const operationCounts: OperationCounts = counted;

/**
 * The count of one kind for a run with a group of this size.
 *
 * @param key a key of `operationCounts`
 * @throws Error when there are no counts for this key
 */
export const countOf = (key: string, what: Countable, members: number): number => {
  const counts = operationCounts[key];
  if (counts === undefined) throw new Error(`'${key}' was not counted: run npm run cost -- --count`);
  return (counts[what] ?? 0) + members * (counts.perMember?.[what] ?? 0);
};
