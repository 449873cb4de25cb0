import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runCommand } from '../infra/command-line.mjs';
import { measure } from './measure';
import { commandOptions, readOptions, usage, type Options } from './options';
import { startOwnStack } from './own-stack';
import { render } from './report';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** The command `npm run bench`. */
async function main({ values }: { values: Parameters<typeof readOptions>[0] }): Promise<number> {
  const options = readOptions(values);
  const stopped = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopped.abort());
  try {
    return await runOnOwnStack(options, stopped.signal);
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
    print('stopped');
    return 130;
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

void runCommand({ usage, options: commandOptions }, main);
