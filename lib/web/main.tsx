import { render } from 'preact';
import { createChatClient } from '../client/index.ts';
import { createChatModel, type ChatModel } from './model/chat-model.ts';
import { keepPageOffline } from './model/offline-page.ts';
import { openedMailLink, type MailLink } from './model/opened-link.ts';
import { route, takeSeqFromAddress, canonicalizeAddress } from './model/router.ts';
import { createSnapshots } from './model/snapshots.ts';
import { acquireTabLock } from './model/tab-lock.ts';
import { App } from './view/app.tsx';
import { loadFileViews } from './view/message-files.tsx';
import { loadMarkdown } from './view/message-blocks.ts';
import { OpenInOtherTab, Unavailable } from './view/no-page.tsx';
import { ModelContext } from './view/use-model.ts';

const root = document.querySelector('#page');
if (root === null) throw new Error('index.html has no #page');

/** Modules that only logged-in users need, loaded before they first open a chat. */
const messageParts = Promise.all([
  loadMarkdown(),
  loadFileViews(),
  import('./view/conversation.tsx').catch(() => {
    // The network failed: opening the first chat loads the module again.
  }),
]);

/** Loads the configuration that the deployment stored beside the page. */
const loadConfig = async (): Promise<{ readonly api_url: string }> => {
  const response = await fetch('/config.json', { credentials: 'same-origin' });
  if (!response.ok) throw new Error(`/config.json: ${response.status}`);
  return (await response.json()) as { api_url: string };
};

const start = async (steal: boolean): Promise<void> => {
  const elsewhere = (hasLostFiles = false): void =>
    render(<OpenInOtherTab hasLostFiles={hasLostFiles} onUse={() => run(true)} />, root);
  /** Another tab may take the session over at any time, also while this tab starts: this tab then stops. */
  let isLost = false;
  let model: ChatModel | undefined;
  const lost = (): void => {
    isLost = true;
    const hasLostFiles = model?.files.isAnyChosen.peek();
    model?.dispose();
    elsewhere(hasLostFiles);
  };
  if (!(await acquireTabLock(steal, lost))) {
    elsewhere();
    return;
  }
  const { api_url } = await loadConfig();
  if (isLost) return;
  const client = createChatClient({
    baseUrl: api_url,
    storage: {
      get: (key) => localStorage.getItem(key),
      set: (key, value) => localStorage.setItem(key, value),
      remove: (key) => localStorage.removeItem(key),
    },
  });
  model = createChatModel(client, createSnapshots());
  await model.resume();
  if (isLost) return;
  const seq = takeSeqFromAddress();
  const { chatId } = route.peek();
  if (model.user.peek() !== undefined && seq !== undefined && chatId !== undefined)
    void model.showMessage({ chat_id: chatId, seq });
  // Waits for the modules, so that messages are rendered only once, with their markup and files.
  if (model.user.peek() !== undefined) await messageParts;
  if (isLost) return;
  render(
    <ModelContext.Provider value={model}>
      <App />
    </ModelContext.Provider>,
    root,
  );
};

/** Needs no session: works beside a tab that holds the session, whoever is logged in there. */
const startMailPage = async (link: MailLink): Promise<void> => {
  const [{ api_url }, { MailPage }] = await Promise.all([loadConfig(), import('./view/mail-page.tsx')]);
  render(<MailPage link={link} client={createChatClient({ baseUrl: api_url })} />, root);
};

const run = (steal: boolean): void => {
  const started = openedMailLink === undefined ? start(steal) : startMailPage(openedMailLink);
  started.catch((error: unknown) => {
    render(<Unavailable />, root);
    throw error;
  });
};

if (openedMailLink === undefined) canonicalizeAddress();
run(false);
void keepPageOffline();
