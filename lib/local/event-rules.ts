import type { Assembly } from './assembly/assembly.ts';
import type { Resolver } from './assembly/resolver.ts';

/** An EventBridge pattern: an event matches when each named field has one of the values. */
interface EventPattern {
  readonly [field: string]: EventPattern | readonly unknown[];
}

interface RuleProperties {
  readonly EventPattern: EventPattern;
  readonly Targets: readonly { readonly Arn: string }[];
}

/** Whether an event matches a pattern. @throws Error for operators other than a list of values */
export const matchesPattern = (pattern: EventPattern, event: unknown): boolean =>
  Object.entries(pattern).every(([field, wanted]) => {
    const value =
      typeof event === 'object' && event !== null ? (event as Record<string, unknown>)[field] : undefined;
    if (!Array.isArray(wanted)) return matchesPattern(wanted as EventPattern, value);
    if (wanted.some((one) => typeof one === 'object')) {
      throw new Error(`The local EventBridge does not understand ${JSON.stringify(wanted)}`);
    }
    return wanted.includes(value);
  });

/**
 * EventBridge's default bus with the rules of the templates. @returns the names of the functions that an event
 * invokes
 */
export const eventRules = (assembly: Assembly, resolver: Resolver): ((event: object) => string[]) => {
  const rules = assembly.resourcesOf('AWS::Events::Rule').map((resource) => {
    // CDK writes these properties for a rule with a function as its target.
    const { EventPattern, Targets } = resolver.propertiesOf(resource) as unknown as RuleProperties;
    const functions = Targets.map(({ Arn }) => {
      const [, , , , , , functionName] = Arn.split(':');
      if (functionName === undefined) throw new Error(`${Arn} is not a function`);
      return functionName;
    });
    return { pattern: EventPattern, functions };
  });
  return (event) =>
    rules.flatMap(({ pattern, functions }) => (matchesPattern(pattern, event) ? functions : []));
};
