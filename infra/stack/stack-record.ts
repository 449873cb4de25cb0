import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { identify, isRunning, untilGone, type ProcessIdentity } from './process-identity';
import { codeOf, StackError } from './stack-error';

const identity = z.object({ pid: z.int().positive(), startedAt: z.string() });
const record = z.object({
  launcher: identity,
  /** The npm that runs the launcher; if it is gone, the launcher is about to stop. */
  parent: identity.optional(),
  addresses: z.record(z.string(), z.string()),
  /** Each part's process, and what its command line contains. */
  parts: z.record(z.string(), identity.extend({ command: z.string() })),
});

type StackRecord = z.infer<typeof record>;

/** A process of a part, and what its command line contains. */
export type PartProcess = StackRecord['parts'][string];

/** Longer than two launchers that start at once can be apart in taking over a record. */
const TAKE_OVER_MS = 200;
const STOPPING_MS = 60_000;

/** The hold on a data folder, kept in its `stack.json`: who launched its stack and which processes belong to it. */
export interface StackHold {
  /** Processes of an earlier stack that was not stopped; they may or may not still run. */
  leftovers: Record<string, PartProcess>;
  note(part: string, process: PartProcess | undefined): void;
  /** Gives the folder back; what still runs of the stack stays on the record, for the next start to stop. */
  release(): void;
}

export interface Claim {
  dataDir: string;
  addresses: Record<string, string>;
  parent: ProcessIdentity | undefined;
  report(line: string): void;
}

/**
 * Takes hold of a data folder, so that only one stack uses it. Throws a {@link StackError} that names the stack that
 * runs already; one whose terminal is gone is about to stop, and is waited for.
 */
export async function claim({ dataDir, addresses, parent, report }: Claim): Promise<StackHold> {
  const file = path.join(dataDir, 'stack.json');
  const launcher = identify(process.pid);
  if (launcher === undefined) throw new StackError('this system does not say when a process started: is ps installed?');
  const mine: StackRecord = { launcher, ...(parent ? { parent } : {}), addresses, parts: {} };
  const draft = `${file}.${process.pid}`;
  const write = () => {
    writeFileSync(draft, `${JSON.stringify(mine, null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, file);
  };
  if (!createFirst(file, draft, mine)) {
    const earlier = read(file);
    if (earlier !== undefined) await assertOver(earlier, dataDir, report);
    mine.parts = { ...earlier?.parts };
    write();
    await sleep(TAKE_OVER_MS);
    const holder = read(file);
    if (holder?.launcher.pid !== process.pid) throw alreadyRunning(holder ?? mine, dataDir);
  }
  return {
    leftovers: { ...mine.parts },
    note: (part, partProcess) => {
      const { [part]: _, ...others } = mine.parts;
      mine.parts = partProcess === undefined ? others : { ...others, [part]: partProcess };
      write();
    },
    release: () => {
      if (!Object.values(mine.parts).some(isRunning)) rmSync(file, { force: true });
    },
  };
}

/** Linking fails if the file is there, and never shows half of it. */
function createFirst(file: string, draft: string, content: StackRecord): boolean {
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** A record that cannot be read was left by a crash of the machine, whose processes are gone as well. */
function read(file: string): StackRecord | undefined {
  try {
    return record.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

async function assertOver(earlier: StackRecord, dataDir: string, report: (line: string) => void): Promise<void> {
  if (!isRunning(earlier.launcher)) return;
  if (earlier.parent === undefined || isRunning(earlier.parent)) throw alreadyRunning(earlier, dataDir);
  report(`  … waiting for an earlier stack (pid ${earlier.launcher.pid}), whose npm is gone, to stop`);
  if (!(await untilGone(earlier.launcher, STOPPING_MS))) throw alreadyRunning(earlier, dataDir);
}

function alreadyRunning({ launcher, addresses }: StackRecord, dataDir: string): StackError {
  const where = Object.entries(addresses).map(([name, address]) => `${name} ${address}`);
  return new StackError(
    `a stack is running already in ${dataDir} (pid ${launcher.pid}; ${where.join(', ')}): use it, stop it with Ctrl-C ` +
      `or kill ${launcher.pid}, or start another with other ports and another DATA_DIR`,
  );
}
