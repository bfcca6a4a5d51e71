import { isReference, nameOf, type Schema } from './document.ts';
import { codeBlock, inline } from './prose.ts';
import { either, h, type Content, type View } from './view.ts';

/** How many enumeration values fit into a line; longer lists appear in the schema's own entry. */
const ENUM_SHOWN = 8;

/** A short description of a type; a named schema becomes a link. */
export const typeOf = (schema: Schema = {}): Content => {
  if (isReference(schema)) {
    const name = nameOf(schema);
    return h('a', { href: `#schema-${name}` }, name);
  }
  const choice = schema.oneOf ?? schema.anyOf;
  if (choice !== undefined) return either(choice.map(typeOf));
  if (schema.allOf !== undefined) return typeOf(schema.allOf[0]);
  if ('const' in schema) return h('code', {}, JSON.stringify(schema.const));
  if (schema.enum !== undefined && schema.enum.length < ENUM_SHOWN) {
    return either(schema.enum.map((value) => h('code', {}, JSON.stringify(value))));
  }
  if (schema.type === 'array') return ['list of ', typeOf(schema.items)];
  const types = [schema.type ?? 'anything'].flat().join(' or ');
  return schema.format === undefined || schema.format === 'int64' ? types : `${types}, ${schema.format}`;
};

const rangeOf = (from: number | undefined, to: number | undefined, unit: string): string[] => {
  if (from === undefined) return to === undefined ? [] : [`at most ${to}${unit}`];
  return [to === undefined ? `from ${from}${unit}` : `${from} to ${to}${unit}`];
};

/** The limits of a value as text; empty when it has none. */
export const limitsOf = (schema: Schema): string => {
  const { minimum, maximum, minLength, maxLength, maxItems, pattern, format } = schema;
  return [
    ...rangeOf(minimum, maximum, ''),
    ...rangeOf(minLength, maxLength, ' characters'),
    ...rangeOf(undefined, maxItems, ' items'),
    // A format already says what its pattern says.
    ...(pattern === undefined || format !== undefined ? [] : [`matches ${pattern}`]),
    ...(schema.default === undefined ? [] : [`${JSON.stringify(schema.default)} unless given`]),
  ].join('; ');
};

/** The fields of an unnamed nested object. */
const nestedFields = (schema: Schema): View | undefined => {
  const inner = schema.type === 'array' ? schema.items : schema;
  return inner?.properties === undefined ? undefined : fieldTable(inner);
};

/** A table row for a field of a schema or for a parameter. */
export const fieldRow = (
  name: string,
  schema: Schema,
  {
    required,
    description = schema.description ?? '',
  }: { required: boolean; description?: string | undefined },
): View => {
  const limits = limitsOf(schema);
  return h(
    'tr',
    {},
    h('th', { scope: 'row', class: required ? 'required' : undefined }, name),
    h('td', {}, typeOf(schema)),
    h(
      'td',
      {},
      inline(description),
      limits === '' ? undefined : h('span', { class: 'faint' }, ` ${limits}`),
      nestedFields(schema),
    ),
  );
};

const fieldTable = ({ properties = {}, required = [] }: Schema): View =>
  h(
    'table',
    {},
    h(
      'tbody',
      {},
      Object.entries(properties).map(([name, property]) =>
        fieldRow(name, property, { required: required.includes(name) }),
      ),
    ),
  );

/** A whole schema: its fields, or the members of its union. */
export const schemaView = (schema: Schema): View[] => {
  const choice = schema.oneOf ?? schema.anyOf;
  if (choice !== undefined) {
    return choice.flatMap((one) => (isReference(one) ? [h('p', {}, typeOf(one))] : schemaView(one)));
  }
  return [schema.properties === undefined ? h('p', {}, typeOf(schema)) : fieldTable(schema)];
};

/** The entry of a named schema, to which links of types lead. */
export const schemaDetails = (name: string, schema: Schema): View =>
  h(
    'details',
    { class: 'schema', id: `schema-${name}` },
    h('summary', {}, h('span', { class: 'path' }, name), h('span', {}, inline(schema.description ?? ''))),
    h('div', { class: 'inside' }, schemaView(schema), (schema.examples ?? []).map(codeBlock)),
  );
