import { parseAst } from 'rollup/parseAst';

/** A node of an ESTree syntax tree, with its position in the source. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

interface Call extends Node {
  readonly callee: Node & {
    readonly name?: string;
    readonly object?: Node;
    readonly property?: { name?: string };
  };
  readonly arguments: readonly Node[];
}

interface Property extends Node {
  readonly key: { readonly name?: string };
  readonly value: Node;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value;

const isCall = (node: Node): node is Call => node.type === 'CallExpression';

const childrenOf = (node: Node): Node[] => Object.values(node).flat().filter(isNode);

const propertiesOf = (node: Node | undefined): Property[] =>
  node?.type === 'ObjectExpression'
    ? childrenOf(node).filter((child): child is Property => child.type === 'Property')
    : [];

const definers: ReadonlySet<string> = new Set(['defineHttpRoute', 'defineWebSocketRoute', 'defineEvent']);

/** The properties of a definition, and of its responses, that only documents read. */
const prose: ReadonlySet<string> = new Set(['summary', 'description', 'example', 'examples']);

/** Nodes whose code runs later, possibly for its side effects: `super(…)` is a call, too. */
const bodies: ReadonlySet<string> = new Set([
  'ArrowFunctionExpression',
  'FunctionExpression',
  'FunctionDeclaration',
  'ClassDeclaration',
  'ClassExpression',
]);

type Range = readonly [start: number, end: number];

/** The prose properties of an object, each with the comma after it. */
const proseOf = (object: Node | undefined): Range[] =>
  propertiesOf(object).flatMap(({ key, start, end }, index, all) =>
    prose.has(key.name ?? '') ? [[start, all[index + 1]?.start ?? end] as const] : [],
  );

/** The removable parts of one call, without regard to the calls around it. */
const proseOfCall = ({ callee, arguments: [definition], end }: Call): Range[] => {
  if (callee.object !== undefined && callee.property?.name === 'meta') return [[callee.object.end, end]];
  if (!definers.has(callee.name ?? '')) return [];
  const responses = propertiesOf(definition).find(({ key }) => key.name === 'responses');
  return [
    ...proseOf(definition),
    ...propertiesOf(responses?.value).flatMap(({ value: response }) => proseOf(response)),
  ];
};

/**
 * A module of the contract in the form that functions need. Removes what only documents read: every `.meta(…)` of a
 * schema, and the prose and examples of routes and events. Marks the calls that create the module's constants as
 * pure, so that esbuild drops routes and schemas that a function does not use: a contract is data, and these calls
 * only create values.
 *
 * @param source JavaScript, without types
 */
export const contractWithoutProse = (source: string): string => {
  const cuts: Range[] = [];
  // A chain of calls has one start, and the mark there applies to the whole chain.
  const calls = new Set<number>();
  const visit = (node: Node, isValue: boolean): void => {
    if (isCall(node)) {
      cuts.push(...proseOfCall(node));
      if (isValue) calls.add(node.start);
    }
    for (const child of childrenOf(node)) visit(child, isValue && !bodies.has(node.type));
  };
  for (const statement of childrenOf(parseAst(source) as unknown as Node)) {
    visit(statement, statement.type === 'VariableDeclaration' || statement.type === 'ExportNamedDeclaration');
  }

  const pieces: string[] = [];
  const copy = (from: number, to: number): void => {
    const starts = [...calls].filter((start) => start >= from && start < to).toSorted((a, b) => a - b);
    for (const [index, start] of [from, ...starts].entries()) {
      pieces.push(index === 0 ? '' : '/* @__PURE__ */ ', source.slice(start, starts[index] ?? to));
    }
  };
  let at = 0;
  for (const [start, end] of cuts.toSorted(([a], [b]) => a - b)) {
    // A range inside of an earlier one has been removed with it.
    if (start >= at) copy(at, start);
    at = Math.max(at, end);
  }
  copy(at, source.length);
  return pieces.join('');
};
