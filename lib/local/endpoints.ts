import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where `npm start` keeps its data unless it is told otherwise. */
export const DATA_DIRECTORY = resolve(import.meta.dirname, '../../.local');

/** The addresses of a running local cloud. */
export interface Endpoints {
  readonly http: string;
  readonly websocket: string;
  readonly lambda: string;
  readonly sqs: string;
  /** The chat page, where it is served. */
  readonly web?: string;
}

const fileIn = (dataDirectory: string): string => join(dataDirectory, 'endpoints.json');

/** Writes the addresses to the data folder, for other commands on this machine. @returns what deletes them again */
export const publishEndpoints = (dataDirectory: string, endpoints: Endpoints): (() => void) => {
  writeFileSync(fileIn(dataDirectory), JSON.stringify(endpoints, null, 2));
  return () => rmSync(fileIn(dataDirectory), { force: true });
};

/** The addresses of the local cloud that serves this data; undefined when none is running. */
export const readEndpoints = (dataDirectory: string): Endpoints | undefined => {
  try {
    return JSON.parse(readFileSync(fileIn(dataDirectory), 'utf8')) as Endpoints;
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    // A file that a crash left half written counts as absent.
    if (isAbsent || error instanceof SyntaxError) return undefined;
    throw error;
  }
};
