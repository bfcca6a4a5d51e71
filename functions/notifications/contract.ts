import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { limits } from '../contract/limits.ts';
import { type ConsumerRoute, type JobRoute, defineHttpRoute, readsAreUnlimited } from '../contract/route.ts';
import {
  ChatNotifications,
  ChatParams,
  Counter,
  DisplayName,
  Id,
  IdText,
  Page,
  PageQuery,
  GivenTimestamp,
  Timestamp,
} from '../contract/schemas.ts';

const Kind = z
  .enum(['web_push', 'fcm'])
  .meta({ description: 'Web Push, or Firebase Cloud Messaging.', example: 'web_push' });

export const Device = z
  .object({
    id: Id.meta({ description: 'The device’s id.', example: 3 }),
    kind: Kind,
    name: z
      .string()
      .nullable()
      .meta({ description: 'The name that the user gave it.', example: 'Firefox on a desk' }),
    created_at: Timestamp.meta({ description: 'When the device was first registered.' }),
  })
  .meta({ id: 'Device', description: 'A device that gets your pushes.' });
export type Device = z.infer<typeof Device>;

const PushKeys = z
  .strictObject({
    p256dh: z
      .string()
      .regex(/^[\w-]{87}$/, 'Expected 65 bytes in base64url')
      .meta({
        description: 'The subscription’s public key: a point of P-256, uncompressed, in base64url.',
        example: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
      }),
    auth: z
      .string()
      .regex(/^[\w-]{22}$/, 'Expected 16 bytes in base64url')
      .meta({
        description: 'The subscription’s secret: 16 bytes in base64url.',
        example: 'BTBZMqHH6r4Tts7J_aSIgg',
      }),
  })
  .meta({
    id: 'PushKeys',
    description: 'The keys of a subscription, as `PushSubscription.toJSON` returns them.',
  });

/** One object instead of a union of two, which generated clients of several languages cannot send. */
export const RegisterDeviceBody = z
  .strictObject({
    kind: Kind,
    endpoint: z.string().max(2048).optional().meta({
      description: 'For `web_push`: the https URL at a push service that this stage sends to.',
      example: 'https://updates.push.services.mozilla.com/wpush/v2/gAAAAABk',
    }),
    keys: PushKeys.optional().meta({ description: 'For `web_push`: its keys.' }),
    token: z
      .string()
      .regex(/^[\w:.-]{1,2048}$/, 'Expected a registration token of FCM')
      .optional()
      .meta({ description: 'For `fcm`: the registration token.', example: 'dGhpcy1pcy1hLXRva2Vu:APA91bH' }),
    name: DisplayName({ min: 1, max: 100 })
      .nullish()
      .meta({ description: 'A name for the device.', example: 'Firefox on a desk' }),
  })
  .superRefine(({ kind, endpoint, keys, token }, context) => {
    const issue = (path: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [path], message });
    };
    const isWeb = kind === 'web_push';
    if (isWeb && endpoint === undefined) issue('endpoint', 'Web Push requires an endpoint');
    if (isWeb && keys === undefined) issue('keys', 'Web Push requires keys');
    if (isWeb && token !== undefined) issue('token', 'Web Push takes no token');
    if (!isWeb && token === undefined) issue('token', 'FCM requires a token');
    if (!isWeb && endpoint !== undefined) issue('endpoint', 'FCM takes no endpoint');
    if (!isWeb && keys !== undefined) issue('keys', 'FCM takes no keys');
  })
  .meta({
    id: 'RegisterDeviceBody',
    description: 'A device to register: a browser’s subscription, or an app’s registration with FCM.',
    example: {
      kind: 'web_push',
      endpoint: 'https://updates.push.services.mozilla.com/wpush/v2/gAAAAABk',
      keys: {
        p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
        auth: 'BTBZMqHH6r4Tts7J_aSIgg',
      },
    },
  });
export type RegisterDeviceBody = z.infer<typeof RegisterDeviceBody>;

