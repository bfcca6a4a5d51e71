import * as z from 'zod';
import { fieldNotes, schemaNotes, type Note } from './notes.ts';

/** What this project uses of JSON Schema 2020-12. */
export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  examples?: unknown[];
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  [keyword: string]: unknown;
}

/** `input` is what a client may send; `output` what it may get. */
export type Direction = 'input' | 'output';

/** The note on a field: the one of its own schema first. */
export const noteOf = (owner: string, field: string, place: 'path' | 'query' | 'field' = 'field'): Note => {
  const name = { path: `{${field}}`, query: `?${field}`, field }[place];
  return { ...fieldNotes[field], ...fieldNotes[name], ...fieldNotes[`${owner}.${name}`] };
};

const TIMESTAMP = String.raw`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$`;

/** What zod writes of a string or a number, in fewer and plainer words. */
const tidyScalar = (schema: JsonSchema): JsonSchema => {
  const { pattern, minimum, maximum, exclusiveMinimum, example, ...rest } = schema;
  const tidy: JsonSchema = rest;
  // A format says the same as zod's own expression for it.
  if (rest.format === 'date-time') tidy.pattern = TIMESTAMP;
  else if (pattern !== undefined && rest.format !== 'uuid' && rest.format !== 'email') tidy.pattern = pattern;
  // Every integer that JSON carries exactly, unless a limit is given.
  if (maximum === Number.MAX_SAFE_INTEGER) tidy.format = 'int64';
  else if (maximum !== undefined) tidy.maximum = maximum;
  if (minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER) tidy.minimum = minimum;
  if (exclusiveMinimum !== undefined && rest.type === 'integer') tidy.minimum = exclusiveMinimum + 1;
  else if (exclusiveMinimum !== undefined) tidy.exclusiveMinimum = exclusiveMinimum;
  // JSON Schema 2020-12 knows `examples` only.
  if (example !== undefined) tidy.examples = [example];
  return tidy;
};

/** `X or null` of a plain X is one type with two names; of a reference or an enumeration it stays a choice. */
const tidyNullable = (schema: JsonSchema): JsonSchema => {
  const { anyOf, ...rest } = schema;
  const others = anyOf?.filter(({ type }) => type !== 'null') ?? [];
  const [only] = others;
  if (only === undefined || others.length !== 1 || anyOf?.length !== 2) return schema;
  if (typeof only.type !== 'string' || 'const' in only || 'enum' in only) return schema;
  return { ...only, ...rest, type: [only.type, 'null'] };
};

const described = (schema: JsonSchema, note: Note): JsonSchema =>
  schema.description !== undefined || note.description === undefined
    ? schema
    : { ...schema, description: note.description };

const tidy = (schema: JsonSchema, owner: string, direction: Direction): JsonSchema => {
  const each = (schemas: JsonSchema[]): JsonSchema[] => schemas.map((one) => tidy(one, owner, direction));
  const { id: _, properties, additionalProperties, propertyNames, items, ...plain } = schema;
  const result = tidyScalar(plain);
  if (result.$ref !== undefined) {
    result.$ref = result.$ref.replace('#/$defs/', '#/components/schemas/');
  }
  if (properties !== undefined) {
    result.properties = Object.fromEntries(
      Object.entries(properties).map(([name, property]) => {
        const clean = tidy(property, owner, direction);
        // What stands there is named by its `type` already.
        return [name, 'const' in clean ? clean : described(clean, noteOf(owner, name))];
      }),
    );
  }
  // Answers may get more fields one day, and clients are told so; what is asked of them is exact.
  if (additionalProperties === false && direction === 'input') result.additionalProperties = false;
  if (typeof additionalProperties === 'object') {
    const clean = tidy(additionalProperties, owner, direction);
    result.additionalProperties = Object.keys(clean).length === 0 ? true : clean;
  }
  // JSON's keys are text anyhow.
  if (propertyNames !== undefined && propertyNames.type !== 'string') result.propertyNames = propertyNames;
  if (items !== undefined) result.items = tidy(items, owner, direction);
  for (const keyword of ['anyOf', 'oneOf', 'allOf'] as const) {
    const choices = result[keyword];
    if (choices !== undefined) result[keyword] = each(choices);
  }
  return tidyNullable(result);
};

