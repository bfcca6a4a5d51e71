import {
  examplesOf,
  resolve,
  type Media,
  type OpenApi,
  type Operation,
  type Parameter,
  type PlacedOperation,
  type Reference,
  type Response,
} from './document.ts';
import { codeBlock, inline, paragraphs, pretty } from './prose.ts';
import { fieldRow, schemaView, typeOf } from './schema-views.ts';
import { h, type View } from './view.ts';

const JSON_TYPE = 'application/json';

const bodyOf = ({ requestBody }: Operation): Media | undefined => requestBody?.content[JSON_TYPE];

const methodBadge = (method: string): View => h('span', { class: `method ${method}` }, method.toUpperCase());

const responseRow = (status: string, response: Response): View => {
  const good = Number(status) < 400;
  const [content] = Object.entries(response.content ?? {});
  const example = ([type, media]: readonly [string, Media]): View =>
    h(
      'details',
      {},
      h('summary', {}, type === JSON_TYPE ? 'Example' : type),
      examplesOf(media).map(codeBlock),
    );
  return h(
    'tr',
    {},
    h('th', { scope: 'row', class: good ? 'good' : 'bad' }, status),
    h(
      'td',
      {},
      paragraphs(response.description),
      content !== undefined && good ? h('p', {}, typeOf(content[1].schema)) : undefined,
      content === undefined ? undefined : example(content),
    ),
  );
};

/** The responses of an operation, by status. */
const responsesView = (responses: Operation['responses'], api: OpenApi): View =>
  h(
    'table',
    {},
    h(
      'tbody',
      {},
      Object.entries(responses).map(([status, response]: readonly [string, Response | Reference]) =>
        responseRow(status, resolve(response, api)),
      ),
    ),
  );

const parameterInput = ({ name, in: place, required, example, schema }: Parameter): View =>
  h(
    'label',
    {},
    name,
    h('input', {
      name: `${place}.${name}`,
      required,
      autocomplete: 'off',
      placeholder: pretty(schema.default ?? example ?? ''),
    }),
  );

/** The form that sends a request: fields `path.<name>`, `query.<name>` and `body`. */
const tryForm = (operation: Operation): View => {
  const { operationId, parameters = [] } = operation;
  const body = bodyOf(operation);
  return h(
    'form',
    { class: 'try', 'aria-label': `Try ${operationId}` },
    h('h3', {}, 'Try it'),
    parameters.length === 0 ? undefined : h('div', { class: 'fields' }, parameters.map(parameterInput)),
    body === undefined
      ? undefined
      : h(
          'label',
          {},
          'Body',
          h('textarea', { name: 'body', spellcheck: 'false' }, pretty(examplesOf(body)[0])),
        ),
    h('button', {}, 'Send'),
    h('button', { type: 'button', class: 'plain', name: 'curl' }, 'Copy as curl'),
    h('button', { type: 'button', class: 'plain', name: 'client' }, 'Copy as client code'),
    h('div', { role: 'status', 'aria-label': `Answer of ${operationId}` }),
  );
};

/**
 * A collapsed operation: one line of summary. Its `.inside` is filled when it is first opened, since there are many
 * operations.
 */
export const operationView = ({ method, path, operation }: PlacedOperation): View =>
  h(
    'details',
    { class: 'operation', id: operation.operationId },
    h(
      'summary',
      {},
      methodBadge(method),
      h('span', { class: 'path' }, path),
      h('span', {}, operation.summary),
      h('span', { class: 'faint' }, operation.security.length === 0 ? 'no token' : 'token'),
    ),
    h('div', { class: 'inside' }),
  );

/** The details of an operation, with the form to try it. */
export const operationContents = (operation: Operation, api: OpenApi): View[] => {
  const { description, parameters = [], responses } = operation;
  const body = bodyOf(operation);
  return [
    ...paragraphs(description),
    ...(parameters.length === 0
      ? []
      : [
          h('h3', {}, 'Parameters'),
          h(
            'table',
            {},
            h(
              'tbody',
              {},
              parameters.map(({ name, schema, ...rest }) => fieldRow(name, schema, rest)),
            ),
          ),
        ]),
    ...(body === undefined
      ? []
      : [
          h('h3', {}, 'Body ', h('span', { class: 'faint' }, typeOf(body.schema))),
          ...schemaView(resolve(body.schema, api)),
        ]),
    tryForm(operation),
    h('h3', {}, 'Answers'),
    responsesView(responses, api),
  ];
};

/** An operation's entry in the index; `data-text` is the text that the search matches. */
export const operationEntry = ({ method, path, operation }: PlacedOperation): View =>
  h(
    'li',
    { 'data-text': `${operation.operationId} ${operation.summary} ${method} ${path}`.toLowerCase() },
    h('a', { href: `#${operation.operationId}` }, methodBadge(method), operation.summary),
  );

/** The response to a request that the page sent. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [string, string])[];
  /** The body: parsed when it is JSON, else its text; `undefined` when it is empty. */
  readonly body: unknown;
  readonly milliseconds: number;
}

export const answerView = ({ status, statusText, headers, body, milliseconds }: Answer): View[] => [
  h(
    'p',
    {},
    h('strong', { class: status < 400 ? 'good' : 'bad', 'data-status': String(status) }, String(status)),
    ` ${statusText} `,
    h('span', { class: 'faint' }, `in ${milliseconds} ms`),
  ),
  ...(body === undefined ? [] : [h('pre', { tabindex: '0', class: 'answer' }, pretty(body))]),
  h(
    'details',
    {},
    h('summary', {}, 'Headers'),
    codeBlock(headers.map(([name, value]) => `${name}: ${value}`).join('\n')),
  ),
];

/** Copied code, also shown for copying by hand. @param copied whether the clipboard has it */
export const copiedView = (code: string, copied: boolean): View[] => [
  h('p', { class: 'faint' }, copied ? 'Copied.' : 'The clipboard is not available: copy the code from here.'),
  codeBlock(code),
];

/** A message in place of a response that did not arrive. */
export const failureView = (error: unknown): View => h('p', { class: 'bad' }, inline(String(error)));
