import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The ports of the last run of the local cloud on a data folder. */
export interface LastPorts {
  readonly web?: number;
  readonly s3?: number;
  readonly files?: number;
}

const fileIn = (dataDirectory: string): string => join(dataDirectory, 'ports.json');

const isPort = (value: unknown): boolean =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;

/** Empty before the first start, and when the file has no usable content. */
export const readLastPorts = (dataDirectory: string): LastPorts => {
  try {
    const stored = JSON.parse(readFileSync(fileIn(dataDirectory), 'utf8')) as object | null;
    return Object.fromEntries(Object.entries(stored ?? {}).filter(([, port]) => isPort(port)));
  } catch {
    // Without known ports, any free ones are used.
    return {};
  }
};

/**
 * Unlike `endpoints.json`, the file stays when the cloud stops: its existence does not mean that anything is running.
 */
export const writeLastPorts = (dataDirectory: string, ports: LastPorts): void =>
  writeFileSync(fileIn(dataDirectory), JSON.stringify(ports, null, 2));
