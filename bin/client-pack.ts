import { readFileSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { buildClientPackage } from '../lib/client/package/build-package.ts';
import { packClient } from '../lib/client/package/pack.ts';
import packageJson from '../package.json' with { type: 'json' };
import { readArguments } from './arguments.ts';

const { values } = readArguments({
  usage: `
npm run client:pack                    makes the client's package, to be installed by npm, in .build
npm run client:pack -- --out FOLDER    makes it there`,
  options: { out: { type: 'string' } },
});

const folder = await buildClientPackage();
const file = await packClient(values.out === undefined ? undefined : resolve(values.out));
const compressed = (name: string): number => brotliCompressSync(readFileSync(join(folder, name))).length;
console.log(
  `Made ${relative(process.cwd(), file)}: chat-service ${packageJson.version}, ${statSync(file).size} bytes, ` +
    `of which the client takes ${compressed('client.js')} over the network, and ${compressed('files.js')} more with files. Install it: npm install ${file}`,
);
