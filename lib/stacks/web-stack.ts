import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib/core';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  Function as EdgeFunction,
  Distribution,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  PriceClass,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, Source } from 'aws-cdk-lib/aws-s3-deployment';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage-config.ts';
import { addNameRecordOutput } from '../constructs/name-record.ts';
import type { FileResources } from '../constructs/stage-resources.ts';
import {
  accountOf,
  acknowledgeFindings,
  wildcardFinding,
  logicalId,
  managedPolicyFinding,
} from '../constructs/acknowledge-findings.ts';

interface WebStackProps extends StackProps {
  readonly config: StageConfig;
  /** The folder of the built page. */
  readonly page: string;
  /** The base URL of the HTTP API: `https://…/api/v1`. */
  readonly apiUrl: string;
  /** The URL of the WebSocket API: `wss://…/<stage>`. */
  readonly websocketUrl: string;
  /** Where files are read from, and where forms upload them: two origins. */
  readonly files: Pick<FileResources, 'url' | 'bucket'>;
}

/**
 * The chat page: a private bucket behind CloudFront. All headers for browsers are defined only here: the local cloud
 * serves the page with the headers and the function of this template.
 */
export class WebStack extends Stack {
  constructor(scope: Construct, id: string, props: WebStackProps) {
    super(scope, id, props);
    const { config, page, apiUrl } = props;

    const bucket = new Bucket(this, 'Page', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      // The bucket's contents can always be deployed again.
      removalPolicy: RemovalPolicy.DESTROY,
      // CDK's classes do not support exactOptionalPropertyTypes.
    }) as IBucket;

    const behavior = {
      origin: S3BucketOrigin.withOriginAccessControl(bucket),
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      compress: true,
    };
    const distribution = new Distribution(this, 'Distribution', {
      comment: `The chat page of ${config.stage}`,
      defaultRootObject: 'index.html',
      defaultBehavior: {
        ...behavior,
        responseHeadersPolicy: this.headers('Headers', props, 'no-cache'),
        functionAssociations: [
          { eventType: FunctionEventType.VIEWER_REQUEST, function: this.pageForEveryPath() },
        ],
      },
      additionalBehaviors: {
        // These files have a content hash in their names.
        'assets/*': {
          ...behavior,
          responseHeadersPolicy: this.headers('AssetHeaders', props, 'public, max-age=31536000, immutable'),
        },
      },
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
      ...(config.web.domain === undefined
        ? {}
        : {
            minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
            domainNames: [config.web.domain.name],
            certificate: Certificate.fromCertificateArn(
              this,
              'Certificate',
              config.web.domain.certificateArn,
            ),
          }),
    });

