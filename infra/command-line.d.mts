import type { ParseArgsOptionsConfig, parseArgs } from 'node:util';

export declare class CommandError extends Error {
  readonly exitCode: number;
  constructor(message: string, options?: { exitCode?: number; cause?: unknown });
}

export declare class UsageError extends CommandError {}

/** What a command takes. */
export interface CommandPlan<Options extends ParseArgsOptionsConfig> {
  /** What `--help` answers. */
  usage: string;
  /** The options besides `--help`. */
  options?: Options;
  /** How many arguments it takes at most that are no options. */
  operands?: number;
}

/** A command line that was understood. */
export interface CommandLine<Options extends ParseArgsOptionsConfig> {
  values: ReturnType<typeof parseArgs<{ options: Options }>>['values'];
  operands: string[];
}

export declare function readCommandLine<const Options extends ParseArgsOptionsConfig>(
  plan: CommandPlan<Options>,
  args: string[],
): CommandLine<Options> | undefined;

export declare function runCommand<const Options extends ParseArgsOptionsConfig>(
  plan: CommandPlan<Options>,
  main: (line: CommandLine<Options>) => Promise<number | void> | number | void,
): Promise<void>;
