import {
  DeleteItemCommand,
  PutItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { askDynamodb } from '../../platform/dynamodb.ts';

/** What stands behind a ticket: the bearer of the access token that it was asked for with. */
export interface TicketHolder {
  readonly userId: number;
  readonly username: string;
  readonly sessionId: string;
  /** Seconds since 1970. */
  readonly tokenExpiresAt: number;
}

/** Tickets by a hash of theirs: who reads the table cannot use them. */
export interface TicketStore {
  /** @param expiresAt seconds since 1970 */
  insert(ticketHash: string, holder: TicketHolder, expiresAt: number): Promise<void>;
  /** Takes a ticket away: of any number of tries at once, one gets its holder. */
  take(ticketHash: string, now: number): Promise<TicketHolder | undefined>;
}

/** What the partition keys of tickets begin with. */
const PREFIX = 'ticket#';

const keyOf = (ticketHash: string) => ({ pk: { S: PREFIX + ticketHash }, sk: { S: 'ticket' } });

const toHolder = (item: Record<string, AttributeValue>): TicketHolder => ({
  userId: Number(item['user_id']?.N),
  username: item['username']?.S ?? '',
  sessionId: item['session_id']?.S ?? '',
  tokenExpiresAt: Number(item['token_expires_at']?.N),
});

export const createTicketStore = (client: () => DynamoDBClient, tableName: () => string): TicketStore => ({
  insert: async (ticketHash, holder, expiresAt) => {
    await askDynamodb(() =>
      client().send(
        new PutItemCommand({
          TableName: tableName(),
          Item: {
            ...keyOf(ticketHash),
            user_id: { N: String(holder.userId) },
            username: { S: holder.username },
            session_id: { S: holder.sessionId },
            token_expires_at: { N: String(holder.tokenExpiresAt) },
            expires_at: { N: String(expiresAt) },
          },
        }),
      ),
    );
  },

  take: async (ticketHash, now) => {
    const { Attributes: item } = await askDynamodb(() =>
      client().send(
        new DeleteItemCommand({
          TableName: tableName(),
          Key: keyOf(ticketHash),
          ReturnValues: 'ALL_OLD',
        }),
      ),
    );
    // DynamoDB removes what ran out days later: the reader has to look.
    return item === undefined || Number(item['expires_at']?.N) <= now ? undefined : toHolder(item);
  },
});
