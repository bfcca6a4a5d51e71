import { examplesOf, operationsOf, resolve, type OpenApi, type Response } from './document.ts';
import { inline } from './prose.ts';
import { h, type View } from './view.ts';

/** An error code with the operations that respond with it. */
export interface ErrorEntry {
  readonly code: string;
  readonly status: string;
  /** The message for people. */
  readonly detail: string;
  readonly operationIds: readonly string[];
}

const detailOf = ({ content = {} }: Response, code: string): string => {
  const examples = Object.values(content).flatMap(examplesOf) as { code?: string; detail?: string }[];
  return examples.find((example) => example.code === code)?.detail ?? '';
};

/** Every error code that an operation responds with, by status and code. A code has one entry per status. */
export const errorsOf = (api: OpenApi): ErrorEntry[] => {
  const answered = operationsOf(api).flatMap(({ operation }) =>
    Object.entries(operation.responses).flatMap(([status, reference]) => {
      const response = resolve<Response>(reference, api);
      return (response['x-error-codes'] ?? []).map((code) => ({
        code,
        status,
        detail: detailOf(response, code),
        operationId: operation.operationId,
      }));
    }),
  );
  return [...Map.groupBy(answered, ({ status, code }) => `${status} ${code}`)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, [first, ...others]]) =>
      first === undefined
        ? []
        : [{ ...first, operationIds: [first, ...others].map(({ operationId }) => operationId) }],
    );
};

const idOf = ({ status, code }: ErrorEntry): string => `error-${status}-${code}`;

/** Up to this many operations are listed by name; a code that most operations share needs no list. */
const LISTED = 12;

/** A collapsed error code; expanded, it lists the operations. */
export const errorView = (error: ErrorEntry): View => {
  const { code, status, detail, operationIds } = error;
  return h(
    'details',
    { class: 'error', id: idOf(error) },
    h(
      'summary',
      {},
      h('span', { class: 'method bad' }, status),
      h('span', { class: 'path' }, code),
      h('span', {}, inline(detail)),
    ),
    h(
      'div',
      { class: 'inside' },
      operationIds.length > LISTED
        ? h('p', {}, `Answered by ${operationIds.length} operations.`)
        : h(
            'p',
            {},
            'Answered by ',
            operationIds.flatMap((id, index) => [index === 0 ? '' : ', ', h('a', { href: `#${id}` }, id)]),
            '.',
          ),
    ),
  );
};

/** An error code's entry in the index. */
export const errorEntry = (error: ErrorEntry): View =>
  h(
    'li',
    { 'data-text': `${error.code} ${error.status} ${error.detail} error`.toLowerCase() },
    h('a', { href: `#${idOf(error)}` }, h('span', { class: 'method bad' }, error.status), error.code),
  );
