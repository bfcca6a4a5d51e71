import { h, type Content, type View } from './view.ts';

/** Text with Markdown's `code` and **strong**. */
export const inline = (text: string): Content[] =>
  text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith('`')) return h('code', {}, part.slice(1, -1));
    if (part.startsWith('**')) return h('strong', {}, part.slice(2, -2));
    return part;
  });

/** Paragraphs of Markdown, separated by blank lines. */
export const paragraphs = (text = ''): View[] =>
  text
    .split(/\n\n+/)
    .filter((paragraph) => paragraph !== '')
    .map((paragraph) => h('p', {}, inline(paragraph)));

/** A value as indented JSON; a string as it is. */
export const pretty = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value, null, 2);

/** A block of code, focusable so that it scrolls by keyboard. */
export const codeBlock = (value: unknown): View => h('pre', { tabindex: '0' }, pretty(value));
