import type { JsonSchema } from '../json-schema.ts';

// The parts of the two documents that the page reads.

export type Schema = JsonSchema;

export interface Reference {
  readonly $ref: string;
}

export interface Media {
  readonly schema: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

export interface Response {
  readonly description: string;
  readonly content?: Readonly<Record<string, Media>>;
  /** The codes of an error response. */
  readonly 'x-error-codes'?: readonly string[];
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly description?: string;
  readonly required: boolean;
  readonly schema: Schema;
  readonly example?: unknown;
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security: readonly unknown[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Response | Reference>>;
}

export interface OpenApi {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface Message {
  readonly payload: Schema;
  readonly examples: readonly { readonly payload: unknown }[];
}

/** A frame that the service receives, with its reply, or a frame that the service sends unprompted. */
export interface FrameOperation {
  readonly action: 'receive' | 'send';
  readonly title: string;
  readonly summary: string;
  readonly messages: readonly Reference[];
  readonly reply?: { readonly messages: readonly Reference[] };
}

export interface AsyncApi {
  readonly info: { readonly description: string };
  readonly operations: Readonly<Record<string, FrameOperation>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** An operation with its path and method. */
export interface PlacedOperation {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** All operations, in the document's order; `method` is in lower case. */
export const operationsOf = ({ paths }: OpenApi): PlacedOperation[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );

/** The name at the end of a reference. */
export const nameOf = ({ $ref }: Reference): string => $ref.slice($ref.lastIndexOf('/') + 1);

export const isReference = (thing: object): thing is Reference =>
  '$ref' in thing && typeof thing.$ref === 'string';

/**
 * Resolves a reference, also through references to references; a value that is not a reference is returned as it is.
 *
 * @throws Error when the reference points to nothing in the document
 */
export const resolve = <Thing extends object>(thing: Thing | Reference, document: object): Thing => {
  if (!isReference(thing)) return thing;
  const found = thing.$ref
    .slice('#/'.length)
    .split('/')
    .reduce<unknown>(
      (place, key) =>
        typeof place === 'object' && place !== null ? (place as Record<string, unknown>)[key] : undefined,
      document,
    );
  if (typeof found !== 'object' || found === null) throw new Error(`There is nothing at ${thing.$ref}`);
  return resolve(found as Thing | Reference, document);
};

/** The examples of a body: one, several by name, or none. */
export const examplesOf = ({ example, examples }: Media): unknown[] => {
  if (examples !== undefined) return Object.values(examples).map(({ value }) => value);
  return example === undefined ? [] : [example];
};
