import type { Assembly, Resource, Stack } from './assembly.ts';

/** The physical name and attributes of a resource: the values of `Ref` and `Fn::GetAtt`. */
export interface PhysicalResource {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface ResolverOptions {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  readonly urlSuffix: string;
  /** Returns the physical name and attributes of a resource; `resolve` evaluates one of its own properties. */
  readonly physical: (resource: Resource, resolve: (value: unknown) => unknown) => PhysicalResource;
}

/** Evaluates a template's intrinsic functions, like CloudFormation at a deployment. */
export interface Resolver {
  /** @throws Error naming the stack and the function, when the function is unknown or refers to nothing */
  resolve(value: unknown, stackName: string): unknown;
  /** The evaluated properties of a resource. */
  propertiesOf(resource: Resource): Record<string, unknown>;
  physicalOf(resource: Resource): PhysicalResource;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `AWS::NoValue`: the property is left out. */
const absent = Symbol('AWS::NoValue');

export const createResolver = (assembly: Assembly, options: ResolverOptions): Resolver => {
  const known = new Map<Resource, PhysicalResource>();

  const physicalOf = (resource: Resource): PhysicalResource => {
    let physical = known.get(resource);
    if (physical === undefined) {
      const stack = stackNamed(resource.stack);
      physical = options.physical(resource, (value) => evaluate(value, stack));
      known.set(resource, physical);
    }
    return physical;
  };

  const stackNamed = (name: string): Stack => {
    const stack = assembly.stacks.get(name);
    if (stack === undefined) throw new Error(`The cloud assembly has no stack ${name}`);
    return stack;
  };

  const resourceNamed = (stack: Stack, logicalId: string): Resource => {
    const resource = stack.resources.get(logicalId);
    if (resource === undefined) throw new Error(`${stack.name}: there is no resource ${logicalId}`);
    return resource;
  };

  const pseudoParameters = (stack: Stack): Record<string, unknown> => ({
    'AWS::AccountId': options.account,
    'AWS::Region': options.region,
    'AWS::Partition': options.partition,
    'AWS::URLSuffix': options.urlSuffix,
    'AWS::StackName': stack.name,
    'AWS::StackId': `arn:${options.partition}:cloudformation:${options.region}:${options.account}:stack/${stack.name}/local`,
    'AWS::NotificationARNs': [],
    'AWS::NoValue': absent,
  });

  const ref = (name: string, stack: Stack): unknown => {
    const pseudo = pseudoParameters(stack);
    if (name in pseudo) return pseudo[name];
    const parameter = stack.parameters[name];
    if (parameter !== undefined) return parameter.Default;
    return physicalOf(resourceNamed(stack, name)).ref;
  };

  const attribute = (logicalId: string, name: string, stack: Stack): string => {
    const value = physicalOf(resourceNamed(stack, logicalId)).attributes[name];
    if (value === undefined) throw new Error(`${stack.name}: ${logicalId} has no attribute ${name} here`);
    return value;
  };

  const substitute = (argument: unknown, stack: Stack): string => {
    const [template, variables] = Array.isArray(argument) ? (argument as unknown[]) : [argument, {}];
    const own = isObject(variables) ? variables : {};
    return String(template).replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal === '!') return `\${${name}}`;
      if (name in own) return String(evaluate(own[name], stack));
      const [logicalId = '', ...rest] = name.split('.');
      return String(rest.length === 0 ? ref(name, stack) : attribute(logicalId, rest.join('.'), stack));
    });
  };

  const outputOf = (stackName: string, outputName: string): unknown => {
    const stack = stackNamed(stackName);
    const output = stack.outputs[outputName];
    if (output === undefined) throw new Error(`${stackName}: there is no output ${outputName}`);
    return evaluate(output.Value, stack);
  };

  const exported = (name: string): unknown => {
    for (const stack of assembly.stacks.values()) {
      for (const output of Object.values(stack.outputs) as { Value: unknown; Export?: { Name: unknown } }[]) {
        if (output.Export !== undefined && evaluate(output.Export.Name, stack) === name) {
          return evaluate(output.Value, stack);
        }
      }
    }
    throw new Error(`No stack exports ${name}`);
  };

  const condition = (value: unknown, stack: Stack): boolean => {
    const evaluated = typeof value === 'string' ? stack.conditions[value] : value;
    return evaluate(evaluated, stack) === true;
  };

  type Intrinsic = (argument: unknown, stack: Stack) => unknown;
  const list = (argument: unknown): unknown[] => argument as unknown[];

  const intrinsics: Readonly<Record<string, Intrinsic>> = {
    Ref: (argument, stack) => ref(String(argument), stack),
    Condition: (argument, stack) => condition(argument, stack),
    'Fn::GetAtt': (argument, stack) => {
      const [logicalId, name] =
        typeof argument === 'string'
          ? [argument.slice(0, argument.indexOf('.')), argument.slice(argument.indexOf('.') + 1)]
          : list(argument);
      return attribute(String(logicalId), String(evaluate(name, stack)), stack);
    },
    'Fn::Join': (argument, stack) => {
      const [separator, parts] = list(argument);
      return list(evaluate(parts, stack)).map(String).join(String(separator));
    },
    'Fn::Sub': substitute,
    'Fn::Select': (argument, stack) => {
      const [index, values] = list(argument);
      return list(evaluate(values, stack))[Number(evaluate(index, stack))];
    },
    'Fn::Split': (argument, stack) => {
      const [separator, text] = list(argument);
      return String(evaluate(text, stack)).split(String(separator));
    },
    'Fn::ImportValue': (argument, stack) => exported(String(evaluate(argument, stack))),
    'Fn::GetStackOutput': (argument) => {
      const { StackName, OutputName } = argument as { StackName: string; OutputName: string };
      return outputOf(StackName, OutputName);
    },
    'Fn::FindInMap': (argument, stack) => {
      const [map, first, second] = list(evaluate(argument, stack)).map(String);
      const table = stack.mappings[map ?? ''] as Record<string, Record<string, unknown>> | undefined;
      return table?.[first ?? '']?.[second ?? ''];
    },
    'Fn::GetAZs': () => ['a', 'b', 'c'].map((zone) => options.region + zone),
    'Fn::Base64': (argument, stack) => Buffer.from(String(evaluate(argument, stack))).toString('base64'),
    'Fn::If': (argument, stack) => {
      const [name, then, otherwise] = list(argument);
      return evaluate(condition(name, stack) ? then : otherwise, stack);
    },
    'Fn::Equals': (argument, stack) => {
      const [left, right] = list(evaluate(argument, stack));
      return left === right;
    },
    'Fn::Not': (argument, stack) => !condition(list(argument)[0], stack),
    'Fn::And': (argument, stack) => list(argument).every((part) => condition(part, stack)),
    'Fn::Or': (argument, stack) => list(argument).some((part) => condition(part, stack)),
  };

  const evaluate = (value: unknown, stack: Stack): unknown => {
    if (Array.isArray(value)) {
      return value.map((item) => evaluate(item, stack)).filter((item) => item !== absent);
    }
    if (!isObject(value)) return value;
    const entries = Object.entries(value);
    const [first] = entries;
    if (entries.length === 1 && first !== undefined) {
      const [name, argument] = first;
      const intrinsic = intrinsics[name];
      if (intrinsic !== undefined) return intrinsic(argument, stack);
      if (name.startsWith('Fn::')) {
        throw new Error(`${stack.name}: the local cloud does not know the function ${name}`);
      }
    }
    return Object.fromEntries(
      entries.map(([key, item]) => [key, evaluate(item, stack)]).filter(([, item]) => item !== absent),
    );
  };

  return {
    resolve: (value, stackName) => evaluate(value, stackNamed(stackName)),
    propertiesOf: (resource) =>
      evaluate(resource.properties, stackNamed(resource.stack)) as Record<string, unknown>,
    physicalOf,
  };
};