export const registerDevice = defineHttpRoute({
  id: 'register-device',
  method: 'POST',
  path: '/api/v1/users/me/devices',
  collection: true,
  tag: 'Notifications',
  summary: 'Register this device for pushes',
  description: `A known device, whoever it belonged to, becomes yours and this session’s. Without \`name\`, the device keeps the name that you gave it. The registration ends with the session. A user has at most ${limits.devices_per_user} devices: one more replaces the oldest. \`push.kinds\` of \`GET /api/v1/info\` lists the kinds that this stage sends to; a device of another kind is stored but gets nothing.`,
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'connections', 'push-hosts'],
  body: RegisterDeviceBody,
  examples: {
    browser: {
      kind: 'web_push',
      endpoint: 'https://updates.push.services.mozilla.com/wpush/v2/gAAAAABk',
      keys: {
        p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
        auth: 'BTBZMqHH6r4Tts7J_aSIgg',
      },
    },
    app: { kind: 'fcm', token: 'dGhpcy1pcy1hLXRva2Vu:APA91bH', name: 'Phone' },
  },
  responses: {
    200: { description: 'The device, which was known already', body: Device },
    201: { description: 'The new device', body: Device },
  },
  errors: ['endpoint_not_allowed'],
});

export const listDevices = defineHttpRoute({
  id: 'list-devices',
  method: 'GET',
  path: '/api/v1/users/me/devices',
  collection: true,
  tag: 'Notifications',
  summary: 'List your devices, newest first',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql', 'session-checks'],
  query: PageQuery,
  responses: {
    200: {
      description: 'A page of devices',
      body: Page(Device).meta({ id: 'DevicePage', description: 'A page of devices.' }),
    },
  },
  errors: [],
});

export const removeDevice = defineHttpRoute({
  id: 'remove-device',
  method: 'DELETE',
  path: '/api/v1/users/me/devices/{device_id}',
  tag: 'Notifications',
  summary: 'Unregister a device',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'connections'],
  params: z.object({ device_id: IdText.meta({ description: 'The device’s id.', example: 3 }) }),
  responses: { 204: { description: 'The device gets no more pushes', body: null } },
  errors: ['device_not_found'],
});

export const ChatNotificationsBody = z
  .strictObject({
    level: ChatNotifications.shape.level.optional(),
    muted_until: GivenTimestamp.nullable().optional().meta({
      description: 'Until when the chat is muted: nothing of it is pushed. Null unmutes it.',
      example: '2026-01-31T09:26:53.589Z',
    }),
  })
  .meta({
    id: 'ChatNotificationsBody',
    description: 'The changes to your settings in a chat; absent fields stay unchanged.',
    example: { level: 'mentions' },
  });
export type ChatNotificationsBody = z.infer<typeof ChatNotificationsBody>;

export const setChatNotifications = defineHttpRoute({
  id: 'set-chat-notifications',
  method: 'PUT',
  path: '/api/v1/chats/{chat_id}/notifications',
  tag: 'Notifications',
  summary: 'Change your notification settings in a chat',
  description:
    'The level `mentions` pushes only mentions; while the chat is muted, nothing is pushed. Your connections get `chat_updated`; nobody else sees the settings.',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql', 'mongodb', 'file-urls', 'connections', 'post'],
  params: ChatParams,
  body: ChatNotificationsBody,
  responses: {
    200: {
      description: 'Your settings in the chat',
      body: ChatNotifications.extend({ chat_id: Id }).meta({
        id: 'ChatNotificationsAnswer',
        description: 'Your settings in a chat.',
      }),
    },
  },
  errors: ['chat_not_found'],
});

const TimeOfDay = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'Expected a time such as 22:00');

const preview = z.boolean().meta({
  description: 'Whether notifications show the beginning of the message.',
  example: true,
});
const quietFields = {
  from: TimeOfDay.meta({ description: 'When the quiet hours begin.', example: '22:00' }),
  to: TimeOfDay.meta({
    description: 'When they end: on the next day if earlier than `from`.',
    example: '07:00',
  }),
  time_zone: z
    .string()
    .regex(/^[A-Za-z][\w+\x2f-]{0,63}$/, 'Expected the IANA name of a time zone')
    .meta({ description: 'The IANA name of the time zone.', example: 'Europe/Berlin' }),
};
const QUIET = 'The hours in which nothing is pushed, not even mentions; null for none.';

