import schemaOfAsyncApi from '@asyncapi/specs/schemas/3.0.0.json' with { type: 'json' };
import { Ajv, type ErrorObject, type Options } from 'ajv';
import addFormats from 'ajv-formats';

type Named<T> = Readonly<Record<string, T>>;

export interface Reference {
  readonly $ref: string;
}

/** The parts of an AsyncAPI document that are read here. */
export interface AsyncApiDocument {
  readonly asyncapi: string;
  readonly servers: Named<{ readonly host: string; readonly pathname: string; readonly protocol: string }>;
  readonly channels: Named<{
    readonly address?: string | null;
    readonly parameters?: Named<unknown>;
    readonly servers?: readonly Reference[];
    readonly messages: Named<Reference>;
  }>;
  readonly operations: Named<{
    readonly action: 'send' | 'receive';
    readonly channel: Reference;
    readonly messages: readonly Reference[];
    readonly reply?: { readonly channel: Reference; readonly messages: readonly Reference[] };
  }>;
  readonly components: Named<Named<unknown>> & {
    readonly messages: Named<{
      readonly name: string;
      readonly examples?: readonly { readonly payload: unknown }[];
    }>;
  };
}

const newAjv = (options: Options = {}) =>
  addFormats.default(new Ajv({ strict: false, allErrors: true, ...options }));

// The schema contains its own copy of the meta-schema.
const validate = newAjv({ meta: false, validateSchema: false }).compile(schemaOfAsyncApi);

const shown = (errors: readonly ErrorObject[] | null | undefined): string[] =>
  (errors ?? []).map(({ instancePath, message = '' }) => `${instancePath}: ${message}`);

const at = (document: object, pointer: string): unknown =>
  pointer
    .slice(2)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((value, key) => (value as Named<unknown> | undefined)?.[key], document);

/** The value that a reference of the document leads to, over any number of references. */
export const resolved = (document: object, value: unknown): unknown => {
  const { $ref } = (value ?? {}) as Partial<Reference>;
  return $ref === undefined ? value : resolved(document, at(document, $ref));
};

/** All references in a document. Examples are skipped: a `$ref` in them would be data. */
const referencesIn = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    if (key === 'examples') return [];
    return key === '$ref' && typeof item === 'string' ? [item] : referencesIn(item);
  });
};

const brokenReferences = (document: AsyncApiDocument): string[] =>
  referencesIn(document)
    .filter((reference) => !reference.startsWith('#/') || at(document, reference) === undefined)
    .map((reference) => `${reference} refers to nothing`);

const unusedComponents = (document: AsyncApiDocument): string[] => {
  const used = new Set(referencesIn(document));
  return Object.entries(document.components)
    .flatMap(([kind, named]) => Object.keys(named).map((name) => `#/components/${kind}/${name}`))
    .filter((reference) => !used.has(reference))
    .map((reference) => `${reference} is never used`);
};

/** The errors against rules of the standard that its schema cannot express. */
const brokenRules = ({ channels, operations }: AsyncApiDocument): string[] => {
  const found: string[] = [];
  for (const [name, { address, parameters = {}, servers = [] }] of Object.entries(channels)) {
    if (/[?#]/.test(address ?? '')) found.push(`channel ${name}: its address has a query or a fragment`);
    const variables = [...(address ?? '').matchAll(/\{(\w+)\}/g)].map(([, variable = '']) => variable);
    if (variables.toSorted().join() !== Object.keys(parameters).toSorted().join()) {
      found.push(`channel ${name}: its parameters are not those of its address`);
    }
    for (const { $ref } of servers) {
      if (!$ref.startsWith('#/servers/')) found.push(`channel ${name}: ${$ref} is no server of the document`);
    }
  }
  for (const [name, operation] of Object.entries(operations)) {
    const { reply } = operation;
    for (const { channel, messages } of reply === undefined ? [operation] : [operation, reply]) {
      if (!channel.$ref.startsWith('#/channels/'))
        found.push(`operation ${name}: ${channel.$ref} is no channel`);
      for (const { $ref } of messages) {
        if (!$ref.startsWith(`${channel.$ref}/messages/`)) {
          found.push(`operation ${name}: ${$ref} is no message of its channel`);
        }
      }
    }
  }
  return found;
};

const unfitExamples = (document: AsyncApiDocument): string[] => {
  const ajv = newAjv().addSchema(document, 'document');
  return Object.entries(document.components.messages).flatMap(([id, { examples = [] }]) => {
    const fits = ajv.compile({ $ref: `document#/components/messages/${id}/payload` });
    return examples.flatMap(({ payload }) =>
      fits(payload) ? [] : shown(fits.errors).map((error) => `example of ${id}${error}`),
    );
  });
};

/** All errors in an AsyncAPI 3.0 document, by the standard's own schema and by the additional rules. */
export const objectionsTo = (document: AsyncApiDocument): string[] => {
  if (!validate(document)) return shown(validate.errors);
  const broken = brokenReferences(document);
  // With broken references, the document cannot be checked further.
  if (broken.length > 0) return broken;
  return [...unusedComponents(document), ...brokenRules(document), ...unfitExamples(document)];
};
