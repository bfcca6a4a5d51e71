import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { limits } from '../contract/limits.ts';
import { anonymousIsUnlimited, defineHttpRoute, defineWebSocketRoute } from '../contract/route.ts';
import { ErrorBody } from '../contract/schemas.ts';

const ServiceName = z.string().meta({ description: 'The name of the service.', example: 'chat-service' });

const StoreState = z.enum(['connected', 'unreachable']);

export const Health = z
  .object({
    status: z.enum(['healthy', 'unhealthy']),
    mysql: StoreState.meta({ description: 'The state of MySQL, which holds everything but contents.' }),
    mongodb: StoreState.meta({ description: 'The state of MongoDB, which holds contents.' }),
    dynamodb: StoreState.meta({
      description: 'The state of DynamoDB, which holds sessions and connections.',
    }),
  })
  .meta({ id: 'Health', description: 'The state of the service’s stores.' });
export type Health = z.infer<typeof Health>;

export const Info = z
  .object({
    name: ServiceName,
    version: z.string(),
    environment: z.string().meta({ description: 'The name of the stage.', example: 'production' }),
    features: z.record(z.string(), z.boolean()).meta({
      description: 'The features of this deployment.',
      example: { typing: true, presence: true, idempotent_send: true },
    }),
    limits: z.record(z.string(), z.number()).meta({
      description: 'The limits of this deployment, by name.',
      example: { group_members: limits.group_members, message_characters: limits.message_characters },
    }),
    push: z
      .object({
        vapid_public_key: z.string().meta({
          description: 'The `applicationServerKey` for subscriptions, in base64url.',
          example: 'BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM',
        }),
        kinds: z.array(z.enum(['web_push', 'fcm'])).meta({
          description: 'The kinds of devices that get pushes.',
          example: ['web_push'],
        }),
      })
      .meta({ id: 'PushInfo', description: 'The push settings for devices.' })
      .meta({
        description: 'The key for subscriptions, and the supported kinds of devices.',
      }),
    websocket_url: z.string().meta({
      description: 'The URL of the WebSocket API.',
      example: 'wss://abc123.execute-api.eu-central-1.amazonaws.com/production',
    }),
  })
  .meta({ id: 'Info', description: 'The settings of the service that clients need.' });
export type Info = z.infer<typeof Info>;

export const getRoot = defineHttpRoute({
  id: 'get-root',
  method: 'GET',
  path: '/',
  tag: 'System',
  summary: 'Get the name, version and status',
  auth: 'none',
  rateLimit: anonymousIsUnlimited,
  needs: [],
  responses: {
    200: {
      description: 'The service is running',
      body: z
        .object({ name: ServiceName, version: z.string(), status: z.literal('running') })
        .meta({ id: 'ServiceStatus', description: 'The name, version and status of the service.' }),
    },
  },
  errors: [],
});

export const getHealth = defineHttpRoute({
  id: 'get-health',
  method: 'GET',
  path: '/health',
  tag: 'System',
  summary: 'Check whether every store responds',
  description: 'Queries every store, without caching. `Retry-After` of a 503 tells when to ask again.',
  auth: 'none',
  rateLimit: anonymousIsUnlimited,
  needs: ['mysql', 'mongodb', 'connections-read'],
  responses: {
    200: { description: 'All stores respond', body: Health },
    503: {
      description: 'At least one store does not respond',
      body: Health,
      example: { status: 'unhealthy', mysql: 'connected', mongodb: 'unreachable', dynamodb: 'connected' },
    },
  },
  errors: [],
});

export const getInfo = defineHttpRoute({
  id: 'get-info',
  method: 'GET',
  path: '/api/v1/info',
  tag: 'System',
  summary: 'Get the settings that clients need, such as the URL of the WebSocket API',
  auth: 'none',
  rateLimit: anonymousIsUnlimited,
  needs: ['push-info'],
  responses: { 200: { description: 'The settings', body: Info } },
  errors: [],
});

export const getOpenApi = defineHttpRoute({
  id: 'get-openapi',
  method: 'GET',
  path: '/api/v1/openapi.json',
  tag: 'System',
  summary: 'Get this API as an OpenAPI 3.1 document',
  auth: 'none',
  rateLimit: anonymousIsUnlimited,
  needs: [],
  responses: {
    200: {
      description: 'The document',
      body: z.record(z.string(), z.unknown()),
      example: { openapi: '3.1.0', info: { title: 'Chat service', version: '1.0.0' }, paths: {} },
    },
  },
  errors: [],
});

export const getAsyncApi = defineHttpRoute({
  id: 'get-asyncapi',
  method: 'GET',
  path: '/api/v1/asyncapi.json',
  tag: 'System',
  summary: 'Get the WebSocket API as an AsyncAPI 3 document',
  auth: 'none',
  rateLimit: anonymousIsUnlimited,
  needs: [],
  responses: {
    200: {
      description: 'The document',
      body: z.record(z.string(), z.unknown()),
      example: { asyncapi: '3.0.0', info: { title: 'Chat service', version: '1.0.0' }, operations: {} },
    },
  },
  errors: [],
});

export const getDocs = defineHttpRoute({
  id: 'get-docs',
  method: 'GET',
  path: '/api/v1/docs',
  tag: 'System',
  summary: 'Get a page that documents this API, for trying it',
  description: 'The page loads everything from this host.',
  auth: 'none',
  rateLimit: anonymousIsUnlimited,
  needs: [],
  responses: {
    200: { description: 'The page', type: 'text/html', body: z.string(), example: '<!doctype html>…' },
  },
  errors: [],
});

export const rejectFrame = defineWebSocketRoute({
  id: 'reject-frame',
  routeKey: '$default',
  rateLimit: 'frames',
  routeResponse: true,
  summary: 'Reply to a frame that is not of this API',
  needs: ['connections', 'post'],
  errors: ['malformed_json', 'unknown_frame_type'],
});

/** API Gateway calls this route when no other matches, so that this response, too, has the contract's format. */
export const unknownRoute = defineHttpRoute({
  id: 'unknown-route',
  method: 'GET',
  path: '/{proxy+}',
  tag: 'System',
  summary: 'Respond to all other requests',
  auth: 'none',
  rateLimit: anonymousIsUnlimited,
  needs: [],
  responses: {
    404: { description: 'There is nothing at this address', body: ErrorBody },
    405: { description: 'This address does not support the method', body: ErrorBody },
  },
  errors: [],
});

export const feature = {
  name: 'system',
  http: [getRoot, getHealth, getInfo, getOpenApi, getAsyncApi, getDocs],
  webSocket: [rejectFrame],
} as const satisfies Feature;