    new BucketDeployment(this, 'Deployment', {
      destinationBucket: bucket,
      sources: [Source.asset(page), Source.jsonData('config.json', { api_url: apiUrl })],
      distribution,
      // The previous version's files stay: a page that is open may still request them.
      prune: false,
      retainOnDelete: false,
      memoryLimit: 256,
      logGroup: new LogGroup(this, 'DeploymentLog', {
        retention: config.logs.retentionDays,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });

    this.acknowledgements(bucket, distribution);
    const { domain } = config.web;
    new CfnOutput(this, 'WebUrl', {
      value: `https://${domain?.name ?? distribution.distributionDomainName}`,
    });
    if (domain !== undefined) addNameRecordOutput(this, domain.name, distribution.distributionDomainName);
  }

  private acknowledgements(bucket: IBucket, distribution: Distribution): void {
    acknowledgeFindings(bucket, {
      'AwsSolutions-S1': 'It holds public files, which CloudFront alone may read: there is nobody to log.',
    });
    acknowledgeFindings(distribution, {
      'AwsSolutions-CFR1': 'People may write to each other from any country.',
      'AwsSolutions-CFR2':
        'It hands out files and takes nothing in; there is nothing for a firewall to look at.',
      'AwsSolutions-CFR3': 'Who opened a page is not written down: no question of ours is answered by it.',
      'AwsSolutions-CFR4':
        'Without a domain it has CloudFront’s own name, whose certificate fixes the oldest version of TLS; with one it is TLS 1.2.',
    });
    const deployment = this.node.children.find(({ node }) =>
      node.id.startsWith('Custom::CDKBucketDeployment'),
    );
    if (deployment === undefined) return;
    const reason =
      'CDK’s own function, which copies the page from the bucket of assets into the page’s bucket.';
    const bucketOfAssets = `arn:aws:s3:::cdk-hnb659fds-assets-${accountOf(this)}-${this.region}`;
    acknowledgeFindings(deployment, {
      [managedPolicyFinding('AWSLambdaBasicExecutionRole')]: `${reason} It writes a log.`,
      'AwsSolutions-IAM5[Action::s3:GetBucket*]': `${reason} It reads where they are.`,
      'AwsSolutions-IAM5[Action::s3:GetObject*]': `${reason} It reads them.`,
      'AwsSolutions-IAM5[Action::s3:List*]': `${reason} It looks what is there.`,
      'AwsSolutions-IAM5[Action::s3:Abort*]': `${reason} It gives up an upload that failed.`,
      'AwsSolutions-IAM5[Action::s3:DeleteObject*]': `${reason} It removes what it wrote.`,
      [wildcardFinding(`${bucketOfAssets}/*`)]: `${reason} Assets are named by their contents.`,
      [wildcardFinding(`<${logicalId(bucket)}.Arn>/*`)]: `${reason} Files are named by their contents.`,
      [wildcardFinding('*')]: `${reason} CloudFront’s invalidations, as CDK grants them.`,
      'AwsSolutions-L1': 'CDK’s own function comes with the runtime that its authors tested.',
    });
  }

  /**
   * The headers of every response, with a content security policy that permits only the page's own files, users'
   * files, and connections to the APIs.
   */
  private headers(id: string, props: WebStackProps, cacheControl: string): ResponseHeadersPolicy {
    const { config, apiUrl, websocketUrl, files } = props;
    // The same URL as in `functions/gateways/object-requests.ts`.
    const uploadUrl = `https://${files.bucket.bucketName}.s3.${this.region}.amazonaws.com`;
    const policy = [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      // Files that are about to be sent are previewed from memory.
      `img-src 'self' data: blob: ${files.url}/`,
      `media-src blob: ${files.url}/`,
      "manifest-src 'self'",
      "worker-src 'self'",
      `connect-src 'self' ${apiUrl}/ ${websocketUrl} ${uploadUrl}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      // Trusted Types: no text can become markup or code, whatever mistakes the page contains. The only policy
      // permits the page's own service worker, and can be created once.
      "require-trusted-types-for 'script'",
      'trusted-types service-worker',
    ];
    return new ResponseHeadersPolicy(this, id, {
      responseHeadersPolicyName: `chat-service-${config.stage}-web-${id.toLowerCase()}`,
      securityHeadersBehavior: {
        contentSecurityPolicy: { contentSecurityPolicy: policy.join('; '), override: true },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
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
          { header: 'cross-origin-opener-policy', value: 'same-origin', override: true },
          {
            header: 'permissions-policy',
            value: 'camera=(), geolocation=(), microphone=()',
            override: true,
          },
        ],
      },
    });
  }

  /**
   * Paths such as /chats/7 are routes within the page. A CloudFront error page would also handle them, but would also
   * return HTML for missing files, including scripts.
   */
  private pageForEveryPath(): EdgeFunction {
    return new EdgeFunction(this, 'PageForEveryPath', {
      runtime: FunctionRuntime.JS_2_0,
      code: FunctionCode.fromInline(
        [
          'function handler(event) {',
          "  if (!event.request.uri.includes('.')) event.request.uri = '/index.html';",
          '  return event.request;',
          '}',
        ].join('\n'),
      ),
    });
  }
}
