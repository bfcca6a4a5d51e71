import { consumerHandler } from '../../transport/consumers.ts';
import { redeliverAfter } from '../redeliver-after.ts';
import { dispatchMessages as route } from '../contract.ts';
import { dispatchAgain, dispatchChat, dispatchHeld } from '../dispatch-chat.ts';
import { forgetDevice } from '../forget-device.ts';
import { DispatchWork } from '../work.ts';

/** Processes one batch: all messages that woke a chat are stored by now, so one dispatch per chat serves them all. */
const startBatch = () => {
  const chats = new Map<number, Promise<number>>();
  return async (work: DispatchWork): Promise<void> => {
    if (work.type === 'held') return dispatchHeld(work);
    if (work.type === 'again') return dispatchAgain(work);
    if (work.type === 'forget') return forgetDevice(work);
    const started = chats.get(work.chat_id) ?? dispatchChat(work.chat_id);
    chats.set(work.chat_id, started);
    await started;
  };
};

export const handler = consumerHandler(route, DispatchWork, startBatch, redeliverAfter);
