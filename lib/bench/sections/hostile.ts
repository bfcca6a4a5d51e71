import budgets from '../budgets.json' with { type: 'json' };
import { LISTENING_CONNECTIONS, countHostile } from '../hostile-socket.ts';
import { spread, type Figure } from '../figures.ts';
import type { Section } from './section.ts';

const RATES = [30, 100];

/** The effects of one socket that floods `typing` frames on its group and on all other users. */
export const hostile: Section = async ({ log, seconds }) => {
  log(`hostile: ${RATES.join(' and ')} frames of typing a second for ${seconds} s, limits on`);
  const costs = await countHostile(RATES, seconds, () => undefined);
  const figures: Figure[] = [];
  const notes: string[] = [];
  for (const [index, cost] of costs.entries()) {
    const name = `hostile: typing ${RATES[index]}/s`;
    const perSecond = cost.received / LISTENING_CONNECTIONS / seconds;
    const requests = Object.values(cost.requests).reduce((sum, count) => sum + count, 0);
    figures.push(
      {
        name: `${name}: frames to each of ${LISTENING_CONNECTIONS}`,
        unit: '1/s',
        value: perSecond,
        target: { most: budgets.hostile.typingToEachListenerPerSecond },
      },
      {
        name: `${name}: store requests a frame`,
        unit: 'requests',
        value: requests / cost.sent,
        target: { most: budgets.hostile.storeRequestsPerFrame },
      },
      { name: `${name}: somebody else’s ping`, unit: 'ms', ...spread(cost.bystanderMs) },
      {
        name: `${name}: somebody else’s errors`,
        unit: 'count',
        value: cost.bystanderErrors.length,
        target: { most: 0 },
      },
    );
    notes.push(
      `${RATES[index]}/s: ${cost.sent} sent, ${cost.received} heard by all together, back ${JSON.stringify(cost.refused)}, ${JSON.stringify(cost.requests)} requests`,
    );
  }
  return { figures, notes };
};
