import type middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { logger } from '../platform/logger.ts';

/** The fields to log for an event. */
export interface EventDescription {
  /** Fields of every line that is logged while the event is handled. */
  readonly keys: Readonly<Record<string, string>>;
  /** Fields of the line about the outcome; undefined ones are omitted. */
  readonly fields: Readonly<Record<string, string | number | undefined>>;
}

/** Logs one line per event: its fields, the status, and the duration in milliseconds. */
export const eventLogger = <Event extends object>(
  message: string,
  describe: (event: Event) => EventDescription,
): middy.MiddlewareObj<Event, APIGatewayProxyStructuredResultV2> => {
  const startedAt = new WeakMap<Event, number>();
  const log: middy.MiddlewareFn<Event, APIGatewayProxyStructuredResultV2> = ({ event, response }) => {
    logger.info(message, {
      ...describe(event).fields,
      status: response?.statusCode,
      duration_ms: Math.round(performance.now() - (startedAt.get(event) ?? 0)),
    });
    logger.resetKeys();
  };
  return {
    before: ({ event }) => {
      startedAt.set(event, performance.now());
      logger.appendKeys(describe(event).keys);
    },
    after: log,
    onError: log,
  };
};
