import counted from './operations.json' with { type: 'json' };

/**
 * What one run of a function asks for, of everything that is counted: a function that has just started, so one that
 * remembers no session, no lease and no pace of the user. A function that served the same user within the minute asks
 * for less.
 */
export interface RouteCounts {
  /** Statements sent to MySQL. */
  readonly mysql?: number;
  /** Of those, the ones that commit something. */
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
   * What is added to the above for each member of the chat, or of the group that is made or changed. Each has one
   * connection. A message to a group of ten costs `reads + 10 × perMember.reads`.
   */
  readonly perMember?: PerMember;
}

/** What may grow with a group. */
export type Countable = 'mysql' | 'commits' | 'mongodb' | 'reads' | 'writes' | 'posts';
export type PerMember = Partial<Readonly<Record<Countable, number>>>;

/** By the route's id; where a route is counted in a second way, what is special about it follows a comma. */
export type OperationCounts = Readonly<Record<string, RouteCounts>>;

/** The counts that `npm run cost -- --count` wrote. A test counts again, and compares. */
export const operationCounts: OperationCounts = counted;

/**
 * How much of something a run takes with a group of this many members.
 *
 * @param key of `operationCounts`
 * @throws Error when nothing was counted by this key
 */
export const countOf = (key: string, what: Countable, members: number): number => {
  const counts = operationCounts[key];
  if (counts === undefined) throw new Error(`'${key}' was not counted: run npm run cost -- --count`);
  return (counts[what] ?? 0) + members * (counts.perMember?.[what] ?? 0);
};
