import {
  ConditionalCheckFailedException,
  GetItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { askDynamodb } from '../platform/dynamodb.ts';

/** A number of things within a window of time that begins with the first of them. */
export interface CountLimit {
  readonly max: number;
  readonly windowSeconds: number;
  /**
   * Whether each try beyond the limit makes the wait longer, up to the window, and after a wait only one try is
   * let through; otherwise the wait is what is left of the window.
   */
  readonly backsOff: boolean;
  /**
   * Whether the window ends a fixed time after its first try, however many are refused. Otherwise it ends that long
   * after the last try: whoever goes on trying goes on waiting.
   */
  readonly endsOnTime?: true;
}

/** Steady and in a burst. */
export interface PaceLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * Limits over all functions, by conditional updates: of any number of tries at once no more pass than may. Each
 * answers 0 when the try may go on, else the seconds to wait.
 */
export interface RateLimitStore {
  /** Takes one of a counted limit's tries ahead of its outcome. */
  take(key: string, limit: CountLimit, now: number): Promise<number>;
  /** Gives a try back that turned out not to count. */
  giveBack(key: string): Promise<void>;
  /** Forgets all tries. */
  clear(key: string): Promise<void>;
  /** Takes one step of a pace: the generic cell rate algorithm. @param nowMs milliseconds since 1970 */
  pace(key: string, limit: PaceLimit, nowMs: number): Promise<number>;
}

const FIRST_WAIT_SECONDS = 15;
const SORT_KEY = 'limit';
const REMEMBERED_MAX = 10_000;

export const createRateLimitStore = (
  client: () => DynamoDBClient,
  tableName: () => string,
): RateLimitStore => {
  /** What this function knows of a pace: how far its last step went, and until when it is known to be used up. */
  const known = new Map<string, { readonly due: number; readonly usedUpUntil: number }>();
  const remember = (key: string, due: number, usedUpUntil: number): void => {
    if (known.size >= REMEMBERED_MAX) known.clear();
    known.set(key, { due, usedUpUntil });
  };
  // What somebody tries as a user name may be no text that DynamoDB takes.
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

  return {
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

      // A window that is over counts for nothing any more.
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
      // Of many at once that found the window over, one has begun the next: there is room in it for others.
      const hasRoom = numberOf(item, 'tries') < max && numberOf(item, 'window_ends') > now;
      if (hasRoom && (await takeWithin()) !== undefined) return 0;
      if (!backsOff) return Math.max(1, numberOf(item, 'window_ends') - now);

      const windowEnds = endsOnTime === true ? numberOf(item, 'window_ends') : now + windowSeconds;
      const waitAfter = (refusals: number): number =>
        Math.max(1, Math.min(windowEnds - now, FIRST_WAIT_SECONDS * 2 ** Math.max(0, refusals - 1)));
      const blockedUntil = numberOf(item, 'blocked_until');
      const refusals = numberOf(item, 'refusals') + 1;
      if (blockedUntil > 0 && blockedUntil <= now) {
        // The wait is over: one try, and a longer wait if that fails too.
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

    pace: async (key, { perSecond, burst }, nowMs) => {
      const step = 1000 / perSecond;
      const last = known.get(key) ?? { due: 0, usedUpUntil: 0 };
      const wait = Math.max(1, Math.ceil(step / 1000));
      // A flood must not become a flood of requests to DynamoDB: whoever was refused is refused here until the next
      // step is paid for.
      if (nowMs < last.usedUpUntil) return wait;
      const expiry = Math.ceil(nowMs / 1000) + Math.ceil((burst * step) / 1000) + 60;
      // `due` is when the steps taken so far would have been paid for at the steady rate. DynamoDB cannot take the
      // greater of that and now: whoever was quiet starts anew, whoever was not goes on from there.
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
      // Most often one request is enough: the first to try is the one that the last answer makes likely.
      const wasQuiet = last.due <= nowMs;
      const [first, second] = wasQuiet ? [startAnew, goOn] : [goOn, startAnew];
      let taken = (await first()) ?? (await second());
      // Found quiet by the first try, and no longer by the second: another function has started anew in between.
      if (taken === undefined && !wasQuiet) taken = await goOn();
      if (taken === undefined) {
        remember(key, nowMs + burst * step, nowMs + step);
        return wait;
      }
      const due = numberOf(taken, 'due');
      remember(key, due, due - (burst - 1) * step);
      return 0;
    },
  };
};
