import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileAssetPackaging, FileSystem, Stack, Stage } from 'aws-cdk-lib';
import { Code, type CodeConfig } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { linkFolder } from './link-files.ts';

/** What a bundle is, by its contents: libraries have the hash of theirs in their names. */
const hashOfBundle = (directory: string): string => {
  const entries = readdirSync(directory, { withFileTypes: true });
  // With native packages beside it, whose files have no such names.
  if (!entries.every((entry) => entry.isFile())) return FileSystem.fingerprint(directory);
  const hash = createHash('sha256').update(readFileSync(join(directory, 'index.mjs')));
  for (const name of entries.map((entry) => entry.name).toSorted()) hash.update(name).update('\0');
  return hash.digest('hex');
};

/**
 * A bundle as the code of a function. Unlike `Code.fromAsset` it neither reads nor copies the libraries, which are the same
 * ones in a hundred bundles: the cloud assembly gets links to their files.
 */
export class BundledCode extends Code {
  readonly isInline = false;
  readonly #directory: string;

  /** @param directory of the bundle; nobody may write to it */
  constructor(directory: string) {
    super();
    this.#directory = directory;
  }

  override bind(scope: Construct): CodeConfig {
    const sourceHash = hashOfBundle(this.#directory);
    const fileName = `asset.${sourceHash}`;
    const assembly = Stage.of(scope);
    if (assembly === undefined) throw new Error('A function needs an app to be in');
    const target = join(assembly.assetOutdir, fileName);
    if (!existsSync(target)) linkFolder(this.#directory, target);
    const { bucketName, objectKey } = Stack.of(scope).synthesizer.addFileAsset({
      fileName,
      packaging: FileAssetPackaging.ZIP_DIRECTORY,
      sourceHash,
    });
    return { s3Location: { bucketName, objectKey } };
  }
}
