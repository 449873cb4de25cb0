import { firstOf } from '../abort';
import type { Config } from '../config';
import { bootDatabase, bootService, bootTemporal, type Boot, type PartName } from './boot';
import type { Service } from './service';
import type { Supervised } from './supervise';

/** The parts, each before what it needs. */
export const STOP_ORDER: readonly PartName[] = ['api', 'worker', 'temporal', 'postgres'];

export interface StackOptions {
  config: Config;
  env: NodeJS.ProcessEnv;
  services: Service[];
  /** Called with each process, as soon as it is there. */
  onStart(part: PartName, pid: number): void;
  /** Takes a line for each step of the start. */
  progress(line: string): void;
  /** Takes a line for each thing that happens to the running stack. */
  notice(line: string): void;
  /** Ends the start early. */
  signal: AbortSignal;
  /** Ends every part at once, whatever is under way. */
  hurry: AbortSignal;
}

/** A running stack. */
export interface Stack {
  /** Drains every part and stops it, those first that need others. */
  stop(progress: (line: string) => void): Promise<void>;
  /** Drains some parts and starts them anew. */
  restart(names: readonly PartName[]): Promise<void>;
}

/** Boots what the configuration wants; if one part doesn't come up, stops the others and throws why. */
export async function bootStack(options: StackOptions): Promise<Stack> {
  const parts = new Map<PartName, Supervised>();
  const failed = new AbortController();
  const starting = firstOf([options.signal, failed.signal]);
  const boot: Boot = { ...options, parts, signal: starting.signal };
  const stop = async (progress: (line: string) => void) => {
    const failures: unknown[] = [];
    for (const name of STOP_ORDER) {
      const part = parts.get(name);
      if (part) progress(`  … stopping ${part.name}`);
      // One that cannot be stopped is no reason to leave the others running.
      await part?.stop().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  };
  options.hurry.addEventListener('abort', () => parts.forEach((part) => part.kill()), { once: true });
  const together = async (steps: Promise<void>[]) => {
    const failing = steps.map((step) => step.catch((error: unknown) => failed.abort(error)));
    await Promise.all(failing);
    boot.signal.throwIfAborted();
  };
  try {
    await together([bootDatabase(boot), bootTemporal(boot)]);
    await together(options.services.map((service) => bootService(boot, service)));
  } catch (error) {
    // What is left running stays on the record; why the start failed is what there is to say.
    await stop(() => undefined).catch(() => undefined);
    throw error;
  }
  const restart = async (names: readonly PartName[]) => {
    await Promise.all(names.map(async (name) => parts.get(name)?.restart()));
  };
  return { stop, restart };
}
