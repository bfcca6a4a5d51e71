import type { Readable } from 'node:stream';

/** A line longer than this is passed on in pieces, as CloudWatch cuts it at 256 KB. */
const longestLine = 256 * 1024;

/** Calls `onLine` for every line of a stream; the last one needs no line break. Empty lines are left out. */
export function readLogLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  const pass = (line: string): void => {
    if (line !== '') onLine(line);
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(pass);
    if (rest.length <= longestLine) return;
    pass(rest);
    rest = '';
  });
  stream.once('end', () => pass(rest));
}
