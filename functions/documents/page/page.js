// The page behind GET /api/v1/docs. It reads openapi.json and asyncapi.json from beside itself and builds everything
// from them.
// Text becomes text nodes only: the page's policy allows no HTML from strings.

/** The access token in use. In memory only: a reload forgets it. */
let token;
/** The OpenAPI document, and beside it the AsyncAPI document of the WebSocket. */
let api;
let asyncApi;

const byId = (id) => document.getElementById(id);

/** An element; `undefined` among the children is nothing. */
const h = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key, value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined));
  return element;
};

/** `code` and **strong** of Markdown. */
const inline = (text) =>
  text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (part.startsWith('`')) return h('code', {}, part.slice(1, -1));
    if (part.startsWith('**')) return h('strong', {}, part.slice(2, -2));
    return part;
  });

const paragraphs = (text = '') =>
  text.split(/\n\n+/).flatMap((paragraph) => (paragraph === '' ? [] : [h('p', {}, inline(paragraph))]));

const pretty = (value) => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

/** What a reference of a document stands for. */
const resolve = (thing, source = api) => {
  if (thing?.$ref === undefined) return thing;
  const found = thing.$ref
    .slice(2)
    .split('/')
    .reduce((place, key) => place?.[key], source);
  return resolve(found, source);
};

const nameOf = (reference) => reference.split('/').at(-1);

/** A type in a few words; schemas with a name are links. */
const typeOf = (schema = {}) => {
  if (schema.$ref !== undefined) {
    const name = nameOf(schema.$ref);
    return [h('a', { href: `#schema-${name}` }, name)];
  }
  const choice = schema.oneOf ?? schema.anyOf;
  if (choice !== undefined)
    return choice.flatMap((one, index) => [index === 0 ? '' : ' or ', typeOf(one)].flat());
  if (schema.allOf !== undefined) return typeOf(schema.allOf[0]);
  if ('const' in schema) return [h('code', {}, JSON.stringify(schema.const))];
  if (schema.enum !== undefined && schema.enum.length < 8) {
    return schema.enum.flatMap((value, index) => [
      index === 0 ? '' : ' or ',
      h('code', {}, JSON.stringify(value)),
    ]);
  }
  if (schema.type === 'array') return ['list of ', ...typeOf(schema.items)];
  const types = [schema.type ?? 'anything'].flat().join(' or ');
  return [schema.format === undefined || schema.format === 'int64' ? types : `${types}, ${schema.format}`];
};

const limitsOf = (schema = {}) => {
  const { minimum, maximum, minLength, maxLength, maxItems, pattern } = schema;
  const range = (from, to, unit) => {
    if (from === undefined && to === undefined) return [];
    if (to === undefined) return [`from ${from}${unit}`];
    return [from === undefined ? `at most ${to}${unit}` : `${from} to ${to}${unit}`];
  };
  return [
    ...range(minimum, maximum, ''),
    ...range(minLength, maxLength, ' characters'),
    ...range(undefined, maxItems, ' items'),
    ...(pattern === undefined || schema.format !== undefined ? [] : [`matches ${pattern}`]),
    ...(schema.default === undefined ? [] : [`${JSON.stringify(schema.default)} unless given`]),
  ].join('; ');
};

const fieldRow = (name, schema, required, description) =>
  h(
    'tr',
    {},
    h('th', { scope: 'row', class: required ? 'required' : undefined }, name),
    h('td', {}, typeOf(schema)),
    h(
      'td',
      {},
      inline(description ?? schema.description ?? ''),
      limitsOf(schema) === '' ? undefined : h('span', { class: 'faint' }, ` ${limitsOf(schema)}`),
      nestedFields(schema),
    ),
  );

/** The fields of an object that has no name of its own. */
const nestedFields = (schema) => {
  const inner = schema.type === 'array' ? schema.items : schema;
  return inner?.properties === undefined ? undefined : fieldTable(inner);
};

