import { SecretValue } from 'aws-cdk-lib/core';
import { KeyGroup, PublicKey, type IPublicKey } from 'aws-cdk-lib/aws-cloudfront';
import { Secret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { fileKeySecretName } from '../config/file-key-secret.ts';
import type { StageConfig } from '../config/stage-config.ts';

/**
 * The keys whose signatures CloudFront takes on URLs: those of the generation that signs, and of the one before, whose
 * URLs are still in use when the next begins. CloudFormation can make no pair of keys, so a person makes it, and the
 * public half is read from the secret at a deployment: without the secret the stack is refused before it makes anything.
 */
export class FileKeys extends Construct {
  readonly group: KeyGroup;
  /** CloudFront's ids of the keys, the one that signs first. */
  readonly ids: readonly [string, ...string[]];
  /** The secret of the pair that signs. */
  readonly secret: ISecret;

  constructor(scope: Construct, id: string, { stage, files: { keyGeneration } }: StageConfig) {
    super(scope, id);
    const current = this.publicKey(stage, keyGeneration);
    const before = keyGeneration === 1 ? [] : [this.publicKey(stage, keyGeneration - 1)];
    this.group = new KeyGroup(this, 'Group', { items: [current, ...before] });
    this.ids = [current.publicKeyId, ...before.map(({ publicKeyId }) => publicKeyId)];
    this.secret = Secret.fromSecretNameV2(this, 'Secret', fileKeySecretName(stage, keyGeneration));
  }

  /** Has a name of its own by generation, since CloudFront changes no key in place. */
  private publicKey(stage: string, generation: number): IPublicKey {
    return new PublicKey(this, `Key${generation}`, {
      comment: `Signs URLs of files: ${stage}, generation ${generation}`,
      encodedKey: SecretValue.secretsManager(fileKeySecretName(stage, generation), {
        jsonField: 'public_key',
      }).unsafeUnwrap(),
    });
  }
}
