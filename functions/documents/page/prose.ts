import { h, type Content, type View } from './view.ts';

/** Text with the `code` and the **strong** of Markdown. */
export const inline = (text: string): Content[] =>
  text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith('`')) return h('code', {}, part.slice(1, -1));
    if (part.startsWith('**')) return h('strong', {}, part.slice(2, -2));
    return part;
  });

/** Paragraphs of Markdown, which blank lines part. */
export const paragraphs = (text = ''): View[] =>
  text
    .split(/\n\n+/)
    .filter((paragraph) => paragraph !== '')
    .map((paragraph) => h('p', {}, inline(paragraph)));

/** A value in several lines of JSON; a text as it is. */
export const pretty = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value, null, 2);

/** A block of code, which scrolls by keyboard too. */
export const codeBlock = (value: unknown): View => h('pre', { tabindex: '0' }, pretty(value));
