import { randomBytes } from 'node:crypto';
import type { Assembly } from '../assembly/assembly.ts';
import type { Resolver } from '../assembly/resolver.ts';
import { asList, matchesAny } from './pattern.ts';

/** A statement of a policy, as far as the stacks write them. */
export interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** Something that somebody wants to do. */
export interface AccessRequest {
  /** Such as `dynamodb:GetItem`. */
  readonly action: string;
  /** The ARN of what it is done to. */
  readonly resource: string;
  /** Partition keys of the items in question, of DynamoDB only. */
  readonly leadingKeys?: readonly string[];
}

/** A function as the services see it: by its access key. */
export interface Principal {
  readonly functionName: string;
  readonly statements: readonly Statement[];
}

/** Every function by the access key that it signs with. */
export type Principals = ReadonlyMap<string, Principal>;

const LEADING_KEYS = 'dynamodb:LeadingKeys';

/** The one kind of condition that the stacks write. */
const keysAllowed = ({ Condition = {} }: Statement): string | readonly string[] | undefined =>
  Condition['ForAllValues:StringLike']?.[LEADING_KEYS];

/** Whether these statements let a request pass: a `Deny` that fits wins, and without an `Allow` the answer is no. */
export const isAllowed = (
  statements: readonly Statement[],
  { action, resource, leadingKeys = [] }: AccessRequest,
): boolean => {
  const fitting = statements.filter((statement) => {
    const keys = keysAllowed(statement);
    return (
      matchesAny(statement.Action, action, 'i') &&
      matchesAny(statement.Resource, resource, '') &&
      (keys === undefined || leadingKeys.every((key) => matchesAny(keys, key, '')))
    );
  });
  return fitting.length > 0 && fitting.every(({ Effect }) => Effect === 'Allow');
};

/** @throws Error for a condition that `isAllowed` would pass over */
const assertKnown = (statement: Statement): void => {
  for (const [operator, values] of Object.entries(statement.Condition ?? {})) {
    const known =
      operator === 'ForAllValues:StringLike' && Object.keys(values).every((key) => key === LEADING_KEYS);
    if (!known) throw new Error(`The local cloud does not know this condition: ${JSON.stringify(statement)}`);
  }
};

/**
 * What each function's role may do, by the templates. Lambda hands a function the credentials of its role; here each
 * gets an access key of its own, by which the local services know whose rights to look at.
 *
 * @param before of the version that this one replaces: a function keeps its access key, as it keeps its role
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

/** The access key that a request is signed with (AWS Signature Version 4). */
export const accessKeyOf = (authorization: string | undefined): string | undefined =>
  /Credential=([^/,\s]+)\//.exec(authorization ?? '')?.[1];

/** AWS's own words for what is not allowed. */
export const refusalOf = ({ functionName }: Principal, { action, resource }: AccessRequest): string =>
  `User: ${functionName} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
