import {
  codeOf,
  errorCatalogue,
  errorNames,
  STORE_RETRY_SECONDS,
  type ErrorName,
} from '../contract/errors.ts';
import { paceOf, type HttpRoute } from '../contract/route.ts';
import { ErrorBody } from '../contract/schemas.ts';
import { httpRoutes } from '../contract/table.ts';
import { addFrames, type FrameSchema } from './frame-schemas.ts';
import {
  createSchemaCollection,
  exampleOf,
  examplesOf,
  fieldExamples,
  type JsonSchema,
  type SchemaCollection,
} from './json-schema.ts';
import { introduction, tagNotes } from './notes.ts';

type Json = Record<string, unknown>;

/** Every error that a route may answer with: the route's own, and those that follow from its `auth`, `body`, `pace` and `needs`. */
export const errorsOf = (route: HttpRoute): readonly ErrorName[] => {
  const names = new Set<ErrorName>([
    ...route.errors,
    ...(route.auth === 'user'
      ? (['not_authenticated', 'invalid_token', 'token_expired', 'session_revoked'] as const)
      : []),
    ...(route.body === undefined
      ? []
      : (['malformed_json', 'body_too_large', 'unsupported_media_type'] as const)),
    ...(paceOf(route) === undefined ? [] : (['rate_limited'] as const)),
    ...((route.body ?? route.query ?? route.params) ? (['validation_failed'] as const) : []),
    'internal_error',
    // The 503 of health has a body of its own, which says what is down.
    ...((route.needs.length > 0 && route.responses[503] === undefined) || route.auth === 'user'
      ? (['store_unavailable'] as const)
      : []),
  ]);
  return errorNames.filter((name) => names.has(name));
};

/** Error responses that many routes share, by their names among the document's components. */
const sharedAnswers: readonly (readonly [string, readonly ErrorName[]])[] = [
  ['MalformedJson', ['malformed_json']],
  ['NotAuthenticated', ['not_authenticated', 'invalid_token', 'token_expired', 'session_revoked']],
  ['ChatNotFound', ['chat_not_found']],
  ['MessageNotFound', ['message_not_found']],
  ['BodyTooLarge', ['body_too_large']],
  ['UnsupportedMediaType', ['unsupported_media_type']],
  ['ValidationFailed', ['validation_failed']],
  ['RateLimited', ['rate_limited']],
  ['InternalError', ['internal_error']],
  ['StoreUnavailable', ['store_unavailable']],
];

const headers = {
  RequestId: {
    description: 'Names the request in the service’s logs.',
    schema: { type: 'string', examples: ['dGhpcyBpcyBhIHJlcXVlc3Q='] },
  },
  RetryAfter: {
    description: 'Seconds until another try makes sense.',
    schema: { type: 'integer', minimum: 1, examples: [STORE_RETRY_SECONDS] },
  },
  Authenticate: {
    description: 'How to present a token (RFC 6750).',
    schema: { type: 'string', const: 'Bearer' },
  },
} as const;

const headersOf = (status: number): Json => {
  const headerRef = (name: keyof typeof headers): Json => ({ $ref: `#/components/headers/${name}` });
  return {
    'x-request-id': headerRef('RequestId'),
    ...(status === 401 ? { 'www-authenticate': headerRef('Authenticate') } : {}),
    ...(status === 429 || status === 503 ? { 'retry-after': headerRef('RetryAfter') } : {}),
  };
};

const errorExample = (name: ErrorName): Json => {
  const { status, detail } = errorCatalogue[name];
  const path = name === 'validation_failed' ? 'content' : '';
  return {
    detail,
    status_code: status,
    code: codeOf(name),
    ...(status === 422 ? { errors: [{ path, message: path === '' ? detail : 'Invalid input' }] } : {}),
    ...(status === 429 || status === 503 ? { retry_after: STORE_RETRY_SECONDS } : {}),
  };
};

/** The schemas of error responses. */
interface ErrorSchemas {
  readonly error: JsonSchema;
  readonly throttled: JsonSchema;
}

const throttledDescription =
  'API Gateway’s own answer when the whole service is asked too much. It has no `retry-after`.';

const addErrorSchemas = (collection: SchemaCollection): ErrorSchemas => ({
  error: collection.add(ErrorBody, 'output'),
  throttled: collection.name('Throttled', {
    type: 'object',
    description: throttledDescription,
    properties: { message: { const: 'Too Many Requests' } },
    required: ['message'],
  }),
});

