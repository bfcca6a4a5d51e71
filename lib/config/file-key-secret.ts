/**
 * The name in Secrets Manager of a generation's key pair for file URLs, which `npm run file-keys` creates. See
 * `endsLikeArn`.
 */
export const fileKeySecretName = (stage: string, generation: number): string =>
  `chat-service/${stage}/keys/files/${generation}`;
