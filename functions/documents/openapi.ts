import {
  codeOf,
  errorCatalogue,
  errorNames,
  STORE_RETRY_SECONDS,
  type ErrorName,
} from '../contract/errors.ts';
import { needsBody, rateLimitOf, type HttpRoute, type Response } from '../contract/route.ts';
import { ErrorBody } from '../contract/schemas.ts';
import { MessageAck } from '../messages/contract.ts';
import { ChatAck } from '../presence/contract.ts';
import { httpRoutes } from '../contract/table.ts';
import { addFrames, type FrameSchema } from './frame-schemas.ts';
import {
  createSchemaCollection,
  exampleOf,
  fieldExamples,
  type JsonSchema,
  type SchemaCollection,
} from './json-schema.ts';
import { introduction, tagNotes } from './notes.ts';

type Json = Record<string, unknown>;

/** The errors of every route for users when the access token is missing or invalid. */
const ofUsers: readonly ErrorName[] = [
  'not_authenticated',
  'invalid_token',
  'token_expired',
  'session_revoked',
  'account_suspended',
];

/**
 * Every error that a route may respond with: the route's own, and those that follow from its `auth`, `body`,
 * `rateLimit` and `needs`.
 */
export const errorsOf = (route: HttpRoute): readonly ErrorName[] => {
  const names = new Set<ErrorName>([
    ...route.errors,
    ...(route.auth === 'user' ? ofUsers : []),
    ...(route.body === undefined
      ? []
      : (['malformed_json', 'body_too_large', 'unsupported_media_type'] as const)),
    ...(rateLimitOf(route) === undefined ? [] : (['rate_limited'] as const)),
    ...((route.body ?? route.query ?? route.params) ? (['validation_failed'] as const) : []),
    'internal_error',
    // The health check's 503 has its own body, which says what is down.
    ...((route.needs.length > 0 && route.responses[503] === undefined) || route.auth === 'user'
      ? (['store_unavailable'] as const)
      : []),
  ]);
  return errorNames.filter((name) => names.has(name));
};

const headers = {
  RequestId: {
    description: 'The id of the request in the service’s logs.',
    schema: { type: 'string', examples: ['dGhpcyBpcyBhIHJlcXVlc3Q='] },
  },
  RetryAfter: {
    description: 'Seconds to wait before the next attempt.',
    schema: { type: 'integer', minimum: 1, examples: [STORE_RETRY_SECONDS] },
  },
  Authenticate: {
    description: 'How to send a token, and whether the sent one is invalid (RFC 6750).',
    schema: {
      type: 'string',
      examples: ['Bearer realm="chat-service"', 'Bearer realm="chat-service", error="invalid_token"'],
    },
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

/**
 * The response of one status, for one or several errors. All share one schema, so that a client decodes errors by one
 * type; `x-error-codes` lists the codes of this response.
 */
const errorAnswer = (status: number, names: readonly ErrorName[], schema: JsonSchema): Json => {
  return {
    description: names.map((name) => `\`${codeOf(name)}\`: ${errorCatalogue[name].detail}`).join('\n\n'),
    headers: headersOf(status),
    content: {
      'application/json': {
        schema,
        examples: Object.fromEntries(names.map((name) => [name, { value: errorExample(name) }])),
      },
    },
    'x-error-codes': [...new Set(names.map(codeOf))],
  };
};

/** `example` for a single example, `examples` by name for several. */
const mediaExamples = (examples: Readonly<Record<string, unknown>>): Json => {
  const entries = Object.entries(examples);
  return entries.length === 1
    ? { example: entries[0]?.[1] }
    : { examples: Object.fromEntries(entries.map(([name, value]) => [name, { value }])) };
};

/** The examples of a response by name; generated from its fields where its definition has none. */
const examplesOf = (response: Response, made: () => unknown): Readonly<Record<string, unknown>> => {
  const { example, examples } = response;
  if (examples === undefined) return { example: example ?? made() };
  const shared = made() as Json;
  return Object.fromEntries(
    Object.entries(examples).map(([name, fields]) => [name, { ...shared, ...fields }]),
  );
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
        ...mediaExamples(examplesOf(response, () => exampleOf(schema, collection, `${route.id} ${status}`))),
      },
    };
  }
  return answers;
};

/** The component name of an error response: derived from its errors, or from the group that many routes share. */
const answerName = (names: readonly ErrorName[]): string => {
  const isOfUsers = names.includes('not_authenticated');
  const own = isOfUsers ? names.filter((name) => !ofUsers.includes(name)) : names;
  const words = own.flatMap((name) => name.split('_'));
  return (isOfUsers ? 'NotAuthenticated' : '').concat(
    ...words.map((word) => word[0]?.toUpperCase() + word.slice(1)),
  );
};

