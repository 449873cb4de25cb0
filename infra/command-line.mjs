import { parseArgs } from 'node:util';

/** Plain JavaScript, since some commands run before the packages are installed. Types: command-line.d.mts. */

/**
 * Thrown by a command that cannot do what it is asked; the message says what would be right. Commands exit with 2 then,
 * and keep 1 for an answer: a check that failed.
 */
export class CommandError extends Error {
  name = 'CommandError';

  /** @param {{ exitCode?: number, cause?: unknown }} options */
  constructor(message, { exitCode = 2, cause } = {}) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** Thrown if a command line cannot be understood: its usage is shown below the message. */
export class UsageError extends CommandError {
  name = 'UsageError';
}

const HELP = { help: { type: 'boolean', short: 'h', default: false } };

/**
 * Reads a command line. Returns undefined once it has answered `--help` with the usage. Throws a UsageError for what
 * the command does not know.
 */
export function readCommandLine({ usage, options = {}, operands = 0 }, args) {
  let read;
  try {
    read = parseArgs({ args, options: { ...options, ...HELP }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error.message.split('. ')[0]);
  }
  const { help, ...values } = read.values;
  if (help) {
    process.stdout.write(`${usage.trim()}\n`);
    return undefined;
  }
  const [unexpected] = read.positionals.slice(operands);
  if (unexpected !== undefined) throw new UsageError(`Unexpected argument '${unexpected}'`);
  return { values, operands: read.positionals };
}

/** Runs a command to the end of the process: exits with what `main` returns, or with 2 if it throws. */
export async function runCommand(plan, main) {
  let exitCode;
  try {
    const commandLine = readCommandLine(plan, process.argv.slice(2));
    exitCode = commandLine === undefined ? 0 : ((await main(commandLine)) ?? 0);
  } catch (error) {
    exitCode = explain(error, plan.usage);
  }
  // What was written goes out first, also into a pipe.
  process.stderr.write('', () => process.stdout.write('', () => process.exit(exitCode)));
}

function explain(error, usage) {
  const isOurs = error instanceof CommandError;
  const isExpected = isOurs || error?.name === 'ConfigError' || error?.name === 'StackError';
  process.stderr.write(`${isExpected ? error.message.trim() : (error?.stack ?? String(error))}\n`);
  if (error instanceof UsageError) process.stderr.write(`\n${usage.trim()}\n`);
  return isOurs ? error.exitCode : 2;
}
