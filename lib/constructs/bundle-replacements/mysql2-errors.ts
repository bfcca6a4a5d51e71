const numbers: Readonly<Record<string, number>> = {
  ER_CON_COUNT_ERROR: 1040,
  ER_DBACCESS_DENIED_ERROR: 1044,
  ER_ACCESS_DENIED_ERROR: 1045,
  ER_BAD_DB_ERROR: 1049,
  ER_SERVER_SHUTDOWN: 1053,
  ER_BAD_FIELD_ERROR: 1054,
  ER_DUP_ENTRY: 1062,
  ER_PARSE_ERROR: 1064,
  ER_HOST_IS_BLOCKED: 1129,
  ER_TABLEACCESS_DENIED_ERROR: 1142,
  ER_NO_SUCH_TABLE: 1146,
  ER_TOO_MANY_USER_CONNECTIONS: 1203,
  ER_LOCK_WAIT_TIMEOUT: 1205,
  ER_LOCK_DEADLOCK: 1213,
  ER_OPTION_PREVENTS_STATEMENT: 1290,
  ER_SP_DOES_NOT_EXIST: 1305,
  ER_QUERY_INTERRUPTED: 1317,
  ER_PROCACCESS_DENIED_ERROR: 1370,
  ER_DATA_TOO_LONG: 1406,
  ER_ROW_IS_REFERENCED_2: 1451,
  ER_NO_REFERENCED_ROW_2: 1452,
  ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: 1792,
  ER_READ_ONLY_MODE: 1836,
  ER_QUERY_TIMEOUT: 3024,
  ER_CHECK_CONSTRAINT_VIOLATED: 3819,
  ER_CLIENT_INTERACTION_TIMEOUT: 4031,
};
const names = new Map(Object.entries(numbers).map(([name, number]) => [String(number), name]));

/**
 * Replaces mysql2's table of errors in the bundles of functions: of its five thousand names, a client only meets
 * these; other errors are named by their number.
 */
// CommonJS modules load this module by `require`, which returns this export.
export { errors as 'module.exports' };
const errors: unknown = new Proxy(numbers, {
  get: (_, key) => numbers[String(key)] ?? names.get(String(key)) ?? `ER_${String(key)}`,
});
