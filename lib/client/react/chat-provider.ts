import { createContext, createElement, useContext, type ReactElement, type ReactNode } from 'react';
import type { ChatClient } from '../chat-client.ts';

const ClientContext = createContext<ChatClient | undefined>(undefined);

/** Provides a client to the hooks below it. The application creates the client once, and logs in with it. */
export const ChatProvider = ({
  client,
  children,
}: {
  readonly client: ChatClient;
  readonly children?: ReactNode;
}): ReactElement => createElement(ClientContext.Provider, { value: client }, children);

/** The client of the nearest `ChatProvider`. @throws Error without a provider */
export const useChatClient = (): ChatClient => {
  const client = useContext(ClientContext);
  if (client === undefined) throw new Error('There is no ChatProvider around this component.');
  return client;
};
