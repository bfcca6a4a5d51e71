import { render } from 'preact';
import { createChatClient } from '../client/index.ts';
import { createChatModel, type ChatModel } from './model/chat-model.ts';
import { keepPageOffline } from './model/offline-page.ts';
import { openedMailLink, type MailLink } from './model/opened-link.ts';
import { route, seqInAddress, settleAddress } from './model/router.ts';
import { createSnapshots } from './model/snapshots.ts';
import { holdTab } from './model/tab-lock.ts';
import { App } from './view/app.tsx';
import { loadFileViews } from './view/message-files.tsx';
import { loadMarkdown } from './view/message-blocks.ts';
import { Elsewhere, Unavailable } from './view/no-page.tsx';
import { ModelContext } from './view/use-model.ts';

const root = document.querySelector('#page');
if (root === null) throw new Error('index.html has no #page');

/** What only those see who are logged in, ahead of their first look at a chat. */
const messageParts = Promise.all([
  loadMarkdown(),
  loadFileViews(),
  import('./view/conversation.tsx').catch(() => {
    // The network went away: it is loaded again with the first chat that is opened.
  }),
]);

/** What the deployment wrote beside the page. */
const loadConfig = async (): Promise<{ readonly api_url: string }> => {
  const response = await fetch('/config.json', { credentials: 'same-origin' });
  if (!response.ok) throw new Error(`/config.json: ${response.status}`);
  return (await response.json()) as { api_url: string };
};

const start = async (steal: boolean): Promise<void> => {
  const elsewhere = (): void => render(<Elsewhere onUse={() => run(true)} />, root);
  /** Another tab may take over at any moment, also while this one starts: then nothing here goes on. */
  let isLost = false;
  let model: ChatModel | undefined;
  const lost = (): void => {
    isLost = true;
    model?.dispose();
    elsewhere();
  };
  if (!(await holdTab(steal, lost))) {
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
  const seq = seqInAddress();
  const { chatId } = route.peek();
  if (model.user.peek() !== undefined && seq !== undefined && chatId !== undefined)
    void model.showMessage({ chat_id: chatId, seq });
  // Messages are drawn once, with their marks and files.
  if (model.user.peek() !== undefined) await messageParts;
  if (isLost) return;
  render(
    <ModelContext.Provider value={model}>
      <App />
    </ModelContext.Provider>,
    root,
  );
};

/** Needs no session: it works beside a tab that has it, and whoever is logged in there. */
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

if (openedMailLink === undefined) settleAddress();
run(false);
void keepPageOffline();