/** Collects schemas as a document has them: those with an id once, under its `components`. */
export interface SchemaCollection {
  readonly schemas: Readonly<Record<string, JsonSchema>>;
  /**
   * @param owner whose field notes apply, when the schema has no id
   * @returns the schema, or the reference to it when it has an id
   */
  add(schema: z.ZodType, direction: Direction, owner?: string): JsonSchema;
  /** Adds a schema that zod does not know. @returns the reference to it */
  name(id: string, schema: JsonSchema): JsonSchema;
  /** The schema behind a reference. */
  resolve(schema: JsonSchema): JsonSchema;
}

const reference = (id: string): JsonSchema => ({ $ref: `#/components/schemas/${id}` });

/** @throws Error when two different schemas have one id */
export const createSchemaCollection = (): SchemaCollection => {
  const schemas: Record<string, JsonSchema> = {};
  const name = (id: string, schema: JsonSchema): JsonSchema => {
    const known = schemas[id];
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new Error(`Two schemas have the id ${id}: ${JSON.stringify([known, schema])}`);
    }
    schemas[id] = schema;
    return reference(id);
  };
  const keep = (id: string, definition: JsonSchema, direction: Direction): JsonSchema => {
    const note = schemaNotes[id];
    const { type, ...rest } = tidy(definition, id, direction);
    // The sentence first, where a reader looks first.
    return name(id, {
      ...(type === undefined ? {} : { type }),
      ...(note === undefined ? {} : { description: note }),
      ...rest,
    });
  };
  return {
    schemas,
    name,
    add: (schema, direction, owner = '') => {
      const { $schema: _, $defs, ...json } = z.toJSONSchema(schema, { io: direction }) as JsonSchema;
      for (const [id, definition] of Object.entries(($defs ?? {}) as Record<string, JsonSchema>)) {
        keep(id, definition, direction);
      }
      return typeof json['id'] === 'string'
        ? keep(json['id'], json, direction)
        : tidy(json, owner, direction);
    },
    resolve: (schema) => {
      const id = schema.$ref?.split('/').at(-1);
      if (id === undefined) return schema;
      const found = schemas[id];
      if (found === undefined) throw new Error(`There is no schema ${id}`);
      return found;
    },
  };
};

const idOf = (schema: JsonSchema): string | undefined => schema.$ref?.split('/').at(-1);

/**
 * A value that fits a schema, made of the examples of its fields.
 *
 * @param owner whose field notes apply
 * @throws Error when a text has neither an example nor a note with one
 */
export const exampleOf = (
  schema: JsonSchema,
  collection: SchemaCollection,
  owner = '',
  field = '',
): unknown => {
  if ('const' in schema) return schema.const;
  const note = noteOf(owner, field);
  if ('example' in note) return note.example;
  if (schema.$ref !== undefined) {
    return exampleOf(collection.resolve(schema), collection, idOf(schema) ?? owner);
  }
  if (schema.examples !== undefined) return schema.examples[0];
  if (schema.enum !== undefined) return schema.enum[0];
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice !== undefined) return exampleOf(choice, collection, owner, field);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'object') {
    const fields = Object.entries(schema.properties ?? {}).filter(
      ([name]) => noteOf(owner, name).omitted !== true || schema.required?.includes(name) === true,
    );
    return Object.fromEntries(
      fields.map(([name, property]) => [name, exampleOf(property, collection, owner, name)]),
    );
  }
  if (type === 'array') return [exampleOf(schema.items ?? {}, collection, owner)];
  if (type === 'boolean') return true;
  if (type === 'integer' || type === 'number') return schema.default ?? schema.minimum ?? 0;
  throw new Error(`${owner}.${field} needs an example: put one into functions/documents/notes.ts`);
};

/** One example for each form that a schema allows, by the form's name. */
export const examplesOf = (
  schema: JsonSchema,
  collection: SchemaCollection,
  owner: string,
): Readonly<Record<string, unknown>> => {
  const forms = schema.anyOf ?? schema.oneOf;
  if (forms === undefined) return { example: exampleOf(schema, collection, owner) };
  return Object.fromEntries(
    forms.map((form, index) => [idOf(form) ?? `form-${index + 1}`, exampleOf(form, collection, owner)]),
  );
};
