import { EVENT_BYTES_MAX, limits } from '../contract/limits.ts';
import { baseEnvironment, environmentOf } from '../platform/environment.ts';
import type { Info } from './contract.ts';

/** The version and the WebSocket URL of this stage. @throws Error when the stage has no WebSocket API */
export const locateService = (): Pick<Info, 'version' | 'websocket_url'> => {
  const { SERVICE_VERSION, WEBSOCKET_URL } = baseEnvironment();
  if (WEBSOCKET_URL === undefined) throw new Error('WEBSOCKET_URL is not in the environment');
  return { version: SERVICE_VERSION, websocket_url: WEBSOCKET_URL };
};

/** The version, features, limits and WebSocket URL of this stage. @throws Error when the stage has no WebSocket API */
export const describeService = (): Info => {
  const { VAPID_PUBLIC_KEY, PUSH_KINDS } = environmentOf('push-info');
  return {
    name: 'chat-service',
    ...locateService(),
    environment: baseEnvironment().STAGE,
    features: {
      typing: true,
      presence: true,
      idempotent_send: true,
      reactions: true,
      replies: true,
      mentions: true,
      pins: true,
      files: true,
      push: true,
    },
    limits: { ...limits, event_bytes: EVENT_BYTES_MAX },
    push: { vapid_public_key: VAPID_PUBLIC_KEY, kinds: PUSH_KINDS.split(',') as Info['push']['kinds'] },
  };
};
