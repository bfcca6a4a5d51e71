// Removes files of packages that this project does not use, after `npm install`: 80 MB. Written in plain JavaScript
// without imports from this project: the installing Node may not run TypeScript, and a container image has no sources
// at that point. Everything also works without it, for example after `npm ci --ignore-scripts`.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const packages = 'node_modules';

// Node's headers and manuals: only the program is needed.
const node = join(packages, 'node/node_modules');
const ofNode = existsSync(node)
  ? readdirSync(node).flatMap((name) => ['include', 'share'].map((part) => join(node, name, part)))
  : [];

// The CDK's manifests for other languages.
const manifests = ['.jsii', '.jsii.gz', '.jsii.tabl.json', '.jsii.tabl.json.gz'];
const ofCdk = [
  'aws-cdk-lib',
  'awscdk-resources-mongodbatlas',
  'cdk-nag',
  'constructs',
  '@aws-cdk/cloud-assembly-schema',
].flatMap((name) => manifests.map((manifest) => join(packages, name, manifest)));

for (const path of [...ofNode, ...ofCdk]) rmSync(path, { recursive: true, force: true });
