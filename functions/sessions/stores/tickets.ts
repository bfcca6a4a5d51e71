import {
  DeleteItemCommand,
  PutItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { askDynamodb } from '../../platform/dynamodb.ts';
import type { Actor } from '../actor.ts';

/**
 * Tickets by their hash, so that somebody who reads the table cannot use them. A ticket's holder is the user whose
 * access token it was issued for.
 */
export interface TicketStore {
  /** @param expiresAt seconds since 1970 */
  insert(ticketHash: string, holder: Actor, expiresAt: number): Promise<void>;
  /**
   * Removes a ticket and returns its holder. Of concurrent callers only one gets the holder.
   *
   * @param now seconds since 1970; an expired ticket has no holder
   */
  take(ticketHash: string, now: number): Promise<Actor | undefined>;
}

/** The prefix of the partition keys of tickets. */
const PREFIX = 'ticket#';

const keyOf = (ticketHash: string) => ({ pk: { S: PREFIX + ticketHash }, sk: { S: 'ticket' } });

const toHolder = (item: Record<string, AttributeValue>): Actor => ({
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
    // DynamoDB's TTL deletes expired items up to days late, so readers must check the expiry.
    return item === undefined || Number(item['expires_at']?.N) <= now ? undefined : toHolder(item);
  },
});