export const NotificationSettingsBody = z
  .strictObject({
    preview,
    quiet: z
      .strictObject(quietFields)
      .meta({ id: 'QuietHoursBody', description: 'Quiet hours of the day.' })
      .nullable()
      .meta({ description: QUIET }),
  })
  .meta({ id: 'NotificationSettingsBody', description: 'Your notification settings for all chats.' });

export const NotificationSettings = z
  .object({
    preview,
    quiet: z
      .object(quietFields)
      .meta({ id: 'QuietHours', description: 'Quiet hours of the day.' })
      .nullable()
      .meta({ description: QUIET }),
  })
  .meta({
    id: 'NotificationSettings',
    description: 'Your current notification settings for all chats.',
  });
export type NotificationSettings = z.infer<typeof NotificationSettings>;

export const getNotificationSettings = defineHttpRoute({
  id: 'get-notification-settings',
  method: 'GET',
  path: '/api/v1/users/me/notifications',
  tag: 'Notifications',
  summary: 'Get your notification settings for all chats',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql'],
  responses: { 200: { description: 'Your settings', body: NotificationSettings } },
  errors: [],
});

export const setNotificationSettings = defineHttpRoute({
  id: 'set-notification-settings',
  method: 'PUT',
  path: '/api/v1/users/me/notifications',
  tag: 'Notifications',
  summary: 'Change your notification settings for all chats',
  auth: 'user',
  rateLimit: 'changes',
  needs: ['mysql'],
  body: NotificationSettingsBody,
  responses: { 200: { description: 'Your settings', body: NotificationSettings } },
  errors: [],
});

export const Unread = z
  .object({
    unread_total: Counter.meta({
      description: 'The number of unread messages in all chats that are not muted.',
      example: 5,
    }),
    mention_total: Counter.meta({
      description: 'The number of these that mention you or everybody.',
      example: 1,
    }),
  })
  .meta({ id: 'Unread', description: 'The unread counts over all chats, for a badge.' });
export type Unread = z.infer<typeof Unread>;

export const getUnread = defineHttpRoute({
  id: 'get-unread',
  method: 'GET',
  path: '/api/v1/users/me/unread',
  tag: 'Notifications',
  summary: 'Get the unread counts over all chats that are not muted',
  auth: 'user',
  rateLimit: readsAreUnlimited,
  needs: ['mysql'],
  responses: { 200: { description: 'The unread counts', body: Unread } },
  errors: [],
});

/** Decides who gets a push for new messages. */
export const dispatchMessages: ConsumerRoute = {
  transport: 'consumer',
  id: 'dispatch-messages',
  summary: 'Decide who gets pushes for new messages',
  queue: 'dispatch',
  // Limits the load on MySQL: each batch queries it for each of its chats.
  mostAtOnce: 10,
  needs: ['mysql', 'mongodb', 'connections', 'session-checks', 'dispatch-queue', 'push-queue', 'push-info'],
  errors: [],
};

/** Sends pushes to push services. Runs outside of the VPC: its only store is the claims in DynamoDB. */
export const sendPushes: ConsumerRoute = {
  transport: 'consumer',
  id: 'send-pushes',
  summary: 'Send pushes to push services',
  queue: 'push',
  mostAtOnce: 50,
  needs: ['push-claims', 'push-hosts', 'push-keys', 'dispatch-queue'],
  errors: [],
};

/** Finds chats whose dispatch was never queued. */
export const sweepDispatch: JobRoute = {
  transport: 'job',
  id: 'sweep-dispatch',
  summary: 'Queue the dispatch of chats with messages that were never dispatched',
  schedule: 'rate(1 minute)',
  needs: ['mysql', 'dispatch-queue'],
  errors: [],
};

/** Removes devices whose sessions have ended. */
export const reapDevices: JobRoute = {
  transport: 'job',
  id: 'reap-devices',
  summary: 'Remove devices whose sessions have ended',
  schedule: 'rate(1 day)',
  needs: ['mysql', 'connections', 'session-checks'],
  errors: [],
};

export const feature = {
  name: 'notifications',
  http: [
    registerDevice,
    listDevices,
    removeDevice,
    setChatNotifications,
    getNotificationSettings,
    setNotificationSettings,
    getUnread,
  ],
  jobs: [sweepDispatch, reapDevices],
  consumers: [dispatchMessages, sendPushes],
} as const satisfies Feature;
