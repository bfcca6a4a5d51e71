/**
 * The text index: which documents contain which words. Words are split and folded like MongoDB's text index version 3
 * with language "none": no stemming, no stop words, ignoring case and accents (manual: "Text Indexes on Self-Managed
 * Deployments", "Text Index Properties").
 */
import { type BsonDocument, equalityKey, isDocument, joinKeys } from './bson-values.ts';
import { CommandError } from './command-error.ts';
import { fieldPath, unwound } from './field-path.ts';
import type { IndexSpec, StoredDocument } from './hash-index.ts';
import { readDocument } from './raw-bson.ts';

export interface TextIndex {
  readonly spec: IndexSpec;
  /** The fields before the text fields of a compound index; a search must fix each by equality. */
  readonly prefix: readonly string[];
  add(stored: StoredDocument): void;
  remove(stored: StoredDocument): void;
  /** The documents that match a search, under the given equality keys of the prefix fields. */
  search(search: TextSearch, prefixKeys: readonly string[]): StoredDocument[];
  /** Stops the background work. */
  close(): void;
}

/** A parsed `$search` string (manual: "$text", "Behavior"). */
export interface TextSearch {
  /** A document needs at least one of these; includes the words of phrases. */
  readonly terms: readonly string[];
  readonly excludedTerms: readonly string[];
  /** Folded texts; the document must contain every phrase literally. */
  readonly phrases: readonly string[];
  readonly excludedPhrases: readonly string[];
}

/** Splitting 1 KB of text into words takes about 20 µs; a slice must not hold up the commands. */
const documentsPerSlice = 200;

/**
 * Creates an empty index. Documents are split into words a little later than they are stored, in small slices between
 * commands; a search first finishes the rest, so it never misses anything.
 */
export const textIndex = (spec: IndexSpec): TextIndex => {
  const textFields = Object.keys(spec.key).filter((field) => spec.key[field] === 'text');
  const prefix = Object.keys(spec.key).slice(0, Object.keys(spec.key).indexOf(textFields[0] ?? ''));
  const prefixFinders = prefix.map(fieldPath);
  const textFinders = textFields.filter((field) => field !== '$**').map(fieldPath);
  const everything = textFields.includes('$**');

  // Posting lists contain ordinals, which are cheap; the ordinal of a changed or removed document becomes a hole.
  let postings = new Map<string, number[]>();
  let documents: Array<StoredDocument | undefined> = [];
  let ordinals = new Map<StoredDocument, number>();
  const waiting = new Set<StoredDocument>();
  let slice: NodeJS.Immediate | undefined;

  const texts = (document: BsonDocument): string[] => {
    if (everything) return allStrings(document);
    return textFinders.flatMap((find) =>
      unwound(find(document)).filter((value) => typeof value === 'string'),
    );
  };

  const cut = (stored: StoredDocument): void => {
    const document = readDocument(stored.bytes);
    const ordinal = documents.push(stored) - 1;
    ordinals.set(stored, ordinal);
    const under = joinKeys(['', ...prefixFinders.map((find) => equalityKey(find(document).values[0]))]);
    for (const word of new Set(texts(document).flatMap(wordsOf))) {
      const key = `${under}${word}`;
      const list = postings.get(key);
      if (list === undefined) postings.set(key, [ordinal]);
      else list.push(ordinal);
    }
  };

  const cutSome = (count: number): void => {
    let left = count;
    for (const stored of waiting) {
      if (left === 0) return;
      left -= 1;
      waiting.delete(stored);
      cut(stored);
    }
  };

  const cutLater = (): void => {
    slice ??= setImmediate(() => {
      slice = undefined;
      cutSome(documentsPerSlice);
      if (waiting.size > 0) cutLater();
    });
  };

  /** Rebuilds the lists once holes outnumber documents. */
  const forget = (stored: StoredDocument): void => {
    const ordinal = ordinals.get(stored);
    if (ordinal === undefined) return;
    ordinals.delete(stored);
    documents[ordinal] = undefined;
    if (documents.length > 1000 && documents.length > 2 * (ordinals.size + waiting.size)) {
      for (const alive of ordinals.keys()) waiting.add(alive);
      postings = new Map();
      documents = [];
      ordinals = new Map();
      cutLater();
    }
  };

  return {
    spec,
    prefix,
    add(stored) {
      waiting.add(stored);
      cutLater();
    },
    remove(stored) {
      waiting.delete(stored);
      forget(stored);
    },
    search(search, prefixKeys) {
      cutSome(Infinity);
      const under = joinKeys(['', ...prefixKeys]);
      const listed = (words: readonly string[]) =>
        new Set(words.flatMap((word) => postings.get(`${under}${word}`) ?? []));
      const excluded = listed(search.excludedTerms);
      return [...listed(search.terms)]
        .filter((ordinal) => !excluded.has(ordinal))
        .toSorted((left, right) => left - right)
        .flatMap((ordinal) => documents[ordinal] ?? [])
        .filter((stored) => {
          if (search.phrases.length === 0 && search.excludedPhrases.length === 0) return true;
          const folded = texts(readDocument(stored.bytes)).map(fold);
          const holds = (phrase: string) => folded.some((text) => text.includes(phrase));
          return search.phrases.every(holds) && !search.excludedPhrases.some(holds);
        });
    },
    close() {
      clearImmediate(slice);
    },
  };
};

