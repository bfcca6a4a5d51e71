import { Duration } from 'aws-cdk-lib/core';
import { MathExpression, Metric, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';

/** An alarm as data. Its id is its name, and its heading in `lib/docs/operating.md`. */
export interface AlarmDefinition {
  readonly id: string;
  /** What is the matter when it is on. */
  readonly summary: string;
  readonly metric: IMetric;
  /** On when the metric is at least this; or, for what must not fall silent, below it. */
  readonly threshold: number;
  readonly when?: 'at-least' | 'below';
  /** How many periods of the metric are looked at, and in how many of them it has to be so. */
  readonly periods: number;
  readonly datapoints?: number;
}

const FIVE_MINUTES = Duration.minutes(5);

export const metricOf = (
  namespace: string,
  metricName: string,
  dimensionsMap: Readonly<Record<string, string>>,
  statistic: string,
  period: Duration = FIVE_MINUTES,
): Metric => new Metric({ namespace, metricName, dimensionsMap: { ...dimensionsMap }, statistic, period });

type Combination = 'SUM' | 'MAX';

/** CloudWatch's limit for an alarm on an expression. */
const METRICS_MAX = 10;

const named = (prefix: string, metrics: readonly IMetric[]): Record<string, IMetric> =>
  Object.fromEntries(metrics.map((metric, index) => [`${prefix}${index}`, metric]));

const combined = (combination: Combination, names: readonly string[]): string =>
  `${combination}([${names.map((name) => `FILL(${name}, 0)`).join(',')}])`;

const expressionOf = (
  expression: string,
  usingMetrics: Record<string, IMetric>,
  label: string,
  period: Duration,
): MathExpression => {
  const count = Object.keys(usingMetrics).length;
  if (count > METRICS_MAX) {
    throw new Error(
      `An alarm looks at ${METRICS_MAX} metrics at most: '${label}' has ${count}. Make two of it.`,
    );
  }
  return new MathExpression({ expression, usingMetrics, label, period });
};

/** Several metrics as one. @throws Error for more than an alarm may look at */
export const combine = (
  combination: Combination,
  metrics: readonly IMetric[],
  label: string,
  period: Duration = FIVE_MINUTES,
): MathExpression => {
  const usingMetrics = named('m', metrics);
  return expressionOf(combined(combination, Object.keys(usingMetrics)), usingMetrics, label, period);
};

/** Combines any number of metrics: one expression for every ten, the limit of an alarm. */
export const combineInGroups = (
  combination: Combination,
  metrics: readonly IMetric[],
  label: string,
  period: Duration,
): MathExpression[] =>
  Array.from({ length: Math.ceil(metrics.length / METRICS_MAX) }, (_, index) =>
    combine(
      combination,
      metrics.slice(index * METRICS_MAX, (index + 1) * METRICS_MAX),
      `${label} ${index + 1}`,
      period,
    ),
  );

/**
 * The share of what failed, in percent; 0 below so many failures that a share would say little.
 *
 * @throws Error for more metrics than an alarm may look at
 */
export const percentage = (
  failures: readonly IMetric[],
  all: readonly IMetric[],
  atLeast: number,
  label: string,
): MathExpression => {
  const numerator = named('f', failures);
  const denominator = named('a', all);
  const failed = combined('SUM', Object.keys(numerator));
  const total = combined('SUM', Object.keys(denominator));
  return expressionOf(
    `IF(${failed} >= ${atLeast}, 100 * ${failed} / ${total}, 0)`,
    { ...numerator, ...denominator },
    label,
    FIVE_MINUTES,
  );
};
