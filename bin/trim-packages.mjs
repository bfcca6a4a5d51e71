// Removes what packages bring that nobody here reads, after `npm install`: 80 MB. In plain JavaScript without anything of
// ours, since the Node that installs may run no TypeScript, and an image has no sources yet. Everything works without it, as
// after `npm ci --ignore-scripts`.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const packages = 'node_modules';

// The headers and manuals of Node, which is needed as a program alone.
const node = join(packages, 'node/node_modules');
const ofNode = existsSync(node)
  ? readdirSync(node).flatMap((name) => ['include', 'share'].map((part) => join(node, name, part)))
  : [];

// What the CDK is translated from for other languages.
const manifests = ['.jsii', '.jsii.gz', '.jsii.tabl.json', '.jsii.tabl.json.gz'];
const ofCdk = [
  'aws-cdk-lib',
  'awscdk-resources-mongodbatlas',
  'cdk-nag',
  'constructs',
  '@aws-cdk/cloud-assembly-schema',
].flatMap((name) => manifests.map((manifest) => join(packages, name, manifest)));

for (const path of [...ofNode, ...ofCdk]) rmSync(path, { recursive: true, force: true });
