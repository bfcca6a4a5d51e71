import { SecretValue } from 'aws-cdk-lib/core';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage-config.ts';
import { acknowledgeFindings } from './acknowledge-findings.ts';

/** The region in which CloudFront's stacks must be, and in which they read secrets. */
const EDGE_REGION = 'us-east-1';

/**
 * The generations whose secrets are accepted: CloudFront sends the newest only once its own stack has been deployed,
 * which is the last.
 */
const generationsOf = ({ edge }: StageConfig): number[] =>
  edge === undefined ? [] : [edge.generation, edge.generation - 1];

const nameOf = ({ stage }: StageConfig, generation: number): string =>
  `chat-service/${stage}/edge-${generation}`;

/** A reference to a secret's value: CloudFormation resolves it at the deployment, so the value is in no template. */
const valueOf = (config: StageConfig, generation: number): string =>
  SecretValue.secretsManager(nameOf(config, generation)).unsafeUnwrap();

/** Creates the secrets of a stage with CloudFront in front of it, in its own region and in CloudFront's. */
export const makeEdgeSecrets = (scope: Construct, config: StageConfig): void => {
  for (const generation of generationsOf(config)) {
    const secret = new Secret(scope, `Edge${generation}`, {
      secretName: nameOf(config, generation),
      description: 'What CloudFront shows the HTTP API',
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
      ...(config.region === EDGE_REGION ? {} : { replicaRegions: [{ region: EDGE_REGION }] }),
    });
    acknowledgeFindings(secret, {
      'AwsSolutions-SMG4':
        'It changes by a deployment with the next `edge.generation`, in the order that it takes.',
    });
  }
};

/**
 * The environment of the HTTP API's functions. The secrets are read at the deployment, so that no request waits for
 * Secrets Manager.
 */
export const edgeEnvironment = (config: StageConfig): Readonly<Record<string, string>> => {
  const values = generationsOf(config).map((generation) => valueOf(config, generation));
  return values.length === 0 ? {} : { EDGE_SECRETS: values.join(',') };
};

/** The secret that CloudFront sends. */
export const edgeSecret = (config: StageConfig, generation: number): string => valueOf(config, generation);
