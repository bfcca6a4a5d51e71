import { operationsOf, type AsyncApi, type OpenApi, type PlacedOperation, type Schema } from './document.ts';
import { errorEntry, errorsOf, errorView } from './error-views.ts';
import { frameEntry, frameView } from './frame-views.ts';
import { operationEntry, operationView } from './operation-views.ts';
import { paragraphs } from './prose.ts';
import { schemaDetails } from './schema-views.ts';
import { socketForm } from './socket-views.ts';
import { h, type View } from './view.ts';

interface Section {
  readonly name: string;
  readonly description: string;
  readonly operations: readonly PlacedOperation[];
}

const sectionsOf = (api: OpenApi): Section[] => {
  const operations = operationsOf(api);
  return api.tags.map(({ name, description }) => ({
    name,
    description,
    operations: operations.filter(({ operation }) => operation.tags.includes(name)),
  }));
};

/** The schemas of both documents; most of them are in both. */
const schemasOf = (api: OpenApi, asyncApi: AsyncApi): Readonly<Record<string, Schema>> => ({
  ...asyncApi.components.schemas,
  ...api.components.schemas,
});

/** The contents of the page's main part: both documents, in the order of the operations' tags. */
export const documentViews = (api: OpenApi, asyncApi: AsyncApi): View[] => [
  ...paragraphs(api.info.description),
  ...sectionsOf(api).flatMap(({ name, description, operations }) => [
    h('h2', {}, name),
    ...paragraphs(description),
    ...operations.map(operationView),
  ]),
  h('h2', {}, 'WebSocket'),
  ...paragraphs(asyncApi.info.description),
  socketForm(asyncApi),
  ...Object.entries(asyncApi.operations).map(([id, frame]) => frameView(id, frame, asyncApi)),
  h('h2', {}, 'Errors'),
  h('p', {}, 'By status and code. Branch on the code: codes are added, never renamed.'),
  ...errorsOf(api).map(errorView),
  h('h2', {}, 'Schemas'),
  h('p', {}, 'The objects in requests and responses.'),
  ...Object.entries(schemasOf(api, asyncApi)).map(([name, schema]) => schemaDetails(name, schema)),
];

const indexSection = (name: string, entries: readonly View[]): View =>
  h('section', {}, h('h2', {}, name), h('ul', {}, entries));

/** The index: a section for each tag, one for the frames, and one for the error codes. */
export const indexViews = (api: OpenApi, asyncApi: AsyncApi): View[] => [
  ...sectionsOf(api).map(({ name, operations }) => indexSection(name, operations.map(operationEntry))),
  indexSection(
    'WebSocket',
    Object.entries(asyncApi.operations).map(([id, frame]) => frameEntry(id, frame)),
  ),
  indexSection('Errors', errorsOf(api).map(errorEntry)),
];
