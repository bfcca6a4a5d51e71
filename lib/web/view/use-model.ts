import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ChatModel } from '../model/chat-model.ts';

export const ModelContext = createContext<ChatModel | undefined>(undefined);

/** The state of the page. @throws Error outside of its provider */
export const useModel = (): ChatModel => {
  const model = useContext(ModelContext);
  if (model === undefined) throw new Error('There is no model around this view');
  return model;
};