const throttledExamples = { throttled: { value: { message: 'Too Many Requests' } } };

/** API Gateway's own response, which a request to any route may get before the function is called. */
const throttledAnswer = ({ throttled }: ErrorSchemas): Json => ({
  description: throttledDescription,
  content: { 'application/json': { schema: throttled, examples: throttledExamples } },
});

/** The response of one status, for one or several errors. */
const errorAnswer = (status: number, names: readonly ErrorName[], schemas: ErrorSchemas): Json => {
  const codes = [...new Set(names.map(codeOf))];
  const always = {
    ...(status === 422 ? { errors: { type: 'array', minItems: 1 } } : {}),
    ...(status === 429 || status === 503 ? { retry_after: { type: 'integer', minimum: 1 } } : {}),
  };
  const schema = {
    allOf: [
      schemas.error,
      {
        properties: { status_code: { const: status }, code: { enum: codes }, ...always },
        required: ['status_code', 'code', ...Object.keys(always)],
      },
    ],
  };
  const examples = Object.fromEntries(names.map((name) => [name, { value: errorExample(name) }]));
  const descriptions = names.map((name) => `\`${codeOf(name)}\`: ${errorCatalogue[name].detail}`);
  return {
    description: [...descriptions, ...(status === 429 ? [throttledDescription] : [])].join('\n\n'),
    headers: headersOf(status),
    content: {
      'application/json':
        status === 429
          ? {
              schema: { anyOf: [schema, schemas.throttled] },
              examples: { ...examples, ...throttledExamples },
            }
          : { schema, examples },
    },
  };
};

/** `example` for a single one, `examples` by name for several. */
const mediaExamples = (examples: Readonly<Record<string, unknown>>): Json => {
  const entries = Object.entries(examples);
  return entries.length === 1
    ? { example: entries[0]?.[1] }
    : { examples: Object.fromEntries(entries.map(([name, value]) => [name, { value }])) };
};

/** The responses that the route's definition lists. */
const answersOf = (route: HttpRoute, collection: SchemaCollection): Record<string, Json> => {
  const answers: Record<string, Json> = {};
  for (const [status, response] of Object.entries(route.responses)) {
    const { description, body, type = 'application/json' } = response;
    answers[status] = { description, headers: headersOf(Number(status)) };
    if (body === null) continue;
    const schema = collection.add(body, 'output');
    answers[status]['content'] = {
      [type]: {
        schema,
        ...mediaExamples(
          'example' in response
            ? { example: response.example }
            : examplesOf(schema, collection, `${route.id} ${status}`),
        ),
      },
    };
  }
  return answers;
};

const errorAnswersOf = (route: HttpRoute, schemas: ErrorSchemas): Record<string, Json> => {
  const answers: Record<string, Json> = { 429: { $ref: '#/components/responses/Throttled' } };
  for (const [status, names] of Map.groupBy(errorsOf(route), (name) => errorCatalogue[name].status)) {
    const [shared] = sharedAnswers.find(([, others]) => others.join() === names.join()) ?? [];
    answers[status] =
      shared === undefined
        ? errorAnswer(status, names, schemas)
        : { $ref: `#/components/responses/${shared}` };
  }
  return answers;
};

const parametersOf = (
  route: HttpRoute,
  place: 'path' | 'query',
  collection: SchemaCollection,
): readonly Json[] => {
  const schema = place === 'path' ? route.params : route.query;
  if (schema === undefined) return [];
  // Parameters arrive as text; the document describes what they are parsed to.
  const { properties = {} } = collection.add(schema, 'output');
  const { required = [] } = collection.add(schema, 'input');
  return Object.entries(properties).map(([name, schemaWithText]) => {
    // A parameter carries its description and its example itself, not in its schema.
    const { description, examples: _, ...property } = schemaWithText;
    const examples = fieldExamples(name, schemaWithText);
    return {
      name,
      in: place,
      description,
      required: place === 'path' || required.includes(name),
      schema: property,
      ...(examples.length === 0 ? {} : { example: examples[0] }),
    };
  });
};

const requestBodyOf = (route: HttpRoute, collection: SchemaCollection): Json => {
  if (route.body === undefined) return {};
  const schema = collection.add(route.body, 'input');
  const examples = route.examples ?? { example: exampleOf(schema, collection, route.id) };
  return {
    requestBody: {
      required: true,
      content: { 'application/json': { schema, ...mediaExamples(examples) } },
    },
  };
};

