const DAY_MS = 24 * 60 * 60 * 1000;
const NOTE_MAX = 1000;

/** The durations of a suspension in days; 0 means no end. */
const spans = { 1: 'a day', 7: 'a week', 30: '30 days', 0: 'without an end' } as const;

/** The end of a suspension that starts now; null for no end. @param days a choice of `Span` */
export const untilOf = (days: string): string | null =>
  days === '0' ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString();

/** The field for the moderator's note. */
export const Note = () => (
  <label class="field">
    Note for other moderators (optional)
    <textarea name="note" rows={2} maxLength={NOTE_MAX} dir="auto" />
  </label>
);

/** The field for the duration of a suspension. */
export const Span = () => (
  <label class="field">
    Suspended for
    <select name="days">
      {Object.entries(spans).map(([days, label]) => (
        <option key={days} value={days} selected={days === '7'}>
          {label}
        </option>
      ))}
    </select>
  </label>
);
