import { SecretValue } from 'aws-cdk-lib/core';
import { KeyGroup, PublicKey, type IPublicKey } from 'aws-cdk-lib/aws-cloudfront';
import { Secret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { fileKeySecretName } from '../config/file-key-secret.ts';
import type { StageConfig } from '../config/stage-config.ts';

/**
 * The keys whose signatures CloudFront accepts on URLs: those of the current generation, and of the previous one,
 * whose URLs are still in use when the next generation begins. CloudFormation cannot create key pairs, so a person
 * creates them. The public key is read from the secret at a deployment: without the secret, the stack fails before it
 * creates anything.
 */
export class FileKeys extends Construct {
  readonly group: KeyGroup;
  /** CloudFront's ids of the keys, the current one first. */
  readonly ids: readonly [string, ...string[]];
  /** The secret of the current key pair. */
  readonly secret: ISecret;

  constructor(scope: Construct, id: string, { stage, files: { keyGeneration } }: StageConfig) {
    super(scope, id);
    const current = this.publicKey(stage, keyGeneration);
    const before = keyGeneration === 1 ? [] : [this.publicKey(stage, keyGeneration - 1)];
    this.group = new KeyGroup(this, 'Group', { items: [current, ...before] });
    this.ids = [current.publicKeyId, ...before.map(({ publicKeyId }) => publicKeyId)];
    this.secret = Secret.fromSecretNameV2(this, 'Secret', fileKeySecretName(stage, keyGeneration));
  }

  /** Each generation has its own name, since CloudFront cannot change a key in place. */
  private publicKey(stage: string, generation: number): IPublicKey {
    return new PublicKey(this, `Key${generation}`, {
      comment: `Signs URLs of files: ${stage}, generation ${generation}`,
      encodedKey: SecretValue.secretsManager(fileKeySecretName(stage, generation), {
        jsonField: 'public_key',
      }).unsafeUnwrap(),
    });
  }
}
