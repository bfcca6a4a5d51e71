import { consumerHandler } from '../../transport/consumers.ts';
import { redeliverAfter } from '../redeliver-after.ts';
import { sendPushes as route } from '../contract.ts';
import { sendPush } from '../send-push.ts';
import { PushWork } from '../work.ts';

export const handler = consumerHandler(
  route,
  PushWork,
  () =>
    (work, { receiveCount }) =>
      sendPush(work, receiveCount),
  redeliverAfter,
);
