import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { measure } from './measure';
import { readOptions, USAGE, UsageError, type Options } from './options';
import { startOwnStack } from './own-stack';
import { render } from './report';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** The command `npm run bench`; resolves to its exit code. */
export async function bench(args: string[]): Promise<number> {
  const stopped = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopped.abort());
  try {
    const options = readOptions(args);
    if (options.help) {
      print(USAGE);
      return 0;
    }
    return await runOnOwnStack(options, stopped.signal);
  } catch (error) {
    if (stopped.signal.aborted) {
      print('stopped');
      return 130;
    }
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    return 2;
  }
}

async function runOnOwnStack(options: Options, signal: AbortSignal): Promise<number> {
  print('starting a stack of its own …');
  const stack = await startOwnStack(signal);
  const closing: (() => Promise<unknown>)[] = [];
  let isOver = false;
  try {
    const result = await measure({ stack, options, closing, print, signal });
    mkdirSync(path.dirname(path.resolve(options.out)), { recursive: true });
    writeFileSync(options.out, `${JSON.stringify(result, null, 2)}\n`);
    print(`\n${render(result)}\n\nall figures are in ${options.out}`);
    isOver = result.problems.length === 0;
    return isOver ? 0 : 1;
  } finally {
    for (const close of closing.reverse()) await close();
    const keep = !isOver && !signal.aborted;
    if (keep) print(`the stack's logs are kept in ${path.join(stack.folder, 'data', 'log')}`);
    await stack.stop(keep);
  }
}
