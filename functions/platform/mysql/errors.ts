const errnoOf = (error: unknown): number | undefined => {
  const { errno } = (error ?? {}) as { errno?: unknown };
  return typeof errno === 'number' ? errno : undefined;
};

/**
 * The unique key that a statement violated (ER_DUP_ENTRY), or undefined for any other error. MySQL writes `table.key`
 * where MariaDB writes `key`.
 */
export const duplicateKeyOf = (error: unknown): string | undefined => {
  if (errnoOf(error) !== 1062) return undefined;
  const { sqlMessage } = error as { sqlMessage?: string };
  return /for key '(?:[^'.]*\.)?([^'.]+)'/.exec(sqlMessage ?? '')?.[1];
};
