/** A longer line is split, like CloudWatch does at 256 KB. */
const longestLine = 256 * 1024;

export interface LineReader {
  write(text: string): void;
  /** Emits the text after the last line break. */
  end(): void;
}

/** Splits a stream of chunks into lines. Empty lines are dropped. */
export const readLines = (onLine: (line: string) => void): LineReader => {
  let rest = '';
  const pass = (line: string): void => {
    if (line !== '') onLine(line);
  };
  return {
    write(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(pass);
      if (rest.length <= longestLine) return;
      pass(rest);
      rest = '';
    },
    end() {
      pass(rest);
      rest = '';
    },
  };
};
