import { render } from 'preact';
import { createChatClient } from '../client/index.ts';
import { createChatModel } from './model/chat-model.ts';
import { holdTab } from './model/tab-lock.ts';
import { App } from './view/app.tsx';
import { Elsewhere, Unavailable } from './view/no-page.tsx';
import { ModelContext } from './view/use-model.ts';

const root = document.querySelector('#page');
if (root === null) throw new Error('index.html has no #page');

/** What the deployment wrote beside the page. */
const loadConfig = async (): Promise<{ readonly api_url: string }> => {
  const response = await fetch('/config.json', { credentials: 'same-origin' });
  if (!response.ok) throw new Error(`/config.json: ${response.status}`);
  return (await response.json()) as { api_url: string };
};

const start = async (steal: boolean): Promise<void> => {
  const elsewhere = (): void => render(<Elsewhere onUse={() => run(true)} />, root);
  let lost = elsewhere;
  if (!(await holdTab(steal, () => lost()))) {
    elsewhere();
    return;
  }
  const { api_url } = await loadConfig();
  const client = createChatClient({
    baseUrl: api_url,
    storage: {
      get: (key) => localStorage.getItem(key),
      set: (key, value) => localStorage.setItem(key, value),
      remove: (key) => localStorage.removeItem(key),
    },
  });
  const model = createChatModel(client);
  lost = () => {
    void client.stop();
    elsewhere();
  };
  await model.resume();
  render(
    <ModelContext.Provider value={model}>
      <App />
    </ModelContext.Provider>,
    root,
  );
};

const run = (steal: boolean): void => {
  start(steal).catch((error: unknown) => {
    render(<Unavailable />, root);
    throw error;
  });
};

run(false);
