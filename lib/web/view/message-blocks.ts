import { linkify, type TextPart } from './linkify.ts';

/** A piece of a line. */
export type Inline =
  | { readonly kind: 'text'; readonly text: string; readonly href?: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'strong' | 'em' | 'del'; readonly parts: readonly Inline[] };

/** A part of a message that has lines of its own. */
export type Block =
  | { readonly kind: 'text'; readonly parts: readonly Inline[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  /** `start` of a list with numbers. */
  | { readonly kind: 'list'; readonly start?: number; readonly items: readonly (readonly Block[])[] };

/** A text as it was written, with links where there are addresses. */
export const plainBlocks = (parts: readonly TextPart[]): Block[] => [
  { kind: 'text', parts: parts.map((part) => ({ kind: 'text', ...part })) },
];

type Parse = (text: string) => Block[];

let parse: Parse = (text) => plainBlocks(linkify(text));

/**
 * Loads what knows the marks in a text. It is a third of the page, and who logs in does not need it yet. Until it is
 * there, and where it does not come, texts are shown as they were written.
 */
export const loadMarkdown = async (): Promise<void> => {
  try {
    parse = (await import('./markdown.ts')).parseMessage;
  } catch {
    // The network went away while the page was loading.
  }
};

/** What somebody wrote, cut into what is shown. */
export const blocksOf: Parse = (text) => parse(text);
