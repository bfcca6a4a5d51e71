declare module 'dynalite' {
  import type { Server } from 'node:http';

  export interface DynaliteOptions {
    /** Folder of the LevelDB store; in memory without it. */
    readonly path?: string;
    /** Milliseconds for which a table stays in CREATING. */
    readonly createTableMs?: number;
    readonly deleteTableMs?: number;
    readonly updateTableMs?: number;
  }

  export default function dynalite(options: DynaliteOptions): Server;
}

declare module 'dynalite/db/index.js' {
  type Key = Readonly<Record<string, Readonly<Record<string, string>>>>;

  interface Table {
    readonly KeySchema: readonly object[];
    readonly AttributeDefinitions: readonly object[];
  }

  /** The key of an item among those of its table. */
  export function createKey(key: Key, table: Table): string;
}
