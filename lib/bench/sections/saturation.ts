import { talkingGroups } from './delivery.ts';
import { spread, type Figure } from '../figures.ts';
import type { Section } from './section.ts';

const GROUPS = 10;
const MEMBERS = 10;
const LOOPS = [1, 8, 24];

/**
 * The maximal throughput, and where the time goes: each loop sends its next message when all members have received the
 * last one.
 */
export const saturation: Section = async ({ cloud: start, floor: measureFloor, seconds, log }) => {
  const cloud = await start();
  const { talk, close } = await talkingGroups(cloud, GROUPS, MEMBERS);
  await cloud.profile();
  const figures: Figure[] = [];
  const notes: string[] = [];
  for (const loops of LOOPS) {
    log(`saturation: ${loops} messages on their way at any time, for ${seconds} s`);
    const floor = await measureFloor();
    const generatorBefore = process.cpuUsage();
    const before = await cloud.usage();
    const result = await talk.inLoops(loops, seconds);
    const after = await cloud.usage();
    const generator = process.cpuUsage(generatorBefore);
    const perMessage = (milliseconds: number): string => (milliseconds / result.sent).toFixed(2);
    const ack = spread(result.ackMs);
    const name = `saturation: ${loops} on their way`;
    figures.push(
      {
        name: `${name}: messages`,
        unit: '1/s',
        value: result.sent / result.seconds,
        ...(loops === LOOPS.at(-1) ? { target: { least: 300 } } : {}),
      },
      { name: `${name}: deliveries`, unit: '1/s', value: result.deliveryMs.length / result.seconds },
      { name: `${name}: send → ack`, unit: 'ms', ...ack, timesFloor: ack.value / floor.stores },
      { name: `${name}: send → each`, unit: 'ms', ...spread(result.deliveryMs) },
      {
        name: `${name}: CPU a message`,
        unit: 'ms',
        value: (after.process - before.process + after.mysql - before.mysql) / result.sent,
      },
    );
    const threads =
      after.gateway +
      after.functions +
      after.embeddedStores -
      (before.gateway + before.functions + before.embeddedStores);
    notes.push(
      `${loops} on their way: ${result.lost} lost, ${result.twice} twice, ${result.errors.length} errors; CPU in ms a message: ` +
        [
          `gateway ${perMessage(after.gateway - before.gateway)}`,
          `functions ${perMessage(after.functions - before.functions)}`,
          `embedded stores ${perMessage(after.embeddedStores - before.embeddedStores)}`,
          `rest of the process ${perMessage(after.process - before.process - threads)}`,
          `MySQL ${perMessage(after.mysql - before.mysql)}`,
          `load generator ${perMessage((generator.user + generator.system) / 1000)}`,
        ].join(', '),
    );
  }
  close();
  return { figures, notes };
};
