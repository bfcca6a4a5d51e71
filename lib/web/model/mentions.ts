import type { Message } from '../../../functions/contract/schemas.ts';

/** Stands in a text for everybody in a group. */
export const EVERYBODY = 'everybody';

/** As many people as the service lets a message mention. */
const MENTIONS_MAX = 50;

/** What may be the name of a user, after an `@` that is not within a word or an address. */
const candidates = /(?<![\p{L}\p{N}_.@/-])@([A-Za-z0-9_.-]+)/gu;

/** A piece of a text: as it is, or an `@` with a name. */
export interface MentionPart {
  readonly text: string;
  /** In lower case, without the `@`. */
  readonly name?: string;
}

/**
 * Finds the `@name`s in a text.
 *
 * @param names in lower case
 */
export const splitMentions = (text: string, names: { has(name: string): boolean }): MentionPart[] => {
  const parts: MentionPart[] = [];
  let end = 0;
  for (const { 0: match, 1: written = '', index } of text.matchAll(candidates)) {
    // A name may end in a mark, and so may the sentence that ends with a name.
    let name = written.toLowerCase();
    while (name !== '' && !names.has(name) && /[_.-]$/.test(name)) name = name.slice(0, -1);
    if (!names.has(name)) continue;
    if (index > end) parts.push({ text: text.slice(end, index) });
    end = index + match.length - written.length + name.length;
    parts.push({ text: text.slice(index, end), name });
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
};

/** Whom a text mentions, or a message. */
export interface Mentions {
  readonly ids: number[];
  readonly all: boolean;
}

interface Mentionable {
  readonly id: number;
  readonly username: string;
}

/**
 * Whom a text mentions by `@name`.
 *
 * @param people who may be mentioned
 * @param isGroup whether everybody may be
 */
export const mentionsIn = (text: string, people: readonly Mentionable[], isGroup: boolean): Mentions => {
  const byName = new Map(people.map(({ id, username }) => [username.toLowerCase(), id]));
  const has = (name: string): boolean => byName.has(name) || (isGroup && name === EVERYBODY);
  const found = splitMentions(text, { has }).flatMap(({ name }) => name ?? []);
  const ids = new Set(found.flatMap((name) => byName.get(name) ?? []));
  return {
    ids: [...ids].slice(0, MENTIONS_MAX),
    all: isGroup && found.includes(EVERYBODY) && !byName.has(EVERYBODY),
  };
};

/**
 * Whom a message mentions after a change of its text. Who was mentioned otherwise than by name, as other clients may do,
 * stays mentioned.
 */
export const mentionsAfterEdit = (
  message: Pick<Message, 'content' | 'mentions' | 'mention_all'>,
  content: string,
  people: readonly Mentionable[],
  isGroup: boolean,
): Mentions => {
  const before = mentionsIn(message.content ?? '', people, isGroup);
  const now = mentionsIn(content, people, isGroup);
  const unwritten = message.mentions.filter((id) => !before.ids.includes(id));
  return {
    ids: [...new Set([...unwritten, ...now.ids])].slice(0, MENTIONS_MAX),
    all: now.all || (message.mention_all && !before.all),
  };
};
