import { readFileSync } from 'node:fs';

export interface CodeBlock {
  readonly language: string;
  /** The file that the sentence ahead of the block names; undefined for commands. */
  readonly file: string | undefined;
  readonly text: string;
}

/** The blocks of code of a page, each with the last file that was named between it and the block before it. */
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
