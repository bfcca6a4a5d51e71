// The script of the page behind GET /api/v1/docs. It reads openapi.json and asyncapi.json from the same folder and
// renders both. Text becomes text nodes only: the page's content security policy allows no HTML from strings.
import { operationsOf, type AsyncApi, type OpenApi } from './document.ts';
import { documentViews, indexViews } from './document-views.ts';
import { clientCodeOf, curlOf } from './copied-code.ts';
import { answerView, copiedView, failureView, operationContents, type Answer } from './operation-views.ts';
import { addressOf, bodyOf, requestOf, textField } from './request.ts';
import { frameExamples, frameLine } from './socket-views.ts';
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

/** Uses the access token of any response that contains one. */
const useTokenOf = ({ status, body }: Answer, name: string | undefined): void => {
  const given = textField(body, 'access_token');
  if (status >= 400 || given === undefined) return;
  token = given;
  showSession(name);
};

/** @throws the error of `fetch` when no response arrives */
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

/** The filled-in fields of a form; the page has no fields for files. */
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

/** Opens the element that the URL's fragment names, also when a link on this page leads to it. */
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

/** @throws Error when the form has no such element */
const within = <Kind extends Element>(form: Element, selector: string, kind: new () => Kind): Kind => {
  const element = form.querySelector(selector);
  if (element instanceof kind) return element;
  throw new Error(`The form has no ${selector}`);
};

/** How many frames the log keeps, so that a busy chat does not fill the page. */
const FRAMES_KEPT = 100;

/** Wires up the WebSocket form: it opens a connection, sends frames and logs what arrives. */
const offerSocket = (asyncApi: AsyncApi): void => {
  const form = byId('socket', HTMLFormElement);
  const connect = within(form, '[name=connect]', HTMLButtonElement);
  const sendButton = within(form, '[name=send]', HTMLButtonElement);
  const frame = within(form, '[name=frame]', HTMLTextAreaElement);
  const type = within(form, '[name=type]', HTMLSelectElement);
  const status = within(form, '[role=status]', HTMLElement);
  const log = within(form, '[role=log]', HTMLElement);
  const examples = new Map(frameExamples(asyncApi).map((example) => [example.type, example.text]));
  let socket: WebSocket | undefined;

  const note = (way: 'sent' | 'received', text: string): void => {
    log.prepend(mount(frameLine(way, text, new Date())));
    if (log.childElementCount > FRAMES_KEPT) log.lastElementChild?.remove();
  };
  const showState = (sentence: string): void => {
    status.textContent = sentence;
    sendButton.disabled = socket?.readyState !== WebSocket.OPEN;
    connect.textContent = socket === undefined ? 'Connect' : 'Disconnect';
    connect.disabled = false;
  };

  const open = async (): Promise<void> => {
    connect.disabled = true;
    const [info, answer] = await Promise.all([
      send('GET', 'info', undefined),
      send('POST', 'ws/tickets', undefined),
    ]);
    const ticket = textField(answer.body, 'ticket');
    if (ticket === undefined)
      return showState(textField(answer.body, 'detail') ?? `Refused: ${answer.status}`);
    const opened = new WebSocket(
      `${textField(info.body, 'websocket_url')}?ticket=${encodeURIComponent(ticket)}`,
    );
    socket = opened;
    opened.addEventListener('open', () => showState('Connected'));
    opened.addEventListener('message', ({ data }) => note('received', String(data)));
    opened.addEventListener('close', ({ code, reason }) => {
      socket = undefined;
      showState(`Closed: ${code} ${reason}`.trim());
    });
    return undefined;
  };

  type.addEventListener('change', () => {
    frame.value = examples.get(type.value) ?? '';
  });
  connect.addEventListener('click', () => {
    if (socket !== undefined) return socket.close();
    return void open().catch((error: unknown) => showState(String(error)));
  });
  form.addEventListener('submit', () => {
    socket?.send(frame.value);
    note('sent', frame.value);
  });
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
  // `toggle` events do not bubble, so the listener uses the capture phase.
  main.addEventListener('toggle', fill, { capture: true });

  const placedOf = (form: HTMLFormElement) => operations.get(form.closest('.operation')?.id ?? '');

  const tryOperation = async (form: HTMLFormElement): Promise<void> => {
    const placed = placedOf(form);
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
  const copyAs = async (kind: string, form: HTMLFormElement): Promise<void> => {
    const placed = placedOf(form);
    const output = form.querySelector('[role=status]');
    if (placed === undefined || output === null) return;
    const { method, path, operation } = placed;
    const { origin } = location;
    const values = valuesOf(form);
    const body = values.get('body');
    const request = requestOf(method, addressOf(path, operation.parameters ?? [], values), { token, body });
    const code =
      kind === 'curl'
        ? curlOf(request, origin)
        : clientCodeOf(operation.operationId, { request, origin, values, body: bodyOf(body ?? '') });
    const copied = await navigator.clipboard.writeText(code).then(
      () => true,
      () => false,
    );
    show(output, copiedView(code, copied));
  };
  main.addEventListener('click', ({ target }) => {
    if (!(target instanceof HTMLButtonElement) || target.form === null) return;
    if (target.name === 'curl' || target.name === 'client') void copyAs(target.name, target.form);
  });
  main.addEventListener('submit', (event) => {
    event.preventDefault();
    const form = event.target;
    if (form instanceof HTMLFormElement && form.id !== 'socket') void tryOperation(form);
  });
  offerSocket(asyncApi);
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
