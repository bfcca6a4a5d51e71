import * as z from 'zod';
import { GIVEN_TIMESTAMP_PATTERN } from '../contract/schemas.ts';
import { fieldNotes } from './notes.ts';

/** The keywords of JSON Schema 2020-12 that this project uses. */
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
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
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

/** `input`: what a client may send; `output`: what it may receive. */
export type Direction = 'input' | 'output';

const TIMESTAMP = String.raw`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$`;

const INT32_MAX = 2 ** 31 - 1;

/** Simplifies the schema that zod writes for a string or a number. */
const tidyScalar = (schema: JsonSchema): JsonSchema => {
  const { pattern, minimum, maximum, exclusiveMinimum, example, extensible, ...rest } = schema;
  const tidy: JsonSchema = rest;
  // The format makes zod's own pattern redundant.
  if (rest.format === 'date-time') {
    tidy.pattern = pattern === GIVEN_TIMESTAMP_PATTERN ? pattern : TIMESTAMP;
  } else if (pattern !== undefined && rest.format !== 'uuid') tidy.pattern = pattern;
  // zod gives an integer without a limit the range of safe integers. Code generators assume 32 bits unless a format
  // says otherwise.
  if (maximum !== undefined) tidy.maximum = maximum;
  if (maximum !== undefined && maximum > INT32_MAX) tidy.format = 'int64';
  if (minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER) tidy.minimum = minimum;
  if (exclusiveMinimum !== undefined && rest.type === 'integer') tidy.minimum = exclusiveMinimum + 1;
  else if (exclusiveMinimum !== undefined) tidy.exclusiveMinimum = exclusiveMinimum;
  // Generated Java turns a boolean constant into an enumeration that does not compile.
  if (typeof tidy.const === 'boolean') delete tidy.const;
  // A closed enumeration would make generated clients fail on values that are added later.
  if (extensible === true) {
    tidy['x-extensible-enum'] = tidy.enum;
    delete tidy.enum;
  }
  // JSON Schema 2020-12 has `examples`, not `example`.
  if (example !== undefined) tidy.examples = [example];
  return tidy;
};

/** Writes `X or null` as one schema with two types, unless X is a reference, a constant or an enumeration. */
const tidyNullable = (schema: JsonSchema): JsonSchema => {
  const { anyOf, ...rest } = schema;
  const others = anyOf?.filter(({ type }) => type !== 'null') ?? [];
  const [only] = others;
  if (only === undefined || others.length !== 1 || anyOf?.length !== 2) return schema;
  if (typeof only.type !== 'string' || 'const' in only || 'enum' in only) return schema;
  return { ...only, ...rest, type: [only.type, 'null'] };
};

const typesOf = ({ type, anyOf, $ref }: JsonSchema): (string | undefined)[] => {
  if (anyOf !== undefined) return anyOf.flatMap(typesOf);
  return $ref === undefined ? [type].flat() : [undefined];
};

/**
 * Writes a union of string and number as any value, and leaves it to the description to say which: generated clients
 * of Kotlin and other languages have no type for such a union and lose the value.
 */
const tidyChoice = (schema: JsonSchema): JsonSchema => {
  const types = new Set(typesOf(schema));
  if (schema.anyOf === undefined || !types.has('string') || !types.has('number')) return schema;
  const { anyOf: _, ...rest } = schema;
  return rest;
};

/** Puts a field's description last: the schema's own, else the note on the field's name. */
const described = (name: string, { description, ...schema }: JsonSchema): JsonSchema => {
  const text = description ?? fieldNotes[name]?.description;
  return text === undefined ? schema : { ...schema, description: text };
};

/**
 * The example of a field, as a list with at most one item. A field that is described by the note on its name takes
 * the note's example rather than that of its type (`user_id` before `Id`); a field with its own description ignores
 * the note.
 *
 * @param schema the field's schema as the document has it
 */
export const fieldExamples = (
  name: string,
  { description, examples = [] }: JsonSchema,
): readonly unknown[] => {
  const note = fieldNotes[name];
  return note !== undefined && note.description === description && 'example' in note
    ? [note.example]
    : examples.slice(0, 1);
};

