import { countHostile } from './hostile-socket.ts';
process.env['TZ'] = 'UTC';
process.env['POWERTOOLS_LOG_LEVEL'] ??= 'SILENT';
const lines: string[] = [];
const costs = await countHostile([30, 100], 10, (line) => lines.push(line));
for (const { bystanderMs, ...cost } of costs)
  console.log(JSON.stringify(cost), Math.round(Math.max(...bystanderMs)), bystanderMs.length);
console.log(
  [...new Set(lines.filter((l) => /failed|error|not answer/i.test(l)).map((l) => l.slice(0, 200)))]
    .slice(0, 20)
    .join('\n'),
);
