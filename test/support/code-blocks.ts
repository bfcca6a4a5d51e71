import { readFileSync } from 'node:fs';

export interface CodeBlock {
  readonly language: string;
  /** The file that the sentence before the block names; undefined for commands. */
  readonly file: string | undefined;
  readonly text: string;
}

/** The code blocks of a page, each with the last file name between the previous block and itself. */
export const codeBlocksOf = (page: string): CodeBlock[] => {
  const text = readFileSync(page, 'utf8');
  let end = 0;
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
    ({ 0: block, 1: language = '', 2: code = '', index }) => {
      const before = text.slice(end, index);
      end = index + block.length;
      const [, file] = [...before.matchAll(/`((?:src\/)?[\w.-]+\.(?:html|json|tsx?))`/g)].at(-1) ?? [];
      return { language, file, text: code };
    },
  );
};
