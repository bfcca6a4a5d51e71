import * as z from 'zod';
import type { Feature } from '../contract/feature.ts';
import { anybodysAreUnpaced, defineHttpRoute, defineWebSocketRoute } from '../contract/route.ts';
import { ErrorBody } from '../contract/schemas.ts';

const StoreState = z.enum(['connected', 'unreachable']);

export const Health = z
  .object({
    status: z.enum(['healthy', 'unhealthy']),
    mysql: StoreState,
    mongodb: StoreState,
    dynamodb: StoreState,
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof Health>;

export const Info = z
  .object({
    name: z.string(),
    version: z.string(),
    environment: z.string(),
    features: z.record(z.string(), z.boolean()),
    limits: z.record(z.string(), z.number()),
    websocket_url: z.string(),
  })
  .meta({ id: 'Info' });
export type Info = z.infer<typeof Info>;

export const getRoot = defineHttpRoute({
  id: 'get-root',
  method: 'GET',
  path: '/',
  tag: 'System',
  summary: 'Name, version and status',
  auth: 'none',
  pace: anybodysAreUnpaced,
  needs: [],
  responses: {
    200: {
      description: 'The service is there',
      body: z.object({ name: z.string(), version: z.string(), status: z.literal('running') }),
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
  auth: 'none',
  pace: anybodysAreUnpaced,
  needs: ['mysql', 'mongodb', 'connections-read'],
  responses: {
    200: { description: 'All stores answer', body: Health },
    503: { description: 'At least one does not', body: Health },
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
  pace: anybodysAreUnpaced,
  needs: [],
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
  pace: anybodysAreUnpaced,
  needs: [],
  responses: { 200: { description: 'The document', body: z.record(z.string(), z.unknown()) } },
  errors: [],
});

export const getAsyncApi = defineHttpRoute({
  id: 'get-asyncapi',
  method: 'GET',
  path: '/api/v1/asyncapi.json',
  tag: 'System',
  summary: 'The WebSocket API as an AsyncAPI 3 document',
  auth: 'none',
  pace: anybodysAreUnpaced,
  needs: [],
  responses: { 200: { description: 'The document', body: z.record(z.string(), z.unknown()) } },
  errors: [],
});

export const getDocs = defineHttpRoute({
  id: 'get-docs',
  method: 'GET',
  path: '/api/v1/docs',
  tag: 'System',
  summary: 'A page to read this interface and to try it',
  auth: 'none',
  pace: anybodysAreUnpaced,
  needs: [],
  responses: { 200: { description: 'The page', type: 'text/html', body: z.string() } },
  errors: [],
});

export const rejectFrame = defineWebSocketRoute({
  id: 'reject-frame',
  routeKey: '$default',
  pace: 'frames',
  routeResponse: true,
  summary: 'Answer what is not a frame of this interface',
  needs: ['connections', 'post'],
  errors: ['malformed_json', 'unknown_frame_type'],
});

/** What API Gateway calls when no other route fits, so that this answer has the contract's form too. */
export const unknownRoute = defineHttpRoute({
  id: 'unknown-route',
  method: 'GET',
  path: '/{proxy+}',
  tag: 'System',
  summary: 'Everything else',
  auth: 'none',
  pace: anybodysAreUnpaced,
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
