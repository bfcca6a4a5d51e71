import * as z from 'zod';
import { codeOf, errorCatalogue, type ErrorName } from './errors.ts';
import * as frames from './frames.ts';
import type { HttpRoute } from './route.ts';
import { ErrorBody } from './schemas.ts';
import { httpRoutes } from './table.ts';

type Json = Record<string, unknown>;

/** Errors that any route may answer with, besides its own. */
const commonErrors = (route: HttpRoute): ErrorName[] => [
  ...(route.auth === 'user'
    ? (['not_authenticated', 'invalid_token', 'token_expired', 'session_revoked'] as const)
    : []),
  ...(route.body === undefined
    ? []
    : (['malformed_json', 'body_too_large', 'unsupported_media_type'] as const)),
  ...((route.body ?? route.query ?? route.params) ? (['validation_failed'] as const) : []),
  'internal_error',
  ...(route.needs.length > 0 || route.auth === 'user' ? (['store_unavailable'] as const) : []),
];

/** Schemas with an id go under `components`, once; the others stay where they are used. */
const createComponents = () => {
  const schemas: Json = {};
  const convert = (schema: z.ZodType, io: 'input' | 'output'): Json => {
    const { $defs, $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
    const relocated = (value: unknown): Json =>
      JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
    for (const [id, definition] of Object.entries(($defs ?? {}) as Json)) {
      const { id: __, ...rest } = relocated(definition);
      schemas[id] = rest;
    }
    const { id, ...rest } = relocated(json);
    if (typeof id !== 'string') return rest;
    schemas[id] = rest;
    return { $ref: `#/components/schemas/${id}` };
  };
  return { schemas, convert };
};

type Convert = ReturnType<typeof createComponents>['convert'];

const parametersOf = (schema: z.ZodType | undefined, place: 'path' | 'query', convert: Convert): Json[] => {
  if (schema === undefined) return [];
  // As text they come in, as what they are they are described.
  const { properties } = convert(schema, 'output') as { properties: Record<string, Json> };
  const { required } = convert(schema, 'input') as { required?: string[] };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || (required ?? []).includes(name),
    schema: property,
  }));
};

const responsesOf = (route: HttpRoute, convert: Convert): Json => {
  const responses: Record<string, Json> = {};
  for (const [status, { description, body }] of Object.entries(route.responses)) {
    responses[status] = {
      description,
      ...(body === null ? {} : { content: { 'application/json': { schema: convert(body, 'output') } } }),
    };
  }
  const names = [...new Set([...route.errors, ...commonErrors(route)])];
  for (const [status, group] of Map.groupBy(names, (name) => errorCatalogue[name].status)) {
    // A status of the route's own (health's 503) keeps its own body.
    responses[status] ??= {
      description: group.map((name) => `\`${codeOf(name)}\`: ${errorCatalogue[name].detail}`).join('\n\n'),
      ...(status === 429 || status === 503
        ? { headers: { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds' } } }
        : {}),
      content: { 'application/json': { schema: convert(ErrorBody, 'output') } },
    };
  }
  return responses;
};

const operationOf = (route: HttpRoute, convert: Convert): Json => ({
  operationId: route.id,
  summary: route.summary,
  tags: [route.tag],
  security: route.auth === 'user' ? [{ accessToken: [] }] : [],
  parameters: [
    ...parametersOf(route.params, 'path', convert),
    ...parametersOf(route.query, 'query', convert),
  ],
  ...(route.body === undefined
    ? {}
    : {
        requestBody: {
          required: true,
          content: { 'application/json': { schema: convert(route.body, 'input') } },
        },
      }),
  responses: responsesOf(route, convert),
});

/** The HTTP API as an OpenAPI 3.1 document, made from the route table; the frames are among its schemas. */
export const openApiDocument = (version: string): Json => {
  const { schemas, convert } = createComponents();
  const paths: Record<string, Json> = {};
  for (const route of httpRoutes) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route, convert);
  }
  for (const frame of [
    frames.MessageFrame,
    frames.TypingFrame,
    frames.JoinFrame,
    frames.LeaveFrame,
    frames.ReadFrame,
    frames.PingFrame,
  ]) {
    convert(frame, 'input');
  }
  for (const frame of [
    frames.MessageAck,
    frames.ChatAck,
    frames.Pong,
    frames.ErrorFrame,
    ...Object.values(frames.events),
  ]) {
    convert(frame, 'output');
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Chat service',
      version,
      description: 'A chat backend: users, chats, messages; live events by WebSocket.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: ['Users', 'Chats', 'Messages', 'Real time', 'System'].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: Object.fromEntries(Object.entries(schemas).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
};
