import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createElement, type ReactElement } from 'react';
import { renderToString } from 'react-dom/server';
import type { ChatClient } from '../../../lib/client/chat-client.ts';
import { createChatClient } from '../../../lib/client/index.ts';
import {
  ChatProvider,
  useChats,
  useConnectionState,
  useMessages,
  usePins,
  useTyping,
} from '../../../lib/client/react/index.ts';
import { viewOf } from '../../../lib/client/react/observed-view.ts';
import { presenceOf } from '../../../lib/client/presence/create-presence.ts';

/** A client that counts its listeners. */
const countingClient = (): { readonly client: ChatClient; readonly listeners: () => number } => {
  const client = createChatClient({ baseUrl: 'http://127.0.0.1:1/api/v1' });
  let listeners = 0;
  return {
    listeners: () => listeners,
    client: {
      ...client,
      state: 'signed-out',
      user: undefined,
      on: (type, listener) => {
        listeners += 1;
        const end = client.on(type, listener);
        return () => {
          listeners -= 1;
          end();
        };
      },
    },
  };
};

suite('the hooks for React', () => {
  test('render on a server: nobody is logged in, and nothing is subscribed', () => {
    const { client, listeners } = countingClient();
    const App = (): ReactElement => {
      const { chats, state } = useChats();
      const { messages } = useMessages(1);
      const { pins } = usePins(1);
      const { typists } = useTyping(1);
      return createElement(
        'p',
        null,
        `${useConnectionState()}, ${state}, ${chats.length + messages.length + pins.length + typists.length}`,
      );
    };
    assert.equal(
      renderToString(createElement(ChatProvider, { client }, createElement(App))),
      '<p>signed-out, loading, 0</p>',
    );
    assert.equal(listeners(), 0);
    assert.throws(() => renderToString(createElement(App)), /ChatProvider/);
  });

  test('listen to the client while a component is there, however many there are, and no longer', () => {
    const { client, listeners } = countingClient();
    // It lives as long as its client.
    presenceOf(client);
    const lasting = listeners();
    const view = viewOf(client);
    assert.equal(viewOf(client), view);
    const endFirst = view.subscribe(() => undefined);
    const some = listeners();
    assert.ok(some > lasting);
    const endSecond = view.subscribe(() => undefined);
    assert.equal(listeners(), some);
    endFirst();
    endFirst();
    assert.equal(listeners(), some);
    endSecond();
    assert.equal(listeners(), lasting);
    view.subscribe(() => undefined)();
    assert.equal(listeners(), lasting);
  });
});
