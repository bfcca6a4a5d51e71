// The script of the page behind GET /api/v1/docs. It reads openapi.json and asyncapi.json from beside itself and renders
// both. Text becomes text nodes only: the page's policy allows no HTML from strings.
import { operationsOf, type AsyncApi, type OpenApi } from './document.ts';
import { documentViews, indexViews } from './document-views.ts';
import { answerView, failureView, operationContents, type Answer } from './operation-views.ts';
import { addressOf, bodyOf, requestOf, textField } from './request.ts';
import type { View } from './view.ts';

/** @throws Error when the page has no such element */
const byId = <Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind => {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`The page has no ${kind.name} #${id}`);
};

const mount = (view: View | string): Node | string => {
  if (typeof view === 'string') return view;
  const element = document.createElement(view.tag);
  for (const [name, value] of Object.entries(view.attributes)) element.setAttribute(name, value);
  element.append(...view.children.map(mount));
  return element;
};

const show = (element: Element, views: readonly View[]): void => {
  element.replaceChildren(...views.map(mount));
};

const main = byId('main', HTMLElement);
const index = byId('index', HTMLElement);
const filter = byId('filter', HTMLInputElement);
const login = byId('login', HTMLFormElement);
const loginStatus = byId('login-status', HTMLElement);

/** The access token in use. It is in memory only: a reload forgets it. */
let token: string | undefined;

const showSession = (name?: string): void => {
  login.hidden = token !== undefined;
  byId('session', HTMLElement).hidden = token === undefined;
  byId('who', HTMLElement).textContent = name === undefined ? 'Logged in' : `Logged in as ${name}`;
};

/** Takes the token of an answer that has one, whichever operation gave it. */
const useTokenOf = ({ status, body }: Answer, name: string | undefined): void => {
  const given = textField(body, 'access_token');
  if (status >= 400 || given === undefined) return;
  token = given;
  showSession(name);
};

/** @throws what `fetch` throws when no answer comes */
const send = async (method: string, address: string, body: string | undefined): Promise<Answer> => {
  const startedAt = performance.now();
  const request = requestOf(method, address, { token, body });
  const response = await fetch(request.address, request);
  const text = await response.text();
  const answer: Answer = {
    status: response.status,
    statusText: response.statusText,
    headers: [...response.headers],
    body: bodyOf(text),
    milliseconds: Math.round(performance.now() - startedAt),
  };
  useTokenOf(answer, textField(bodyOf(body ?? ''), 'username'));
  return answer;
};

/** What somebody filled in; the page has no fields for files. */
const valuesOf = (form: HTMLFormElement): Map<string, string> =>
  new Map(
    [...new FormData(form)].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );

const logIn = async (): Promise<void> => {
  const values = valuesOf(login);
  const body = JSON.stringify({ username: values.get('username'), password: values.get('password') });
  const answer = await send('POST', 'users/login', body);
  const good = answer.status < 400;
  loginStatus.textContent = good ? '' : (textField(answer.body, 'detail') ?? String(answer.status));
  if (good) login.reset();
};

/** Opens what the address names, also when a link on this page names it. */
const openTarget = (): void => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!(target instanceof HTMLDetailsElement)) return;
  target.open = true;
  target.scrollIntoView();
  target.querySelector('summary')?.focus({ preventScroll: true });
};

const filterIndex = (): void => {
  const words = filter.value.toLowerCase().split(/\s+/);
  for (const section of index.querySelectorAll('section')) {
    const entries = [...section.querySelectorAll('li')];
    for (const entry of entries) {
      entry.hidden = !words.every((word) => entry.dataset['text']?.includes(word) === true);
    }
    section.hidden = entries.every((entry) => entry.hidden);
  }
};

const showDocuments = (api: OpenApi, asyncApi: AsyncApi): void => {
  document.title = `${api.info.title}: interface`;
  byId('title', HTMLElement).textContent = api.info.title;
  byId('version', HTMLElement).textContent = api.info.version;
  show(main, documentViews(api, asyncApi));
  show(index, indexViews(api, asyncApi));
  const operations = new Map(operationsOf(api).map((placed) => [placed.operation.operationId, placed]));

  const fill = ({ target }: Event): void => {
    if (!(target instanceof HTMLDetailsElement)) return;
    const placed = operations.get(target.id);
    const inside = target.querySelector('.inside');
    if (placed === undefined || inside === null || inside.childElementCount > 0) return;
    show(inside, operationContents(placed.operation, api));
  };
  // The event does not bubble.
  main.addEventListener('toggle', fill, { capture: true });

  const tryOperation = async (form: HTMLFormElement): Promise<void> => {
    const placed = operations.get(form.closest('.operation')?.id ?? '');
    const button = form.querySelector('button');
    const output = form.querySelector('[role=status]');
    if (placed === undefined || button === null || output === null) return;
    const { method, path, operation } = placed;
    const values = valuesOf(form);
    button.disabled = true;
    try {
      const address = addressOf(path, operation.parameters ?? [], values);
      show(output, answerView(await send(method, address, values.get('body'))));
    } catch (error) {
      show(output, [failureView(error)]);
    } finally {
      button.disabled = false;
    }
  };
  main.addEventListener('submit', (event) => {
    event.preventDefault();
    if (event.target instanceof HTMLFormElement) void tryOperation(event.target);
  });
  openTarget();
};

login.addEventListener('submit', (event) => {
  event.preventDefault();
  logIn().catch((error: unknown) => {
    loginStatus.textContent = String(error);
  });
});
byId('forget', HTMLElement).addEventListener('click', () => {
  token = undefined;
  showSession();
});
filter.addEventListener('input', filterIndex);
addEventListener('hashchange', openTarget);
addEventListener('keydown', (event) => {
  const { target, key } = event;
  if (key !== '/' || (target instanceof Element && target.closest('input, textarea') !== null)) return;
  event.preventDefault();
  filter.focus();
});

const load = async (file: string): Promise<unknown> => (await fetch(file)).json();

try {
  const [api, asyncApi] = await Promise.all(['openapi.json', 'asyncapi.json'].map(load));
  showDocuments(api as OpenApi, asyncApi as AsyncApi);
} catch (error) {
  show(main, [failureView(`The documents could not be loaded: ${String(error)}`)]);
}
