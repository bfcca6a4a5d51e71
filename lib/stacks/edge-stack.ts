import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  PriceClass,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/stage-config.ts';
import { acknowledge } from '../constructs/acknowledge.ts';

interface EdgeStackProps extends StackProps {
  readonly edge: NonNullable<StageConfig['edge']>;
  /** The API's own name. */
  readonly origin: string;
}

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
  constructor(scope: Construct, id: string, { edge, origin, ...props }: EdgeStackProps) {
    super(scope, id, props);
    const distribution = new Distribution(this, 'Distribution', {
      comment: `In front of ${origin}`,
      webAclId: this.firewall(edge).attrArn,
      defaultBehavior: {
        origin: new HttpOrigin(origin, { protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY }),
        allowedMethods: AllowedMethods.ALLOW_ALL,
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        // Answers are of one person and of one moment.
        cachePolicy: CachePolicy.CACHING_DISABLED,
        originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      },
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
    });
    acknowledge(distribution, {
      'AwsSolutions-CFR1': 'People may write to each other from any country.',
      'AwsSolutions-CFR3':
        'CloudFront logs query strings, in which searches stand; the API behind it logs every request without.',
      'AwsSolutions-CFR4': 'It has CloudFront’s own name, whose certificate fixes the oldest version of TLS.',
    });
    new CfnOutput(this, 'EdgeUrl', { value: `https://${distribution.distributionDomainName}` });
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
              ruleActionOverrides: onlyCounted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
            },
          },
          visibilityConfig: visibility(name),
        })),
      ],
    });
  }
}
