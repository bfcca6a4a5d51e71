import type { Parameter } from './document.ts';

/** What somebody filled into a form, by the field's name. */
export type Values = ReadonlyMap<string, string>;

/** A request as `fetch` takes it. */
export interface Request {
  readonly address: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * The path with its parameters filled in. An empty value of a query's parameter is left out.
 *
 * @param values by `path.<name>` and `query.<name>`
 */
export const addressOf = (path: string, parameters: readonly Parameter[], values: Values): string => {
  const query = new URLSearchParams();
  let filled = path;
  for (const { name, in: place } of parameters) {
    const value = values.get(`${place}.${name}`) ?? '';
    // A function, for `$&` in a text would mean something.
    if (place === 'path') filled = filled.replace(`{${name}}`, () => encodeURIComponent(value));
    else if (value !== '') query.set(name, value);
  }
  return query.size === 0 ? filled : `${filled}?${query.toString()}`;
};

/**
 * A request of the page's user.
 *
 * @param token their access token, when they have logged in
 * @param body JSON, when the operation takes any
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

/** A field of a body that is a text, or undefined. */
export const textField = (body: unknown, field: string): string | undefined => {
  const value =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[field] : undefined;
  return typeof value === 'string' ? value : undefined;
};
