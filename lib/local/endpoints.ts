import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a local cloud that is running can be reached. */
export interface Endpoints {
  readonly http: string;
  readonly websocket: string;
  readonly lambda: string;
}

const fileIn = (dataDirectory: string): string => join(dataDirectory, 'endpoints.json');

/** Notes the addresses beside the data, for other commands on this machine. @returns what takes the note back */
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
    // A note that was torn by a crash is nobody's.
    if (isAbsent || error instanceof SyntaxError) return undefined;
    throw error;
  }
};
