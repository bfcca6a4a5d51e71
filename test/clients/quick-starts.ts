import { fileURLToPath } from 'node:url';
import { codeBlocksOf } from '../support/code-blocks.ts';

/** Of OpenAPI Generator: earlier ones make clients of Python and Kotlin that do not work. */
export const GENERATOR_VERSION = '7.25.0';

/** The version of its npm package that brings it. The newest that runs with the reader's Node may bring an earlier one. */
export const GENERATOR_PACKAGE = '@openapitools/openapi-generator-cli@2.41.0';

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
