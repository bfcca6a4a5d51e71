/** An element of the page as data, so that what is rendered can be tested without a browser. */
export interface View {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (View | string)[];
}

/** A possible child of an element; `undefined` renders as nothing. */
export type Content = View | string | undefined | readonly Content[];

/** Attributes; `true` renders as an attribute without a value, `false` and `undefined` are left out. */
export type Attributes = Readonly<Record<string, string | boolean | undefined>>;

const flatten = (content: Content): (View | string)[] => {
  if (content === undefined) return [];
  if (typeof content === 'string' || 'tag' in content) return [content];
  return content.flatMap(flatten);
};

export const h = (tag: string, attributes: Attributes = {}, ...content: Content[]): View => ({
  tag,
  attributes: Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) =>
      value === undefined || value === false ? [] : [[name, value === true ? '' : value]],
    ),
  ),
  children: flatten(content),
});

/** Contents joined by ` or `. */
export const either = (contents: readonly Content[]): Content[] =>
  contents.flatMap((content, index) => (index === 0 ? [content] : [' or ', content]));