/**
 * Parses a `$text` operand. Throws CommandError for options that are not implemented: a language other than none,
 * sensitivity to case or accents.
 */
export const parseTextSearch = (operand: unknown): TextSearch => {
  if (!isDocument(operand) || typeof operand['$search'] !== 'string') {
    throw new CommandError('TypeMismatch', '"$search" had the wrong type. Expected string');
  }
  for (const name of Object.keys(operand)) {
    if (!['$search', '$language', '$caseSensitive', '$diacriticSensitive'].includes(name)) {
      throw new CommandError('BadValue', `extra fields in $text: ${name}`);
    }
  }
  const language = operand['$language'] ?? 'none';
  if (language !== 'none' || operand['$caseSensitive'] === true || operand['$diacriticSensitive'] === true) {
    throw new CommandError(
      'NotImplemented',
      'the embedded MongoDB server searches with language none, insensitive to case and diacritics',
    );
  }
  return parseSearchString(operand['$search']);
};

/**
 * Parses `word`, `-word`, `"a phrase"` and `-"a phrase"`. A minus negates only after white space: "pre-market" means
 * two plain words.
 */
const parseSearchString = (search: string): TextSearch => {
  const found = {
    terms: new Set<string>(),
    excludedTerms: new Set<string>(),
    phrases: new Array<string>(),
    excludedPhrases: new Array<string>(),
  };
  const part = /(?<minus>(?<=^|\s)-)?(?:"(?<phrase>[^"]*)"|(?<plain>[^\s"]+))/gu;
  for (const { groups } of search.matchAll(part)) {
    const negated = groups?.['minus'] !== undefined;
    const phrase = groups?.['phrase'];
    const words = wordsOf(phrase ?? groups?.['plain'] ?? '');
    if (phrase !== undefined && phrase !== '') {
      (negated ? found.excludedPhrases : found.phrases).push(fold(phrase));
    }
    // The words of an excluded phrase may occur separately.
    if (negated && phrase !== undefined) continue;
    for (const word of words) (negated ? found.excludedTerms : found.terms).add(word);
  }
  return { ...found, terms: [...found.terms], excludedTerms: [...found.excludedTerms] };
};

/** The Unicode classes that separate words; the underscore and emoji are in none of them. */
const delimiters =
  /[\p{Dash}\p{Pattern_Syntax}\p{Quotation_Mark}\p{Terminal_Punctuation}\p{White_Space}\u00ad\u058a\u1806\u2e17\u30fb\ufe63\uff0d\uff65]+/u;
const asciiWords = /[^\s!-/:-@[-^`{-~]+/g;
const onlyAscii = /^\p{ASCII}*$/u;
const nonAsciiDiacritics = /(?!\p{ASCII})\p{Diacritic}/gu;

/** The folded words of a text, in order, including repetitions. */
const wordsOf = (text: string): string[] => {
  if (onlyAscii.test(text)) return text.toLowerCase().match(asciiWords) ?? [];
  return text
    .split(delimiters)
    .map(fold)
    .filter((word) => word !== '');
};

/** Lower case, without accents. */
const fold = (text: string): string => {
  const lower = text.toLowerCase();
  if (onlyAscii.test(lower)) return lower;
  return lower.normalize('NFD').replace(nonAsciiDiacritics, '').normalize('NFC');
};

const allStrings = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(allStrings);
  return isDocument(value) ? Object.values(value).flatMap(allStrings) : [];
};