const fieldTable = (schema) => {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {});
  return h(
    'table',
    {},
    h(
      'tbody',
      {},
      rows.map(([name, property]) => fieldRow(name, property, required.has(name))),
    ),
  );
};

/** A schema in full: its fields, or what it is a choice of. */
const schemaView = (schema) => {
  const choice = schema.oneOf ?? schema.anyOf;
  if (choice === undefined) {
    return schema.properties === undefined ? [h('p', {}, typeOf(schema))] : [fieldTable(schema)];
  }
  return choice.flatMap((one) => (one.$ref === undefined ? schemaView(one) : [h('p', {}, typeOf(one))]));
};

const examplesOf = (media) =>
  media.examples === undefined
    ? [media.example]
    : Object.values(media.examples).map((example) => resolve(example).value);

const responseRow = ([status, reference]) => {
  const response = resolve(reference);
  const [[type, media] = []] = Object.entries(response.content ?? {});
  return h(
    'tr',
    {},
    h('th', { scope: 'row', class: status < 400 ? 'good' : 'bad' }, status),
    h(
      'td',
      {},
      paragraphs(response.description),
      media === undefined || status >= 400 ? undefined : h('p', {}, typeOf(media.schema)),
      media === undefined
        ? undefined
        : h(
            'details',
            {},
            h('summary', {}, type === 'application/json' ? 'Example' : type),
            examplesOf(media).map((example) => h('pre', { tabindex: '0' }, pretty(example))),
          ),
    ),
  );
};

const showSession = (name) => {
  byId('login').hidden = token !== undefined;
  byId('session').hidden = token === undefined;
  byId('who').textContent = name === undefined ? 'Logged in' : `Logged in as ${name}`;
};

