import type { ChatError } from '../chat-client.ts';
import type { LoadError } from './outcomes.ts';

export const loadErrorOf = (error: unknown): LoadError => {
  // The class is in another file of the package, which the hooks do not load.
  const { name, code, status } = error as ChatError;
  return name === 'ChatError' ? { code, status } : { code: 'unreachable', status: 0 };
};
