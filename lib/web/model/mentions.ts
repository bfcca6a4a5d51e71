import type { Message } from '../../../functions/contract/schemas.ts';

/** The name in a text that mentions all members of a group. */
export const EVERYBODY = 'everybody';

/** The service's limit for mentions in a message. */
const MENTIONS_MAX = 50;

/** Matches an `@` with a possible user name; the `@` must not stand within a word or an e-mail address. */
const candidates = /(?<![\p{L}\p{N}_.@/-])@([A-Za-z0-9_.-]+)/gu;

/** A part of a text: plain, or an `@` with a name. */
export interface MentionPart {
  readonly text: string;
  /** The mentioned name in lower case, without the `@`; undefined for a plain part. */
  readonly name?: string;
}

/**
 * Splits a text at the `@name`s in it.
 *
 * @param names in lower case
 */
export const splitMentions = (text: string, names: { has(name: string): boolean }): MentionPart[] => {
  const parts: MentionPart[] = [];
  let end = 0;
  for (const { 0: match, 1: written = '', index } of text.matchAll(candidates)) {
    // A name may end with a punctuation mark, and so may a sentence that ends with a name.
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

/** The users whom a text or a message mentions. */
export interface Mentions {
  readonly ids: number[];
  readonly all: boolean;
}

interface Mentionable {
  readonly id: number;
  readonly username: string;
}

/**
 * The users whom a text mentions by `@name`.
 *
 * @param people the users who may be mentioned
 * @param isGroup whether `@everybody` counts
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
 * The mentions of a message after a change of its text. Users who were mentioned other than by name, as other clients
 * may do, stay mentioned.
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
