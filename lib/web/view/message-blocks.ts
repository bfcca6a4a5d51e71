import { linkify, type TextPart } from './linkify.ts';

/** An inline part of a message. */
export type Inline =
  | { readonly kind: 'text'; readonly text: string; readonly href?: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'strong' | 'em' | 'del'; readonly parts: readonly Inline[] };

/** A block of a message: it begins on a new line. */
export type Block =
  | { readonly kind: 'text'; readonly parts: readonly Inline[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  /** `start` is the first number of an ordered list. */
  | { readonly kind: 'list'; readonly start?: number; readonly items: readonly (readonly Block[])[] };

/** A text as written, with links. */
export const plainBlocks = (parts: readonly TextPart[]): Block[] => [
  { kind: 'text', parts: parts.map((part) => ({ kind: 'text', ...part })) },
];

type Parse = (text: string) => Block[];

let parse: Parse = (text) => plainBlocks(linkify(text));

/**
 * Loads the Markdown parser. It is a third of the page's size, and the log-in does not need it. Until it is loaded, and
 * when loading fails, texts are shown as written.
 */
export const loadMarkdown = async (): Promise<void> => {
  try {
    parse = (await import('./markdown.ts')).parseMessage;
  } catch {
    // The network failed while the page was loading.
  }
};

/** Parses the text of a message into blocks. */
export const blocksOf: Parse = (text) => parse(text);
