import { appendFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../command-line.mjs';

const LOOK_MS = 200;
/** Longer than two who take over at once can be apart. */
const TAKE_OVER_MS = 200;
const LONGEST_MS = 10 * 60_000;

/**
 * Runs `work` while no other process runs its own under the same lock: a file with the machine's boot and the numbers of
 * the processes that work. One whose processes are all gone is taken over. Throws what `work` throws, a system error
 * where the file cannot be made, and an Error of one line where it is held for more than 10 minutes.
 *
 * @param {string} file
 * @param {(holder: number) => void} onWait - called once if there is somebody to wait for
 * @param {(note: (pid: number) => void) => Promise<void>} work - `note` adds a process that goes on should we be killed
 */
export async function alone(file, onWait, work) {
  await take(file, onWait);
  try {
    await work((pid) => appendFileSync(file, `${pid}\n`));
  } finally {
    rmSync(file, { force: true });
  }
}

async function take(file, onWait) {
  const endMs = performance.now() + LONGEST_MS;
  let told = false;
  while (!createFirst(file)) {
    const pids = holders(file);
    if (pids?.length === 0 && (await takeOver(file))) return;
    if (!told && pids?.length > 0) onWait(pids[0]);
    told ||= pids?.length > 0;
    if (performance.now() > endMs) {
      throw new CommandError(
        `process ${pids?.[0]} has held ${file} for 10 minutes: end it, or remove that file, and try again`,
        { exitCode: 1 },
      );
    }
    await sleep(LOOK_MS);
  }
}

/** Linking fails where the file is there, and never shows half of it. */
function createFirst(file) {
  const draft = writeDraft(file);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

async function takeOver(file) {
  renameSync(writeDraft(file), file);
  await sleep(TAKE_OVER_MS);
  return holders(file)?.[0] === process.pid;
}

function writeDraft(file) {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${boot()}\n${process.pid}\n`);
  return draft;
}

/** The processes that hold the lock and still run; undefined where it was released just now. */
function holders(file) {
  let lines;
  try {
    lines = readFileSync(file, 'utf8').trim().split('\n');
  } catch {
    return undefined;
  }
  return lines[0] === boot() ? lines.slice(1).map(Number).filter(runs) : [];
}

function runs(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** After a restart of the machine the numbers are other processes'. */
function boot() {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
