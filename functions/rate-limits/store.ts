import {
  ConditionalCheckFailedException,
  GetItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { askDynamodb } from '../platform/dynamodb.ts';
import { createBoundedCache } from '../platform/bounded-cache.ts';

/** At most `max` attempts within a time window that begins with the first attempt. */
export interface CountLimit {
  readonly max: number;
  readonly windowSeconds: number;
  /**
   * Whether each refusal makes the wait longer, up to the window, and one attempt passes after each wait. Otherwise the
   * wait is the rest of the window.
   */
  readonly backsOff: boolean;
  /** Whether the window ends at a fixed time after its first attempt. Otherwise each refused attempt extends it. */
  readonly endsOnTime?: true;
}

/** A sustained rate and a burst (the number of steps that may be taken at once). */
export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * Limits across all functions, by conditional updates: concurrent attempts cannot exceed a limit. `take` and
 * `takeStep` return 0 when the attempt may go on, otherwise the seconds to wait.
 */
export interface RateLimitStore {
  /** Counts an attempt before its outcome is known. @param now seconds since 1970 */
  take(key: string, limit: CountLimit, now: number): Promise<number>;
  /** Takes back an attempt that does not count. */
  giveBack(key: string): Promise<void>;
  /** Resets a limit. */
  clear(key: string): Promise<void>;
  /** Takes one step of a rate limit, by the generic cell rate algorithm. @param nowMs milliseconds since 1970 */
  takeStep(key: string, limit: RateLimit, nowMs: number): Promise<number>;
  /**
   * The seconds to wait when this execution environment already knows that a rate limit is used up, else 0. Makes no
   * request.
   */
  usedUpFor(key: string, limit: RateLimit, nowMs: number): number;
}

const FIRST_WAIT_SECONDS = 15;
const SORT_KEY = 'limit';
/** Size of the cache of rate limits. */
const REMEMBERED_MAX = 10_000;

export const createRateLimitStore = (
  client: () => DynamoDBClient,
  tableName: () => string,
): RateLimitStore => {
  /**
   * Per rate limit, as this execution environment last saw it: its `due`, and until when it is used up (milliseconds
   * since 1970).
   */
  const known = createBoundedCache<string, { readonly due: number; readonly usedUpUntil: number }>(
    REMEMBERED_MAX,
  );
  // A key may contain a lone surrogate, which DynamoDB rejects.
  const keyOf = (key: string) => ({ pk: { S: `limit#${key.toWellFormed()}` }, sk: { S: SORT_KEY } });

  /** @returns the item after the update, or undefined when the condition did not hold */
  const update = async (
    key: string,
    input: Pick<UpdateItemCommandInput, 'UpdateExpression' | 'ConditionExpression'>,
    values: Record<string, number>,
  ): Promise<Record<string, AttributeValue> | undefined> => {
    try {
      const { Attributes } = await askDynamodb(() =>
        client().send(
          new UpdateItemCommand({
            TableName: tableName(),
            Key: keyOf(key),
            ...input,
            ExpressionAttributeValues: Object.fromEntries(
              Object.entries(values).map(([name, value]) => [name, { N: String(value) }]),
            ),
            ReturnValues: 'ALL_NEW',
          }),
        ),
      );
      return Attributes ?? {};
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  };

  const numberOf = (item: Record<string, AttributeValue>, name: string): number => Number(item[name]?.N ?? 0);

  const read = async (key: string): Promise<Record<string, AttributeValue>> => {
    const { Item: item } = await askDynamodb(() =>
      client().send(new GetItemCommand({ TableName: tableName(), Key: keyOf(key), ConsistentRead: true })),
    );
    return item ?? {};
  };

  const secondsOf = ({ perSecond }: RateLimit): number => Math.max(1, Math.ceil(1 / perSecond));
  const usedUpFor: RateLimitStore['usedUpFor'] = (key, limit, nowMs) =>
    nowMs < (known.get(key)?.usedUpUntil ?? 0) ? secondsOf(limit) : 0;

  return {
    usedUpFor,

    take: async (key, { max, windowSeconds, backsOff, endsOnTime }, now) => {
      const takeWithin = () =>
        update(
          key,
          {
            UpdateExpression:
              'ADD tries :one SET window_ends = if_not_exists(window_ends, :ends), expires_at = if_not_exists(expires_at, :ends)',
            ConditionExpression:
              '(attribute_not_exists(tries) OR tries < :max) AND (attribute_not_exists(window_ends) OR window_ends > :now)',
          },
          { ':one': 1, ':max': max, ':now': now, ':ends': now + windowSeconds },
        );
      if ((await takeWithin()) !== undefined) return 0;

      // An expired window is replaced by a new one.
      const anew = await update(
        key,
        {
          UpdateExpression:
            'SET tries = :one, window_ends = :ends, expires_at = :ends REMOVE refusals, blocked_until',
          ConditionExpression: 'window_ends <= :now',
        },
        { ':one': 1, ':now': now, ':ends': now + windowSeconds },
      );
      if (anew !== undefined) return 0;

      const item = await read(key);
      // A concurrent attempt may have started the new window, which may have room for more.
      const hasRoom = numberOf(item, 'tries') < max && numberOf(item, 'window_ends') > now;
      if (hasRoom && (await takeWithin()) !== undefined) return 0;
      if (!backsOff) return Math.max(1, numberOf(item, 'window_ends') - now);

      const windowEnds = endsOnTime === true ? numberOf(item, 'window_ends') : now + windowSeconds;
      const waitAfter = (refusals: number): number =>
        Math.max(1, Math.min(windowEnds - now, FIRST_WAIT_SECONDS * 2 ** Math.max(0, refusals - 1)));
      const blockedUntil = numberOf(item, 'blocked_until');
      const refusals = numberOf(item, 'refusals') + 1;
      if (blockedUntil > 0 && blockedUntil <= now) {
        // After the wait one attempt may pass; if that fails too, the next wait is longer.
        const probe = await update(
          key,
          {
            UpdateExpression:
              'SET blocked_until = :until, refusals = :refusals, window_ends = :ends, expires_at = :ends',
            ConditionExpression: 'blocked_until = :seen',
          },
          {
            ':seen': blockedUntil,
            ':until': now + waitAfter(refusals),
            ':refusals': refusals,
            ':ends': windowEnds,
          },
        );
        if (probe !== undefined) return 0;
      }
      const refused = await update(
        key,
        { UpdateExpression: 'ADD refusals :one SET window_ends = :ends, expires_at = :ends' },
        { ':one': 1, ':ends': windowEnds },
      );
      const wait = waitAfter(numberOf(refused ?? {}, 'refusals'));
      await update(
        key,
        {
          UpdateExpression: 'SET blocked_until = :until',
          ConditionExpression: 'attribute_not_exists(blocked_until) OR blocked_until < :until',
        },
        { ':until': now + wait },
      );
      return wait;
    },

    giveBack: async (key) => {
      await update(
        key,
        { UpdateExpression: 'ADD tries :less', ConditionExpression: 'tries > :zero' },
        { ':less': -1, ':zero': 0 },
      );
    },

    clear: async (key) => {
      await update(
        key,
        {
          UpdateExpression: 'SET tries = :zero REMOVE refusals, blocked_until, window_ends',
          ConditionExpression: 'attribute_exists(tries)',
        },
        { ':zero': 0 },
      );
    },

    takeStep: async (key, limit, nowMs) => {
      const { perSecond, burst } = limit;
      const step = 1000 / perSecond;
      const last = known.get(key) ?? { due: 0, usedUpUntil: 0 };
      // A flood of frames must not become a flood of requests to DynamoDB: after a refusal, further attempts are
      // refused locally until the next step is due.
      const wait = usedUpFor(key, limit, nowMs);
      if (wait > 0) return wait;
      const expiry = Math.ceil(nowMs / 1000) + Math.ceil((burst * step) / 1000) + 60;
      // `due` is the time at which the steps taken so far would end at the sustained rate. DynamoDB has no `max(due,
      // now)`, so one update handles a `due` in the past, and another one a `due` in the future.
      const startAnew = () =>
        update(
          key,
          {
            UpdateExpression: 'SET due = :next, expires_at = :expiry',
            ConditionExpression: 'attribute_not_exists(due) OR due <= :now',
          },
          { ':now': nowMs, ':next': nowMs + step, ':expiry': expiry },
        );
      const goOn = () =>
        update(
          key,
          {
            UpdateExpression: 'SET due = due + :step, expires_at = :expiry',
            ConditionExpression: 'due > :now AND due <= :latest',
          },
          { ':now': nowMs, ':step': step, ':latest': nowMs + (burst - 1) * step, ':expiry': expiry },
        );
      // Usually one request suffices: the update that is more likely to succeed, judging by the last known `due`,
      // goes first.
      const wasQuiet = last.due <= nowMs;
      const [first, second] = wasQuiet ? [startAnew, goOn] : [goOn, startAnew];
      let taken = (await first()) ?? (await second());
      // The first update found `due` in the past, the second one found it in the future: another function took a step
      // in between.
      if (taken === undefined && !wasQuiet) taken = await goOn();
      if (taken === undefined) {
        known.set(key, { due: nowMs + burst * step, usedUpUntil: nowMs + step });
        return secondsOf(limit);
      }
      const due = numberOf(taken, 'due');
      known.set(key, { due, usedUpUntil: due - (burst - 1) * step });
      return 0;
    },
  };
};
