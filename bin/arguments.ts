import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Ends the command: what was asked of it makes no sense. */
export const refuse = (sentence: string): never => {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
};

/**
 * Reads a command's arguments. `--help` prints the usage and ends the command with 0; a flag or an argument that it does
 * not know ends it with 2 and one line.
 *
 * @param command.usage what `--help` says: a line for each way to call it
 * @param command.takesNames whether it takes arguments that are no flags
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
      // The first sentence says what is wrong; those after it teach what dashes mean.
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

/** A whole number that an option was given. Ends the command when it is none, or less than `least`. */
export const wholeNumber = (name: string, text: string, least = 1): number => {
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  return refuse(`--${name} is ${text}: a whole number from ${least} up is wanted.`);
};
