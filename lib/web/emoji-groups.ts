import emojiKeywords from 'emojilib/dist/emoji-en-US.json' with { type: 'json' };
import groups from 'unicode-emoji-json/data-by-group.json' with { type: 'json' };
import type { Plugin } from 'esbuild';

const keywords: Readonly<Record<string, readonly string[]>> = emojiKeywords;

/**
 * Maximal number of keywords per emoji: people remember one of the first ones, and each adds to the download of a
 * browser.
 */
const KEYWORDS_MAX = 6;

const wordsOf = (text: string): string[] => text.toLowerCase().split(/[^\p{L}\p{N}]+/u);

/** The words by which people search for an emoji, without those that a word of its name begins with. */
const keywordsOf = (emoji: string, name: string): string[] => {
  const named = wordsOf(name);
  const found = (keywords[emoji] ?? []).flatMap(wordsOf);
  const isNews = (word: string): boolean => word.length > 1 && !named.some((one) => one.startsWith(word));
  return [...new Set(found.filter(isNews))].slice(0, KEYWORDS_MAX);
};

/**
 * All emoji of Unicode without their skin tones, by Unicode's groups. Each emoji is a line: the emoji, a space, its
 * name, a `|`, and its keywords with spaces between them.
 */
export const emojiGroups = (): { readonly name: string; readonly lines: string }[] =>
  groups.map(({ name, emojis }) => ({
    name,
    lines: emojis
      .map((one) => `${one.emoji} ${one.name}|${keywordsOf(one.emoji, one.name).join(' ')}`)
      .join('\n'),
  }));

/**
 * An esbuild plugin for the module `virtual:emoji-groups`, a sixth of the size of the packages that it is generated
 * from.
 */
export const emojiGroupsModule = (): Plugin => ({
  name: 'emoji groups',
  setup: (build) => {
    build.onResolve({ filter: /^virtual:emoji-groups$/ }, () => ({
      path: 'emoji-groups',
      namespace: 'virtual',
    }));
    build.onLoad({ filter: /.*/, namespace: 'virtual' }, () => ({
      contents: JSON.stringify(emojiGroups()),
      loader: 'json',
    }));
  },
});
