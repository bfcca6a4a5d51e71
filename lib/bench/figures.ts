/** A measured number; of several measurements, `value` is the median. */
export interface Figure {
  /**
   * The section and what was measured, such as `delivery: send → ack, groups of 10`. Identifies the figure in a
   * comparison.
   */
  readonly name: string;
  readonly unit: 's' | 'ms' | 'µs' | '1/s' | 'KB' | 'MB' | 'trips' | 'requests' | 'USD' | 'count' | '×';
  readonly value: number;
  readonly p95?: number;
  readonly p99?: number;
  readonly max?: number;
  /** The ratio of the value to the floor: the time of the bare drivers for the same work in the same run. */
  readonly timesFloor?: number;
  /** The upper limit of the value, or with `least` the lower one. */
  readonly target?: { readonly most: number } | { readonly least: number };
  /** Other processes used so much of the machine that a time says nothing about the service. */
  readonly machineWasBusy?: boolean;
}

/** The result of a section: its figures, and notes for the reader. */
export interface SectionReport {
  readonly figures: readonly Figure[];
  readonly notes?: readonly string[];
}

/** The value below which the given share of the values lies. */
export const percentile = (values: Iterable<number>, share: number): number => {
  const sorted = Float64Array.from(values).toSorted();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

/** The percentiles of several measurements. */
export const spread = (values: Iterable<number>): Required<Pick<Figure, 'value' | 'p95' | 'p99' | 'max'>> => {
  const all = [...values];
  return {
    value: percentile(all, 0.5),
    p95: percentile(all, 0.95),
    p99: percentile(all, 0.99),
    max: percentile(all, 1),
  };
};

const shown = (value: number | undefined): string => {
  if (value === undefined || Number.isNaN(value)) return '';
  if (Number.isInteger(value) || Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) < 1 ? 3 : 2);
};

const isMet = ({ value, target }: Figure): boolean =>
  target === undefined || ('most' in target ? value <= target.most : value >= target.least);

/** The units of values that a busy machine distorts. */
const timed: ReadonlySet<Figure['unit']> = new Set(['s', 'ms', 'µs', '1/s', '×']);

const isUndecided = (figure: Figure): boolean =>
  !isMet(figure) && figure.machineWasBusy === true && timed.has(figure.unit);

const targetText = (figure: Figure): string => {
  if (figure.target === undefined) return '';
  const text = 'most' in figure.target ? `≤ ${figure.target.most}` : `≥ ${figure.target.least}`;
  if (isMet(figure)) return text;
  return `${text} ${isUndecided(figure) ? '?' : '!'}`;
};

/** Formats the figures as a table. @param before figures of an earlier run, for comparison */
export const tableOf = (figures: readonly Figure[], before?: readonly Figure[]): string => {
  const was = new Map(before?.map((figure) => [figure.name, figure.value]));
  const titles = ['figure', 'value', '', 'p95', 'p99', 'max', '× floor', 'target'];
  if (before !== undefined) titles.push('before', 'change');
  const rows = figures.map((figure) => {
    const cells = [
      figure.name,
      shown(figure.value),
      figure.unit,
      shown(figure.p95),
      shown(figure.p99),
      shown(figure.max),
      shown(figure.timesFloor),
      targetText(figure),
    ];
    const old = was.get(figure.name);
    const change = old === undefined || old === 0 ? undefined : (figure.value / old - 1) * 100;
    if (before !== undefined) {
      cells.push(shown(old), change === undefined ? '' : `${change > 0 ? '+' : ''}${change.toFixed(0)} %`);
    }
    return cells;
  });
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  // Names and units are aligned left, numbers right.
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === 0 || column === 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [line(titles), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join('\n');
};

/** Figures that miss their target because of the service. */
export const missedTargets = (figures: readonly Figure[]): Figure[] =>
  figures.filter((figure) => !isMet(figure) && !isUndecided(figure));

/** Figures that miss their target while the machine was busy, and must be measured again. */
export const undecidedFigures = (figures: readonly Figure[]): Figure[] => figures.filter(isUndecided);
