/**
 * Whether a name ends like a complete ARN, with a hyphen and six characters. No secret may have such a name. Functions
 * know an imported secret by a partial ARN, without the suffix that Secrets Manager adds. If the name itself ends like
 * such a suffix, Secrets Manager may treat the partial ARN as a complete one and find nothing.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html, SecretId
 */
export const endsLikeArn = (name: string): boolean => /-.{6}$/.test(name);
