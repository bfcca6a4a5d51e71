import type * as z from 'zod';

const typeNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

const formatNames: Readonly<Record<string, string>> = {
  email: 'an e-mail address, such as ada@example.org',
  uuid: 'a UUID',
  datetime: 'a time, such as 2026-01-31T09:26:53.589Z',
};

const counted = (count: number | bigint, noun: string): string =>
  `${String(count)} ${noun}${count === 1 ? '' : 's'}`;

const oneOf = (values: readonly unknown[]): string =>
  `Must be ${values.map((value) => JSON.stringify(value) ?? String(value)).join(' or ')}`;

const boundOf = (
  { origin, code }: z.core.$ZodRawIssue<z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall>,
  bound: number | bigint,
): string => {
  const limit = code === 'too_big' ? 'at most' : 'at least';
  if (origin === 'string') return `Must have ${limit} ${counted(bound, 'character')}`;
  if (origin === 'array') return `Must have ${limit} ${counted(bound, 'item')}`;
  return `Must be ${limit} ${String(bound)}`;
};

/**
 * The message for input that does not match a schema: one sentence per kind of zod issue, such as "Must have at least
 * 8 characters". A message from the schema itself takes precedence.
 */
export const sentenceOfIssue: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'Is required';
      return `Must be ${typeNames[issue.expected] ?? issue.expected}`;
    case 'too_small':
      return boundOf(issue, issue.minimum);
    case 'too_big':
      return boundOf(issue, issue.maximum);
    case 'invalid_format':
      return `Must be ${formatNames[issue.format] ?? 'in another format'}`;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'unrecognized_keys':
      return `Has unknown fields: ${issue.keys.join(', ')}`;
    case 'invalid_union':
      return Array.isArray(issue.options) ? oneOf(issue.options) : 'Is not valid';
    default:
      return 'Is not valid';
  }
};
