import { systemClock, type Clock } from '../platform/clock.ts';
import { dynamodb } from '../platform/dynamodb.ts';
import { environmentOf } from '../platform/environment.ts';
import { createSessionStore, type SessionStore } from './stores/sessions.ts';

export interface SessionEffects {
  readonly sessions: SessionStore;
  readonly clock: Clock;
}

/** The sessions of this stage, for a function that only lists them. */
export const listedSessions: SessionEffects = {
  sessions: createSessionStore(dynamodb, () => environmentOf('session-list').SESSIONS_TABLE),
  clock: systemClock,
};

/** The sessions of this stage. */
export const liveSessions: SessionEffects = {
  sessions: createSessionStore(dynamodb, () => environmentOf('session-check').SESSIONS_TABLE),
  clock: systemClock,
};
