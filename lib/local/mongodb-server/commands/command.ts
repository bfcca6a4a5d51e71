import type { BsonDocument } from '../bson-values.ts';
import type { Cursors } from '../cursors.ts';
import type { Storage } from '../storage.ts';

/** What the handlers of all commands share. */
export interface Engine {
  readonly storage: Storage;
  readonly cursors: Cursors;
  readonly log: (line: string) => void;
}

/** A received command. */
export interface Command {
  readonly name: string;
  /** `$db`. */
  readonly database: string;
  readonly body: BsonDocument;
  /** Document sequences by field name; the documents are bytes. */
  readonly sequences: ReadonlyMap<string, Uint8Array[]>;
  readonly connectionId: number;
  /** The host:port of this server, as the client reached it. */
  readonly address: string;
}

/** A reply without `ok`; bytes when the handler composed the whole reply itself. */
export type Reply = BsonDocument | Uint8Array;

/** Runs a command; throws CommandError. On return its changes are in memory and passed to the journal. */
export type CommandHandler = (command: Command, engine: Engine) => Reply;
