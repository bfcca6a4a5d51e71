import { S3Error } from './s3-error.ts';

/** The upload that a valid form permits. */
export interface AllowedUpload {
  readonly key: string;
  /** The minimum and maximum size of the file, in bytes. */
  readonly least: number;
  readonly most: number;
}

/** S3's own limit of a single upload. */
const BYTES_MAX = 5 * 1024 ** 3;
const KEY_BYTES_MAX = 1024;

/** Fields that no condition has to name. */
const needsNoCondition = (name: string): boolean =>
  name === 'policy' || name === 'x-amz-signature' || name === 'file' || name.startsWith('x-ignore-');

interface Policy {
  readonly expiration: string;
  readonly conditions: readonly unknown[];
}

/** @throws S3Error when it is not a policy */
const parsePolicy = (base64: string): Policy => {
  const invalid = (): S3Error =>
    new S3Error(
      'InvalidPolicyDocument',
      'Invalid Policy: the policy is not Base64 of a JSON policy document.',
    );
  let policy: Partial<Policy> | null;
  try {
    policy = JSON.parse(Buffer.from(base64, 'base64').toString('utf8')) as Partial<Policy> | null;
  } catch {
    throw invalid();
  }
  if (typeof policy?.expiration !== 'string' || !Array.isArray(policy.conditions)) throw invalid();
  if (Number.isNaN(Date.parse(policy.expiration))) throw invalid();
  return { expiration: policy.expiration, conditions: policy.conditions as unknown[] };
};

type Matcher = readonly [operator: 'eq' | 'starts-with', field: string, value: string];
type Range = readonly [operator: 'content-length-range', least: number, most: number];

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** A policy's condition in its long form; `{"a": "b"}` is short for `["eq", "$a", "b"]`. */
const conditionsOf = (condition: unknown): (Matcher | Range)[] => {
  const invalid = new S3Error('InvalidPolicyDocument', 'Invalid Policy: Invalid Condition');
  if (!Array.isArray(condition)) {
    if (typeof condition !== 'object' || condition === null) throw invalid;
    return Object.entries(condition).map(([field, value]): Matcher => {
      if (typeof value !== 'string') throw invalid;
      return ['eq', field.toLowerCase(), value];
    });
  }
  const [operator, first, second, ...more] = condition as unknown[];
  const name = typeof operator === 'string' ? operator.toLowerCase() : '';
  if (more.length > 0) throw invalid;
  if (name === 'content-length-range' && isSize(first) && isSize(second)) return [[name, first, second]];
  if ((name === 'eq' || name === 'starts-with') && typeof first === 'string' && typeof second === 'string') {
    if (first.startsWith('$')) return [[name, first.slice(1).toLowerCase(), second]];
  }
  throw invalid;
};

/**
 * Checks a form against its policy: the expiry, every condition, and that a condition covers each field.
 *
 * @param fields the form's fields, by their names in lower case, without the file
 * @throws S3Error
 */
export const checkPostPolicy = (
  fields: ReadonlyMap<string, string>,
  bucket: string,
  now: Date,
): AllowedUpload => {
  const { expiration, conditions } = parsePolicy(fields.get('policy') ?? '');
  if (Date.parse(expiration) <= now.getTime()) {
    throw new S3Error('AccessDenied', 'Invalid according to Policy: Policy expired.');
  }
  const named = new Set<string>();
  let [least, most] = [0, BYTES_MAX];
  for (const condition of conditions.flatMap(conditionsOf)) {
    if (condition[0] === 'content-length-range') {
      least = Math.max(least, condition[1]);
      most = Math.min(most, condition[2]);
      continue;
    }
    const [operator, field, wanted] = condition;
    named.add(field);
    const value = field === 'bucket' ? bucket : (fields.get(field) ?? '');
    if (operator === 'eq' ? value !== wanted : !value.startsWith(wanted)) {
      throw new S3Error(
        'AccessDenied',
        `Invalid according to Policy: Policy Condition failed: ["${operator}", "$${field}", "${wanted}"]`,
      );
    }
  }
  const extra = [...fields.keys()].find((name) => !needsNoCondition(name) && !named.has(name));
  if (extra !== undefined) {
    throw new S3Error('AccessDenied', `Invalid according to Policy: Extra input fields: ${extra}`);
  }
  const key = fields.get('key') ?? '';
  if (key === '') {
    throw new S3Error('UserKeyMustBeSpecified', 'The bucket POST must contain the specified field name.');
  }
  if (Buffer.byteLength(key) > KEY_BYTES_MAX) throw new S3Error('KeyTooLongError', 'Your key is too long');
  return { key, least, most };
};
