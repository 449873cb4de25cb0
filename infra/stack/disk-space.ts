import { statfsSync } from 'node:fs';
import { messageOf, StackError } from './stack-error';

const MIB = 1024 * 1024;
/** A first start writes some 50 MiB, and both databases grow as soon as orders come. */
const START_MIB = 100;
const LOW_MIB = 20;
/** There is said to be room again well above the line below which there is said to be none. */
const ROOM_MIB = 40;
const LOOK_MS = 5000;

/** The room that is left for us where a folder is, in bytes. */
export type FreeBytes = (folder: string) => number;

const freeBytes: FreeBytes = (folder) => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};

/** Throws a {@link StackError} if a folder's disk has too little room for a stack to start. */
export function assertRoom(folder: string, free: FreeBytes = freeBytes): void {
  const left = free(folder);
  if (left >= START_MIB * MIB) return;
  throw new StackError(
    `${mebibytes(left)} are free where ${folder} is, and Consign needs ${START_MIB} MiB: make room there, or set ` +
      `DATA_DIR to a folder on another disk`,
  );
}

/**
 * What an error says if its reason may be that a folder's disk is full; any other error as it is.
 *
 * @param failure - what has failed, to stand in front
 */
export function orFullDisk(error: unknown, folder: string, failure: string, free: FreeBytes = freeBytes): unknown {
  const left = free(folder);
  if (!/no space left|disk is full|ENOSPC/i.test(messageOf(error)) && left >= MIB) return error;
  return new StackError(`${failure}: ${fullDisk(folder, left)}`, { cause: error });
}

/**
 * Looks every few seconds how much room a folder's disk has, and tells once when it is full, and once when it no longer
 * is. Keeps no process alive.
 */
export function watchRoom(
  folder: string,
  tell: (line: string) => void,
  free: FreeBytes = freeBytes,
  everyMs = LOOK_MS,
) {
  let low = false;
  const look = () => {
    const left = free(folder);
    if (!low && left < LOW_MIB * MIB) {
      low = true;
      tell(`${fullDisk(folder, left)}; orders wait until then, and none is lost`);
    } else if (low && left >= ROOM_MIB * MIB) {
      low = false;
      tell(`there is room again where ${folder} is: orders go on`);
    }
  };
  const timer = setInterval(look, everyMs).unref();
  return { stop: () => clearInterval(timer) };
}

const fullDisk = (folder: string, left: number): string =>
  `the disk of ${folder} is full (${mebibytes(left)} free): make room there`;

const mebibytes = (bytes: number): string => `${Math.floor(bytes / MIB)} MiB`;
