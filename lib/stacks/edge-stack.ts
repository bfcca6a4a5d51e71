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
import { acknowledge } from '../constructs/acknowledge.ts';
import { edgeSecret } from '../constructs/edge-secrets.ts';
import { nameRecord } from '../constructs/name-record.ts';

interface EdgeStackProps extends StackProps {
  readonly config: StageConfig;
  readonly edge: NonNullable<StageConfig['edge']>;
  readonly domains: NonNullable<StageConfig['domains']>;
}

type HostedZoneName = NonNullable<NonNullable<StageConfig['domains']>['hostedZone']>;

/** AWS's lists of what is never a request of a client. People write anything into messages: bodies are only counted. */
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
  // Samples are whole requests, tokens and all.
  sampledRequestsEnabled: false,
});

/** CloudFront with a web application firewall in front of the HTTP API, for an API of that kind carries none. */
export class EdgeStack extends Stack {
  constructor(scope: Construct, id: string, { config, edge, domains, ...props }: EdgeStackProps) {
    super(scope, id, props);
    const distribution = new Distribution(this, 'Distribution', {
      comment: `In front of ${domains.httpApi}`,
      webAclId: this.firewall(edge).attrArn,
      defaultBehavior: {
        origin: new HttpOrigin(domains.httpApi, {
          protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
          // CloudFront puts it over whatever a client sends under that name.
          customHeaders: { [EDGE_SECRET_HEADER]: edgeSecret(config, edge.generation) },
        }),
        functionAssociations: [
          { function: this.viewerAddress(), eventType: FunctionEventType.VIEWER_REQUEST },
        ],
        allowedMethods: AllowedMethods.ALLOW_ALL,
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        // Answers are of one person and of one moment.
        cachePolicy: CachePolicy.CACHING_DISABLED,
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      },
      domainNames: [edge.domain.name],
      certificate: Certificate.fromCertificateArn(this, 'Certificate', edge.domain.certificateArn),
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
    });
    acknowledge(distribution, {
      'AwsSolutions-CFR1': 'People may write to each other from any country.',
      'AwsSolutions-CFR3':
        'CloudFront logs query strings, in which searches stand; the API behind it logs every request without.',
    });
    if (domains.hostedZone === undefined) {
      nameRecord(this, edge.domain.name, distribution.distributionDomainName);
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

  /** Limits count by the client's address, which the API does not see: this says it, over what a client may say. */
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
