/**
 * List prices in US dollars as of November 2026, without free tiers, volume discounts and taxes. The price pages of AWS
 * and MongoDB were not accessible when this was written: prices that come from other public pages of 2025 and 2026 are
 * marked "Found", the others are from memory. All prices are those of `us-east-1`; `eu-central-1` is 10 to 20% more
 * expensive.
 *
 * @see https://aws.amazon.com/pricing
 * @see https://www.mongodb.com/pricing
 */
export const prices = {
  asOf: '2026-11',
  region: 'us-east-1',
  lambda: { perMillionRequests: 0.2, perGbSecond: 0.000_013_333_4 },
  /** Found: c3x.dev, aws_apigatewayv2_api. A message is metered in units of 32 KB. */
  httpApi: { perMillionRequests: 1 },
  webSocketApi: { perMillionMessages: 1, perMillionConnectionMinutes: 0.25 },
  /** Found: perAcuHour, c3x.dev and emnode.com. */
  aurora: { perAcuHour: 0.12, perGbMonth: 0.1, perMillionIo: 0.2 },
  rdsProxy: { perAcuHour: 0.015, minimumAcus: 8 },
  /** Found: airbyte.com, after the price reduction of November 2024. */
  dynamodb: { perMillionReads: 0.125, perMillionWrites: 0.625, perGbMonth: 0.25 },
  /** Standard queues; each 64 KB count as a request. */
  sqs: { perMillionRequests: 0.4 },
  atlasPerHour: { M10: 0.08, M20: 0.2, M30: 0.54, M40: 1.04 },
  network: { perNatHour: 0.045, perNatGb: 0.045, perPublicAddressHour: 0.005, perGbOut: 0.09 },
  cloudWatch: { perGbIngested: 0.5, perGbMonth: 0.03, perMetric: 0.3, perAlarmMetric: 0.1, perDashboard: 3 },
  /** S3 Standard. Writes are PUT, COPY, POST and LIST; deletions, incoming data and data to CloudFront are free. */
  s3: { perMillionWrites: 5, perMillionReads: 0.4, perGbMonth: 0.023 },
  /** HTTPS requests. */
  cloudFront: { perMillionRequests: 1, perGbOut: 0.085 },
  /** Without calls, of which ten thousand are $0.05: an environment reads a secret when it starts, keys of tokens each five minutes. */
  secrets: { perSecret: 0.4 },
  kms: { perKey: 1 },
  scheduler: { perMillionInvocations: 1 },
  ses: { perThousandMails: 0.1 },
  xray: { perMillionTraces: 5 },
} as const;

export type Prices = typeof prices;
export type AtlasTier = keyof Prices['atlasPerHour'];
