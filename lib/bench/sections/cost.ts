import { prices } from '../../cost/prices-2026-11.ts';
import { withCountedCloud } from '../counted-cloud.ts';
import { countSends } from '../counted-send.ts';
import { talkingGroups } from './delivery.ts';
import { percentile, type Figure } from '../figures.ts';
import type { Section } from './section.ts';

const MEMORY_GB = 0.5;
const MEMBERS = 10;
const SECONDS = 15;

/**
 * Dollars for a million messages to ten recipients, by the counted operations. Without Aurora and Atlas, which are
 * billed by the hour instead of by the message.
 */
export const cost: Section = async ({ cloud: start, log }) => {
  log('cost: counting the requests of a message with its limits on');
  const [counted] = await withCountedCloud(
    () => undefined,
    { rateLimits: 'on' },
    (cloud) => countSends(cloud, [MEMBERS]),
  );
  if (counted === undefined) throw new Error('Nothing was counted');
  const cloud = await start();
  const { talk, close } = await talkingGroups(cloud, 10, MEMBERS);
  const { ackMs, deliveryMs } = await talk.atRate(10, SECONDS);
  close();
  // A function is billed until its last post has been answered.
  const billedMs = Math.max(percentile(ackMs, 0.5), percentile(deliveryMs, 0.5));

  // The incoming frame, the ack, and one to each recipient: each counts once, since all are below 32 KB.
  const frames = 1 + 1 + counted.deliveries;
  const gateway = frames * prices.webSocketApi.perMillionMessages;
  const gbSeconds = (billedMs / 1000) * MEMORY_GB * 1e6;
  const lambda = prices.lambda.perMillionRequests + gbSeconds * prices.lambda.perGbSecond;
  const writes = counted.dynamodb['UpdateItem'] ?? 0;
  // Consistent reads cost one unit per item of up to 4 KB.
  const dynamodb = writes * prices.dynamodb.perMillionWrites + MEMBERS * prices.dynamodb.perMillionReads;
  const figure = (name: string, value: number): Figure => ({ name: `cost: ${name}`, unit: 'USD', value });
  return {
    figures: [
      figure(`a million messages to ${MEMBERS}: API Gateway, ${frames} frames`, gateway),
      figure(`a million messages to ${MEMBERS}: Lambda`, lambda),
      figure(`a million messages to ${MEMBERS}: DynamoDB`, dynamodb),
      figure(`a million messages to ${MEMBERS}: together`, gateway + lambda + dynamodb),
      {
        name: 'cost: above API Gateway and the stores',
        unit: '×',
        value: (gateway + lambda + dynamodb) / (gateway + dynamodb),
        target: { most: 1.05 },
      },
    ],
    notes: [
      `A message to ${MEMBERS}: ${counted.mysql} MySQL, ${counted.mongodb} MongoDB, ${JSON.stringify(counted.dynamodb)} DynamoDB, ${counted.sequential} in a row`,
    ],
  };
};
