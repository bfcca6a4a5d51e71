import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { openApiDocument } from '../functions/documents/openapi.ts';
import packageJson from '../package.json' with { type: 'json' };
import { readArguments } from './arguments.ts';

const file = new URL('../functions/documents/openapi.json', import.meta.url);
const { values } = readArguments({
  usage: `
npm run openapi              writes the committed copy of the OpenAPI document
npm run openapi -- --check   fails when the committed copy differs from the route table`,
  options: { check: { type: 'boolean', default: false } },
});

const document = await format(JSON.stringify(openApiDocument(packageJson.version)), {
  ...(packageJson.prettier as object),
  parser: 'json',
});

if (values.check) {
  const committed = await readFile(file, 'utf8').catch(() => '');
  if (committed !== document) {
    console.error('functions/documents/openapi.json does not match the route table. Run: npm run openapi');
    process.exitCode = 1;
  } else {
    console.log('functions/documents/openapi.json matches the route table');
  }
} else {
  await writeFile(file, document);
  console.log(`Made ${fileURLToPath(file)}, ${document.split('\n').length} lines`);
}
