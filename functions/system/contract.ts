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
    mysql: StoreState.meta({ description: 'MySQL, which holds everything but contents.' }),
    mongodb: StoreState.meta({ description: 'MongoDB, which holds contents.' }),
    dynamodb: StoreState.meta({ description: 'DynamoDB, which holds sessions and connections.' }),
  })
  .meta({ id: 'Health', description: 'What the service can reach.' });
export type Health = z.infer<typeof Health>;

export const Info = z
  .object({
    name: ServiceName,
    version: z.string(),
    environment: z.string().meta({ description: 'The stage.', example: 'production' }),
    features: z.record(z.string(), z.boolean()).meta({
      description: 'What this deployment can do.',
      example: { typing: true, presence: true, idempotent_send: true },
    }),
    limits: z.record(z.string(), z.number()).meta({
      description: 'The limits of this deployment, by name.',
      example: { group_members: limits.group_members, message_characters: limits.message_characters },
    }),
    push: z
      .object({
        vapid_public_key: z.string().meta({
          description: 'The `applicationServerKey` to subscribe with, in base64url.',
          example: 'BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM',
        }),
        kinds: z.array(z.enum(['web_push', 'fcm'])).meta({
          description: 'The kinds of devices that are sent to.',
          example: ['web_push'],
        }),
      })
      .meta({ id: 'PushInfo', description: 'How devices are pushed to.' })
      .meta({ description: 'What to subscribe with, and which devices are sent to.' }),
    websocket_url: z.string().meta({
      description: 'Where the WebSocket API is.',
      example: 'wss://abc123.execute-api.eu-central-1.amazonaws.com/production',
    }),
  })
  .meta({ id: 'Info', description: 'What a client needs to know.' });
export type Info = z.infer<typeof Info>;

export const getRoot = defineHttpRoute({
  id: 'get-root',
  method: 'GET',
  path: '/',
  tag: 'System',
  summary: 'Name, version and status',
  auth: 'none',
  rateLimit: anonymousIsUnlimited,
  needs: [],
  responses: {
    200: {
      description: 'The service is there',
      body: z
        .object({ name: ServiceName, version: z.string(), status: z.literal('running') })
        .meta({ id: 'ServiceStatus', description: 'That the service is there.' }),
    },
  },
  errors: [],
});

export const getHealth = defineHttpRoute({
  id: 'get-health',
  method: 'GET',
  path: '/health',
  tag: 'System',
  summary: 'Whether every store answers',
  description:
    'Asks every store; nothing of it is kept from an earlier request. A 503 says by `Retry-After` when to ask again.',
  auth: 'none',
  rateLimit: anonymousIsUnlimited,
  needs: ['mysql', 'mongodb', 'connections-read'],
  responses: {
    200: { description: 'All stores answer', body: Health },
    503: {
      description: 'At least one does not',
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
  summary: 'What a client needs to know, the address of the WebSocket API above all',
  auth: 'none',
  rateLimit: anonymousIsUnlimited,
  needs: ['push-info'],
  responses: { 200: { description: 'The service', body: Info } },
  errors: [],
});

export const getOpenApi = defineHttpRoute({
  id: 'get-openapi',
  method: 'GET',
  path: '/api/v1/openapi.json',
  tag: 'System',
  summary: 'This interface as an OpenAPI 3.1 document',
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
  summary: 'The WebSocket API as an AsyncAPI 3 document',
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
  summary: 'A page to read this interface and to try it',
  description: 'Everything that it needs comes from this host.',
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
  summary: 'Answer what is not a frame of this interface',
  needs: ['connections', 'post'],
  errors: ['malformed_json', 'unknown_frame_type'],
});

/** API Gateway calls this route when no other matches, so that this response, too, has the contract's format. */
export const unknownRoute = defineHttpRoute({
  id: 'unknown-route',
  method: 'GET',
  path: '/{proxy+}',
  tag: 'System',
  summary: 'Everything else',
  auth: 'none',
  rateLimit: anonymousIsUnlimited,
  needs: [],
  responses: {
    404: { description: 'There is nothing at this address', body: ErrorBody },
    405: { description: 'The address does not answer to that method', body: ErrorBody },
  },
  errors: [],
});

export const feature = {
  name: 'system',
  http: [getRoot, getHealth, getInfo, getOpenApi, getAsyncApi, getDocs],
  webSocket: [rejectFrame],
} as const satisfies Feature;