/** Sends a request of an operation as the page's user. @returns the response with its text, and the time in ms */
const send = async (method, path, body) => {
  const startedAt = performance.now();
  const response = await fetch(path, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { response, text, milliseconds: Math.round(performance.now() - startedAt) };
};

const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Uses the token of an answer that has one, whichever operation gave it. */
const useTokenOf = (answer, name) => {
  if (typeof answer?.access_token !== 'string') return;
  token = answer.access_token;
  showSession(name);
};

const answerView = ({ response, text, milliseconds }) => {
  const answer = parsed(text);
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
  return [
    h(
      'p',
      {},
      h(
        'strong',
        { class: response.ok ? 'good' : 'bad', 'data-status': response.status },
        `${response.status}`,
      ),
      ` ${response.statusText} `,
      h('span', { class: 'faint' }, `in ${milliseconds} ms`),
    ),
    text === ''
      ? undefined
      : h('pre', { tabindex: '0', class: 'answer' }, answer === undefined ? text : pretty(answer)),
    h('details', {}, h('summary', {}, 'Headers'), h('pre', { tabindex: '0' }, headers)),
  ].filter((part) => part !== undefined);
};

/** The path with its parameters filled in; what is empty is left out of the query. */
const addressOf = (path, parameters, values) => {
  const query = new URLSearchParams();
  let filled = path;
  for (const { name, in: place } of parameters) {
    const value = values.get(`${place}.${name}`) ?? '';
    if (place === 'path') filled = filled.replace(`{${name}}`, () => encodeURIComponent(value));
    else if (value !== '') query.set(name, value);
  }
  return query.size === 0 ? filled : `${filled}?${query}`;
};

const tryForm = (method, path, operation) => {
  const { operationId, parameters = [], requestBody } = operation;
  const output = h('div', { role: 'status', 'aria-label': `Answer of ${operationId}` });
  const button = h('button', {}, 'Send');
  const media = requestBody?.content['application/json'];
  const submit = async (event) => {
    event.preventDefault();
    const values = new FormData(event.target);
    button.disabled = true;
    try {
      const body = values.get('body') ?? undefined;
      const result = await send(method, addressOf(path, parameters, values), body);
      if (result.response.ok) useTokenOf(parsed(result.text), parsed(body ?? '')?.username);
      output.replaceChildren(...answerView(result));
    } catch (error) {
      output.replaceChildren(h('p', { class: 'bad' }, String(error)));
    } finally {
      button.disabled = false;
    }
  };
  return h(
    'form',
    { class: 'try', submit, 'aria-label': `Try ${operationId}` },
    h('h3', {}, 'Try it'),
    parameters.length === 0
      ? undefined
      : h(
          'div',
          { class: 'fields' },
          parameters.map(({ name, in: place, required, example, schema }) =>
            h(
              'label',
              {},
              name,
              h('input', {
                name: `${place}.${name}`,
                required,
                autocomplete: 'off',
                placeholder: String(schema.default ?? example ?? ''),
              }),
            ),
          ),
        ),
    media === undefined
      ? undefined
      : h(
          'label',
          {},
          'Body',
          h('textarea', { name: 'body', spellcheck: 'false' }, pretty(examplesOf(media)[0])),
        ),
    button,
    output,
  );
};

const operationView = (method, path, operation) => {
  const { operationId, summary, description, parameters = [], requestBody, responses, security } = operation;
  const media = requestBody?.content['application/json'];
  // Built when it is first opened: there are many.
  const inside = h('div', { class: 'inside' });
  const fill = () => {
    if (inside.childElementCount > 0) return;
    inside.append(
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
                parameters.map((p) => fieldRow(p.name, p.schema, p.required, p.description)),
              ),
            ),
          ]),
      ...(media === undefined
        ? []
        : [
            h('h3', {}, 'Body ', h('span', { class: 'faint' }, typeOf(media.schema))),
            ...schemaView(resolve(media.schema)),
          ]),
      h('h3', {}, 'Answers'),
      h('table', {}, h('tbody', {}, Object.entries(responses).map(responseRow))),
      tryForm(method.toUpperCase(), path, operation),
    );
  };
  return h(
    'details',
    { class: 'operation', id: operationId, toggle: fill },
    h(
      'summary',
      {},
      h('span', { class: `method ${method}` }, method.toUpperCase()),
      h('span', { class: 'path' }, path),
      h('span', {}, summary),
      h('span', { class: 'faint' }, security.length === 0 ? 'no token' : 'token'),
    ),
    inside,
  );
};

/** A frame of the WebSocket; the document tells of it from the service's side, this page from the client's. */
const frameView = (id, { action, title, summary, messages, reply }) => {
  const [message] = messages.map((reference) => resolve(reference, asyncApi));
  const answers = (reply?.messages ?? []).map((reference) => resolve(reference, asyncApi));
  return h(
    'details',
    { class: 'frame', id },
    h(
      'summary',
      {},
      h('span', { class: `method ${action}` }, action === 'receive' ? 'you send' : 'you get'),
      h('span', { class: 'path' }, title),
      h('span', {}, inline(summary)),
    ),
    h(
      'div',
      { class: 'inside' },
      schemaView(resolve(message.payload)),
      message.examples.map(({ payload }) => h('pre', { tabindex: '0' }, pretty(payload))),
      answers.length === 0
        ? undefined
        : h(
            'p',
            {},
            'Answered by ',
            answers.flatMap(({ payload }, index) => [index === 0 ? '' : ' or ', ...typeOf(payload)]),
            '.',
          ),
    ),
  );
};

const frameEntry = (id, { action, title, summary }) =>
  h(
    'li',
    { 'data-text': `${id} ${title} ${summary} websocket frame`.toLowerCase() },
    h(
      'a',
      { href: `#${id}` },
      h('span', { class: `method ${action}` }, action === 'receive' ? 'send' : 'get'),
      title,
    ),
  );

const schemaDetails = ([name, schema]) =>
  h(
    'details',
    { class: 'schema', id: `schema-${name}` },
    h('summary', {}, h('span', { class: 'path' }, name), h('span', {}, inline(schema.description ?? ''))),
    h(
      'div',
      { class: 'inside' },
      schemaView(schema),
      (schema.examples ?? []).map((example) => h('pre', { tabindex: '0' }, pretty(example))),
    ),
  );

