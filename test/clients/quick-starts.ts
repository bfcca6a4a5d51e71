import { fileURLToPath } from 'node:url';
import { codeBlocksOf } from '../support/code-blocks.ts';

/** The version of OpenAPI Generator: earlier ones generate broken clients for Python and Kotlin. */
export const GENERATOR_VERSION = '7.25.0';

/**
 * The npm package with exactly this version of the generator. The newest package that supports the reader's Node may
 * contain an earlier one.
 */
export const GENERATOR_PACKAGE = '@openapitools/openapi-generator-cli@2.41.0';

const LOCAL_URL = 'http://127.0.0.1:8000';

/**
 * The program of a quick start: its only code block in this language.
 *
 * @param url the service's address, which replaces that of `npm start`
 * @throws Error when there is not exactly one such block, or it does not contain the address
 */
export const codeOf = (language: string, url: string): string => {
  const page = fileURLToPath(new URL(`../../lib/docs/quick-start-${language}.md`, import.meta.url));
  const [program, ...others] = codeBlocksOf(page).filter((block) => block.language === language);
  if (program === undefined || others.length > 0 || !program.text.includes(LOCAL_URL)) {
    throw new Error(`${page} has one block of ${language}, which names ${LOCAL_URL}`);
  }
  return program.text.replaceAll(LOCAL_URL, url);
};
