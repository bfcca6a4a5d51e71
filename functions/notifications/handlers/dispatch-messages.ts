import { consumerHandler } from '../../transport/consumers.ts';
import { comeBack } from '../come-back.ts';
import { dispatchMessages as route } from '../contract.ts';
import { dispatchAgain, dispatchChat, dispatchHeld } from '../dispatch-chat.ts';
import { forgetDevice } from '../forget-device.ts';
import { DispatchWork } from '../work.ts';

/** Works on one batch: whatever woke a chat is stored by now, so that one look serves all messages that woke it. */
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

export const handler = consumerHandler(route, DispatchWork, startBatch, comeBack);
