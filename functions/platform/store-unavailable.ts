export type Store = 'mysql' | 'mongodb' | 'dynamodb' | 's3' | 'lambda' | 'sqs' | 'a store';

/** A store did not respond, or not in time. Whether it executed the operation is unknown. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  readonly store: Store;

  constructor(store: Store, cause: unknown) {
    super(`${store} is not answering`, { cause });
    this.store = store;
  }
}
