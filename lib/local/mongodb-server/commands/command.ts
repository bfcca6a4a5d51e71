import type { BsonDocument } from '../bson-values.ts';
import type { Cursors } from '../cursors.ts';
import type { Storage } from '../storage.ts';

/** What the handlers of all commands share. */
export interface Engine {
  readonly storage: Storage;
  readonly cursors: Cursors;
  readonly log: (line: string) => void;
}

/** One command as it came in. */
export interface Command {
  readonly name: string;
  /** `$db`. */
  readonly database: string;
  readonly body: BsonDocument;
  /** Document sequences by field name; the documents are bytes. */
  readonly sequences: ReadonlyMap<string, Uint8Array[]>;
  readonly connectionId: number;
  /** host:port of this server as the client reached it. */
  readonly address: string;
}

/** A reply, without `ok`; bytes when the handler put the whole reply together itself. */
export type Reply = BsonDocument | Uint8Array;

/** Runs a command; throws CommandError. What it changed is in memory and handed to the journal. */
export type CommandHandler = (command: Command, engine: Engine) => Reply;
