import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../constructs/build-cache.ts';
import { buildClientPackage } from './build-package.ts';

/**
 * Builds the client's package and packs it as npm would publish it.
 *
 * @param directory the folder for the tarball; created if absent
 * @returns the path of the tarball
 */
export const packClient = async (directory = join(projectRoot, '.build')): Promise<string> => {
  const built = await buildClientPackage();
  mkdirSync(directory, { recursive: true });
  const answer = execFileSync('npm', ['pack', '--json', '--pack-destination', directory], {
    cwd: built,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [packed] = JSON.parse(answer) as readonly { readonly filename: string }[];
  if (packed === undefined) throw new Error('npm packed nothing');
  return join(directory, packed.filename);
};
