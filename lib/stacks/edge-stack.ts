import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  PriceClass,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { EDGE_SECRET_HEADER, VIEWER_ADDRESS_HEADER } from '../../functions/contract/edge-headers.ts';
import type { StageConfig } from '../config/stage-config.ts';
import { acknowledgeFindings } from '../constructs/acknowledge-findings.ts';
import { edgeSecret } from '../constructs/edge-secrets.ts';
import { addNameRecordOutput } from '../constructs/name-record.ts';

interface EdgeStackProps extends StackProps {
  readonly config: StageConfig;
  readonly edge: NonNullable<StageConfig['edge']>;
  readonly domains: NonNullable<StageConfig['domains']>;
}

type HostedZoneName = NonNullable<NonNullable<StageConfig['domains']>['hostedZone']>;

/**
 * AWS's managed rules for requests that no legitimate client sends. Messages may contain any text, so rules about
 * bodies only count.
 */
const managedRules: readonly { readonly name: string; readonly onlyCounted?: readonly string[] }[] = [
  { name: 'AWSManagedRulesAmazonIpReputationList' },
  {
    name: 'AWSManagedRulesKnownBadInputsRuleSet',
    onlyCounted: ['Log4JRCE_BODY', 'JavaDeserializationRCE_BODY'],
  },
  {
    name: 'AWSManagedRulesCommonRuleSet',
    onlyCounted: [
      'SizeRestrictions_BODY',
      'CrossSiteScripting_BODY',
      'GenericLFI_BODY',
      'GenericRFI_BODY',
      'EC2MetaDataSSRF_BODY',
    ],
  },
];

const visibility = (metricName: string): CfnWebACL.VisibilityConfigProperty => ({
  metricName,
  cloudWatchMetricsEnabled: true,
  // Sampled requests would contain tokens.
  sampledRequestsEnabled: false,
});

/**
 * CloudFront with a web application firewall in front of the HTTP API, since an HTTP API cannot have a firewall
 * itself.
 */
export class EdgeStack extends Stack {
  constructor(scope: Construct, id: string, { config, edge, domains, ...props }: EdgeStackProps) {
    super(scope, id, props);
    const distribution = new Distribution(this, 'Distribution', {
      comment: `In front of ${domains.httpApi}`,
      webAclId: this.firewall(edge).attrArn,
      defaultBehavior: {
        origin: new HttpOrigin(domains.httpApi, {
          protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
          // CloudFront overwrites a header of this name that a client sends.
          customHeaders: { [EDGE_SECRET_HEADER]: edgeSecret(config, edge.generation) },
        }),
        functionAssociations: [
          { function: this.viewerAddress(), eventType: FunctionEventType.VIEWER_REQUEST },
        ],
        allowedMethods: AllowedMethods.ALLOW_ALL,
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        // Responses depend on the user and the moment, so they are not cached.
        cachePolicy: CachePolicy.CACHING_DISABLED,
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      },
      domainNames: [edge.domain.name],
      certificate: Certificate.fromCertificateArn(this, 'Certificate', edge.domain.certificateArn),
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
    });
    acknowledgeFindings(distribution, {
      'AwsSolutions-CFR1': 'People may write to each other from any country.',
      'AwsSolutions-CFR3':
        'CloudFront logs query strings, in which searches stand; the API behind it logs every request without.',
    });
    if (domains.hostedZone === undefined) {
      addNameRecordOutput(this, edge.domain.name, distribution.distributionDomainName);
    } else {
      this.record(edge.domain.name, domains.hostedZone, distribution);
    }
    new CfnOutput(this, 'EdgeUrl', { value: `https://${edge.domain.name}` });
  }

  private record(name: string, { id, name: zoneName }: HostedZoneName, distribution: Distribution): void {
    const zone = HostedZone.fromHostedZoneAttributes(this, 'Zone', { hostedZoneId: id, zoneName });
    const target = RecordTarget.fromAlias(new CloudFrontTarget(distribution));
    new ARecord(this, 'Record', { zone, recordName: `${name}.`, target });
  }

  /**
   * Passes the client's address to the API, which needs it for rate limits but sees only CloudFront's. Overwrites any
   * value that a client sends.
   */
  private viewerAddress(): EdgeFunction {
    return new EdgeFunction(this, 'ViewerAddress', {
      runtime: FunctionRuntime.JS_2_0,
      code: FunctionCode.fromInline(
        [
          'function handler(event) {',
          `  event.request.headers['${VIEWER_ADDRESS_HEADER}'] = { value: event.viewer.ip };`,
          '  return event.request;',
          '}',
        ].join('\n'),
      ),
    });
  }

  private firewall({ requestsPerAddress }: EdgeStackProps['edge']): CfnWebACL {
    return new CfnWebACL(this, 'Firewall', {
      scope: 'CLOUDFRONT',
      defaultAction: { allow: {} },
      visibilityConfig: visibility('firewall'),
      rules: [
        {
          name: 'requests-per-address',
          priority: 0,
          action: { block: {} },
          statement: { rateBasedStatement: { limit: requestsPerAddress, aggregateKeyType: 'IP' } },
          visibilityConfig: visibility('requests-per-address'),
        },
        ...managedRules.map(({ name, onlyCounted = [] }, index) => ({
          name,
          priority: index + 1,
          overrideAction: { none: {} },
          statement: {
            managedRuleGroupStatement: {
              vendorName: 'AWS',
              name,
              // CloudFormation refuses an empty list of them.
              ...(onlyCounted.length === 0
                ? {}
                : {
                    ruleActionOverrides: onlyCounted.map((rule) => ({
                      name: rule,
                      actionToUse: { count: {} },
                    })),
                  }),
            },
          },
          visibilityConfig: visibility(name),
        })),
      ],
    });
  }
}
