import { Lexer, Tokenizer, type MarkedToken, type Token, type Tokens } from 'marked';
import { linkify, type TextPart } from './linkify.ts';
import { plainBlocks, type Block, type Inline } from './message-blocks.ts';

/** The maximal nesting of quotes and lists. A text with deeper nesting is shown as written. */
const DEPTH_MAX = 8;

/** The maximal number of emphasis characters, more than a real message has: pairing them takes quadratic time. */
const MARKS_MAX = 500;
const nested = new RegExp(
  String.raw`^(?:[ \t]*(?:>|[\-*](?=[ \t])|\d{1,9}[.)](?=[ \t]))){${DEPTH_MAX + 1}}`,
  'm',
);

const none = (): undefined => undefined;

/** Parses bold, italics, strikethrough, code, quotes and lists. */
class ChatTokenizer extends Tokenizer {
  // Other Markdown stays as written: a chat needs no headings, tables and rules, nobody expects HTML to be interpreted,
  // and a link whose text hides its address can deceive.
  override code = none;
  override heading = none;
  override lheading = none;
  override hr = none;
  override html = none;
  override tag = none;
  override def = none;
  override table = none;
  override link = none;
  override reflink = none;
  override autolink = none;
  override url = none;
  override br = none;
  override escape(text: string): Tokens.Escape | undefined {
    return /^\\[\\`*_~>+.-]/.test(text)
      ? { type: 'escape', raw: text.slice(0, 2), text: text.charAt(1) }
      : undefined;
  }
  /** "1986. What a year" and "+ 1" are not lists. */
  override list(text: string): Tokens.List | undefined {
    return /^ {0,3}(?:\d{3,}|\+)/.test(text) ? undefined : super.list(text);
  }
}

/** Stands for a link while the text around it is parsed: its index between two private-use characters. */
const placeholders = /\ue000(\d+)\ue001/;

const toBlocks = (tokens: readonly Token[], links: readonly (TextPart & { written: string })[]): Block[] => {
  const written = (text: string): string =>
    text.replaceAll(new RegExp(placeholders, 'g'), (_, index) => links[Number(index)]?.written ?? '');
  const textsIn = (text: string): Inline[] =>
    text.split(placeholders).flatMap((part, index): Inline[] => {
      if (index % 2 === 0) return part === '' ? [] : [{ kind: 'text', text: part }];
      const link = links[Number(part)];
      return link?.href === undefined ? [] : [{ kind: 'text', text: link.text, href: link.href }];
    });
  const inlines = (inner: readonly Token[] = []): Inline[] =>
    (inner as MarkedToken[]).flatMap((token): Inline[] => {
      switch (token.type) {
        case 'strong':
        case 'em':
        case 'del':
          return [{ kind: token.type, parts: inlines(token.tokens) }];
        case 'codespan':
          return [{ kind: 'code', text: written(token.text) }];
        case 'escape':
          return textsIn(token.text);
        default:
          return textsIn(token.raw);
      }
    });
  const blocks = (inner: readonly Token[], depth: number): Block[] => {
    if (depth > DEPTH_MAX) throw new RangeError('Too deep for a message');
    const made: Block[] = [];
    /** Merges consecutive lines into one text block, with the empty lines between them. */
    const addLines = (parts: readonly Inline[]): void => {
      const last = made.at(-1);
      if (last?.kind === 'text') made[made.length - 1] = { kind: 'text', parts: [...last.parts, ...parts] };
      else made.push({ kind: 'text', parts });
    };
    for (const token of inner as MarkedToken[]) {
      switch (token.type) {
        case 'code':
          made.push({ kind: 'code', text: written(token.text) });
          break;
        case 'blockquote':
          made.push({ kind: 'quote', blocks: blocks(token.tokens, depth + 1) });
          break;
        case 'list':
          made.push({
            kind: 'list',
            ...(token.ordered ? { start: Number(token.start) } : {}),
            items: token.items.map((item) => blocks(item.tokens, depth + 1)),
          });
          break;
        case 'paragraph':
        case 'text':
          addLines(inlines(token.tokens));
          // The tokens of a line do not include its line break.
          if (token.raw.endsWith('\n')) addLines([{ kind: 'text', text: '\n' }]);
          break;
        default:
          addLines(textsIn(token.raw));
      }
    }
    return made.map(trimmed).filter((block) => block.kind !== 'text' || block.parts.length > 0);
  };
  return blocks(tokens, 0);
};

/** Removes empty lines at both ends of a text: the styles set the distance between blocks. */
const trimmed = (block: Block): Block => {
  if (block.kind !== 'text') return block;
  const parts = [...block.parts];
  for (const [at, end] of [
    [0, /^\n+/],
    [-1, /\n+$/],
  ] as const) {
    const part = parts.at(at);
    if (part?.kind !== 'text' || part.href !== undefined) continue;
    const text = part.text.replace(end, '');
    const index = at === 0 ? 0 : parts.length - 1;
    if (text === '') parts.splice(index, 1);
    else parts[index] = { kind: 'text', text };
  }
  return { kind: 'text', parts };
};

/**
 * Parses a message into blocks, with the markup that is usual in chats, and with links. A text without markup keeps
 * every character.
 */
export const parseMessage = (text: string): Block[] => {
  const links: (TextPart & { written: string })[] = [];
  let masked = '';
  let at = 0;
  const linked = linkify(text);
  for (const part of linked) {
    const written = text.slice(at, at + (part.length ?? part.text.length));
    at += written.length;
    if (part.href === undefined) masked += part.text;
    // Markup characters in an address belong to the address.
    else masked += `\ue000${links.push({ ...part, written }) - 1}\ue001`;
  }
  const plain = plainBlocks(linked);
  const tooMuch = (text.match(/[*_~]/g)?.length ?? 0) > MARKS_MAX || nested.test(text);
  if (tooMuch || /[\ue000\ue001]/.test(text)) return plain;
  try {
    const lexer = new Lexer({ gfm: true, breaks: false, tokenizer: new ChatTokenizer() });
    const blocks = toBlocks(lexer.lex(masked), links);
    return hasMarks(blocks) ? blocks : plain;
  } catch {
    // The quotes and lists are nested too deeply.
    return plain;
  }
};

const hasMarks = (blocks: readonly Block[]): boolean =>
  blocks.some((block) => block.kind !== 'text' || block.parts.some(({ kind }) => kind !== 'text')) ||
  blocks.length > 1;
