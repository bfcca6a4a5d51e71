import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileAssetPackaging, FileSystem, Stack, Stage } from 'aws-cdk-lib/core';
import { Code, type CodeConfig } from 'aws-cdk-lib/aws-lambda';
import { DISABLE_ASSET_STAGING_CONTEXT } from 'aws-cdk-lib/cx-api';
import type { Construct } from 'constructs';
import { linkFolder } from './link-files.ts';

/** Identifies a bundle by its contents: libraries have their content hash in their names. */
const hashOfBundle = (directory: string): string => {
  const entries = readdirSync(directory, { withFileTypes: true });
  // The files of native packages have no hash in their names, so everything is read.
  if (!entries.every((entry) => entry.isFile())) return FileSystem.fingerprint(directory);
  const hash = createHash('sha256').update(readFileSync(join(directory, 'index.mjs')));
  for (const name of entries.map((entry) => entry.name).toSorted()) hash.update(name).update('\0');
  return hash.digest('hex');
};

/**
 * A bundle as the code of a function. Unlike `Code.fromAsset` it neither reads nor copies the libraries, which a
 * hundred bundles share: the cloud assembly gets links to their files.
 */
export class BundledCode extends Code {
  readonly isInline = false;
  readonly #directory: string;

  /** @param directory the folder of the bundle; nobody may write to it */
  constructor(directory: string) {
    super();
    this.#directory = directory;
  }

  override bind(scope: Construct): CodeConfig {
    const sourceHash = hashOfBundle(this.#directory);
    const { bucketName, objectKey } = Stack.of(scope).synthesizer.addFileAsset({
      fileName: this.#place(scope, `asset.${sourceHash}`),
      packaging: FileAssetPackaging.ZIP_DIRECTORY,
      sourceHash,
    });
    return { s3Location: { bucketName, objectKey } };
  }

  /** Links the bundle into the cloud assembly, unless CDK was told to leave assets where they are. @returns its path */
  #place(scope: Construct, name: string): string {
    const assembly = Stage.of(scope);
    if (assembly === undefined) throw new Error('A function needs an app to be in');
    if (scope.node.tryGetContext(DISABLE_ASSET_STAGING_CONTEXT) === true) return this.#directory;
    const target = join(assembly.assetOutdir, name);
    if (!existsSync(target)) linkFolder(this.#directory, target);
    return name;
  }
}
