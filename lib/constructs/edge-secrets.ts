import { SecretValue } from 'aws-cdk-lib/core';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage-config.ts';
import { acknowledge } from './acknowledge.ts';

/** Where CloudFront's stacks have to be, and look for secrets. */
const EDGE_REGION = 'us-east-1';

/** The generations whose secrets are accepted: CloudFront sends the newest once its own stack is deployed, the last. */
const generationsOf = ({ edge }: StageConfig): number[] =>
  edge === undefined ? [] : [edge.generation, edge.generation - 1];

const nameOf = ({ stage }: StageConfig, generation: number): string =>
  `chat-service/${stage}/edge-${generation}`;

/** A secret's value, which CloudFormation puts in when it deploys: it stands in no template. */
const valueOf = (config: StageConfig, generation: number): string =>
  SecretValue.secretsManager(nameOf(config, generation)).unsafeUnwrap();

/** Makes the secrets of a stage with CloudFront in front of it, in its own region and in CloudFront's. */
export const makeEdgeSecrets = (scope: Construct, config: StageConfig): void => {
  for (const generation of generationsOf(config)) {
    const secret = new Secret(scope, `Edge${generation}`, {
      secretName: nameOf(config, generation),
      description: 'What CloudFront shows the HTTP API',
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
      ...(config.region === EDGE_REGION ? {} : { replicaRegions: [{ region: EDGE_REGION }] }),
    });
    acknowledge(secret, {
      'AwsSolutions-SMG4':
        'It changes by a deployment with the next `edge.generation`, in the order that it takes.',
    });
  }
};

/** What a function of the HTTP API has to know. Read at a deployment: no request waits for Secrets Manager. */
export const edgeEnvironment = (config: StageConfig): Readonly<Record<string, string>> => {
  const values = generationsOf(config).map((generation) => valueOf(config, generation));
  return values.length === 0 ? {} : { EDGE_SECRETS: values.join(',') };
};

/** What CloudFront sends. */
export const edgeSecret = (config: StageConfig, generation: number): string => valueOf(config, generation);
