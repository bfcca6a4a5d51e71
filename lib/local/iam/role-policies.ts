import { randomBytes } from 'node:crypto';
import type { Assembly } from '../assembly/assembly.ts';
import type { Resolver } from '../assembly/resolver.ts';
import { asList, matchesAny } from './pattern.ts';

/** A policy statement, limited to the elements that the stacks use. */
export interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** A request to perform an action on a resource. */
export interface AccessRequest {
  /** Such as `dynamodb:GetItem`. */
  readonly action: string;
  /** The ARN of the resource. */
  readonly resource: string;
  /** For DynamoDB: the partition keys of the requested items. */
  readonly leadingKeys?: readonly string[];
  /** The values of other condition keys, such as `ses:FromAddress`. */
  readonly context?: Readonly<Record<string, string>>;
}

/** A function and the policy statements of its role. */
export interface Principal {
  readonly functionName: string;
  readonly statements: readonly Statement[];
}

/** Every function by the access key with which it signs. */
export type Principals = ReadonlyMap<string, Principal>;

const LEADING_KEYS = 'dynamodb:LeadingKeys';

/** The supported condition keys of `StringEquals`, for which requests have a value. */
const CONTEXT_KEYS: ReadonlySet<string> = new Set(['ses:FromAddress']);

const keysAllowed = ({ Condition = {} }: Statement): string | readonly string[] | undefined =>
  Condition['ForAllValues:StringLike']?.[LEADING_KEYS];

const equalsHold = ({ Condition = {} }: Statement, context: NonNullable<AccessRequest['context']>): boolean =>
  Object.entries(Condition['StringEquals'] ?? {}).every(([key, values]) =>
    asList(values).includes(context[key] ?? ''),
  );

/** Whether these statements allow a request: a matching `Deny` wins, and without an `Allow` the request is denied. */
export const isAllowed = (
  statements: readonly Statement[],
  { action, resource, leadingKeys = [], context = {} }: AccessRequest,
): boolean => {
  const fitting = statements.filter((statement) => {
    const keys = keysAllowed(statement);
    return (
      matchesAny(statement.Action, action, 'i') &&
      matchesAny(statement.Resource, resource, '') &&
      (keys === undefined || leadingKeys.every((key) => matchesAny(keys, key, ''))) &&
      equalsHold(statement, context)
    );
  });
  return fitting.length > 0 && fitting.every(({ Effect }) => Effect === 'Allow');
};

/** @throws Error for a condition that `isAllowed` would ignore */
const assertKnown = (statement: Statement): void => {
  for (const [operator, values] of Object.entries(statement.Condition ?? {})) {
    const keys = Object.keys(values);
    const known =
      (operator === 'ForAllValues:StringLike' && keys.every((key) => key === LEADING_KEYS)) ||
      (operator === 'StringEquals' && keys.every((key) => CONTEXT_KEYS.has(key)));
    if (!known) throw new Error(`The local cloud does not know this condition: ${JSON.stringify(statement)}`);
  }
};

/**
 * The policies of each function's role, read from the templates. On AWS a function has the credentials of its role;
 * here it has its own access key, by which the local services find its policies.
 *
 * @param before the principals of the previous version: a function keeps its access key
 */
export const principalsOf = (
  assembly: Assembly,
  resolver: Resolver,
  before: Principals = new Map(),
): Principals => {
  const keptKeys = new Map([...before].map(([accessKeyId, { functionName }]) => [functionName, accessKeyId]));
  const policies = assembly.resourcesOf('AWS::IAM::Policy').map(
    (resource) =>
      resolver.propertiesOf(resource) as unknown as {
        readonly Roles?: readonly string[];
        readonly PolicyDocument: { readonly Statement: readonly Statement[] };
      },
  );
  const entries = assembly.resourcesOf('AWS::Lambda::Function').map((resource) => {
    const { Role: role } = resolver.propertiesOf(resource) as { Role?: string };
    const statements = policies
      .filter(({ Roles = [] }) => Roles.some((name) => role?.endsWith(`:${name}`) === true))
      .flatMap(({ PolicyDocument }) => asList(PolicyDocument.Statement) as Statement[]);
    statements.forEach(assertKnown);
    const functionName = resolver.physicalOf(resource).ref;
    const accessKeyId = keptKeys.get(functionName) ?? `LOCAL${randomBytes(8).toString('hex').toUpperCase()}`;
    return [accessKeyId, { functionName, statements }] as const;
  });
  return new Map(entries);
};

/** The access key that signed a request (AWS Signature Version 4). */
export const accessKeyOf = (authorization: string | undefined): string | undefined =>
  /Credential=([^/,\s]+)\//.exec(authorization ?? '')?.[1];

/** The message of AWS's AccessDenied error. */
export const refusalOf = ({ functionName }: Principal, { action, resource }: AccessRequest): string =>
  `User: ${functionName} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
