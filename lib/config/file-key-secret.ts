/** Secrets Manager's name of a generation's pair of keys for the URLs of files; `npm run file-keys` puts it there. See `endsLikeArn`. */
export const fileKeySecretName = (stage: string, generation: number): string =>
  `chat-service/${stage}/keys/files/${generation}`;