/** The error responses of a document, each once under `components`. */
interface ErrorAnswers {
  readonly answers: Record<string, Json>;
  readonly schema: JsonSchema;
}

const errorAnswersOf = (route: HttpRoute, { answers, schema }: ErrorAnswers): Record<string, Json> => {
  const references: Record<string, Json> = {};
  for (const [status, names] of Map.groupBy(errorsOf(route), (name) => errorCatalogue[name].status)) {
    const name = answerName(names);
    answers[name] ??= errorAnswer(status, names, schema);
    references[status] = { $ref: `#/components/responses/${name}` };
  }
  return references;
};

const parametersOf = (
  route: HttpRoute,
  place: 'path' | 'query',
  collection: SchemaCollection,
): readonly Json[] => {
  const schema = place === 'path' ? route.params : route.query;
  if (schema === undefined) return [];
  // Parameters arrive as text; the document describes the parsed values.
  const { properties = {} } = collection.add(schema, 'output');
  const { required = [] } = collection.add(schema, 'input');
  return Object.entries(properties).map(([name, schemaWithText]) => {
    // A parameter has its description and example beside its schema, not inside.
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
      required: needsBody(route),
      content: { 'application/json': { schema, ...mediaExamples(examples) } },
    },
  };
};

const operationOf = (route: HttpRoute, collection: SchemaCollection, errors: ErrorAnswers): Json => {
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
    // A status that the route's definition lists (the health check's 503) wins over the error response of that
    // status.
    responses: { ...errorAnswersOf(route, errors), ...answersOf(route, collection) },
  };
};

/** Both replies of type `ack`, as one schema: a discriminator maps each type to one schema. */
const Ack = MessageAck.partial()
  .extend({ ...ChatAck.shape, ref: ChatAck.shape.ref.optional() })
  .meta({
    id: 'Ack',
    description:
      'The reply to `message`, with `message`, `duplicate` and `client_message_id`, and to `join` and `leave`.',
  });

const isAck = ({ type }: FrameSchema): boolean => type === 'ack';

/** A union of frames, with `type` as its discriminator. */
const addFrameChoice = (
  id: string,
  description: string,
  frames: readonly Pick<FrameSchema, 'type' | 'reference'>[],
  collection: SchemaCollection,
): void => {
  collection.name(id, {
    description,
    // The Swift generator takes a union for `Identifiable` when one of its frames has an `id`.
    'x-swift-identifiable': false,
    oneOf: frames.map(({ reference }) => reference),
    discriminator: {
      propertyName: 'type',
      mapping: Object.fromEntries(frames.map(({ type, reference }) => [type, reference.$ref])),
    },
  });
};

/** Two schemas: the union of all frames that a client sends, and the union of all that it receives. */
const addFrameChoices = (collection: SchemaCollection): void => {
  const { sent, replies, error, events } = addFrames(collection);
  const [acks, others] = [replies.filter(isAck), replies.filter((frame) => !isAck(frame))];
  for (const { reference } of acks) collection.remove(reference);
  const ack = { type: 'ack', reference: collection.add(Ack, 'output') };
  collection.resolve(ack.reference).examples = acks.map(({ example }) => example);
  addFrameChoice('ClientFrame', 'Any frame that a client sends.', sent, collection);
  addFrameChoice(
    'ServerFrame',
    'Any frame that a client receives.',
    [ack, ...others, error, ...events],
    collection,
  );
};

const sorted = <Item>(items: Readonly<Record<string, Item>>): Record<string, Item> =>
  Object.fromEntries(Object.entries(items).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/**
 * The HTTP API as an OpenAPI 3.1 document, generated from the table of routes. Its schemas include the WebSocket's
 * frames.
 */
export const openApiDocument = (version: string): Json => {
  const collection = createSchemaCollection();
  const errors: ErrorAnswers = { answers: {}, schema: collection.add(ErrorBody, 'output') };
  const paths: Record<string, Json> = {};
  for (const route of httpRoutes) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route, collection, errors);
  }
  // OpenAPI cannot describe a WebSocket, only list its frames as schemas. AsyncAPI describes the protocol.
  addFrameChoices(collection);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Chat service',
      version,
      summary: 'A chat backend: users, chats, messages; live events over a WebSocket.',
      description: introduction,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The service that serves this document' }],
    tags: Object.entries(tagNotes).map(([name, description]) => ({ name, description })),
    paths,
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
      responses: sorted(errors.answers),
      schemas: sorted(collection.schemas),
    },
  };
};
