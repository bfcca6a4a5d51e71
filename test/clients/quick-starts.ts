import { fileURLToPath } from 'node:url';
import { codeBlocksOf } from '../support/code-blocks.ts';

const LOCAL_URL = 'http://127.0.0.1:8000';

/**
 * The program of a quick start: its only block of code in the language.
 *
 * @param url the address of the service, in place of the one that `npm start` has
 * @throws Error when there is not one such block, or it does not name the address
 */
export const codeOf = (language: string, url: string): string => {
  const page = fileURLToPath(new URL(`../../lib/docs/quick-start-${language}.md`, import.meta.url));
  const [program, ...others] = codeBlocksOf(page).filter((block) => block.language === language);
  if (program === undefined || others.length > 0 || !program.text.includes(LOCAL_URL)) {
    throw new Error(`${page} has one block of ${language}, which names ${LOCAL_URL}`);
  }
  return program.text.replaceAll(LOCAL_URL, url);
};
