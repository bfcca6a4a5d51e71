import { createElement } from 'react';
import type { Root } from 'react-dom/client';
import type { ChatClient } from '../../lib/client/chat-client.ts';
import { ChatProvider } from '../../lib/client/react/index.ts';
import { settle } from './fake-platform.ts';

/** The used subset of a page, of which no element is an `iframe`: what React DOM needs for components that render nothing. */
const createContainer = () => ({
  nodeType: 1,
  nodeName: 'DIV',
  tagName: 'DIV',
  addEventListener: () => undefined,
  ownerDocument: {
    nodeType: 9,
    addEventListener: () => undefined,
    defaultView: { HTMLIFrameElement: Map },
  },
});

const createRoot = async (): Promise<Root> => {
  Object.assign(globalThis, { window: globalThis });
  const dom = await import('react-dom/client');
  return dom.createRoot(createContainer());
};

/**
 * Renders a component that calls hooks of the client, with their effects and without a page.
 *
 * @param use calls the hooks
 */
export const renderHook = async <Value>(client: ChatClient, use: () => Value) => {
  const root = await createRoot();
  let value: Value | undefined;
  const Probe = (): null => {
    value = use();
    return null;
  };
  const show = async (isThere: boolean): Promise<void> => {
    root.render(createElement(ChatProvider, { client }, isThere && createElement(Probe)));
    await settle();
  };
  await show(true);
  return {
    /** What the hooks have returned in the last rendering. */
    current: (): Value => value as Value,
    /** Takes the component away, or shows it again. */
    show,
    unmount: async (): Promise<void> => {
      root.unmount();
      await settle();
    },
  };
};
