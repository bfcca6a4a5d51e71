import type { Parameter } from './document.ts';

/** The filled-in fields of a form, by name. */
export type Values = ReadonlyMap<string, string>;

/** A request in the shape that `fetch` takes. */
export interface Request {
  readonly address: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * The path with its parameters filled in. Query parameters with an empty value are left out.
 *
 * @param values by `path.<name>` and `query.<name>`
 */
export const addressOf = (path: string, parameters: readonly Parameter[], values: Values): string => {
  const query = new URLSearchParams();
  let filled = path;
  for (const { name, in: place } of parameters) {
    const value = values.get(`${place}.${name}`) ?? '';
    // Uses a replacer function, since `$&` in a replacement string is special.
    if (place === 'path') filled = filled.replace(`{${name}}`, () => encodeURIComponent(value));
    else if (value !== '') query.set(name, value);
  }
  return query.size === 0 ? filled : `${filled}?${query.toString()}`;
};

/**
 * Builds a request of the page's user.
 *
 * @param token the user's access token, when they have logged in
 * @param body JSON, when the operation takes a body
 */
export const requestOf = (
  method: string,
  address: string,
  { token, body }: { readonly token: string | undefined; readonly body: string | undefined },
): Request => ({
  address,
  method: method.toUpperCase(),
  headers: {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  },
  ...(body === undefined ? {} : { body }),
});

/** A body as a value: parsed when it is JSON, else its text; `undefined` when it is empty. */
export const bodyOf = (text: string): unknown => {
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

/** A string field of a body, or undefined. */
export const textField = (body: unknown, field: string): string | undefined => {
  const value =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[field] : undefined;
  return typeof value === 'string' ? value : undefined;
};