const tidy = (schema: JsonSchema, direction: Direction): JsonSchema => {
  const each = (schemas: JsonSchema[]): JsonSchema[] => schemas.map((one) => tidy(one, direction));
  const { id: _, properties, additionalProperties, propertyNames, items, ...plain } = schema;
  const result = tidyScalar(plain);
  if (result.$ref !== undefined) {
    result.$ref = result.$ref.replace('#/$defs/', '#/components/schemas/');
  }
  if (properties !== undefined) {
    result.properties = Object.fromEntries(
      Object.entries(properties).map(([name, property]) => {
        const clean = tidy(property, direction);
        // A constant's value needs no description.
        return [name, 'const' in clean ? clean : described(name, clean)];
      }),
    );
  }
  // Only input schemas are closed: responses may gain fields, and clients are told to ignore unknown ones.
  if (additionalProperties === false && direction === 'input') result.additionalProperties = false;
  if (typeof additionalProperties === 'object') {
    const clean = tidy(additionalProperties, direction);
    result.additionalProperties = Object.keys(clean).length === 0 ? true : clean;
  }
  // Keys of JSON objects are always strings.
  if (propertyNames !== undefined && propertyNames.type !== 'string') result.propertyNames = propertyNames;
  if (items !== undefined) result.items = tidy(items, direction);
  for (const keyword of ['anyOf', 'oneOf', 'allOf'] as const) {
    const choices = result[keyword];
    if (choices !== undefined) result[keyword] = each(choices);
  }
  return tidyNullable(tidyChoice(result));
};

/** Collects the schemas of a document. A schema with an id appears once, under `components`. */
export interface SchemaCollection {
  readonly schemas: Readonly<Record<string, JsonSchema>>;
  /** Adds a zod schema. @returns the schema, or the reference to it when it has an id */
  add(schema: z.ZodType, direction: Direction): JsonSchema;
  /** Adds a schema that was not generated by zod. @returns the reference to it */
  name(id: string, schema: JsonSchema): JsonSchema;
  /** Removes a schema from the document. @param schema a reference to it */
  remove(schema: JsonSchema): void;
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
    const { type, description, ...rest } = tidy(definition, direction);
    // Generated TypeScript requires a field that has a default, even in a body that may omit it.
    for (const field of Object.values(rest.properties ?? {})) delete field.default;
    // The description comes first, where readers look first.
    return name(id, {
      ...(type === undefined ? {} : { type }),
      ...(description === undefined ? {} : { description }),
      ...rest,
    });
  };
  return {
    schemas,
    name,
    add: (schema, direction) => {
      const { $schema: _, $defs, ...json } = z.toJSONSchema(schema, { io: direction }) as JsonSchema;
      for (const [id, definition] of Object.entries(($defs ?? {}) as Record<string, JsonSchema>)) {
        keep(id, definition, direction);
      }
      return typeof json['id'] === 'string' ? keep(json['id'], json, direction) : tidy(json, direction);
    },
    remove: (schema) => {
      delete schemas[idOf(schema) ?? ''];
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
 * A value that fits a schema, composed of the examples of its fields. An optional field without an example is left
 * out.
 *
 * @param place the schema's path, for the error
 * @throws Error when a string schema has no example
 */
export const exampleOf = (schema: JsonSchema, collection: SchemaCollection, place = ''): unknown => {
  if ('const' in schema) return schema.const;
  if (schema.$ref !== undefined) return exampleOf(collection.resolve(schema), collection, idOf(schema));
  if (schema.examples !== undefined) return schema.examples[0];
  if (schema.enum !== undefined) return schema.enum[0];
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice !== undefined) return exampleOf(choice, collection, place);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'object') {
    return Object.fromEntries(
      Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
        const examples = 'const' in property ? [] : fieldExamples(name, property);
        if (examples.length > 0) return [[name, examples[0]]];
        if (schema.required?.includes(name) !== true) return [];
        return [[name, exampleOf(property, collection, `${place}.${name}`)]];
      }),
    );
  }
  if (type === 'array') return [exampleOf(schema.items ?? {}, collection, place)];
  if (type === 'boolean') return true;
  if (type === 'integer' || type === 'number') return schema.default ?? schema.minimum ?? 0;
  throw new Error(`${place} needs an example: give its schema one`);
};
