import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Ends the command with a message, because its arguments are invalid. */
export const refuse = (sentence: string): never => {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
};

/**
 * Parses a command's arguments. `--help` prints the usage and exits with 0; an unknown flag or argument exits with 2
 * and a one-line message.
 *
 * @param command.usage the text of `--help`: a line for each form of the command
 * @param command.takesNames whether the command takes positional arguments
 */
export const readArguments = <const O extends Options>(command: {
  readonly usage: string;
  readonly options: O;
  readonly takesNames?: boolean;
}) => {
  const { usage, options, takesNames = false } = command;
  const parse = () => {
    try {
      return parseArgs({ options: { ...options }, allowPositionals: takesNames });
    } catch (error) {
      // The first sentence says what is wrong; the following ones explain the use of dashes.
      const [sentence = ''] = (error as Error).message.split(/(?<=')\. |\n/, 1);
      return refuse(`${sentence.replace(/\.$/, '')}. See --help.`);
    }
  };
  const asksForHelp = process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h');
  if (asksForHelp) {
    process.stdout.write(`${usage.trim()}\n`);
    process.exit(0);
  }
  return parse();
};

/** Parses an option as a whole number. Ends the command when the value is none, or is less than `least`. */
export const wholeNumber = (name: string, text: string, least = 1): number => {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  return refuse(`--${name} is ${text}: a whole number from ${least} up is wanted.`);
};
