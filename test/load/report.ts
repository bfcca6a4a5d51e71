import { readFileSync, writeFileSync } from 'node:fs';

interface Times {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

interface Period {
  /** Milliseconds since 1970. */
  readonly period: number | string;
  readonly counters: Readonly<Record<string, number>>;
  readonly summaries: Readonly<Record<string, Times>>;
}

/** The file that Artillery writes with `--output`. */
interface Run {
  readonly aggregate: Omit<Period, 'period'>;
  readonly intermediate: readonly Period[];
}

const own = (name: string): boolean => name.startsWith('chat.') || name.startsWith('vusers.');
const number = (value: number): string => (Number.isInteger(value) ? String(value) : value.toFixed(1));

/** The totals of a run, as text. */
export const summaryOf = (file: string): string => {
  const { aggregate } = JSON.parse(readFileSync(file, 'utf8')) as Run;
  const rows = Object.entries(aggregate.summaries)
    .filter(([name]) => name.startsWith('chat.'))
    .map(([name, { count, p50, p95, p99, max }]) => [name, ...[count, p50, p95, p99, max].map(number)]);
  const line = (cells: readonly string[]): string =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(24) : cell.padStart(10))).join('');
  const counters = Object.entries(aggregate.counters)
    .filter(([name]) => own(name) && !name.includes('created_by_name'))
    .map(([name, count]) => line([name, number(count)]));
  return [line(['', 'count', 'p50', 'p95', 'p99', 'max']), ...rows.map(line), '', ...counters].join('\n');
};

const WIDTH = 720;
const HEIGHT = 200;
const MARGIN = 48;
const colours = ['#2563eb', '#d97706', '#dc2626'];

/** A line chart as SVG, from zero to the largest value. */
const chart = (
  title: string,
  series: readonly { readonly name: string; readonly points: readonly (readonly [number, number])[] }[],
): string => {
  const all = series.flatMap(({ points }) => points);
  const [start, end] = [Math.min(...all.map(([at]) => at)), Math.max(...all.map(([at]) => at))];
  const top = Math.max(1, ...all.map(([, value]) => value));
  const x = (at: number): number => MARGIN + ((at - start) / Math.max(1, end - start)) * (WIDTH - 2 * MARGIN);
  const y = (value: number): number => HEIGHT - 24 - (value / top) * (HEIGHT - 48);
  const lines = series.map(({ name, points }, index) => {
    const path = points.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    const colour = colours[index % colours.length];
    const dots = points.map(
      ([at, value]) =>
        `<circle cx="${x(at).toFixed(1)}" cy="${y(value).toFixed(1)}" r="2.5" fill="${colour}"/>`,
    );
    return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${path}"/>${dots.join('')}
      <text x="${MARGIN + index * 60}" y="14" fill="${colour}">${name}</text>`;
  });
  return `<figure><figcaption>${title}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
      <line x1="${MARGIN}" y1="${y(0)}" x2="${WIDTH - MARGIN}" y2="${y(0)}" stroke="#999"/>
      <text x="${MARGIN - 6}" y="${y(top) + 4}" text-anchor="end">${number(top)}</text>
      <text x="${MARGIN - 6}" y="${y(0) + 4}" text-anchor="end">0</text>
      <text x="${WIDTH - MARGIN}" y="${HEIGHT - 6}" text-anchor="end">${number((end - start) / 1000)} s</text>
      ${lines.join('\n')}
    </svg></figure>`;
};

/** Writes a run as a self-contained HTML page with charts. */
export const writeReport = (file: string, page: string, title: string): void => {
  const { intermediate } = JSON.parse(readFileSync(file, 'utf8')) as Run;
  const periods = intermediate.toSorted((a, b) => Number(a.period) - Number(b.period));
  const names = (kind: 'counters' | 'summaries'): string[] =>
    [...new Set(periods.flatMap((period) => Object.keys(period[kind])))]
      .filter((name) => name.startsWith('chat.'))
      .toSorted();
  const times = names('summaries').map((name) =>
    chart(
      `${name}, in ms`,
      (['p50', 'p95', 'p99'] as const).map((share) => ({
        name: share,
        points: periods.flatMap(({ period, summaries }) => {
          const found = summaries[name];
          return found === undefined ? [] : [[Number(period), found[share]] as const];
        }),
      })),
    ),
  );
  const counts = names('counters').map((name) =>
    chart(`${name}, in each period of 10 s`, [
      { name: 'count', points: periods.map(({ period, counters }) => [Number(period), counters[name] ?? 0]) },
    ]),
  );
  writeFileSync(
    page,
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>
<style>body{font:15px system-ui;max-width:780px;margin:2rem auto;padding:0 1rem;color:#222}
figure{margin:1.5rem 0}figcaption{font-weight:600}svg{width:100%;font-size:12px}pre{overflow:auto}</style>
<h1>${title}</h1><pre>${summaryOf(file)}</pre>
${[...times, ...counts].join('\n')}
</html>
`,
  );
};