const indexEntry = (method, operation) =>
  h(
    'li',
    { 'data-text': `${operation.operationId} ${operation.summary} ${operation.path}`.toLowerCase() },
    h(
      'a',
      { href: `#${operation.operationId}` },
      h('span', { class: `method ${method}` }, method.toUpperCase()),
      operation.summary,
    ),
  );

/** Opens what the address names, also when it is named by a link on this page. */
const openTarget = () => {
  const target = byId(decodeURIComponent(location.hash.slice(1)));
  if (target?.localName !== 'details') return;
  target.open = true;
  target.scrollIntoView();
  target.querySelector('summary').focus({ preventScroll: true });
};

const filterIndex = () => {
  const words = byId('filter').value.toLowerCase().split(/\s+/);
  for (const section of byId('index').children) {
    const entries = [...section.querySelectorAll('li')];
    for (const entry of entries) entry.hidden = !words.every((word) => entry.dataset.text.includes(word));
    section.hidden = entries.every((entry) => entry.hidden);
  }
};

const render = () => {
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [method, { ...operation, path }]),
  );
  document.title = `${api.info.title}: interface`;
  byId('title').textContent = api.info.title;
  byId('version').textContent = api.info.version;
  const sections = api.tags.map(({ name, description }) => ({
    name,
    description,
    operations: operations.filter(([, { tags }]) => tags.includes(name)),
  }));
  const frames = Object.entries(asyncApi.operations);
  byId('main').replaceChildren(
    ...paragraphs(api.info.description),
    ...sections.flatMap((section) => [
      h('h2', {}, section.name),
      ...paragraphs(section.description),
      ...section.operations.map(([method, operation]) => operationView(method, operation.path, operation)),
    ]),
    h('h2', {}, 'WebSocket'),
    ...paragraphs(asyncApi.info.description),
    ...frames.map(([id, frame]) => frameView(id, frame)),
    h('h2', {}, 'Schemas'),
    h('p', {}, 'What is sent and what comes back.'),
    ...Object.entries(api.components.schemas).map(schemaDetails),
  );
  byId('index').replaceChildren(
    ...sections.map((section) =>
      h(
        'section',
        {},
        h('h2', {}, section.name),
        h(
          'ul',
          {},
          section.operations.map(([method, operation]) => indexEntry(method, operation)),
        ),
      ),
    ),
    h(
      'section',
      {},
      h('h2', {}, 'WebSocket'),
      h(
        'ul',
        {},
        frames.map(([id, frame]) => frameEntry(id, frame)),
      ),
    ),
  );
  openTarget();
};

const logIn = async (event) => {
  event.preventDefault();
  const form = event.target;
  const { username, password } = Object.fromEntries(new FormData(form));
  const { response, text } = await send('POST', 'users/login', JSON.stringify({ username, password }));
  const answer = parsed(text);
  byId('login-status').textContent = response.ok ? '' : (answer?.detail ?? `${response.status}`);
  if (!response.ok) return;
  form.reset();
  useTokenOf(answer, username);
};

byId('login').addEventListener('submit', (event) => {
  logIn(event).catch((error) => {
    byId('login-status').textContent = String(error);
  });
});
byId('forget').addEventListener('click', () => {
  token = undefined;
  showSession();
});
byId('filter').addEventListener('input', filterIndex);
addEventListener('hashchange', openTarget);
addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target.closest('input, textarea') !== null) return;
  event.preventDefault();
  byId('filter').focus();
});

try {
  [api, asyncApi] = await Promise.all(
    ['openapi.json', 'asyncapi.json'].map(async (file) => (await fetch(file)).json()),
  );
  render();
} catch (error) {
  byId('loading').textContent = `The document could not be loaded: ${String(error)}`;
}
