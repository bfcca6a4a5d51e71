import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib/core';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  HeadersReferrerPolicy,
  HttpVersion,
  PriceClass,
  ResponseHeadersPolicy,
  S3OriginAccessControl,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  HttpMethods,
  type IBucket,
  type LifecycleRule,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { OBJECT_PREFIXES } from '../../functions/contract/object-prefixes.ts';
import type { StageConfig } from '../config/stage-config.ts';
import { acknowledgeFindings } from '../constructs/acknowledge-findings.ts';
import { alwaysExport } from '../constructs/always-export.ts';
import { ALL_REQUESTS } from '../constructs/file-bucket-metrics.ts';
import { FileKeys } from '../constructs/file-keys.ts';
import { MalwareScan, VERDICT } from '../constructs/malware-scan.ts';
import { addNameRecordOutput } from '../constructs/name-record.ts';
import { dataRemovalPolicy } from '../constructs/retained-data.ts';
import { decodeImage } from '../../functions/files/contract.ts';
import { functionNameOf } from '../constructs/route-function.ts';
import type { FileResources } from '../constructs/stage-resources.ts';

const { uploads, decoded, files, thumbnails, avatars } = OBJECT_PREFIXES;

/** The storage of uploaded files: a private bucket that receives them by forms, and CloudFront, which serves them. */
export class FilesStack extends Stack {
  readonly files: FileResources;

  constructor(scope: Construct, id: string, props: StackProps & { readonly config: StageConfig }) {
    super(scope, id, { ...props, terminationProtection: props.config.retainData });
    const { config } = props;
    const bucket = this.bucket(config);
    const keys = new FileKeys(this, 'Keys', config);
    const distribution = this.distribution(bucket, keys, config);
    const { malwareScan } = config.files;
    if (malwareScan !== 'off') new MalwareScan(this, 'MalwareScan', { bucket, prefix: files });
    // CloudFront may read served objects, but neither uploads nor decoded ones.
    for (const [prefixes, conditions] of [
      [[files], verdictConditions[malwareScan]],
      [[thumbnails, avatars], {}],
    ] as const) {
      bucket.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ServicePrincipal('cloudfront.amazonaws.com')],
          actions: ['s3:GetObject'],
          resources: prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`)),
          conditions: {
            ...conditions,
            ArnEquals: { 'AWS:SourceArn': distribution.distributionArn },
          },
        }),
      );
    }

    const { domain } = config.files;
    const host = domain?.name ?? distribution.distributionDomainName;
    this.files = {
      bucket,
      url: `https://${host}`,
      keyId: keys.ids[0],
      keySecret: keys.secret,
      imageDecoder: functionNameOf(decodeImage, config),
    };
    alwaysExport(this, [
      bucket.bucketName,
      bucket.bucketArn,
      distribution.distributionDomainName,
      // Including the previous generation's key: functions still use it while a release introduces the next.
      ...keys.ids,
    ]);
    new CfnOutput(this, 'FilesUrl', { value: this.files.url });
    if (domain !== undefined) addNameRecordOutput(this, domain.name, distribution.distributionDomainName);
  }

  private bucket(config: StageConfig): IBucket {
    const bucket = new Bucket(this, 'Files', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: config.retainData,
      removalPolicy: dataRemovalPolicy(config),
      lifecycleRules: lifecycleRules(config),
      cors: [
        {
          allowedMethods: [HttpMethods.POST],
          allowedOrigins: config.corsOrigins,
          allowedHeaders: ['*'],
          maxAge: Duration.hours(1).toSeconds(),
        },
      ],
      // No function sees S3's responses to clients and CloudFront, so these metrics count their errors.
      metrics: [{ id: ALL_REQUESTS }],
      // CDK's classes do not support exactOptionalPropertyTypes.
    }) as IBucket;
    acknowledgeFindings(bucket, {
      'AwsSolutions-S1':
        'Who uploads or opens which file is not written down: object keys would link people to conversations.',
    });
    return bucket;
  }

  private distribution(bucket: IBucket, { group }: FileKeys, config: StageConfig): Distribution {
    const { domain } = config.files;
    // Without the bucket policy that CDK would add: it would let CloudFront read the whole bucket.
    const accessControl = new S3OriginAccessControl(this, 'AccessControl');
    const origin = S3BucketOrigin.withBucketDefaults(bucket, {
      originAccessControlId: accessControl.originAccessControlId,
    });
    const behavior = {
      origin,
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      cachePolicy: CachePolicy.CACHING_OPTIMIZED,
      // Images, videos and archives are compressed already.
      compress: false,
    };
    // No longer than a signed URL is valid, so that a deleted file does not stay in browser caches for longer.
    const headers = this.headers('Headers', 'private, max-age=7200, immutable', config);
    const signed = { ...behavior, trustedKeyGroups: [group], responseHeadersPolicy: headers };
    const distribution = new Distribution(this, 'Distribution', {
      comment: `Files of ${config.stage}`,
      // No other path is served: no function signs another one, and the bucket would refuse it.
      defaultBehavior: signed,
      additionalBehaviors: {
        [`${files}*`]: signed,
        [`${thumbnails}*`]: signed,
        [`${avatars}*`]: {
          ...behavior,
          responseHeadersPolicy: this.headers('AvatarHeaders', 'public, max-age=31536000, immutable', config),
        },
      },
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
      ...(domain === undefined
        ? {}
        : {
            minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
            domainNames: [domain.name],
            certificate: Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn),
          }),
    });
    acknowledgeFindings(distribution, {
      'AwsSolutions-CFR1': 'People may write to each other from any country.',
      'AwsSolutions-CFR2':
        'It hands out files, most of them by signed URLs, and takes nothing in: there is nothing for a firewall to look at.',
      'AwsSolutions-CFR3':
        'CloudFront logs query strings, by which whoever reads the log could open files; and who opened a file is not written down.',
      'AwsSolutions-CFR4':
        'Without a domain it has CloudFront’s own name, whose certificate fixes the oldest version of TLS; with one it is TLS 1.2.',
    });
    return distribution;
  }

  /** Headers for untrusted files: a browser uses the declared type and runs no script in them. */
  private headers(id: string, cacheControl: string, { stage }: StageConfig): ResponseHeadersPolicy {
    return new ResponseHeadersPolicy(this, id, {
      responseHeadersPolicyName: `chat-service-${stage}-files-${id.toLowerCase()}`,
      securityHeadersBehavior: {
        contentSecurityPolicy: {
          contentSecurityPolicy: "sandbox; default-src 'none'",
          override: true,
        },
        contentTypeOptions: { override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
        strictTransportSecurity: {
          accessControlMaxAge: Duration.days(365),
          includeSubdomains: true,
          override: true,
        },
      },
      customHeadersBehavior: {
        customHeaders: [
          { header: 'cache-control', value: cacheControl, override: true },
          // The page that shows an avatar has another origin.
          { header: 'cross-origin-resource-policy', value: 'cross-origin', override: true },
        ],
      },
    });
  }
}