const operationOf = (route: HttpRoute, collection: SchemaCollection, schemas: ErrorSchemas): Json => {
  const parameters = [
    ...parametersOf(route, 'path', collection),
    ...parametersOf(route, 'query', collection),
  ];
  return {
    operationId: route.id,
    summary: route.summary,
    ...(route.retiring === true ? { deprecated: true } : {}),
    ...(route.description === undefined ? {} : { description: route.description }),
    tags: [route.tag],
    security: route.auth === 'user' ? [{ accessToken: [] }] : [],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...requestBodyOf(route, collection),
    // A status that the definition lists (health's 503) wins over the error response of that status.
    responses: { ...errorAnswersOf(route, schemas), ...answersOf(route, collection) },
  };
};

/** A union of frames, with `type` as its discriminator. */
const frameChoice = (
  id: string,
  description: string,
  byType: ReadonlyMap<string, readonly JsonSchema[]>,
  collection: SchemaCollection,
): JsonSchema => {
  const chosen = [...byType].map(([type, [first, ...others]]): readonly [string, JsonSchema] => {
    if (first === undefined || others.length === 0) return [type, first ?? {}];
    // Two schemas of one type (`ack`): the discriminator maps the type to a named union of them.
    const name = type[0]?.toUpperCase() + type.slice(1);
    return [
      type,
      collection.name(name, {
        description: `What answers a frame of yours: \`${type}\`.`,
        anyOf: [first, ...others],
      }),
    ];
  });
  return collection.name(id, {
    description,
    oneOf: chosen.map(([, schema]) => schema),
    discriminator: {
      propertyName: 'type',
      mapping: Object.fromEntries(chosen.map(([type, schema]) => [type, schema.$ref])),
    },
  });
};

/** All frames that a client sends as one schema, and all that it receives as another. */
const frameChoices = (collection: SchemaCollection): { client: JsonSchema; server: JsonSchema } => {
  const { sent, replies, error, events } = addFrames(collection);
  const byType = (frames: readonly FrameSchema[]) =>
    new Map(
      [...Map.groupBy(frames, ({ type }) => type)].map(([type, group]) => [
        type,
        group.map(({ reference }) => reference),
      ]),
    );
  return {
    client: frameChoice('ClientFrame', 'What a client sends.', byType(sent), collection),
    server: frameChoice(
      'ServerFrame',
      'What a client receives.',
      byType([...replies, error, ...events]),
      collection,
    ),
  };
};

/** OpenAPI cannot describe a WebSocket: a webhook, which the service sends unasked, comes closest. */
const webSocketOperation = (client: JsonSchema, server: JsonSchema): Json => ({
  operationId: 'websocket-frames',
  summary: 'The frames of the WebSocket API',
  description:
    'No HTTP request, but a text frame on a connection that the client opened: the request body is what the client receives, the answer what it may send at any time. `GET /api/v1/asyncapi.json` describes the same in full.',
  tags: ['Real time'],
  security: [],
  requestBody: { required: true, content: { 'application/json': { schema: server } } },
  responses: {
    200: {
      description: 'Not an answer: what a client may send.',
      content: { 'application/json': { schema: client } },
    },
  },
});

/** The HTTP API as an OpenAPI 3.1 document, made from the table of routes; its schemas include the WebSocket's frames. */
export const openApiDocument = (version: string): Json => {
  const collection = createSchemaCollection();
  const errorSchemas = addErrorSchemas(collection);
  const paths: Record<string, Json> = {};
  for (const route of httpRoutes) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route, collection, errorSchemas);
  }
  const { client, server } = frameChoices(collection);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Chat service',
      version,
      summary: 'A chat backend: users, chats, messages; live events by WebSocket.',
      description: introduction,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The service that this document comes from' }],
    tags: Object.entries(tagNotes).map(([name, description]) => ({ name, description })),
    paths,
    webhooks: { websocket: { post: webSocketOperation(client, server) } },
    components: {
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'The `access_token` of `POST /api/v1/users/login` or `/refresh`.',
        },
      },
      headers,
      responses: {
        ...Object.fromEntries(
          sharedAnswers.map(([name, names]) => {
            const [first = 'internal_error'] = names;
            return [name, errorAnswer(errorCatalogue[first].status, names, errorSchemas)];
          }),
        ),
        Throttled: throttledAnswer(errorSchemas),
      },
      schemas: Object.fromEntries(
        Object.entries(collection.schemas).toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ),
    },
  };
};
