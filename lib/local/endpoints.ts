import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The default data folder of `npm start`. */
export const DATA_DIRECTORY = resolve(import.meta.dirname, '../../.local');

/** The URLs of a running local cloud. */
export interface Endpoints {
  readonly http: string;
  readonly websocket: string;
  readonly lambda: string;
  readonly sqs: string;
  /** The chat page, when it is served. */
  readonly web?: string;
}

const fileIn = (dataDirectory: string): string => join(dataDirectory, 'endpoints.json');

/**
 * Writes the URLs to the data folder, for other commands on this machine. @returns a function that deletes them again
 */
export const publishEndpoints = (dataDirectory: string, endpoints: Endpoints): (() => void) => {
  writeFileSync(fileIn(dataDirectory), JSON.stringify(endpoints, null, 2));
  return () => rmSync(fileIn(dataDirectory), { force: true });
};

/** The URLs of the local cloud that uses this data folder; undefined when none is running. */
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
