import assert from 'node:assert/strict';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { JsonSchema } from '../../functions/documents/json-schema.ts';
import { openApiDocument } from '../../functions/documents/openapi.ts';
import type { ErrorBody } from '../../functions/contract/schemas.ts';
import type { HttpAnswer, HttpClient } from '../../lib/bench/plain-http-client.ts';

/** The parts of an OpenAPI document that are read here. */
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly responses: Readonly<Record<string, Response>>;
  };
}

export interface Operation {
  readonly operationId: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly description: string;
    readonly schema: JsonSchema;
    readonly example?: unknown;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Response>>;
}

export interface Media {
  readonly schema: JsonSchema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

export interface Response {
  readonly description?: string;
  readonly $ref?: string;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, Media>>;
  /** The codes of an error response. */
  readonly 'x-error-codes'?: readonly string[];
}

export const document = openApiDocument('test') as unknown as Document;

/** The response itself, also when the document only refers to a shared one. */
export const responseOf = (response: Response): Response => {
  const name = response.$ref?.split('/').at(-1);
  return name === undefined ? response : (document.components.responses[name] ?? response);
};

/**
 * A stricter copy of the document, which allows no unnamed fields and values, so that accidental output of the service
 * is noticed.
 */
const closed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, closed(item)]));
  const { 'x-extensible-enum': values } = copy;
  if (values !== undefined) copy['enum'] = values;
  return copy['type'] === 'object' && 'properties' in copy ? { additionalProperties: false, ...copy } : copy;
};

const ajv = new Ajv2020({ strict: false, allErrors: true });
// A package in CommonJS, whose default export has different names in its types and in its code.
(addFormats as unknown as typeof addFormats.default)(ajv);
ajv.addSchema(closed(document) as object, 'openapi');

const validators = new Map<string, ValidateFunction>();

/**
 * Checks a value against a schema of the document, in which objects may only have the named fields.
 *
 * @returns the errors with their places; empty when the value matches
 */
export const misfits = (schema: JsonSchema, value: unknown): string[] => {
  const key = JSON.stringify(closed(schema)).replaceAll('"#/', '"openapi#/');
  const validate = validators.get(key) ?? ajv.compile(JSON.parse(key) as object);
  validators.set(key, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath || 'it'} ${message} ${JSON.stringify(params)}`,
  );
};

const templates = Object.entries(document.paths)
  .map(([path, operations]) => ({
    operations,
    pattern: new RegExp(
      path === '/' ? '^/$' : `^${path.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '[^/]+')}/?$`,
    ),
    parameters: path.split('{').length,
  }))
  // As in API Gateway, a literal path goes before one with parameters.
  .toSorted((a, b) => a.parameters - b.parameters);

const operationAt = (method: string, path: string): Operation | undefined =>
  templates.find(({ pattern }) => pattern.test(path))?.operations[method.toLowerCase()];

const errorSchema: JsonSchema = { $ref: '#/components/schemas/ApiError' };

/** The faults of an error response: in its status, its code, and the fields that its status requires. */
const misfitsOfError = (status: number, { 'x-error-codes': codes }: Response, body: unknown): string[] => {
  const { status_code, code, errors, retry_after } = body as ErrorBody;
  const mustRetry = status === 429 || status === 503;
  return [
    ...(status_code === status ? [] : ['status_code is not the status']),
    ...(codes === undefined || codes.includes(code) ? [] : [`code is none of ${codes.join(', ')}`]),
    ...((errors !== undefined) === (status === 422) && errors?.length !== 0
      ? []
      : ['errors are on every 422, and on nothing else']),
    ...((retry_after !== undefined) === mustRetry
      ? []
      : ['retry_after is on 429 and 503, and on nothing else']),
  ];
};

/** @throws AssertionError naming the operation when the document does not allow this response */
export const assertDocumented = (method: string, path: string, answer: HttpAnswer<unknown>): void => {
  const { status, headers, body } = answer;
  const [pathname = path] = path.split('?', 1);
  const operation = operationAt(method, pathname);
  const unknown = operation === undefined && (status === 404 || status === 405);
  const name = operation?.operationId ?? `${method} ${path}`;
  const listed = operation?.responses[status];
  assert.ok(unknown || listed !== undefined, `${name} must not answer ${status}: ${JSON.stringify(body)}`);

  const response: Response =
    listed === undefined ? { content: { 'application/json': { schema: errorSchema } } } : responseOf(listed);
  const [media] = Object.entries(response.content ?? {});
  if (media === undefined) {
    assert.equal(body, null, `${name} answers ${status} with a body`);
  } else {
    const [type, { schema }] = media;
    assert.equal(headers.get('content-type'), `${type}; charset=utf-8`, `${name} ${status}`);
    const wrong = misfits(schema, body);
    if (wrong.length === 0 && schema.$ref === errorSchema.$ref) {
      wrong.push(...misfitsOfError(status, response, body));
    }
    assert.deepEqual(wrong, [], `${name} ${status} does not fit: ${JSON.stringify(body)}`);
  }
  for (const header of Object.keys(response.headers ?? {})) {
    assert.ok(headers.has(header), `${name} answers ${status} without ${header}`);
  }
};

/** A client that checks each response against the OpenAPI document. */
export const checkedByDocument = (client: HttpClient, basePath: string): HttpClient => ({
  request: async <Body>(method: string, path: string, body?: unknown) => {
    const answer = await client.request<Body>(method, path, body);
    assertDocumented(method, basePath + path, answer);
    return answer;
  },
  as: (token) => checkedByDocument(client.as(token), basePath),
});
