/**
 * Whether a name ends as a complete ARN does, in a hyphen and six characters. Functions are told of a secret that is
 * imported by its name in a partial ARN, without the ending that Secrets Manager adds. Where the name itself ends like
 * that, Secrets Manager may take the partial ARN for a complete one and find nothing. No secret may have such a name.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html, SecretId
 */
export const endsLikeArn = (name: string): boolean => /-.{6}$/.test(name);
