import { contentStore } from '../messages/live.ts';
import type { ContentStore } from '../messages/stores/contents.ts';
import { loggedError, logger } from '../platform/logger.ts';
import { runWithDeadline } from '../platform/run-with-deadline.ts';
import { liveConnections } from '../presence/live.ts';
import type { ConnectionStore } from '../presence/stores/connections.ts';
import { userStore } from '../users/live.ts';
import type { UserStore } from '../users/stores/users.ts';
import type { Health } from './contract.ts';

export interface HealthEffects {
  readonly users: Pick<UserStore, 'findActiveIds'>;
  readonly contents: Pick<ContentStore, 'findMany'>;
  readonly connections: Pick<ConnectionStore, 'findByUsers'>;
}

const liveEffects: HealthEffects = {
  users: userStore,
  contents: contentStore,
  connections: liveConnections,
};

/** Timeout of each read in milliseconds: a store that has not responded by then counts as unreachable. */
const STORE_TIMEOUT_MS = 4000;

/** Checks every store by a read that finds nothing: the same code path as a request, at almost no cost. Never throws. */
export const checkHealth = async ({
  users,
  contents,
  connections,
}: HealthEffects = liveEffects): Promise<Health> => {
  const answers = async (store: string, read: () => Promise<unknown>) => {
    try {
      await runWithDeadline(STORE_TIMEOUT_MS, read, () => new Error('It took too long'));
      return 'connected' as const;
    } catch (error) {
      logger.error('A store does not answer', { store, error: loggedError(error) });
      return 'unreachable' as const;
    }
  };
  const [mysqlState, mongodbState, dynamodbState] = await Promise.all([
    answers('mysql', () => users.findActiveIds([0])),
    answers('mongodb', () => contents.findMany([{ chat_id: 0, message_id: '', edit_id: null }])),
    answers('dynamodb', () => connections.findByUsers([0])),
  ]);
  const healthy = [mysqlState, mongodbState, dynamodbState].every((state) => state === 'connected');
  return {
    status: healthy ? 'healthy' : 'unhealthy',
    mysql: mysqlState,
    mongodb: mongodbState,
    dynamodb: dynamodbState,
  };
};