/**
 * The condition on GuardDuty's verdict under which CloudFront may read a file. A missing verdict is not
 * `THREATS_FOUND`, and is not among those for which `hold` waits. GuardDuty cannot scan some files, such as archives
 * with a password: blocking them forever would lose files without a reason.
 */
const verdictConditions: Record<StageConfig['files']['malwareScan'], Record<string, object>> = {
  off: {},
  serve: { StringNotEquals: { [VERDICT]: 'THREATS_FOUND' } },
  hold: { StringEquals: { [VERDICT]: ['NO_THREATS_FOUND', 'UNSUPPORTED'] } },
};

/**
 * Uploads that were never completed expire after a day, including their versions. Where the bucket has versions,
 * removed objects can be restored for as long as MySQL can be restored to a time at which they existed.
 */
const lifecycleRules = ({ retainData, mysql }: StageConfig): LifecycleRule[] => {
  const day = Duration.days(1);
  return [
    ...[uploads, decoded].map((prefix) => ({
      prefix,
      expiration: day,
      ...(retainData ? { noncurrentVersionExpiration: day } : {}),
    })),
    ...(retainData
      ? [
          ...[files, thumbnails, avatars].map((prefix) => ({
            prefix,
            noncurrentVersionExpiration: Duration.days(mysql.backupDays),
          })),
          { expiredObjectDeleteMarker: true },
        ]
      : []),
  ];
};
