import type { Assembly } from './assembly/assembly.ts';
import type { Resolver } from './assembly/resolver.ts';
import type { ScheduleDefinition } from './scheduler.ts';

interface ScheduleProperties {
  readonly ScheduleExpression: string;
  readonly Target: { readonly Arn: string; readonly Input?: string };
}

const unitsMs: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * The interval of EventBridge Scheduler's `rate(value unit)` in milliseconds. @throws Error for any other expression
 */
const intervalMs = (expression: string): number => {
  const [, value, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const ms = Number(value) * (unitsMs[unit] ?? Number.NaN);
  if (Number.isNaN(ms)) throw new Error(`The local scheduler does not understand ${expression}`);
  return ms;
};

/** The schedules that the templates describe, with the function that each invokes. */
export const scheduleDefinitions = (assembly: Assembly, resolver: Resolver): ScheduleDefinition[] =>
  assembly.resourcesOf('AWS::Scheduler::Schedule').map((resource) => {
    // CDK writes these properties for a schedule of a function.
    const { ScheduleExpression, Target } = resolver.propertiesOf(resource) as unknown as ScheduleProperties;
    const [, , , , , , functionName] = Target.Arn.split(':');
    if (functionName === undefined) throw new Error(`${Target.Arn} is not a function`);
    return {
      functionName,
      intervalMs: intervalMs(ScheduleExpression),
      input: JSON.parse(Target.Input ?? '{}') as unknown,
    };
  });
