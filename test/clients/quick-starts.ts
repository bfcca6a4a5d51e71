import { readFile } from 'node:fs/promises';

const LOCAL_URL = 'http://127.0.0.1:8000';

/**
 * The program of a quick start: its only block of code in the language.
 *
 * @param url the address of the service, in place of the one that `npm start` has
 * @throws Error when there is not one such block, or it does not name the address
 */
export const codeOf = async (language: string, url: string): Promise<string> => {
  const page = new URL(`../../lib/docs/quick-start-${language}.md`, import.meta.url);
  const blocks = [...(await readFile(page, 'utf8')).matchAll(/^```(\w+)\n(.*?)^```$/gms)];
  const [program, ...others] = blocks.filter(([, of]) => of === language).map(([, , code = '']) => code);
  if (program === undefined || others.length > 0 || !program.includes(LOCAL_URL)) {
    throw new Error(`${page.pathname} has one block of ${language}, which names ${LOCAL_URL}`);
  }
  return program.replaceAll(LOCAL_URL, url);
};
