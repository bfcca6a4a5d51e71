import { epochSeconds, type Clock } from '../platform/clock.ts';
import { dynamodb } from '../platform/dynamodb.ts';
import { environmentOf } from '../platform/environment.ts';
import { createConnectionStore, type Connection, type ConnectionStore } from './stores/connections.ts';

export { ConnectionNotRegisteredError } from './stores/connections.ts';

/** The connections table of this stage. */
export const liveConnections: ConnectionStore = createConnectionStore(
  dynamodb,
  () => environmentOf('connections').CONNECTIONS_TABLE,
);

/** Whether a connection counts as open: its lease has not expired. */
export const isLive = (connection: Connection, clock: Clock): boolean =>
  connection.leaseUntil > epochSeconds(clock());

/** Whether a connection receives the events of a chat. The caller has checked that its user is a member. */
export const carries = (connection: Connection, chatId: number): boolean =>
  connection.scope === null || connection.scope === chatId || connection.joined.has(chatId);
